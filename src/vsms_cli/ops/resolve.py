"""Reading what became of every entry whose outcome is not known. Nothing that moves money is sent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.errors import ExitCode, Problem, TokenRefused, VsmsError
from vsms_cli.domain.outcomes import (
    Outcome,
    Result,
)
from vsms_cli.domain.tickets import Operation, Ticket
from vsms_cli.ops.earlier import settle_open_cancel
from vsms_cli.ops.earlier_swap import settle_open_swap
from vsms_cli.ops.ledger import refunds_of, total_of
from vsms_cli.ops.mutation import claimed
from vsms_cli.ops.recording import recorded
from vsms_cli.ops.verdict import UNKNOWN_HINT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vsms_cli.domain.entries import JournalEntry
    from vsms_cli.ops.desk import Desk


def resolve(desk: Desk, entry: JournalEntry, ticket: Ticket, *, on_wait: Callable[[float], None]) -> Result:
    """The outcome, on disk too. UNKNOWN where neither the order nor the ledger says it yet. StopRequested if asked to
    end while another process has the order, TokenRefused where the service refuses the token: both leave it as it is.
    """
    with claimed(desk, entry.order_id):
        now = desk.journal.entry(entry.entry) or entry  # as it is now that no other process is at it
        if now.outcome is not None and not now.unsettled:  # the process that sent it was still at work
            return _as_recorded(now, now.outcome)
        result: Result
        if entry.operation is Operation.CANCEL:
            result = settle_open_cancel(desk, now, on_wait=on_wait)
        elif entry.operation is Operation.SWAP:
            result = settle_open_swap(desk, now, on_wait=on_wait)
        else:
            result = _resolve_refund(desk, now)
        return recorded(desk, ticket, result, settled=result.outcome.value != "unknown")


WORDS: Final[Mapping[Operation, tuple[str, str]]] = {
    Operation.CANCEL: (Outcome.CANCELLED.value, Outcome.FAILED.value),
    Operation.REFUND: (Outcome.REQUESTED.value, Outcome.FAILED.value),
    Operation.SWAP: (Outcome.SWAPPED.value, Outcome.FAILED.value),
}
"""What a person may say of an entry that nothing shows: that it was carried out, or that it was not."""


def resolve_by_word(
    desk: Desk, entry: JournalEntry, ticket: Ticket, *, word: str, on_wait: Callable[[float], None]
) -> Result:
    """As `resolve`; what stays unknown is closed as a person says. What can be read goes before any word.

    `word` is one of `WORDS` for the entry's operation. After `failed` the same may be sent again.
    """
    seen = resolve(desk, entry, ticket, on_wait=on_wait)
    if seen.outcome.value != "unknown":
        return seen
    problem = Problem(
        code="by_word",
        message="nothing showed it: closed by the word of a person",
        exit_code=ExitCode.OK,
    )
    said = replace(seen, outcome=Outcome(word), problem=problem)
    return recorded(desk, ticket, said, settled=True)


def _as_recorded(entry: JournalEntry, outcome: str) -> Result:
    problem = None if entry.detail is None else Problem(code="recorded", message=entry.detail)
    if entry.operation is Operation.CANCEL:
        return Result(
            operation=Operation.CANCEL,
            order_id=entry.order_id,
            outcome=Outcome(outcome),
            refund_amount=entry.refund_amount,
            price=entry.price,
            problem=problem,
        )
    if entry.operation is Operation.SWAP:
        return Result(
            operation=Operation.SWAP,
            order_id=entry.order_id,
            outcome=Outcome(outcome),
            previous_number=entry.reference,
            problem=problem,
        )
    return Result(
        operation=Operation.REFUND,
        order_id=entry.order_id,
        outcome=Outcome(outcome),
        refund_amount=entry.refund_amount,
        request_id=entry.reference,
        problem=problem,
    )


def _resolve_refund(desk: Desk, entry: JournalEntry) -> Result:
    """Only the ledger can show that a refund request was granted; until then it stays unknown."""
    try:
        order = desk.service.order(entry.order_id)
        lines = refunds_of(desk.service, order)
    except TokenRefused:
        raise
    except VsmsError as exc:
        return Result(
            operation=Operation.REFUND,
            order_id=entry.order_id,
            outcome=Outcome.UNKNOWN,
            problem=_unknown(exc.message),
        )
    paid = total_of(lines)
    if lines and (order.price is None or paid >= order.price):
        return Result(
            operation=Operation.REFUND,
            order_id=order.id,
            outcome=Outcome.ALREADY_REFUNDED,
            status=order.status,
            refund_amount=paid,
            transaction_id=lines[0].id,
            refunded_at=lines[0].created_at,
        )
    return Result(
        operation=Operation.REFUND,
        order_id=order.id,
        outcome=Outcome.UNKNOWN,
        status=order.status,
        problem=_unknown("the ledger shows no refund yet"),
    )


def _unknown(why: str) -> Problem:
    return Problem(
        code="unknown",
        message=f"it is not known whether the refund request arrived: {why}",
        hint=UNKNOWN_HINT,
        exit_code=ExitCode.UNKNOWN,
    )
