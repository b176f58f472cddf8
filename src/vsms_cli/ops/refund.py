"""Asking for an order's money back, in the way that its state allows.

waiting → cancelling refunds it in full · cancelled or expired → the ledger must show the refund, else it is
asked for · completed → a manual credit. A refund request is never sent twice by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, assert_never

from vsms_cli.domain.errors import ExitCode, Problem, UsageMistake, VsmsError
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.plans import PlannedRefund, RefundStep
from vsms_cli.domain.record_class import record, replace
from vsms_cli.domain.tickets import Operation
from vsms_cli.ops.cancel_policy import cancel_order
from vsms_cli.ops.ledger import dossiers_of
from vsms_cli.ops.mutation import carry_out_once
from vsms_cli.ops.refund_plan import not_yet, refunded
from vsms_cli.ops.refund_policy import RefundRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from vsms_cli.domain.orders import Order
    from vsms_cli.domain.ports import Stop
    from vsms_cli.ops.context import Context

REASONS: Final = ("code-rejected", "code-invalid", "wrong-number", "not-refunded", "other")
MISSING_REASON: Final = "not-refunded"


@record
class Ask:
    """What the person says of the request: a reason of `REASONS`, which a manual credit needs, and a note."""

    reason: str | None = None
    note: str | None = None

    def reason_for(self, step: RefundStep) -> str:
        """UsageMistake where a person has to give one and did not."""
        if step is RefundStep.MISSING:
            return MISSING_REASON
        if self.reason is None:
            raise UsageMistake(
                "a code came, so a reason must be given: nothing was sent",
                hint=f"--reason {', '.join(REASONS)}",
            )
        return self.reason


def carry_out(context: Context, planned: PlannedRefund, ask: Ask) -> Result:
    """Do what was shown. VsmsError only where the whole run must stop."""
    order = planned.order
    if order is not None and planned.foreseen.outcome is Outcome.UNKNOWN:
        # Another process may be at it: what it comes to is known once it lets go of the order. Nothing is sent.
        ended = carry_out_once(context, RefundRequest(order.id, order=order))
        return replace(ended, status=order.status)
    if order is None or planned.step is RefundStep.NOTHING:
        return planned.foreseen
    match planned.step:
        case RefundStep.CANCEL:
            return _as_refund(context, cancel_order(context, planned.order_id, order=order), order)
        case RefundStep.CREDIT | RefundStep.MISSING:
            reason = ask.reason_for(planned.step)
            return carry_out_once(context, RefundRequest(order.id, order=order, reason=reason, note=ask.note))
        case _:
            assert_never(planned.step)


@dataclass(slots=True)
class InTurn:
    """One refund after the other. After an error, or asked to end, the rest is skipped."""

    stop: Stop
    do: Callable[[PlannedRefund], Result]
    stopped_by: VsmsError | None = None

    def one(self, item: PlannedRefund) -> Result:
        outcome = Outcome.SKIPPED
        problem = Problem(
            code="skipped", message="ended before this was sent", hint="run the same command again"
        )
        if self.stopped_by is None and not self.stop.requested:
            try:
                return self.do(item)
            except VsmsError as exc:
                self.stopped_by = exc
                outcome, problem = Outcome.FAILED, exc.as_problem()
        return Result(operation=Operation.REFUND, order_id=item.order_id, outcome=outcome, problem=problem)


def _as_refund(context: Context, result: Result, order: Order) -> Result:
    """What a cancel's end means to somebody who asked for the money back."""
    outcome = Outcome.FAILED
    problem = result.problem
    match result.outcome:
        case Outcome.CANCELLED | Outcome.WOULD_CANCEL:
            outcome = Outcome.CANCELLED
        case Outcome.ALREADY_CANCELLED | Outcome.EXPIRED:
            return _ended_meanwhile(context, result, order)
        case Outcome.UNKNOWN:
            outcome = Outcome.UNKNOWN
        case Outcome.SKIPPED:
            outcome = Outcome.SKIPPED
        case Outcome.NOT_FOUND | Outcome.TOO_EARLY | Outcome.SMS_RECEIVED:
            problem = None if problem is None else not_yet(problem)
    return _of_refund(result, outcome, problem)


def _ended_meanwhile(context: Context, result: Result, order: Order) -> Result:
    """It ended between our look and our cancel: only the ledger says whether it was refunded."""
    problem = Problem(
        code="pending",
        message="the order ended meanwhile, and its refund is not in the ledger yet",
        hint="run the same command again in a minute",
        exit_code=ExitCode.REFUSED,
    )
    try:
        dossier = dossiers_of(context.service, [order])[order.id]
    except VsmsError as exc:
        message = f"the order ended meanwhile, and the ledger can't be read: {exc.message}"
        return _of_refund(result, Outcome.NOT_ELIGIBLE, replace(problem, message=message))
    return refunded(dossier).foreseen if dossier.whole else _of_refund(result, Outcome.NOT_ELIGIBLE, problem)


def _of_refund(cancelled: Result, outcome: Outcome, problem: Problem | None) -> Result:
    """The result of a cancel as one of `orders refund`, which compares nothing with the price."""
    return replace(
        cancelled,
        operation=Operation.REFUND,
        outcome=outcome,
        price=None,
        problem=problem,
        settled_by_reading=False,
    )
