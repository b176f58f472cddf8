"""Messages to a person at the service: for what it has no endpoint for, and for refunds that are missing."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.money import dollars
from vsms_cli.domain.orders import with_plus
from vsms_cli.domain.times import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vsms_cli.domain.orders import Message, Order
    from vsms_cli.domain.refund_verdicts import Case

SUPPORT_ADDRESS: Final = "support@virtualsms.io"  # the vendor's help page

SUBJECT: Final = "Refund request for order {order_id}"
MISSING_SUBJECT: Final = "Missing refunds"
_IN_A_SUBJECT: Final = 3  # orders, as many as a subject line shows


def support_message(order: Order, *, reason: str, note: str | None) -> str:
    """Ready to send, with every fact of the order. It quotes the SMS, so it is as hostile as its sender."""
    return "\n".join(_lines(order, reason, note))


def _lines(order: Order, reason: str, note: str | None) -> Iterable[str]:
    yield from _opening(SUBJECT.format(order_id=order.id))
    yield f"please refund this order to my balance. Reason: {reason}."
    if note:
        yield f"Note: {note}"
    yield ""
    yield from _facts(order, {"Expires": None if order.expires_at is None else rfc3339(order.expires_at)})
    yield from _texts(order)
    yield from _CLOSING


def missing_refunds_message(cases: Sequence[tuple[Case, Order]]) -> str:
    """The same about every refund that the ledger does not show, with each order's ledger lines."""
    return "\n".join(_missing(cases))


def _missing(cases: Sequence[tuple[Case, Order]]) -> Iterable[str]:
    owed = sum((case.owed or Decimal(0) for case, _ in cases), Decimal(0))
    many = "this order" if len(cases) == 1 else f"these {len(cases)} orders"
    named = ", ".join(one_line(case.order_id) for case, _ in cases[:_IN_A_SUBJECT])
    more = f" and {len(cases) - _IN_A_SUBJECT} more" if len(cases) > _IN_A_SUBJECT else ""
    yield from _opening(f"{MISSING_SUBJECT}: {named}{more}")
    yield f"the ledger of my account does not show the full refund of {many}."
    yield f"Please return {dollars(owed)} to my balance. Reason: not-refunded."
    for case, order in cases:
        yield ""
        ended = case.dossier.ended_by
        yield from _facts(
            order,
            {
                "Ended by": None if ended is None else rfc3339(ended),
                "Came back": dollars(case.dossier.refunded),
                "Missing": None if case.owed is None else dollars(case.owed),
            },
            price=case.dossier.price,
        )
        for line in case.dossier.lines:
            when = "" if line.created_at is None else f" at {rfc3339(line.created_at)}"
            yield f"Transaction {one_line(line.id)}{when}: {one_line(line.type)} {dollars(line.amount)}"
        yield from _texts(order)
    yield from _CLOSING


def _opening(subject: str) -> Iterable[str]:
    return (f"To: {SUPPORT_ADDRESS}", f"Subject: {subject}", "", "Hello,", "")


_CLOSING: Final = ("", "Thank you.")


def _facts(order: Order, more: Mapping[str, str | None], *, price: Decimal | None = None) -> Iterable[str]:
    price = order.price if price is None else price
    facts = {
        "Order": order.id,
        "Service": order.service,
        "Country": order.country,
        "Number": None if order.phone_number is None else with_plus(order.phone_number),
        "Status": order.status,
        "Price": None if price is None else dollars(price),
        "Bought": None if order.created_at is None else rfc3339(order.created_at),
        **more,
    }
    for name, fact in facts.items():
        yield f"{name}: {one_line(fact) or 'unknown'}"


def _texts(order: Order) -> Iterable[str]:
    for message in order.messages or ():
        yield from sms_lines(message)


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
