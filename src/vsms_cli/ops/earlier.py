"""What the journal knows of an order, before anything about it is sent.

A cancel that was killed, or whose outcome is unknown, may have been carried out, and one that worked needs no
second. Both are read, never sent again on suspicion.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from vsms_cli.domain.errors import RateLimited, StopRequested, TokenRefused, VsmsError
from vsms_cli.domain.orders import Phase
from vsms_cli.domain.outcomes import CancelOutcome, CancelResult
from vsms_cli.domain.ports import JournalEntry
from vsms_cli.ops.desk import Desk
from vsms_cli.ops.reconcile import settle_by_reading
from vsms_cli.ops.verdict import unknown, verdict

_CANCELLED: Final = frozenset({CancelOutcome.CANCELLED.value, CancelOutcome.ALREADY_CANCELLED.value})
_NAP_S: Final = 1.0  # between two reads of an order whose cancel may still be on its way


def settle_earlier_cancel(desk: Desk, order_id: str) -> CancelResult | None:
    """How the order ended by an earlier cancel, or why nothing may be sent now; None where a cancel may go out."""
    earlier = desk.journal.last_cancel(order_id)
    if earlier is None:
        return None
    if not earlier.unresolved:
        return _cancelled_meanwhile(desk, earlier) or _read_anew(desk, earlier)
    result = settle_open_cancel(desk, earlier)
    desk.journal.close(
        desk.journal.ticket_of(earlier),
        result.outcome.value,
        refund_amount=result.refund_amount,
        detail=None if result.problem is None else result.problem.message,
    )
    return None if result.outcome is CancelOutcome.FAILED else result


def settle_open_cancel(
    desk: Desk, entry: JournalEntry, *, on_wait: Callable[[float], None] = lambda _left: None
) -> CancelResult:
    """What became of it. FAILED only where the order still waits and the request can't be on its way any more:
    one younger than one time limit is read on. `on_wait` is told for how long, in seconds.
    """
    clock, limit = desk.clock, desk.service.time_limit
    # Both times are this machine's: the journal does not know the service's. Where the clock was stepped back
    # meanwhile, one time limit is still enough.
    age = (datetime.now(UTC) - entry.updated_at).total_seconds()
    end = clock.monotonic() + limit - min(max(age, 0.0), limit)
    while True:
        started = clock.monotonic()
        result = settle_by_reading(desk, desk.journal.ticket_of(entry), price=entry.price)
        if result.outcome is not CancelOutcome.FAILED or started >= end:
            return result
        left = max(0.0, end - clock.monotonic())
        on_wait(left)
        if desk.stop.wait(min(left, _NAP_S)):
            why = StopRequested("ended while it may still be on its way").as_problem()
            return unknown(entry.order_id, why, price=entry.price, status=result.status)


def _cancelled_meanwhile(desk: Desk, earlier: JournalEntry) -> CancelResult | None:
    """What another process saw that runs beside this one: no request is spent, of which all share 60 a minute."""
    if earlier.updated_at < desk.started or earlier.outcome not in _CANCELLED:
        return None
    return CancelResult(
        order_id=earlier.order_id,
        outcome=CancelOutcome.ALREADY_CANCELLED,
        status=Phase.CANCELLED.value,
        price=earlier.price,
    )


def _read_anew(desk: Desk, earlier: JournalEntry) -> CancelResult | None:
    """One read in place of a request that would come after one that worked."""
    try:
        order = desk.service.order(earlier.order_id)
    except (TokenRefused, RateLimited):
        raise
    except VsmsError as exc:
        return CancelResult(order_id=earlier.order_id, outcome=CancelOutcome.FAILED, problem=exc.as_problem())
    return verdict(desk, order, price=earlier.price, in_doubt=False)
