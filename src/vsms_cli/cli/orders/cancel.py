"""`vsms orders cancel`"""

from typing import Annotated

import typer

from vsms_cli.cli.command_decorator import command
from vsms_cli.cli.orders.cancel_run import Cancelling
from vsms_cli.cli.orders.filter_options import DryRun, Expect, Given, Verify, Yes
from vsms_cli.cli.orders.selection_arguments import Mode, Wanted
from vsms_cli.cli.output_shape import proof_columns, shape_of
from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.errors import ExitCode
from vsms_cli.render.rows import CANCEL_FIELDS


@command(
    "cancel",
    examples=(
        "vsms orders cancel 7e44c0",
        "vsms orders cancel --country AR --dry-run",
        "vsms orders cancel --country Argentina --expect 5 --yes",
        "vsms orders list -q --older-than 10m | vsms orders cancel - --yes",
    ),
)
def app(
    run: Runtime,
    *,
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]... | -", help="Order ids, or - for ids on stdin.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every active order.")] = False,
    given: Given,
    expect: Expect = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for orders too young to cancel.")] = False,
    verify: Verify = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> ExitCode:
    """Cancel orders for a full refund to the balance: by id, by ids on stdin, or by filters.

    Shows each order and what comes back, then asks. An order opens two minutes after its purchase.

    With --yes and whole ids nothing is read first: one order, one request. A refund that is less than the
    price is pointed out. --dry-run ends with the exit code that it foresees. An order of an unknown status is
    cancelled by its id alone; one whose id is no UUID is never sent.
    """
    shape = proof_columns(shape_of(run, CANCEL_FIELDS), verify=verify)
    if ids == ["-"] and run.reads_a_terminal:
        run.notify("type or paste the ids, one a line; Ctrl-D ends them")
    wanted = Wanted.from_arguments(ids or [], given.filters(), everything=all_, asks=dry_run or not yes)
    mode = Mode(yes=yes, dry_run=dry_run, wait=wait, expect=expect, verify=verify)

    rerun = given.rerun("vsms orders cancel", everything=all_, yes=yes, wait=wait)
    again = rerun if wanted.ids is None else None
    return Cancelling(run, shape, wanted, mode, again=again).go()
