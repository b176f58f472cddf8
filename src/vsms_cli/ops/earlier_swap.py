"""What the journal knows of an order's swaps, before another is sent: read, never sent again on suspicion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vsms_cli.domain.errors import Problem, StopRequested
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.tickets import Operation
from vsms_cli.ops.reading import look_until_old, read_once, told_once
from vsms_cli.ops.recording import record, recorded
from vsms_cli.ops.swap_verdict import STILL_THE_SAME, foresee, unknown, verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from vsms_cli.domain.entries import JournalEntry
    from vsms_cli.domain.orders import Order
    from vsms_cli.ops.desk import Desk


def settle_before(desk: Desk, order: Order, *, number: str) -> Result | None:
    """What an earlier swap, or the order as it is now, says; None where a swap may be sent."""
    entry = desk.journal.open_swap(order.id)
    if entry is not None:
        result = settle_open_swap(desk, entry, on_wait=told_once(desk, order.id))
        ticket = desk.journal.ticket_of(entry)
        if result.outcome is not Outcome.FAILED:
            return recorded(desk, ticket, result, settled=result.outcome is not Outcome.UNKNOWN)
        record(
            desk, ticket, result, settled=True
        )  # another may go out: nothing does where this can't be written
    # Another process may have had the order until now: whoever asked for both asked for one other number.
    now = desk.service.order(order.id)
    ended = verdict(now, number=number, in_doubt=False)
    return ended or foresee(now, now=desk.clock.now())


def settle_open_swap(
    desk: Desk, entry: JournalEntry, *, on_wait: Callable[[float], None] = lambda _left: None
) -> Result:
    """What became of it. FAILED only where the number is the same and the request can't be on its way any more.
    TokenRefused comes out.
    """
    result, final = look_until_old(
        desk,
        entry,
        lambda: _settle_by_reading(desk, entry),
        settled=lambda seen: seen.outcome is not Outcome.FAILED,
        on_wait=on_wait,
    )
    if final:
        return result
    why = StopRequested("ended while it may still be on its way").as_problem()
    return unknown(entry.order_id, why, number=entry.reference, status=result.status)


def _settle_by_reading(desk: Desk, entry: JournalEntry) -> Result:
    """What one reading of the order shows of an earlier swap, without sending it again."""
    number = entry.reference
    order = read_once(desk, entry.order_id)
    if isinstance(order, Problem):
        return unknown(entry.order_id, order, number=number)
    if number is None:
        return unknown(order.id, STILL_THE_SAME, number=None)
    return verdict(order, number=number, in_doubt=True) or Result(
        operation=Operation.SWAP,
        order_id=order.id,
        outcome=Outcome.FAILED,
        status=order.status,
        phone_number=order.phone_number,
        previous_number=number,
        problem=STILL_THE_SAME,
    )
