"""One thing told at length: an order, an entry of the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vsms_cli.domain.money import dollars
from vsms_cli.domain.orders import Order, Phase
from vsms_cli.domain.times import rfc3339
from vsms_cli.render.countdowns import age, opens, refunds_itself
from vsms_cli.render.safe import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from vsms_cli.domain.entries import JournalEntry, JournalEvent


def order_details(order: Order, advice: Mapping[str, str], *, now: datetime) -> str:
    facts = {
        "order": order.id,
        "number": order.phone_number,
        "country": order.country,
        "service": order.service,
        "status": order.status,
        "price": dollars(order.price),
        "bought": _when(order.created_at, f"{age(order, now)} ago"),
        "cancel opens": _when(order.cancel_opens_at, opens(order, now)),
        "refunds itself": _when(order.refunds_itself_at, refunds_itself(order, now)),
    }
    lines = [*_facts(facts), ""]
    waiting = order.phase is Phase.WAITING
    for message in order.messages or ():
        sender = shown(message.sender) or "unknown"
        lines.append(f"SMS from {sender}, {_when(message.received_at, '')}".rstrip(", "))
        lines.append(f"  {shown(message.content)}")
    if not order.messages:
        lines.append("no SMS yet" if waiting else "no SMS")
    lines += ["", *_facts(advice)]
    return "".join(f"{line}\n" for line in lines)


def entry_details(entry: JournalEntry, story: Sequence[JournalEvent]) -> str:
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
    steps = [f"{rfc3339(event.at)}  {shown(event.what)}" for event in story]
    return "".join(f"{line}\n" for line in [*_facts(facts), "", *steps])


def _facts(facts: Mapping[str, str] | Mapping[str, str | None]) -> Iterable[str]:
    width = max(len(name) for name in facts)
    return [f"{name.ljust(width)}  {shown(text or '?')}" for name, text in facts.items()]


def _when(moment: datetime | None, relative: str) -> str:
    if moment is None:
        return "?"
    if relative == "-":  # an order that has ended
        return "-"
    text = rfc3339(moment.replace(microsecond=0))
    return f"{text} ({relative})" if relative else text
