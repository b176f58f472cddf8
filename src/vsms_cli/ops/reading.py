"""Reading an order until it tells what became of a request whose answer proves nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from vsms_cli.domain.errors import ExitCode, Problem, TokenRefused, VsmsError
from vsms_cli.domain.orders import Order
from vsms_cli.domain.times import short_duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from vsms_cli.domain.entries import JournalEntry
    from vsms_cli.ops.desk import Desk

_READS: Final = 4  # over one time limit: at its start, its thirds and its end
_NAP_S: Final = 1.0  # at the least, between two reads of an order whose request may still be on its way
_NO_USE: Final = frozenset({ExitCode.AUTH, ExitCode.RATE_LIMITED, ExitCode.REFUSED})  # to read once more

T = TypeVar("T")


def read_once(desk: Desk, order_id: str) -> Order | Problem:
    """TokenRefused comes out: it ends the whole run."""
    try:
        return desk.service.order(order_id)
    except TokenRefused:
        raise
    except VsmsError as exc:
        return exc.as_problem()


def read_on(desk: Desk, order_id: str, *, enough: Callable[[Order], bool]) -> Order | Problem:
    """Read the order four times, the last no sooner than one time limit from now, until one reading is `enough`.

    Asked to end, one more read is the last. TokenRefused as from `read_once`.
    """
    limit = desk.service.time_limit
    start = desk.clock.monotonic()
    count = 0
    while True:
        last = read_once(desk, order_id)
        count += 1
        if isinstance(last, Order):
            if enough(last):
                return last
        elif last.exit_code in _NO_USE or desk.clock.monotonic() >= start + limit:
            return last
        if desk.stop.requested or count == _READS:
            return last
        desk.stop.wait(max(0.0, start + limit * count / (_READS - 1) - desk.clock.monotonic()))


def told_once(desk: Desk, order_id: str) -> Callable[[float], None]:
    """An `on_wait` for a run that was meant to send: a wait of seconds in silence looks like a hang."""
    told = False

    def on_wait(left: float) -> None:
        nonlocal told
        if not told and left >= _NAP_S:
            told = True
            span = short_duration(timedelta(seconds=left))
            desk.say(
                f"an earlier request about {order_id} may yet be on its way: reading the order for {span}"
            )

    return on_wait


def look_until_old(
    desk: Desk,
    entry: JournalEntry,
    look: Callable[[], T],
    *,
    settled: Callable[[T], bool],
    on_wait: Callable[[float], None],
) -> tuple[T, bool]:
    """What the last look at an open entry showed, and whether that is final: settled, or the entry is one time
    limit old, so that its request can't be on its way any more. It is not where we were asked to end before.

    `on_wait` is told for how long it may yet take, in seconds. The time limit is this run's or the one that the request
    had, whichever is longer.
    """
    clock, limit = desk.clock, max(desk.service.time_limit, entry.time_limit or 0.0)
    end = clock.monotonic() + limit - min(desk.journal.age_of(entry), limit)
    while True:
        started = clock.monotonic()
        seen = look()
        if settled(seen) or started >= end:
            return seen, True
        left = max(0.0, end - clock.monotonic())
        on_wait(left)
        if desk.stop.wait(min(left, max(_NAP_S, limit / (_READS - 1)))):
            return seen, False
