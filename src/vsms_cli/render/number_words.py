"""What a person reads about a swap: the table before the question, the question, the line after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.tickets import Operation
from vsms_cli.domain.times import rfc3339, short_duration
from vsms_cli.render import order_text
from vsms_cli.render.details import facts_text
from vsms_cli.render.rows import problem_row
from vsms_cli.render.safe import shown
from vsms_cli.render.sentences import cancel_line, outcome_words, refund_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from vsms_cli.domain.orders import Order
    from vsms_cli.render.documents import Row
    from vsms_cli.render.streams import Surface

SWAP_FIELDS: Final = ("id", "outcome", "status", "phone_number", "previous_number", "retry_at", "error")
THE_OLD_NUMBER: Final = "The old number is given up: a code sent to it does not arrive. Nothing is charged."


def swap_row(result: Result) -> Row:
    return {
        "id": result.order_id,
        "outcome": result.outcome.value,
        "status": result.status,
        "phone_number": result.phone_number,
        "previous_number": result.previous_number,
        "retry_at": result.retry_at,
        "error": problem_row(result.problem),
    }


def swap_line(result: Result, *, now: datetime) -> tuple[str, str]:
    """The mark and the line, on a terminal."""
    mark = "✓" if result.outcome is Outcome.SWAPPED else "·" if result.done else "✗"
    return mark, f"{result.order_id}  {outcome_words(result.outcome)}{_details(result, now)}"


def result_line(result: Result, *, now: datetime) -> tuple[str, str]:
    """The mark and the line of any operation's result, on a terminal."""
    match result.operation:
        case Operation.CANCEL | Operation.RENTAL:
            return cancel_line(result, now=now)
        case Operation.REFUND:
            return refund_line(result)
        case Operation.SWAP:
            return swap_line(result, now=now)
        case _:
            assert_never(result.operation)


def swap_facts(order: Order, *, now: datetime, names: Mapping[str, str], surface: Surface) -> str:
    """What is about to be done."""
    facts = {
        "order": order.id,
        "number": order_text.number(order.phone_number),
        "country": order.country,
        "service": order_text.service(order, names),
        "refunds itself": order_text.auto_refund(order, now),
    }
    return facts_text(facts, surface)


def swap_question(order: Order) -> str:
    return f"Swap {order_text.number(order.phone_number)} for another number? [y/N] "


def _details(result: Result, now: datetime) -> str:
    match result.outcome:
        case Outcome.SWAPPED:
            return f"  {order_text.number(result.phone_number)} (was {order_text.number(result.previous_number)})"
        case Outcome.WOULD_SWAP:
            return f"  {order_text.number(result.phone_number)} for another number"
        case Outcome.TOO_EARLY if result.retry_at is not None:
            opens = result.retry_at.replace(microsecond=0)
            return f"  opens in {short_duration(result.retry_at - now)} ({rfc3339(opens)})"
    return "" if result.problem is None else f"  {shown(result.problem.message)}"
