"""Which of cancel, wait and refund applies to an order now, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vsms_cli.domain.orders import Order, Phase
from vsms_cli.domain.times import short_duration

if TYPE_CHECKING:
    from datetime import datetime


def advice_for(order: Order, *, now: datetime) -> dict[str, str]:
    """For each of `cancel`, `wait`, `refund` a sentence that begins with `yes` or `no`."""
    match order.phase:
        case Phase.WAITING:
            end = order.refunds_itself_at
            left = "" if end is None or end <= now else f" in {short_duration(end - now)}"
            return {
                "cancel": _cancel(order, now),
                "wait": f"yes: without an SMS it refunds itself in full{left}",
                "refund": "no: it still waits, and cancelling refunds it in full",
            }
        case Phase.COMPLETED:
            return {
                "cancel": "no: a code came",
                "wait": "no: a code came",
                "refund": "yes, if the platform refused the code: it asks for a manual credit",
            }
        case Phase.EXPIRED | Phase.CANCELLED:
            return {
                "cancel": "no: it has ended",
                "wait": "no: it has ended",
                "refund": "yes: it looks in the ledger, and asks for the refund only if that is missing",
            }
        case _:
            return dict.fromkeys(("cancel", "wait", "refund"), "no: its status is not known")


def _cancel(order: Order, now: datetime) -> str:
    opens = order.cancel_opens_at
    if opens is not None and opens > now:
        return f"no: it opens in {short_duration(opens - now)}; `--wait` waits for it"
    return "yes: in full, with no fee"
