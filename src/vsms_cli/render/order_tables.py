"""The columns of every table of orders: the listing, the live table, the plans, the journal.

`keep` says which column goes first where there is no room: the number goes last of all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vsms_cli.domain.money import dollars
from vsms_cli.domain.outcomes import Outcome
from vsms_cli.domain.plans import CancelPlan, PlannedCancel, PlannedRefund, RefundPlan, RefundStep
from vsms_cli.domain.rentals import Rental
from vsms_cli.domain.times import short_duration
from vsms_cli.render import order_text
from vsms_cli.render.results import outcome_words
from vsms_cli.render.safe import shown
from vsms_cli.render.tables import NAME, NUMBER, WORD, Column, column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from vsms_cli.domain.journal_entry import JournalEntry
    from vsms_cli.domain.orders import Order


_LAST_OF_ALL: Final = 20


def order_columns(orders: Sequence[Order], *, now: datetime, names: Mapping[str, str]) -> list[Column]:
    """`orders list`: when cancelling opens, and when the refund comes by itself. `names` are services' by code."""
    return [
        *_which([order.id for order in orders], orders, names),
        _status(orders),
        _price(orders, keep=3),
        column("AGE", (order_text.age(order, now) for order in orders), keep=1, right=True),
        _cancellable(orders, now),
        _auto_refund(orders, now, keep=8),
    ]


def live_columns(orders: Sequence[Order], *, now: datetime, names: Mapping[str, str]) -> list[Column]:
    """`orders watch`: as `orders list`, with the code that came instead of the age."""
    return [
        *_which([order.id for order in orders], orders, names),
        _status(orders),
        _price(orders, keep=3),
        _cancellable(orders, now),
        _auto_refund(orders, now, keep=8),
        column("CODE", map(order_text.code, orders), keep=12, style="bold green"),
    ]


def cancel_plan_columns(plan: CancelPlan, *, now: datetime, names: Mapping[str, str]) -> list[Column]:
    """Each order, what comes back, what happens to it, and when it would refund itself."""
    orders = [item.order for item in plan.items]
    return [
        *_which([item.order_id for item in plan.items], orders, names),
        _price(orders, keep=9),
        column("ACTION", (_cancel_fate(item, now, wait=plan.wait) for item in plan.items), keep=10),
        _auto_refund(orders, now, keep=1),
        *([_full_refund(orders, now)] if any(isinstance(order, Rental) for order in orders) else []),
    ]


def rental_columns(rentals: Sequence[Order], *, now: datetime, names: Mapping[str, str]) -> list[Column]:
    """`rentals list`: until when a full refund is possible, how many SMS came, and when it ends."""
    ends = (order_text.moment(rental.ends_at if isinstance(rental, Rental) else None) for rental in rentals)
    return [
        *_which([rental.id for rental in rentals], rentals, names),
        column("STATUS", map(order_text.status, rentals), keep=6, most=WORD),
        _price(rentals, keep=7),
        _full_refund(rentals, now),
        column("SMS", map(order_text.sms_count, rentals), keep=3, right=True),
        column("ENDS", ends, keep=2),
    ]


def refund_plan_columns(plan: RefundPlan, *, names: Mapping[str, str]) -> list[Column]:
    """Each order, the code that came, and what is asked for."""
    orders = [item.order for item in plan.items]
    return [
        *_which([item.order_id for item in plan.items], orders, names),
        _price(orders, keep=9),
        column("CODE", map(order_text.code, orders), keep=10),
        column("ACTION", map(_refund_fate, plan.items), keep=11),
    ]


def journal_columns(entries: Sequence[JournalEntry]) -> list[Column]:
    returned = ("" if entry.refund_amount is None else dollars(entry.refund_amount) for entry in entries)
    return [
        column("ENTRY", (str(entry.entry) for entry in entries), keep=9, right=True),
        column("AT", (order_text.moment(entry.at) for entry in entries), keep=2),
        column("WHAT", (entry.operation.value for entry in entries), keep=6),
        _ids("ORDER", [entry.order_id for entry in entries]),
        column("OUTCOME", (entry.outcome or "unfinished" for entry in entries), keep=8),
        column("RETURNED", returned, keep=4, right=True),
    ]


def _which(ids: Sequence[str], orders: Sequence[Order | None], names: Mapping[str, str]) -> list[Column]:
    """What tells one order from another."""
    numbers = (order_text.number(None if order is None else order.phone_number) for order in orders)
    services = (order_text.service(order, names) for order in orders)
    return [
        _ids("ID", ids),
        column("NUMBER", numbers, keep=_LAST_OF_ALL, most=NUMBER),
        column("COUNTRY", map(order_text.country, orders), keep=4, text=True, most=NAME),
        column("SERVICE", services, keep=5, text=True, most=NAME),
    ]


def _ids(title: str, ids: Sequence[str]) -> Column:
    cells = (shown(order_id) or order_text.UNKNOWN for order_id in ids)
    return column(title, cells, keep=_LAST_OF_ALL - 1, style="cyan", ids=True)


def _status(orders: Sequence[Order]) -> Column:
    """What is the same in every row tells the least, and goes early."""
    statuses = tuple(map(order_text.status, orders))
    return column("STATUS", statuses, keep=2 if len(set(statuses)) == 1 else 9, most=WORD)


def _price(orders: Sequence[Order | None], *, keep: int) -> Column:
    prices = (dollars(None if order is None else order.price) for order in orders)
    return column("PRICE", prices, keep=keep, right=True)


def _cancellable(orders: Sequence[Order], now: datetime) -> Column:
    return column("CANCELLABLE", (order_text.cancellable(order, now) for order in orders), keep=6)


def _auto_refund(orders: Sequence[Order | None], now: datetime, *, keep: int) -> Column:
    return column("AUTO-REFUND", (order_text.auto_refund(order, now) for order in orders), keep=keep)


def _cancel_fate(item: PlannedCancel, now: datetime, *, wait: bool) -> str:
    """What happens to an order, in a word or three."""
    match item.foreseen.outcome:
        case Outcome.WOULD_CANCEL:
            return "cancel"
        case Outcome.TOO_EARLY if item.foreseen.retry_at is not None:
            span = short_duration(item.foreseen.retry_at - now)
            return f"cancel in {span}" if wait else f"opens in {span}"
        case Outcome.EXPIRED:
            return "none: expired"
        case Outcome.ALREADY_CANCELLED:
            return "none: cancelled"
        case Outcome.SMS_RECEIVED:
            return "none: a code came"
    return f"none: {outcome_words(item.foreseen.outcome)}"


def _full_refund(orders: Sequence[Order | None], now: datetime) -> Column:
    return column("FULL REFUND", (order_text.full_refund(order, now) for order in orders), keep=8)


def _refund_fate(item: PlannedRefund) -> str:
    match item.step:
        case RefundStep.CANCEL:
            return "cancel"
        case RefundStep.MISSING:
            return "ask for refund"
        case RefundStep.CREDIT:
            return "ask for credit"
        case RefundStep.NOTHING if item.foreseen.retry_at is not None:
            return "none: too young"
    return f"none: {outcome_words(item.foreseen.outcome)}"
