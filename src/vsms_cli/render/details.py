"""One thing at length: an order, an entry of the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vsms_cli.domain.money import dollars
from vsms_cli.domain.orders import Order, Phase
from vsms_cli.domain.times import rfc3339
from vsms_cli.render import order_text
from vsms_cli.render.line_wrapping import folded
from vsms_cli.render.safe import safe, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from vsms_cli.domain.journal_entry import JournalEntry, JournalEvent
    from vsms_cli.domain.orders import Message
    from vsms_cli.domain.rentals import Rental
    from vsms_cli.render.streams import Surface


def order_details(
    order: Order, advice: Mapping[str, str], *, now: datetime, names: Mapping[str, str], surface: Surface
) -> str:
    ended = order.phase in {Phase.COMPLETED, Phase.CANCELLED, Phase.EXPIRED}
    facts: dict[str, str | None] = {
        "order": order.id,
        "number": order_text.number(order.phone_number),
        "country": order.country,
        "service": order_text.service(order, names),
        "status": order.status,
        "price": dollars(order.price),
        "bought": _when(order.created_at, f"{order_text.age(order, now)} ago"),
    }
    if not ended:
        facts |= {
            "cancel opens": _when(order.cancel_opens_at, order_text.cancellable(order, now)),
            "refunds itself": _when(order.refunds_itself_at, order_text.auto_refund(order, now)),
        }
    messages = "".join(sms_text(message, surface) for message in order.messages or ())
    if not messages:
        messages = "no SMS yet\n" if order.phase is Phase.WAITING else "no SMS\n"
    return "\n".join([facts_text(facts, surface), messages, facts_text(advice, surface)])


def rental_details(rental: Rental, *, now: datetime, names: Mapping[str, str], surface: Surface) -> str:
    facts: dict[str, str | None] = {
        "rental": rental.id,
        "number": order_text.number(rental.phone_number),
        "service": order_text.service(rental, names),
        "country": rental.country,
        "status": rental.status,
        "price": dollars(rental.price),
        "bought": _when(rental.created_at, f"{order_text.age(rental, now)} ago"),
        "full refund": _when(rental.full_refund_until, order_text.full_refund(rental, now)),
        "SMS": order_text.sms_count(rental),
        "ends": order_text.moment(rental.ends_at),
    }
    return facts_text({name: text for name, text in facts.items() if text is not None}, surface)


def entry_details(entry: JournalEntry, story: Sequence[JournalEvent], surface: Surface) -> str:
    facts = {
        "entry": str(entry.entry),
        "what": entry.operation.value,
        "order": entry.order_id,
        "price": dollars(entry.price),
        "outcome": entry.outcome or "unfinished",
        "returned": None if entry.refund_amount is None else dollars(entry.refund_amount),
        "reference": entry.reference,
        "idempotency key": entry.idempotency_key,
    }
    known = {name: text for name, text in facts.items() if text is not None}
    steps = [f"{rfc3339(event.at)}  {shown(event.what)}" for event in story]
    return f"{facts_text(known, surface)}\n{_lines(steps, surface)}"


def message_text(message: str, surface: Surface) -> str:
    """A message to support, as it can be sent."""
    return _lines((safe(line) for line in message.split("\n")), surface)


def facts_text(facts: Mapping[str, str | None], surface: Surface) -> str:
    """A line a fact; `?` for what is not known."""
    width = max(map(len, facts))
    lines = (f"{name.ljust(width)}  {shown(text or order_text.UNKNOWN)}" for name, text in facts.items())
    return _lines(lines, surface, indent=width + 2)


def sms_text(message: Message, surface: Surface) -> str:
    """An SMS whole, its own line breaks as lines of ours, indented."""
    sender = shown(message.sender) or "unknown"
    head = f"SMS from {sender}, {_when(message.received_at, '')}".rstrip(", ")
    return _lines([head, *(f"  {shown(line)}" for line in message.content.splitlines() or [""])], surface)


def _lines(lines: Iterable[str], surface: Surface, *, indent: int | None = None) -> str:
    return "".join(f"{folded(line, surface.width, indent=indent)}\n" for line in lines)


def _when(at: datetime | None, relative: str) -> str:
    text = order_text.moment(at)
    return text if at is None or relative in {"", order_text.NOTHING} else f"{text} ({relative})"
