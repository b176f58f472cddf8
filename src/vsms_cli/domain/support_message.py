"""The message to a person at the service, where the service has no endpoint for a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vsms_cli.domain.money import dollars
from vsms_cli.domain.orders import with_plus
from vsms_cli.domain.times import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vsms_cli.domain.orders import Message, Order

SUPPORT_ADDRESS: Final = "support@virtualsms.io"  # the vendor's help page

SUBJECT: Final = "Refund request for order {order_id}"


def support_message(order: Order, *, reason: str, note: str | None) -> str:
    """Ready to send, with every fact of the order. It quotes the SMS, so it is as hostile as its sender."""
    return "\n".join(_lines(order, reason, note))


def _lines(order: Order, reason: str, note: str | None) -> Iterable[str]:
    yield f"To: {SUPPORT_ADDRESS}"
    yield f"Subject: {SUBJECT.format(order_id=order.id)}"
    yield ""
    yield "Hello,"
    yield ""
    yield f"please refund this order to my balance. Reason: {reason}."
    if note:
        yield f"Note: {note}"
    yield ""
    facts = {
        "Order": order.id,
        "Service": order.service,
        "Country": order.country,
        "Number": None if order.phone_number is None else with_plus(order.phone_number),
        "Status": order.status,
        "Price": None if order.price is None else dollars(order.price),
        "Bought": None if order.created_at is None else rfc3339(order.created_at),
        "Expires": None if order.expires_at is None else rfc3339(order.expires_at),
    }
    for name, fact in facts.items():
        yield f"{name}: {one_line(fact) or 'unknown'}"
    for message in order.messages or ():
        yield from sms_lines(message)
    yield ""
    yield "Thank you."


def sms_lines(message: Message) -> Iterable[str]:
    """An SMS of one line is a fact as the others. One of several is quoted as in mail, so that none of its lines looks
    like one of the person who sends it.
    """
    when = "" if message.received_at is None else f" at {rfc3339(message.received_at)}"
    head = f"SMS from {one_line(message.sender) or 'unknown'}{when}:"
    lines = message.content.splitlines()
    if len(lines) <= 1:
        yield f"{head} {''.join(lines)}"
        return
    yield head
    for line in lines:
        yield f"  > {line}"


def one_line(fact: str | None) -> str:
    r"""Text of the service's with its line breaks as `\x0a`."""
    return "\\x0a".join((fact or "").splitlines())
