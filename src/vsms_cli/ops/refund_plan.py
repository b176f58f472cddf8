"""What getting an order's money back takes, as its state, the ledger and our own journal have it. Nothing is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vsms_cli.domain.errors import ExitCode, OrderNotFound, Problem, RouteMissing
from vsms_cli.domain.ledger_matching import Ledger
from vsms_cli.domain.orders import Order, Phase
from vsms_cli.domain.outcomes import Outcome
from vsms_cli.domain.plans import PlannedRefund, RefundPlan, RefundStep
from vsms_cli.domain.proofs import prove
from vsms_cli.domain.record_class import replace
from vsms_cli.domain.refund_verdicts import ENDED, GRACE, Dossier, about, compare
from vsms_cli.domain.tickets import Operation
from vsms_cli.ops.ledger import dossiers_of
from vsms_cli.ops.problems import too_early_problem, undocumented_status
from vsms_cli.ops.refund_policy import RefundRequest, requested_before, with_refund

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from vsms_cli.ops.context import Context

_LEDGER_DECIDES: Final = frozenset({Phase.CANCELLED, Phase.EXPIRED, Phase.COMPLETED})


def plan_refunds(context: Context, ids: Sequence[str], *, listed: Sequence[str] | None = None) -> RefundPlan:
    """Look at each order, at the ledger where that decides, and at our own journal. `listed` are the account's orders
    where they are known.
    """
    found = [_look(context, order_id) for order_id in ids]
    ended = [order for order in found if isinstance(order, Order) and order.phase in _LEDGER_DECIDES]
    no_ledger: Problem | None = None
    try:
        dossiers = dossiers_of(context.service, ended, listed=listed, to_the_end=True)
    except RouteMissing as exc:  # only a code that was rejected can be told without one
        no_ledger = exc.as_problem()
        dossiers = {order.id: Dossier.of(Ledger(), order.id, order) for order in ended}
    return RefundPlan(
        items=tuple(
            _plan(context, known, dossiers.get(known.id), no_ledger) if isinstance(known, Order) else known
            for known in found
        )
    )


def _look(context: Context, order_id: str) -> Order | PlannedRefund:
    try:
        return context.service.order(order_id)
    except OrderNotFound as exc:
        return _nothing(order_id, None, Outcome.FAILED, problem=exc.as_problem())


def _plan(
    context: Context, order: Order, dossier: Dossier | None, no_ledger: Problem | None
) -> PlannedRefund:
    if no_ledger is not None and order.phase in {Phase.CANCELLED, Phase.EXPIRED}:
        return _nothing(order.id, order, Outcome.NOT_ELIGIBLE, problem=no_ledger)
    if dossier is not None:
        step = RefundStep.CREDIT if order.phase is Phase.COMPLETED else RefundStep.MISSING
        due = step is RefundStep.MISSING or dossier.whole
        verified = prove(dossier).verified if due else None
        return replace(_plan_request(context, order, dossier, step), verified=verified)
    if order.phase is Phase.WAITING:
        return _plan_waiting(order, context.clock.now())
    return _nothing(order.id, order, Outcome.NOT_ELIGIBLE, problem=_UNKNOWN_STATUS)


def _plan_waiting(order: Order, now: datetime) -> PlannedRefund:
    opens = order.cancel_opens_at
    if opens is not None and order.too_young(now):
        return _nothing(
            order.id, order, Outcome.FAILED, retry_at=opens, problem=not_yet(too_early_problem(opens))
        )
    foreseen = RefundRequest(order.id, order=order).foreseen(Outcome.WOULD_CANCEL)
    return PlannedRefund(order_id=order.id, order=order, step=RefundStep.CANCEL, foreseen=foreseen)


def _plan_request(context: Context, order: Order, dossier: Dossier, step: RefundStep) -> PlannedRefund:
    if dossier.whole:
        return refunded(dossier)
    if step is RefundStep.MISSING and _ended_just_now(context, order):
        return _nothing(order.id, order, Outcome.NOT_ELIGIBLE, problem=_PENDING)
    earlier = context.journal.last_refund_request(order.id)
    if earlier is not None:
        before = replace(requested_before(earlier), status=order.status)
        return PlannedRefund(order_id=order.id, order=order, step=RefundStep.NOTHING, foreseen=before)
    problem = _why_not(dossier, step)
    if problem is not None:
        return _nothing(order.id, order, Outcome.NOT_ELIGIBLE, problem=problem)
    foreseen = RefundRequest(order.id, order=order).result(
        Outcome.WOULD_REQUEST,
        status=order.status,
        refund_amount=dossier.refunded if dossier.refunds else None,
    )
    return PlannedRefund(order_id=order.id, order=order, step=step, foreseen=foreseen)


def _ended_just_now(context: Context, order: Order) -> bool:
    """Whether our journal saw it end within the grace that the audit gives too: its refund may yet be on its way."""
    seen = context.journal.last_cancel(order.id)
    if seen is None or seen.outcome not in ENDED or context.journal.age_of(seen) > GRACE.total_seconds():
        return False
    end = order.refunds_itself_at
    ours = seen.outcome == Outcome.CANCELLED
    return ours or (end is not None and context.clock.now() <= end + GRACE)


def refunded(dossier: Dossier) -> PlannedRefund:
    """Nothing is to be asked for: the ledger shows the refund, in full."""
    planned = _nothing(dossier.order_id, dossier.order, Outcome.ALREADY_REFUNDED)
    return replace(planned, foreseen=with_refund(planned.foreseen, dossier))


def _why_not(dossier: Dossier, step: RefundStep) -> Problem | None:
    """Why nothing is asked for: it may be there already, or nothing is owed."""
    if step is RefundStep.CREDIT:
        credit = dossier.possible_credit
        return None if credit is None else _unjudged(about(credit))
    case = compare(dossier)
    if case.why is not None:
        return _unjudged(case.why)
    return None if case.verdict.owed else _COST_NOTHING


def _unjudged(why: str) -> Problem:
    return Problem(
        code="unjudged",
        message=f"{why}, so nothing is asked for",
        hint="compare it: `vsms transactions list`; if it is another's, ask support@virtualsms.io",
        exit_code=ExitCode.REFUSED,
    )


def _nothing(
    order_id: str,
    order: Order | None,
    outcome: Outcome,
    *,
    retry_at: datetime | None = None,
    problem: Problem | None = None,
) -> PlannedRefund:
    foreseen = RefundRequest(order_id, order=order).foreseen(outcome, problem=problem)
    foreseen = replace(foreseen, retry_at=retry_at)
    return PlannedRefund(order_id=order_id, order=order, step=RefundStep.NOTHING, foreseen=foreseen)


def not_yet(problem: Problem) -> Problem:
    """The same, as a refusal of the service rather than a failure, for the exit code's sake."""
    return Problem(code=problem.code, message=problem.message, hint=_REFUND_HINT, exit_code=ExitCode.REFUSED)


_COST_NOTHING: Final = Problem(
    code="not_eligible", message="it cost nothing, so nothing has to come back", exit_code=ExitCode.REFUSED
)
_PENDING: Final = Problem(
    code="pending",
    message="it ended a moment ago, and its refund may still be on its way to the ledger; nothing is asked for yet",
    hint="run the same command again in 5 minutes",
    exit_code=ExitCode.REFUSED,
)
_REFUND_HINT: Final = "run the same command again then"
_UNKNOWN_STATUS: Final = undocumented_status(
    Operation.REFUND, hint="ask support@virtualsms.io", exit_code=ExitCode.REFUSED
)
