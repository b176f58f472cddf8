"""The orders on a live table: what still waits, and what became of those that waited when it began."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.errors import OrderNotFound, RateLimited, TokenRefused, VsmsError
from vsms_cli.domain.orders import Message, Order, Phase
from vsms_cli.domain.record_class import record, replace
from vsms_cli.domain.sms_code import newest
from vsms_cli.ops.listing import active_orders

if TYPE_CHECKING:
    from vsms_cli.domain.ports import Clock, Service
    from vsms_cli.ops.selection import Filters

_ENDED_KEPT: Final = 20  # of those that ended, so many stay on the table
_FAR: Final = datetime(9999, 1, 1, tzinfo=UTC)


@record
class Watched:
    """An order, and the SMS that came for it."""

    order: Order
    message: Message | None = None

    @property
    def waits(self) -> bool:
        return self.order.phase is Phase.WAITING and self.message is None


@record
class Board:
    """What the table shows: least time left on top, then what ended, the newest first. `full` as in a listing."""

    waiting: tuple[Watched, ...] = ()
    ended: tuple[Watched, ...] = ()
    full: bool = False

    @property
    def rows(self) -> tuple[Watched, ...]:
        return self.waiting + self.ended

    def without(self, order: Order) -> Board:
        """The board at once after an order of it ended, before it is read anew."""
        left = tuple(each for each in self.waiting if each.order.id != order.id)
        return replace(self, waiting=left, ended=(Watched(order=order), *self.ended)[:_ENDED_KEPT])


def look(service: Service, clock: Clock, filters: Filters, before: Board) -> Board:
    """The board as it is now: one listing, and one read for each order that is no longer in it."""
    listing = active_orders(service)
    fitting, _ = filters.split(listing.orders, now=clock.now())
    waiting = sorted(
        (Watched(order=order) for order in fitting),
        key=lambda each: (each.order.refunds_itself_at or _FAR, each.order.id),
    )
    active = {order.id for order in listing.orders}
    gone = [each for each in before.waiting if each.order.nameable and each.order.id not in active]
    known = {each.order.id for each in gone}
    # One that ended by a key of ours is read too, and shown as the service has it.
    ended = [each for each in before.ended if each.order.id not in known]
    still_there: list[Watched] = []
    for each in gone:
        now = _as_it_is(service, each)
        (still_there if now.waits else ended).insert(0, now)
    return Board(waiting=(*waiting, *still_there), ended=tuple(ended[:_ENDED_KEPT]), full=listing.full)


def _as_it_is(service: Service, each: Watched) -> Watched:
    """Read once more; what can't be read stays as it was, and is read again the next time."""
    try:
        order = service.order(each.order.id)
    except OrderNotFound:
        return Watched(order=replace(each.order, status="not found"))
    except (TokenRefused, RateLimited):
        raise
    except VsmsError:
        return each
    return Watched(order=order, message=newest(order.messages or ()))
