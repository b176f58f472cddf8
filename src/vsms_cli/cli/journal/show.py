"""`vsms journal show`"""

from typing import Annotated

import typer

from vsms_cli.cli.options import command
from vsms_cli.cli.printing import print_one
from vsms_cli.cli.runtime import Runtime
from vsms_cli.cli.shape import shape_of
from vsms_cli.domain.errors import ExitCode, VsmsError
from vsms_cli.render.details import entry_details
from vsms_cli.render.documents import Row
from vsms_cli.render.rows import JOURNAL_FIELDS, journal_row


@command("show", examples=("vsms journal show 12",))
def app(
    run: Runtime,
    *,
    number: Annotated[int, typer.Argument(metavar="ENTRY", help="As `vsms journal list` numbers it.", min=1)],
) -> ExitCode:
    """Tell an entry's story: what was intended, what was answered, what was read."""
    shape = shape_of(run, (*JOURNAL_FIELDS, "events"))
    entry = run.journal.entry(number)
    if entry is None:
        raise VsmsError(f"the journal of {run.host} has no entry {number}", hint="see `vsms journal list`")
    story = run.journal.story(number)
    events: list[Row] = [{"at": event.at, "message": event.what} for event in story]
    row: Row = {**journal_row(entry), "events": events}
    print_one(run, shape, row, for_a_person=lambda: entry_details(entry, story))
    return ExitCode.OK
