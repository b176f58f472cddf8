"""What a person is to know before saying yes, and the question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vsms_cli.domain.money import dollars
from vsms_cli.domain.plans import CancelPlan, RefundPlan, RefundStep
from vsms_cli.render import order_text
from vsms_cli.render.details import facts_text
from vsms_cli.render.plural import plural
from vsms_cli.render.safe import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from vsms_cli.domain.orders import Order
    from vsms_cli.render.streams import Surface


SERVICE_RULE: Final = (
    "The service's rule: a code that the platform accepted and that was used is not refunded."
)
THE_OLD_NUMBER: Final = "The old number is given up: a code sent to it does not arrive. Nothing is charged."


def _what(plan: CancelPlan) -> str:
    return plural(len(plan.sending), plan.sending[0].foreseen.operation.noun if plan.sending else "order")


def cancel_announcement(plan: CancelPlan) -> str:
    """What the question would have asked, where nobody is asked."""
    amount = dollars(plan.total) if plan.total_is_known else f"at least {dollars(plan.total)}"
    return f"cancelling {_what(plan)}: {amount} returns to the balance"


def cancel_question(plan: CancelPlan) -> str:
    amount = dollars(plan.total) if plan.total_is_known else f"at least {dollars(plan.total)}"
    return f"Cancel {_what(plan)} and return {amount} to your balance? [y/N] "


def refund_facts(
    plan: RefundPlan, *, reason: str | None, missing_reason: str, note: str | None
) -> Iterator[str]:
    """What to know before saying yes: what is asked for, why, and what is written to the service."""
    if count := plan.count(RefundStep.CANCEL):
        yield f"{plural(count, 'order')} still waiting: cancelling returns the full price, with no request."
    if count := plan.count(RefundStep.MISSING):
        yield (
            f"{plural(count, 'order')} ended, and the ledger shows no full refund. Reason given: {missing_reason}."
        )
    if plan.count(RefundStep.CREDIT):
        yield SERVICE_RULE
        yield f"Reason given for the credit: {reason or 'none yet, --reason names one'}."
    if note is not None and plan.count(RefundStep.CREDIT) + plan.count(RefundStep.MISSING):
        yield f"Note: {shown(note)}"


def refund_question(plan: RefundPlan) -> str:
    parts: list[str] = []
    if count := plan.count(RefundStep.CANCEL):
        parts.append(
            f"cancel {plural(count, 'order')} and return {dollars(plan.cancel_total)} to your balance"
        )
    if count := plan.count(RefundStep.MISSING):
        parts.append(f"ask for the missing refund of {plural(count, 'order')}")
    if count := plan.count(RefundStep.CREDIT):
        parts.append(f"ask for a manual credit for {plural(count, 'order')}")
    sentence = " and ".join(parts)
    return f"{sentence[:1].upper()}{sentence[1:]}? [y/N] "


def request_question(count: int, amount: str) -> str:
    return f"Ask for {plural(count, 'missing refund')}, {amount} in all? [y/N] "


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
