"""What the journal knows of an order, before anything about it is sent.

A cancel that was killed, or whose outcome is unknown or was ever in doubt, may have been carried out, and one that
worked needs no second. All are read, never sent again on suspicion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vsms_cli.domain.errors import RateLimited, StopRequested, TokenRefused, VsmsError
from vsms_cli.domain.orders import Phase
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.tickets import Operation
from vsms_cli.ops.reading import look_until_old, told_once
from vsms_cli.ops.reconcile import settle_by_reading
from vsms_cli.ops.recording import record, recorded
from vsms_cli.ops.verdict import unknown, verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from vsms_cli.domain.entries import JournalEntry
    from vsms_cli.ops.desk import Desk

_CANCELLED: Final = frozenset({Outcome.CANCELLED.value, Outcome.ALREADY_CANCELLED.value})


def settle_earlier_cancel(desk: Desk, order_id: str) -> Result | None:
    """How the order ended by an earlier cancel, or why nothing may be sent now; None where a cancel may go out."""
    earlier = desk.journal.last_cancel(order_id)
    if earlier is None:
        return None
    if not earlier.unsettled:
        desk.refusal.check()
        return _cancelled_meanwhile(desk, earlier) or _read_anew(desk, earlier)
    try:
        desk.refusal.check()
        result = settle_open_cancel(desk, earlier, on_wait=told_once(desk, order_id))
    except TokenRefused as exc:
        desk.refusal.met(exc)
        return unknown(order_id, exc.as_problem(), price=earlier.price)
    ticket = desk.journal.ticket_of(earlier)
    if result.outcome is Outcome.FAILED:  # another may go out, and nothing does where this can't be written
        record(desk, ticket, result, settled=True)
        return None
    return recorded(desk, ticket, result, settled=result.outcome is not Outcome.UNKNOWN)


def settle_open_cancel(
    desk: Desk, entry: JournalEntry, *, on_wait: Callable[[float], None] = lambda _left: None
) -> Result:
    """What became of it. FAILED only where the order still waits and the request can't be on its way any more:
    one younger than one time limit is read on. `on_wait` is told for how long, in seconds. TokenRefused comes out.
    """
    result, final = look_until_old(
        desk,
        entry,
        lambda: settle_by_reading(desk, desk.journal.ticket_of(entry), price=entry.price),
        settled=lambda seen: seen.outcome is not Outcome.FAILED,
        on_wait=on_wait,
    )
    if final:
        return result
    why = StopRequested("ended while it may still be on its way").as_problem()
    return unknown(entry.order_id, why, price=entry.price, status=result.status)


def _cancelled_meanwhile(desk: Desk, earlier: JournalEntry) -> Result | None:
    """What another process saw that runs beside this one: no request is spent, of which all share 60 a minute."""
    if earlier.updated_at < desk.started or earlier.outcome not in _CANCELLED:
        return None
    return Result(
        operation=Operation.CANCEL,
        order_id=earlier.order_id,
        outcome=Outcome.ALREADY_CANCELLED,
        status=Phase.CANCELLED.value,
        price=earlier.price,
    )


def _read_anew(desk: Desk, earlier: JournalEntry) -> Result | None:
    """One read in place of a request that would come after one that worked."""
    try:
        order = desk.service.order(earlier.order_id)
    except (TokenRefused, RateLimited):
        raise
    except VsmsError as exc:
        return Result(
            operation=Operation.CANCEL,
            order_id=earlier.order_id,
            outcome=Outcome.FAILED,
            problem=exc.as_problem(),
        )
    return verdict(desk, order, price=earlier.price, in_doubt=False)
