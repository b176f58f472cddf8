"""Reading what became of every entry whose outcome is not known. Nothing that moves money is sent."""

from collections.abc import Callable
from datetime import UTC, datetime

from vsms_cli.domain.errors import ExitCode, Problem, VsmsError
from vsms_cli.domain.outcomes import CancelOutcome, CancelResult, RefundOutcome, RefundResult
from vsms_cli.domain.ports import JournalEntry
from vsms_cli.domain.tickets import Operation, Ticket
from vsms_cli.ops.desk import Desk
from vsms_cli.ops.ledger import refunds_of, total_of
from vsms_cli.ops.mutation import record
from vsms_cli.ops.reconcile import settle_by_reading

_NAP_S = 1.0  # between two reads of an order whose cancel may still be on its way


def resolve(
    desk: Desk, entry: JournalEntry, ticket: Ticket, *, on_wait: Callable[[float], None]
) -> CancelResult | RefundResult:
    """The outcome, on disk too. UNKNOWN where neither the order nor the ledger says it yet."""
    if entry.operation is Operation.CANCEL:
        result: CancelResult | RefundResult = _resolve_cancel(desk, entry, ticket, on_wait)
    else:
        result = _resolve_refund(desk, entry)
    record(desk, ticket, result)
    return result


def _resolve_cancel(
    desk: Desk, entry: JournalEntry, ticket: Ticket, on_wait: Callable[[float], None]
) -> CancelResult:
    """A request younger than one time limit may yet be on its way: read on until it can't be."""
    while True:
        result = settle_by_reading(desk, ticket, price=entry.price)
        # Both times are this machine's: the journal does not know the service's.
        left = desk.service.time_limit - (datetime.now(UTC) - entry.updated_at).total_seconds()
        if result.outcome is not CancelOutcome.FAILED or left <= 0 or desk.stop.requested:
            return result
        on_wait(left)
        desk.stop.wait(min(left, _NAP_S))


def _resolve_refund(desk: Desk, entry: JournalEntry) -> RefundResult:
    """Only the ledger can show that a refund request was granted; until then it stays unknown."""
    try:
        order = desk.service.order(entry.order_id)
        lines = refunds_of(desk.service, order)
    except VsmsError as exc:
        return RefundResult(
            order_id=entry.order_id, outcome=RefundOutcome.UNKNOWN, problem=_unknown(exc.message)
        )
    paid = total_of(lines)
    if lines and (order.price is None or paid >= order.price):
        return RefundResult(
            order_id=order.id,
            outcome=RefundOutcome.ALREADY_REFUNDED,
            status=order.status,
            refund_amount=paid,
            transaction_id=lines[0].id,
            refunded_at=lines[0].created_at,
        )
    return RefundResult(
        order_id=order.id,
        outcome=RefundOutcome.UNKNOWN,
        status=order.status,
        problem=_unknown("the ledger shows no refund yet"),
    )


def _unknown(why: str) -> Problem:
    return Problem(
        code="unknown",
        message=f"it is not known whether the refund request arrived: {why}",
        hint="resolve again later, or ask support@virtualsms.io with the order's id",
        exit_code=ExitCode.UNKNOWN,
    )
