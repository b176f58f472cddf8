"""Asking for an order's money back, in the way that its state allows.

waiting → cancelling refunds it in full · cancelled or expired → the ledger must show the refund, else it is
asked for · completed → a manual credit. A refund request is never sent twice by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, assert_never

from vsms_cli.domain.answers import Ambiguous, NotCancellable, NotSent, Refused, Requested, Throttled
from vsms_cli.domain.errors import ExitCode, Problem, VsmsError
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.plans import PlannedRefund, RefundStep
from vsms_cli.domain.support import support_message
from vsms_cli.domain.tickets import Operation
from vsms_cli.ops.ledger import refunds_of
from vsms_cli.ops.mutation import cancel_order, request_refund
from vsms_cli.ops.refund_plan import full, not_yet, refunded
from vsms_cli.ops.verdict import UNKNOWN_HINT

if TYPE_CHECKING:
    from vsms_cli.domain.orders import Order
    from vsms_cli.domain.tickets import Ticket
    from vsms_cli.ops.desk import Desk

REASONS: Final = ("code-rejected", "code-invalid", "wrong-number", "not-refunded", "other")
_MISSING_REASON: Final = "not-refunded"
_CREDIT_REASON: Final = "code-rejected"
_NO_SUCH_ROUTE: Final = frozenset({404, 405, 501})  # for an order that was just read
_CONFLICT: Final = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What the person says of the request: a reason of `REASONS`, or None for the step's own, and a note."""

    reason: str | None = None
    note: str | None = None

    def reason_for(self, step: RefundStep) -> str:
        return _MISSING_REASON if step is RefundStep.MISSING else self.reason or _CREDIT_REASON


def carry_out(desk: Desk, planned: PlannedRefund, ask: Ask) -> Result:
    """Do what was shown. VsmsError only where the whole run must stop."""
    order = planned.order
    if order is None or planned.step is RefundStep.NOTHING:
        return planned.foreseen
    match planned.step:
        case RefundStep.CANCEL:
            return _as_refund(desk, cancel_order(desk, planned.order_id, order=order), order)
        case RefundStep.CREDIT | RefundStep.MISSING:
            request = _Request(desk, order, reason=ask.reason_for(planned.step), note=ask.note)
            return request_refund(desk, order.id, price=order.price, send=request.send)
        case _:
            assert_never(planned.step)


class _Request:
    """One refund request, sent once."""

    def __init__(self, desk: Desk, order: Order, *, reason: str, note: str | None) -> None:
        self._desk = desk
        self._order = order
        self._reason = reason
        self._note = note

    def send(self, ticket: Ticket) -> Result:
        service, attempts = self._desk.service, self._desk.attempts()
        while True:
            answer = service.request_refund(ticket, reason=self._reason, note=self._note)
            if not isinstance(answer, NotSent):
                self._desk.outage.over()
            match answer:
                case Requested():
                    return self._result(Outcome.REQUESTED, request_id=answer.request_id)
                case NotCancellable():
                    return self._result(Outcome.NOT_ELIGIBLE, problem=_refused(answer.problem))
                case Refused():
                    return self._refused(answer)
                case Ambiguous():
                    return self._in_doubt(answer.problem)
                case NotSent():
                    if answer.hopeless or not attempts.another():
                        return self._result(Outcome.FAILED, problem=answer.problem)
                    service.reserve()
                case Throttled():
                    service.reserve()
                case _:
                    assert_never(answer)

    def _refused(self, answer: Refused) -> Result:
        if answer.status == _CONFLICT:
            return self._result(Outcome.ALREADY_REQUESTED)
        if answer.status in _NO_SUCH_ROUTE:
            message = support_message(self._order, reason=self._reason, note=self._note)
            return self._result(Outcome.BY_HAND, problem=BY_HAND, support_message=message)
        return self._result(Outcome.FAILED, problem=answer.problem)

    def _in_doubt(self, problem: Problem) -> Result:
        """Never a second request: only the ledger may show that this one was granted."""
        try:
            lines = refunds_of(self._desk.service, self._order)
        except VsmsError:
            lines = []
        if full(self._order, lines):
            return refunded(self._order, lines).foreseen
        doubt = Problem(
            code="unknown",
            message=f"it is not known whether the refund request arrived: {problem.message}",
            hint=UNKNOWN_HINT,
            exit_code=ExitCode.UNKNOWN,
        )
        return self._result(Outcome.UNKNOWN, problem=doubt)

    def _result(
        self,
        outcome: Outcome,
        *,
        request_id: str | None = None,
        support_message: str | None = None,
        problem: Problem | None = None,
    ) -> Result:
        return Result(
            operation=Operation.REFUND,
            order_id=self._order.id,
            outcome=outcome,
            status=self._order.status,
            request_id=request_id,
            support_message=support_message,
            problem=problem,
        )


def _as_refund(desk: Desk, result: Result, order: Order | None) -> Result:
    """What a cancel's end means to somebody who asked for the money back."""
    outcome = Outcome.FAILED
    problem = result.problem
    match result.outcome:
        case Outcome.CANCELLED | Outcome.WOULD_CANCEL:
            outcome = Outcome.CANCELLED
        case Outcome.ALREADY_CANCELLED | Outcome.EXPIRED:
            return _ended_meanwhile(desk, result, order)
        case Outcome.UNKNOWN:
            outcome = Outcome.UNKNOWN
        case Outcome.SKIPPED:
            outcome = Outcome.SKIPPED
        case Outcome.NOT_FOUND | Outcome.TOO_EARLY | Outcome.SMS_RECEIVED:
            problem = None if problem is None else not_yet(problem)
    return Result(
        operation=Operation.REFUND,
        order_id=result.order_id,
        outcome=outcome,
        status=result.status,
        refund_amount=result.refund_amount,
        retry_at=result.retry_at,
        problem=problem,
    )


def _ended_meanwhile(desk: Desk, result: Result, order: Order | None) -> Result:
    """It ended between our look and our cancel: only the ledger says whether it was refunded."""
    problem = Problem(
        code="ended",
        message="the order ended meanwhile, and its refund is not in the ledger yet",
        hint="run the same command again in a minute",
    )
    try:
        lines = [] if order is None else refunds_of(desk.service, order)
    except VsmsError as exc:
        problem = replace(
            problem, message=f"the order ended meanwhile, and the ledger can't be read: {exc.message}"
        )
        lines = []
    if order is not None and full(order, lines):
        return refunded(order, lines).foreseen
    return Result(
        operation=Operation.REFUND,
        order_id=result.order_id,
        outcome=Outcome.FAILED,
        status=result.status,
        problem=problem,
    )


def _refused(problem: Problem) -> Problem:
    return Problem(
        code="not_eligible", message=problem.message, hint=problem.hint, exit_code=ExitCode.REFUSED
    )


BY_HAND: Final = Problem(
    code="by_hand",
    message="the service has no endpoint for refund requests",
    hint="send the message to support; --open opens it in your mail program",
    exit_code=ExitCode.REFUSED,
)
