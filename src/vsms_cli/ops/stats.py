"""What came of the orders of a time, from the list of orders and the ledger: nothing guessed."""

from __future__ import annotations

from decimal import Decimal
from statistics import median
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.errors import OrderNotFound
from vsms_cli.domain.ledger_matching import name_of
from vsms_cli.domain.money import PURCHASE, REFUND, REFUNDING_TYPES
from vsms_cli.domain.orders import Order, Phase
from vsms_cli.domain.stats import Group, Stats
from vsms_cli.ops.ledger import Reading, ago

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import timedelta

    from vsms_cli.domain.money import Transaction
    from vsms_cli.domain.ports import Service
    from vsms_cli.ops.context import Context

_READ_AT_MOST: Final = 20  # details of completed orders: a third of a minute's requests
_ENDED: Final = (Phase.COMPLETED, Phase.CANCELLED, Phase.EXPIRED)


def stats(context: Context, *, since: timedelta) -> Stats:
    page = context.service.orders(status=None)
    now = context.clock.now()
    start = ago(now, since)
    orders = [order for order in page.orders if order.created_at is None or order.created_at >= start]
    reading = Reading(context.service, start)
    spent, returned, unread = _money(reading.lines())
    seconds = _seconds_to_code(context.service, orders)
    return Stats(
        since=start,
        spent=spent,
        returned=returned,
        all=_group("", orders),
        by_country=_groups(orders, lambda order: order.country),
        by_service=_groups(orders, lambda order: order.service),
        waiting=sum(order.phase is Phase.WAITING for order in orders),
        orders=len(orders),
        median_seconds_to_code=None if not seconds else round(median(seconds)),
        codes_measured=len(seconds),
        full=page.full,
        unread=unread + reading.left_out,
    )


def _money(lines: Iterable[Transaction]) -> tuple[Decimal, Decimal, int]:
    """What purchases took; what came back for orders, less what was taken back; and how many lines can't be counted.

    A refund that names no order is some order's; a credit that names none is a present.
    """
    spent = returned = Decimal(0)
    unread = 0
    for line in lines:
        if line.amount is None:
            unread += 1
        elif line.kind == PURCHASE:
            spent -= line.amount
        elif line.kind == REFUND or (line.kind in REFUNDING_TYPES and name_of(line) is not None):
            returned += line.amount
    return spent, returned, unread


def _groups(orders: Sequence[Order], name_of: Callable[[Order], str | None]) -> tuple[Group, ...]:
    """The largest first."""
    found: dict[str, list[Order]] = {}
    for order in orders:
        found.setdefault(name_of(order) or "?", []).append(order)
    groups = (_group(name, own) for name, own in found.items())
    return tuple(sorted((g for g in groups if g.ended), key=lambda group: (-group.ended, group.name)))


def _group(name: str, orders: Sequence[Order]) -> Group:
    completed, cancelled, expired = (sum(order.phase is phase for order in orders) for phase in _ENDED)
    return Group(name=name, completed=completed, cancelled=cancelled, expired=expired)


def _seconds_to_code(service: Service, orders: Sequence[Order]) -> list[float]:
    """From the purchase to the first SMS, of the newest completed orders: each costs a read of its own."""
    completed = [
        (order.created_at, order)
        for order in orders
        if order.phase is Phase.COMPLETED and order.created_at is not None and order.nameable
    ]
    completed.sort(key=lambda each: each[0], reverse=True)
    found = []
    for bought, order in completed[:_READ_AT_MOST]:
        try:
            detail = service.order(order.id)
        except OrderNotFound:
            continue
        came = [message.received_at for message in detail.messages or () if message.received_at is not None]
        if came and (seconds := (min(came) - bought).total_seconds()) >= 0:
            found.append(seconds)
    return found
