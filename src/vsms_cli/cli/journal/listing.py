"""`vsms journal list`"""

from typing import Annotated

import typer

from vsms_cli.cli.options import command
from vsms_cli.cli.runtime import Runtime
from vsms_cli.cli.shape import shape_of
from vsms_cli.domain.errors import ExitCode
from vsms_cli.render.documents import cell
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
    if not shape.for_a_person:
        document = shape.document(run)
        for entry in entries:
            document.row(journal_row(entry))
        document.end()
    elif entries:
        from vsms_cli.render.tables import fields_table, journal_table  # noqa: PLC0415 - Rich: terminals only

        streams = run.streams
        if shape.chosen:
            rows = [[cell(journal_row(entry)[name]) for name in shape.fields] for entry in entries]
            streams.out.write(fields_table(shape.fields, rows, width=streams.width, colour=streams.colour))
        else:
            streams.out.write(journal_table(entries, width=streams.width, colour=streams.colour))
    return ExitCode.OK
