"""What is about to be done, as plain lines: for a log, and without Rich."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vsms_cli.domain.money import dollars
from vsms_cli.domain.outcomes import Outcome
from vsms_cli.domain.times import short_duration
from vsms_cli.render.safe import shown
from vsms_cli.render.sentences import outcome_words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from vsms_cli.domain.plans import CancelPlan, PlannedCancel


def cancel_plan_lines(plan: CancelPlan, *, now: datetime) -> Iterator[str]:
    """Each order: its id, country, service and price, and what happens to it."""
    for item in plan.items:
        known = item.order
        facts = ("?", "?", "?")
        if known is not None:
            facts = (shown(known.country or "?"), shown(known.service or "?"), dollars(known.price))
        yield "  ".join((shown(item.order_id), *facts, fate(item, now, wait=plan.wait)))


def fate(item: PlannedCancel, now: datetime, *, wait: bool) -> str:
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
