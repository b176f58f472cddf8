"""`vsms refunds`: whether all money that should have come back came back."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

import typer

from vsms_cli.cli.command_decorator import command
from vsms_cli.cli.confirm import ask
from vsms_cli.cli.orders.filter_options import DryRun, Yes, span_since
from vsms_cli.cli.output_shape import Shape, shape_of
from vsms_cli.cli.result_output import print_result
from vsms_cli.cli.row_output import print_rows, print_table, show_plan
from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.errors import ExitCode, StreamClosed, UsageMistake
from vsms_cli.domain.money import dollars
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.plans import RefundPlan
from vsms_cli.domain.refund_verdicts import Audit
from vsms_cli.ops.audit import Requests, appeal_for, asked_before, audit, note_references, plan_requests
from vsms_cli.ops.refund import MISSING_REASON, InTurn
from vsms_cli.render.details import message_text
from vsms_cli.render.documents import to_json
from vsms_cli.render.formats import Format
from vsms_cli.render.money_rows import AUDIT_FIELDS, audit_row, audit_totals
from vsms_cli.render.money_text import audit_fine, audit_next, audit_remarks, audit_summary
from vsms_cli.render.questions import refund_facts, request_question
from vsms_cli.render.results import refund_summary


@command(
    "audit",
    examples=(
        "vsms refunds audit",
        "vsms refunds audit --since 7d --json | jq .totals",
        "vsms refunds audit --request",
    ),
)
def audit_refunds(
    run: Runtime,
    *,
    since: Annotated[
        str, typer.Option(metavar="D", help="Orders bought in the last 12h, 30d, or since a date.")
    ] = "30d",
    all_: Annotated[
        bool, typer.Option("--all", help="On a terminal too: what is fine, and what still waits.")
    ] = False,
    request: Annotated[
        bool, typer.Option("--request", help="Ask once for each refund that is missing.")
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> ExitCode:
    """Compare every order with the ledger: used, refunded, missing, short, twice, pending, or unjudged.

    Exit code 9 when money is missing. With --request it shows what is missing, asks, and requests it; what was
    asked for before is not asked for again. Where the service has no endpoint for that, one message to support
    about all of it is printed.
    """
    shape = shape_of(run, AUDIT_FIELDS)
    span = span_since(since)
    if (yes or dry_run) and not request:
        raise UsageMistake("--yes and --dry-run go with --request", hint="without it nothing is sent")
    found = audit(run.context, since=span)
    note_references(run.journal, found)
    report = Report(run, shape, found, everything=all_)
    if request:
        return Requesting(run, report, found).go(yes=yes, dry_run=dry_run)
    report.show()
    return report.conclude(asked_before=asked_before(run.journal, found))


class Report:
    """An audit on stdout, and its sums on stderr."""

    def __init__(self, run: Runtime, shape: Shape, found: Audit, *, everything: bool) -> None:
        """With `everything` a person too is shown a row for what is fine or still waits."""
        self._everything = everything
        self._run = run
        self._found = found
        self.shape = shape

    def show(self, results: Mapping[str, Result] | None = None, *, message: str | None = None) -> None:
        """`results` are the results of `--request` by order, `message` the one to support."""
        rows = [audit_row(case, (results or {}).get(case.order_id)) for case in self._found.all_cases]
        if self.shape.for_a_person and not self.shape.chosen:
            self._show_table()
        elif self.shape.format is Format.JSON:
            inner = ",\n    ".join(to_json({name: row[name] for name in self.shape.fields}) for row in rows)
            orders = f"[\n    {inner}\n  ]" if rows else "[]"
            totals = to_json(audit_totals(self._found))
            self._run.streams.out.line(
                f'{{\n  "totals": {totals},\n  "orders": {orders},\n  "support_message": {to_json(message)}\n}}'
            )
        else:
            print_rows(self._run, self.shape, rows, row=lambda each: each)

    def _show_table(self) -> None:
        from vsms_cli.render.money_tables import audit_columns, audit_rows  # noqa: PLC0415 - Rich: for a person alone

        run, found = self._run, self._found
        if fine := audit_fine(found):
            run.streams.out.line(fine)
        cases = audit_rows(found, everything=self._everything)
        if cases:
            print_table(run, audit_columns(cases, names=run.service_names))

    def hand_over(self, message: str) -> None:
        """The message to support: to stdout, unless somebody chose a format to parse, which has its own rows."""
        if self.shape.format is Format.JSON:
            return
        streams = self._run.streams
        if self._run.settings.output.value is not None and not self.shape.for_a_person:
            streams.err.write(f"\n{message_text(message, streams.err_surface)}\n")
        else:
            streams.out.write(f"\n{message_text(message, streams.out_surface)}\n")

    def conclude(self, results: Sequence[Result] | None = None, *, asked_before: int = 0) -> ExitCode:
        """The sums, what they leave open, and what to type next."""
        if not self._found.cases and not self._found.unjudged:
            self._run.notify("no orders were bought in that time")
            return ExitCode.OK
        self._run.notify(audit_summary(self._found))
        for remark in audit_remarks(self._found):
            self._run.notify(remark)
        for line in audit_next(self._found, results, asked_before=asked_before):
            self._run.notify_next(line)
        return ExitCode.MONEY_MISSING if self._found.owed else ExitCode.OK


class Requesting:
    """One order after the other; nothing is audited anew after the question."""

    def __init__(self, run: Runtime, report: Report, found: Audit) -> None:
        self._run = run
        self._report = report
        self._found = found
        self._turns = InTurn(run.stop, Requests(run.context).ask)

    def go(self, *, yes: bool, dry_run: bool) -> ExitCode:
        plan = plan_requests(self._run.context, self._found)
        if self._report.shape.for_a_person:
            self._report.show()
        if not (yes or dry_run):
            self._show_and_ask(plan)
        results: list[Result] = []
        with self._run.stop.gently(lambda: self._run.notify("stopping after the requests under way")):
            for item in plan.items:
                result = item.foreseen if dry_run else self._turns.one(item)
                results.append(result)
                self._tell(result)
        return self._conclude(plan, results, dry_run=dry_run)

    def _show_and_ask(self, plan: RefundPlan) -> None:
        from vsms_cli.render.order_tables import refund_plan_columns  # noqa: PLC0415 - Rich: for a person alone

        asking = {item.order_id for item in plan.items if item.foreseen.outcome is Outcome.WOULD_REQUEST}
        if not asking:
            return
        show_plan(self._run, refund_plan_columns(plan, names=self._run.service_names))
        for fact in refund_facts(plan, reason=None, missing_reason=MISSING_REASON, note=None):
            self._run.notify(fact)
        owed = [case.owed for case in self._found.owed if case.order_id in asking]
        total = sum(amount for amount in owed if amount is not None)
        ask(self._run, request_question(len(asking), dollars(total) if total else "?"))

    def _tell(self, result: Result) -> None:
        if self._report.shape.for_a_person:
            self._guarded(lambda: print_result(self._run, result))

    def _conclude(self, plan: RefundPlan, results: list[Result], *, dry_run: bool) -> ExitCode:
        message = appeal_for(self._found, plan, results)
        if not self._report.shape.for_a_person:
            by_order = {result.order_id: result for result in results}
            self._guarded(lambda: self._report.show(by_order, message=message))
        if message is not None:
            self._guarded(lambda: self._report.hand_over(message))
        if self._turns.stopped_by is not None:
            self._run.notifier.report_error(self._turns.stopped_by)
        if results:
            self._run.notify(refund_summary(results))
        asked = sum(result.outcome is Outcome.ALREADY_REQUESTED for result in results)
        code = self._report.conclude(None if dry_run else results, asked_before=asked)
        if self._turns.stopped_by is not None:
            return self._turns.stopped_by.exit_code
        if self._run.stop.requested:
            return self._run.stop.exit_code
        unknown = any(result.outcome is Outcome.UNKNOWN for result in results)
        return ExitCode.UNKNOWN if unknown else code

    def _guarded(self, write: Callable[[], None]) -> None:
        """What was sent is journalled by now; a reader that left only keeps more from being sent."""
        try:
            write()
        except StreamClosed as exc:
            self._turns.stopped_by = self._turns.stopped_by or exc
