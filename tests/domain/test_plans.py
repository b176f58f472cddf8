"""What is shown before the question."""

from __future__ import annotations

from decimal import Decimal

from vsms_cli.domain.orders import Order
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.plans import CancelPlan, PlannedCancel, PlannedRefund, RefundPlan, RefundStep
from vsms_cli.domain.tickets import Operation

ORDER = "7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11"


def item(outcome: Outcome, price: str | None = None, *, seen: bool = True) -> PlannedCancel:
    order = Order(id=ORDER, status="waiting", price=None if price is None else Decimal(price))
    return PlannedCancel(
        order_id=ORDER,
        order=order if seen else None,
        foreseen=Result(operation=Operation.CANCEL, order_id=ORDER, outcome=outcome),
    )


WOULD, EARLY, DONE = Outcome.WOULD_CANCEL, Outcome.TOO_EARLY, Outcome.EXPIRED


def test_the_total_counts_what_is_sent_and_the_too_young_only_with_wait() -> None:
    items = (item(WOULD, "0.10"), item(WOULD, "0.20"), item(EARLY, "1"), item(DONE, "5"))
    now, later = CancelPlan(items=items), CancelPlan(items=items, wait=True)
    assert (len(now.sending), now.total, now.total_is_known) == (2, Decimal("0.30"), True)
    assert (len(later.sending), later.total) == (3, Decimal("1.30"))


def test_an_unknown_price_is_said_to_be_unknown() -> None:
    for unknown in (item(WOULD), item(WOULD, seen=False)):
        plan = CancelPlan(items=(item(WOULD, "0.10"), unknown))
        assert (plan.total, plan.total_is_known) == (Decimal("0.10"), False)
    assert CancelPlan(items=(item(WOULD, "0.10"), item(DONE))).total_is_known


def test_nothing_to_send_is_nothing_in_exact_money() -> None:
    plan = CancelPlan(items=())
    assert (plan.sending, plan.total, plan.total_is_known) == ((), Decimal(0), True)


def refund_item(step: RefundStep, price: str | None) -> PlannedRefund:
    order = None if price is None else Order(id=ORDER, status="waiting", price=Decimal(price))
    foreseen = Result(operation=Operation.REFUND, order_id=ORDER, outcome=Outcome.WOULD_REQUEST)
    return PlannedRefund(order_id=ORDER, order=order, step=step, foreseen=foreseen)


def test_a_refund_plan_asks_only_where_something_would_be_sent() -> None:
    nothing = RefundPlan(items=(refund_item(RefundStep.NOTHING, None),))
    assert not nothing.needs_question
    plan = RefundPlan(
        items=(
            *nothing.items,
            refund_item(RefundStep.CANCEL, "0.80"),
            refund_item(RefundStep.CANCEL, "0.20"),
            refund_item(RefundStep.CANCEL, None),
            refund_item(RefundStep.CREDIT, "9"),
        )
    )
    assert plan.needs_question
    assert plan.cancel_total == Decimal("1.00")
    assert [plan.count(step) for step in RefundStep] == [3, 1, 0, 1]
