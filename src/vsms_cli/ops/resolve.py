"""Reading what became of every entry whose outcome is not known. Nothing that moves money is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vsms_cli.domain.errors import ExitCode, Problem, VsmsError
from vsms_cli.domain.outcomes import (
    CancelOutcome,
    CancelResult,
    RefundOutcome,
    RefundResult,
    SwapOutcome,
    SwapResult,
)
from vsms_cli.domain.tickets import Operation, Ticket
from vsms_cli.ops.earlier import settle_open_cancel
from vsms_cli.ops.ledger import refunds_of, total_of
from vsms_cli.ops.mutation import claimed, record
from vsms_cli.ops.swap import settle_open_swap

if TYPE_CHECKING:
    from collections.abc import Callable

    from vsms_cli.domain.entries import JournalEntry
    from vsms_cli.ops.desk import Desk


def resolve(
    desk: Desk, entry: JournalEntry, ticket: Ticket, *, on_wait: Callable[[float], None]
) -> CancelResult | RefundResult | SwapResult:
    """The outcome, on disk too. UNKNOWN where neither the order nor the ledger says it yet."""
    with claimed(desk, entry.order_id):
        now = _as_it_is_now(desk, entry)
        if now.outcome is not None and not now.unresolved:  # the process that sent it was still at work
            return _as_recorded(now, now.outcome)
        result: CancelResult | RefundResult | SwapResult
        if entry.operation is Operation.CANCEL:
            result = settle_open_cancel(desk, now, on_wait=on_wait)
        elif entry.operation is Operation.SWAP:
            result = settle_open_swap(desk, now, on_wait=on_wait)
        else:
            result = _resolve_refund(desk, now)
        record(desk, ticket, result)
        return result


def _as_it_is_now(desk: Desk, entry: JournalEntry) -> JournalEntry:
    """As the journal has it, now that no other process is at it."""
    for unresolved in (True, False):  # those are few, and nearly always it is among them
        for known in desk.journal.entries(unresolved=unresolved):
            if known.entry == entry.entry:
                return known
    return entry


def _as_recorded(entry: JournalEntry, outcome: str) -> CancelResult | RefundResult | SwapResult:
    problem = None if entry.detail is None else Problem(code="recorded", message=entry.detail)
    if entry.operation is Operation.CANCEL:
        return CancelResult(
            order_id=entry.order_id,
            outcome=CancelOutcome(outcome),
            refund_amount=entry.refund_amount,
            price=entry.price,
            problem=problem,
        )
    if entry.operation is Operation.SWAP:
        return SwapResult(
            order_id=entry.order_id,
            outcome=SwapOutcome(outcome),
            previous_number=entry.reference,
            problem=problem,
        )
    return RefundResult(
        order_id=entry.order_id,
        outcome=RefundOutcome(outcome),
        refund_amount=entry.refund_amount,
        request_id=entry.reference,
        problem=problem,
    )


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
