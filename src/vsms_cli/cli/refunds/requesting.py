"""`vsms refunds audit --request`: what is missing is shown, asked about, and requested once."""

from collections.abc import Callable

from vsms_cli.cli.confirm import ask
from vsms_cli.cli.refunds.report import Report
from vsms_cli.cli.reporting import tell_error
from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.audit import Audit
from vsms_cli.domain.errors import ExitCode, Problem, StreamClosed, VsmsError
from vsms_cli.domain.money import dollars
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.plans import PlannedRefund, RefundPlan
from vsms_cli.domain.tickets import Operation
from vsms_cli.ops.audit import Requests, appeal_for, plan_requests
from vsms_cli.render.money_words import request_question
from vsms_cli.render.sentences import dressed, refund_line, refund_summary


class Requesting:
    """One order after the other; nothing is audited anew after the question."""

    def __init__(self, run: Runtime, report: Report, found: Audit) -> None:
        self._run = run
        self._report = report
        self._found = found
        self._stopped_by: VsmsError | None = None
        self._requests = Requests(run.desk)

    def go(self, *, yes: bool, dry_run: bool) -> ExitCode:
        plan = plan_requests(self._run.desk, self._found)
        if self._report.shape.for_a_person:
            self._report.show()
        if not (yes or dry_run):
            self._show_and_ask(plan)
        results: list[Result] = []
        with self._run.stop.gently(lambda: self._run.say("ending: what is under way finishes")):
            for item in plan.items:
                result = item.foreseen if dry_run else self._one(item)
                results.append(result)
                self._tell(result)
        return self._conclude(plan, results, dry_run=dry_run)

    def _show_and_ask(self, plan: RefundPlan) -> None:
        from vsms_cli.render.plans import refund_plan_table  # noqa: PLC0415 - Rich: terminals only

        asking = {item.order_id for item in plan.items if item.foreseen.outcome is Outcome.WOULD_REQUEST}
        if not asking:
            return
        streams = self._run.streams
        table = refund_plan_table(plan, width=streams.width, colour=streams.talk_colour)
        streams.talk.write(f"{table}\n")
        owed = [case.owed for case in self._found.owed if case.order_id in asking]
        total = sum(amount for amount in owed if amount is not None)
        ask(self._run, request_question(len(asking), dollars(total) if total else "?"))

    def _one(self, item: PlannedRefund) -> Result:
        if self._stopped_by is not None or self._run.stop.requested:
            return _skipped(item)
        try:
            return self._requests.ask(item)
        except VsmsError as exc:
            self._stopped_by = exc
            return Result(
                operation=Operation.REFUND,
                order_id=item.order_id,
                outcome=Outcome.FAILED,
                problem=exc.as_problem(),
            )

    def _tell(self, result: Result) -> None:
        if not self._report.shape.for_a_person:
            return
        mark, line = refund_line(result)
        out = self._run.streams.out
        self._guarded(
            lambda: out.line(dressed(mark, line, unicode=out.takes_unicode, colour=self._run.streams.colour))
        )

    def _conclude(self, plan: RefundPlan, results: list[Result], *, dry_run: bool) -> ExitCode:
        message = appeal_for(self._found, plan, results)
        if not self._report.shape.for_a_person:
            by_order = {result.order_id: result for result in results}
            self._guarded(lambda: self._report.show(by_order, message=message))
        if message is not None:
            self._guarded(lambda: self._report.hand_over(message))
        if self._stopped_by is not None:
            tell_error(self._run, self._stopped_by)
        if results:
            self._run.say(refund_summary(results))
        code = self._report.conclude(None if dry_run else results, asked_before=self._asked_before(results))
        if self._stopped_by is not None:
            return self._stopped_by.exit_code
        if self._run.stop.requested:
            return self._run.stop.exit_code
        unknown = any(result.outcome is Outcome.UNKNOWN for result in results)
        return ExitCode.UNKNOWN if unknown else code

    @staticmethod
    def _asked_before(results: list[Result]) -> int:
        return sum(result.outcome is Outcome.ALREADY_REQUESTED for result in results)

    def _guarded(self, write: Callable[[], None]) -> None:
        """What was sent is journalled by now; a reader that left only keeps more from being sent."""
        try:
            write()
        except StreamClosed as exc:
            self._stopped_by = self._stopped_by or exc


def _skipped(item: PlannedRefund) -> Result:
    problem = Problem(code="skipped", message="ended before this was sent", hint="run the same command again")
    return Result(
        operation=Operation.REFUND, order_id=item.order_id, outcome=Outcome.SKIPPED, problem=problem
    )
