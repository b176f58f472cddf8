"""What is about to be done, as a table before the question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vsms_cli.domain.money import dollars
from vsms_cli.domain.plans import CancelPlan, PlannedRefund, RefundPlan, RefundStep
from vsms_cli.render.countdowns import refunds_itself
from vsms_cli.render.plan_lines import fate
from vsms_cli.render.safe import shown
from vsms_cli.render.sentences import outcome_words
from vsms_cli.render.tables import Column, layout

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from vsms_cli.domain.orders import Order


def cancel_plan_table(plan: CancelPlan, *, now: datetime, width: int, colour: bool) -> str:
    """Each order, what comes back, what happens to it, and when it would refund itself."""
    items = plan.items
    columns = (
        *_facts([(item.order_id, item.order) for item in items]),
        Column(title="ACTION", cells=tuple(fate(item, now, wait=plan.wait) for item in items), keep=8),
        Column(
            title="REFUND",
            cells=tuple("-" if item.order is None else refunds_itself(item.order, now) for item in items),
            keep=7,
        ),
    )
    return layout(columns, width=width, colour=colour)


def refund_plan_table(plan: RefundPlan, *, width: int, colour: bool) -> str:
    columns = (
        *_facts([(item.order_id, item.order) for item in plan.items]),
        Column(title="ACTION", cells=tuple(map(_refund_fate, plan.items)), keep=8),
    )
    return layout(columns, width=width, colour=colour)


def _facts(orders: Sequence[tuple[str, Order | None]]) -> tuple[Column, ...]:
    known = [order for _, order in orders]
    return (
        Column(title="ID", cells=tuple(shown(order_id) for order_id, _ in orders), keep=9, style="cyan"),
        Column(
            title="COUNTRY",
            cells=tuple("?" if order is None else shown(order.country or "?") for order in known),
            keep=5,
        ),
        Column(
            title="SERVICE",
            cells=tuple("?" if order is None else shown(order.service or "?") for order in known),
            keep=4,
        ),
        Column(
            title="PRICE",
            cells=tuple(dollars(None if order is None else order.price) for order in known),
            keep=6,
            right=True,
        ),
    )


def _refund_fate(item: PlannedRefund) -> str:
    match item.step:
        case RefundStep.CANCEL:
            return "cancel"
        case RefundStep.MISSING:
            return "ask for refund"
        case RefundStep.CREDIT:
            return "ask for credit"
        case RefundStep.NOTHING if item.foreseen.retry_at is not None:
            return "none: too young"
    return f"none: {outcome_words(item.foreseen.outcome)}"
