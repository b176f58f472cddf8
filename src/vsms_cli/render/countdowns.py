"""How long since, how long until."""

from __future__ import annotations

from datetime import datetime, timedelta

from vsms_cli.domain.orders import Order, Phase
from vsms_cli.domain.times import short_duration


def age(order: Order, now: datetime) -> str:
    return "?" if order.created_at is None else short_duration(now - order.created_at)


def opens(order: Order, now: datetime) -> str:
    """`now`, `in 1:12`, or nothing for an order that can't be cancelled any more."""
    if order.phase is not Phase.WAITING:
        return "-"
    at = order.cancel_opens_at
    return "now" if at is None or at <= now else f"in {short_duration(at - now)}"


def refunds_itself(order: Order, now: datetime) -> str:
    """`in 12:31`, or nothing for an order that has ended."""
    at = order.refunds_itself_at
    if order.phase is not Phase.WAITING or at is None:
        return "-"
    return f"in {short_duration(at - now)}" if at - now > timedelta(0) else "any moment"
