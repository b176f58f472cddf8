"""One message to a person at the service, about every refund that the ledger does not show."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.money import dollars
from vsms_cli.domain.support_message import SUPPORT_ADDRESS, one_line, sms_lines
from vsms_cli.domain.times import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vsms_cli.domain.audit import Case
    from vsms_cli.domain.orders import Order

APPEAL_SUBJECT: Final = "Missing refunds"


def appeal(cases: Sequence[tuple[Case, Order]]) -> str:
    """Ready to send, with every fact of each order and of its ledger lines. A fact is one line, whatever its text."""
    return "\n".join(_lines(cases))


def _lines(cases: Sequence[tuple[Case, Order]]) -> Iterable[str]:
    owed = sum((case.owed or Decimal(0) for case, _ in cases), Decimal(0))
    many = "this order" if len(cases) == 1 else f"these {len(cases)} orders"
    yield f"To: {SUPPORT_ADDRESS}"
    yield f"Subject: {APPEAL_SUBJECT}: {', '.join(one_line(case.order_id) for case, _ in cases[:3])}" + (
        f" and {len(cases) - 3} more" if len(cases) > 3 else ""  # noqa: PLR2004 - as many as a subject line shows
    )
    yield ""
    yield "Hello,"
    yield ""
    yield f"the ledger of my account does not show the full refund of {many}."
    yield f"Please return {dollars(owed)} to my balance. Reason: not-refunded."
    for case, order in cases:
        yield ""
        yield from _facts(case, order)
    yield ""
    yield "Thank you."


def _facts(case: Case, order: Order) -> Iterable[str]:
    facts = {
        "Order": order.id,
        "Service": order.service,
        "Country": order.country,
        "Number": order.phone_number,
        "Status": order.status,
        "Price": _money(case.dossier.price),
        "Bought": None if order.created_at is None else rfc3339(order.created_at),
        "Ended by": None if case.dossier.ended_by is None else rfc3339(case.dossier.ended_by),
        "Came back": dollars(case.dossier.refunded),
        "Missing": _money(case.owed),
    }
    for name, fact in facts.items():
        yield f"{name}: {one_line(fact) or 'unknown'}"
    for line in case.dossier.lines:
        when = "" if line.created_at is None else f" at {rfc3339(line.created_at)}"
        yield f"Transaction {one_line(line.id)}{when}: {one_line(line.type)} {dollars(line.amount)}"
    for message in order.messages or ():
        yield from sms_lines(message)


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else dollars(amount)
