"""Planning a cancel from what the service says, and foreseeing what needs no request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from vsms_cli.domain.errors import ExitCode, OrderNotFound, Problem
from vsms_cli.domain.orders import Order, Phase
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.plans import CancelPlan, PlannedCancel
from vsms_cli.domain.tickets import Operation
from vsms_cli.ops.dispatcher import Target
from vsms_cli.ops.listing import active_orders
from vsms_cli.ops.problems import SMS_CAME, too_early_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from vsms_cli.domain.ports import Service

_CHEAPER_ONE_BY_ONE: Final = 3  # up to so many ids are read each; more are first looked for in one listing


def plan_for_ids(
    service: Service, ids: Sequence[str], *, now: Callable[[], datetime], wait: bool
) -> CancelPlan:
    """A plan for whole ids, from as few reads as will do."""
    known: dict[str, Order] = {}
    if len(ids) > _CHEAPER_ONE_BY_ONE:
        known = {order.id: order for order in active_orders(service).orders}
    items = []
    for order_id in ids:
        try:
            order = known.get(order_id) or service.order(order_id)
        except OrderNotFound as exc:
            result = Result(
                operation=Operation.CANCEL,
                order_id=order_id,
                outcome=Outcome.NOT_FOUND,
                problem=exc.as_problem(),
            )
            items.append(PlannedCancel(order_id=order_id, order=None, foreseen=result))
        else:
            items.append(planned(order, now=now(), named=True))
    return CancelPlan(items=tuple(items), wait=wait)


def plan_for_orders(orders: Sequence[Order], *, now: datetime, wait: bool) -> CancelPlan:
    return CancelPlan(items=tuple(planned(order, now=now) for order in orders), wait=wait)


def plan_unseen(ids: Sequence[str], *, wait: bool, prices: Mapping[str, Decimal]) -> CancelPlan:
    """A plan for whole ids that costs no look-up: with --yes a whole id is exactly one request. `prices` are those of
    orders that were listed before: a refund that is smaller is to be pointed out.
    """
    return CancelPlan(
        items=tuple(
            PlannedCancel(
                order_id=order_id,
                order=None,
                foreseen=Result(
                    operation=Operation.CANCEL,
                    order_id=order_id,
                    outcome=Outcome.WOULD_CANCEL,
                    price=prices.get(order_id),
                ),
            )
            for order_id in ids
        ),
        wait=wait,
    )


def planned(order: Order, *, now: datetime, named: bool = False) -> PlannedCancel:
    """`named` is whether the person gave its id: then an undocumented status is the service's to judge."""
    return PlannedCancel(order_id=order.id, order=order, foreseen=_foresee(order, now, named=named))


def targets_of(plan: CancelPlan) -> list[Target]:
    """What is to be sent."""
    return [
        Target(
            order_id=item.order_id,
            order=item.order,
            price=item.foreseen.price,
            opens_at=item.foreseen.retry_at if item.too_early else None,
        )
        for item in plan.sending
    ]


def _foresee(order: Order, now: datetime, *, named: bool) -> Result:
    match order.phase:
        case Phase.WAITING:
            opens = order.cancel_opens_at
            if opens is not None and order.too_young(now):
                return _result(order, Outcome.TOO_EARLY, retry_at=opens, problem=too_early_problem(opens))
            return _result(order, Outcome.WOULD_CANCEL)
        case Phase.CANCELLED:
            return _result(order, Outcome.ALREADY_CANCELLED)
        case Phase.EXPIRED:
            return _result(order, Outcome.EXPIRED)
        case Phase.COMPLETED:
            return _result(order, Outcome.SMS_RECEIVED, problem=SMS_CAME)
        case Phase.UNKNOWN if named and order.undocumented:
            return _result(order, Outcome.WOULD_CANCEL)
        case Phase.UNKNOWN:
            return _result(order, Outcome.FAILED, problem=_UNKNOWN_STATUS)
        case _:
            assert_never(order.phase)


_UNKNOWN_STATUS: Final = Problem(
    code="unknown_status",
    message="the order has a status that no documentation names, so it is not assumed cancellable",
    hint="see `vsms orders show ID`",
    exit_code=ExitCode.FAILED,
)


def _result(
    order: Order,
    outcome: Outcome,
    *,
    retry_at: datetime | None = None,
    problem: Problem | None = None,
) -> Result:
    return Result(
        operation=Operation.CANCEL,
        order_id=order.id,
        outcome=outcome,
        status=order.status,
        price=order.price,
        retry_at=retry_at,
        problem=problem,
    )
