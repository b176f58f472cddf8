"""`vsms refunds audit`"""

from typing import Annotated

import typer

from vsms_cli.cli.options import command
from vsms_cli.cli.orders.options import DryRun, Yes
from vsms_cli.cli.refunds.report import Report
from vsms_cli.cli.refunds.requesting import Requesting
from vsms_cli.cli.runtime import Runtime
from vsms_cli.cli.shape import shape_of
from vsms_cli.domain.errors import ExitCode, UsageMistake
from vsms_cli.domain.times import parse_duration
from vsms_cli.ops.audit import asked_before, audit, note_references
from vsms_cli.render.money_rows import AUDIT_FIELDS


@command(
    "audit",
    examples=(
        "vsms refunds audit",
        "vsms refunds audit --since 7d --json | jq .totals",
        "vsms refunds audit --request",
    ),
)
def app(
    run: Runtime,
    *,
    since: Annotated[str, typer.Option(metavar="D", help="Orders bought in the last 12h, 30d.")] = "30d",
    request: Annotated[
        bool, typer.Option("--request", help="Ask once for each refund that is missing.")
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> ExitCode:
    """Hold every order against the ledger: used, refunded, missing, short, twice, pending, or unjudged.

    Exit code 9 when money is missing. With --request it shows what is missing, asks, and requests it.
    """
    shape = shape_of(run, AUDIT_FIELDS)
    span = parse_duration(since)
    if (yes or dry_run) and not request:
        raise UsageMistake("--yes and --dry-run go with --request", hint="without it nothing is sent")
    found = audit(run.desk, since=span)
    note_references(run.journal, found)
    report = Report(run, shape, found)
    if request:
        return Requesting(run, report, found).go(yes=yes, dry_run=dry_run)
    report.show()
    return report.conclude(asked_before=asked_before(run.journal, found))
