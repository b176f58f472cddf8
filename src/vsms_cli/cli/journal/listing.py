"""`vsms journal list`"""

from collections.abc import Sequence
from typing import Annotated

import typer

from vsms_cli.cli.options import command
from vsms_cli.cli.printing import print_rows
from vsms_cli.cli.runtime import Runtime
from vsms_cli.cli.shape import shape_of
from vsms_cli.domain.entries import JournalEntry
from vsms_cli.domain.errors import ExitCode
from vsms_cli.render.rows import JOURNAL_FIELDS, journal_row


@command("list", examples=("vsms journal list", "vsms journal list --unresolved --json"))
def app(
    run: Runtime,
    *,
    unresolved: Annotated[
        bool, typer.Option("--unresolved", help="Only those whose outcome is not known yet.")
    ] = False,
) -> ExitCode:
    """List what was sent that moves money, oldest first."""
    shape = shape_of(run, JOURNAL_FIELDS)
    entries = run.journal.entries(unresolved=unresolved)
    if not entries:
        run.say("no entries")
    print_rows(run, shape, [journal_row(entry) for entry in entries], table=lambda: _table(run, entries))
    return ExitCode.OK


def _table(run: Runtime, entries: Sequence[JournalEntry]) -> str:
    from vsms_cli.render.tables import journal_table  # noqa: PLC0415 - Rich: terminals only

    return journal_table(entries, width=run.streams.width, colour=run.streams.colour)
