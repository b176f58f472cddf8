"""Orders as the service lists them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from vsms_cli.domain.errors import BadAnswer, OrderNotFound
from vsms_cli.domain.orders import Phase, is_whole_id
from vsms_cli.domain.record_class import record, replace
from vsms_cli.ops.selection import complete

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vsms_cli.domain.orders import Order
    from vsms_cli.domain.ports import Service

ACTIVE = "waiting"  # the one active status of the live service (the vendor's live run)
_LARGEST_PAGE = 200  # orders (the vendor's live run)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@record
class Listing:
    """Orders, newest first. `full` says that a page came back full, or shorter than its count: more may exist. `odd`
    are orders of a status that no source names, which may wait or not.
    """

    orders: tuple[Order, ...]
    full: bool
    odd: tuple[Order, ...] = ()

    @property
    def more_may_exist(self) -> str:
        """Why there may be more, in a sentence."""
        if len(self.orders) >= _LARGEST_PAGE:
            return f"a page of {_LARGEST_PAGE} orders came back full: more may exist"
        return "the list of orders is shorter than its count, or as long as a page can be: more may exist"

    def maybe_active(self, now: datetime) -> tuple[Order, ...]:
        """Those of the odd ones whose time is not over, as far as it is known."""
        return tuple(
            order for order in self.odd if order.refunds_itself_at is None or order.refunds_itself_at > now
        )


def active_orders(service: Service) -> Listing:
    """What still waits. It is asked for by status: 200 ended orders must not hide an active one. Only where that shows
    none are the newest of any status asked for too: older deployments call them pending or created.
    """
    pages = [service.orders(status=ACTIVE)]
    if not any(order.active for order in pages[0].orders):
        pages.append(service.orders(status=None))
    waiting = _each_once(order for page in pages for order in page.orders if order.active)
    odd = _each_once(order for page in pages for order in page.orders if order.undocumented)
    full = pages[0].full or (pages[-1].full and not waiting)
    return Listing(orders=newest_first(waiting), full=full, odd=newest_first(odd))


def orders_with(service: Service, statuses: Sequence[str]) -> Listing:
    """The newest 200 of each status; of all together where none is named."""
    pages = [service.orders(status=status) for status in dict.fromkeys(statuses)] or [
        service.orders(status=None)
    ]
    wanted = {status.lower() for status in statuses}
    orders = _each_once(
        order for page in pages for order in page.orders if not wanted or order.status.lower() in wanted
    )
    return Listing(orders=newest_first(orders), full=any(page.full for page in pages))


def completed(service: Service, texts: Sequence[str]) -> list[str]:
    """Whole ids from parsed ones; the list is read only where one is not whole."""
    return complete(texts, () if all(map(is_whole_id, texts)) else orders_with(service, []).orders)


def with_messages(service: Service, order: Order) -> Order:
    """The order with its messages, which a listing does not carry; one request, where a code may have come."""
    if order.phase is not Phase.COMPLETED or order.messages or not order.nameable:
        return order
    try:
        return replace(order, messages=service.order(order.id).messages)
    except (OrderNotFound, BadAnswer):  # the others are still worth telling
        return order


def _each_once(orders: Iterable[Order]) -> Iterable[Order]:
    """An order that two pages have is one; those without an id are each their own, if they differ."""
    return {order.id or order: order for order in orders}.values()


def newest_first(orders: Iterable[Order]) -> tuple[Order, ...]:
    return tuple(sorted(orders, key=lambda order: order.created_at or _LONG_AGO, reverse=True))
