"""Planning a cancel from what the service says, and foreseeing what needs no request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from vsms_cli.domain.errors import OrderNotFound
from vsms_cli.domain.orders import Order, Phase
from vsms_cli.domain.outcomes import Outcome
from vsms_cli.domain.plans import CancelPlan, PlannedCancel
from vsms_cli.domain.record_class import record
from vsms_cli.ops.cancel_policy import Cancel
from vsms_cli.ops.dispatcher import Target
from vsms_cli.ops.listing import active_orders, completed, orders_with
from vsms_cli.ops.problems import SMS_CAME, undocumented_status
from vsms_cli.ops.selection import ids_or_beginnings, refuse_beginnings, whole_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from vsms_cli.domain.outcomes import Result
    from vsms_cli.domain.ports import Service
    from vsms_cli.ops.listing import Listing

_CHEAPER_ONE_BY_ONE: Final = 3  # up to so many ids are read each; more are first looked for in one listing


@record
class Cancellable:
    """A kind of thing that is cancelled: what differs between orders and rentals outside the reconciler."""

    rule: str
    """What to know before saying yes."""
    sms_came: str
    """Why one with an SMS is left alone."""
    policy: type[Cancel]
    active: Callable[[Service], Listing]
    every: Callable[[Service, Sequence[str]], Listing]
    """Those of the statuses, or all."""
    one: Callable[[Service, str], Order]
    parse: Callable[[Sequence[str], bool], list[str]]
    """Ids from what was typed, each once; a beginning of one only where that is allowed."""
    complete: Callable[[Service, Sequence[str], bool], list[str]]
    """Whole ids from parsed ones: the list is read where one is not whole."""
    foresee: Callable[[Order, datetime, bool], Result]
    """What becomes of it without a request; True where the person gave its id."""

    @property
    def noun(self) -> str:
        return self.policy.operation.noun

    @property
    def group(self) -> str:
        return f"{self.noun}s"


def plan_for_ids(
    kind: Cancellable, service: Service, ids: Sequence[str], *, now: Callable[[], datetime], wait: bool
) -> CancelPlan:
    """A plan for whole ids, from as few reads as will do."""
    known: dict[str, Order] = {}
    if len(ids) > _CHEAPER_ONE_BY_ONE:
        known = {order.id: order for order in kind.active(service).orders}
    items = []
    for order_id in ids:
        try:
            order = known.get(order_id) or kind.one(service, order_id)
        except OrderNotFound as exc:
            result = kind.policy(order_id).result(Outcome.NOT_FOUND, problem=exc.as_problem())
            items.append(PlannedCancel(order_id=order_id, order=None, foreseen=result))
        else:
            items.append(_planned(kind, order, now=now(), named=True))
    return CancelPlan(items=tuple(items), wait=wait)


def plan_for_orders(kind: Cancellable, orders: Sequence[Order], *, now: datetime, wait: bool) -> CancelPlan:
    items = tuple(_planned(kind, order, now=now) for order in orders)
    return CancelPlan(items=items, wait=wait)


def plan_unseen(
    kind: Cancellable, ids: Sequence[str], *, wait: bool, prices: Mapping[str, Decimal]
) -> CancelPlan:
    """A plan for whole ids that costs no look-up: with --yes a whole id is exactly one request. `prices` are those of
    orders that were listed before: a refund that is smaller is to be pointed out.
    """
    return CancelPlan(
        items=tuple(
            PlannedCancel(
                order_id=order_id,
                order=None,
                foreseen=kind.policy(order_id, price=prices.get(order_id)).result(Outcome.WOULD_CANCEL),
            )
            for order_id in ids
        ),
        wait=wait,
    )


def _planned(kind: Cancellable, order: Order, *, now: datetime, named: bool = False) -> PlannedCancel:
    """`named` is whether the person gave its id: then an undocumented status is the service's to judge."""
    return PlannedCancel(order_id=order.id, order=order, foreseen=kind.foresee(order, now, named))


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


def foresee_order(order: Order, now: datetime, named: bool) -> Result:  # noqa: FBT001 - see `Cancellable`
    policy = Cancel(order.id, order=order)
    match order.phase:
        case Phase.WAITING:
            opens = order.cancel_opens_at
            if opens is not None and order.too_young(now):
                return policy.too_early(opens, status=order.status)
            return policy.foreseen(Outcome.WOULD_CANCEL)
        case Phase.CANCELLED:
            return policy.foreseen(Outcome.ALREADY_CANCELLED)
        case Phase.EXPIRED:
            return policy.foreseen(Outcome.EXPIRED)
        case Phase.COMPLETED:
            return policy.foreseen(Outcome.SMS_RECEIVED, problem=SMS_CAME)
        case Phase.UNKNOWN:
            return foresee_undocumented(policy, order, named=named)
        case _:
            assert_never(order.phase)


def foresee_undocumented(policy: Cancel, order: Order, *, named: bool) -> Result:
    """An undocumented status is the service's to judge where the person named the order; else it is left alone."""
    if named and order.undocumented:
        return policy.foreseen(Outcome.WOULD_CANCEL)
    return policy.foreseen(Outcome.FAILED, problem=undocumented_status(policy.operation))


def _parse_orders(said: Sequence[str], beginnings: bool) -> list[str]:  # noqa: FBT001 - see `Cancellable`
    if beginnings:
        return ids_or_beginnings(said)
    refuse_beginnings(said, because="--yes asks nobody")
    return whole_ids(said)


ORDERS: Final = Cancellable(
    rule="Still want a code? Waiting is free: with no SMS an order refunds itself in full.",
    sms_came="an SMS came: `vsms orders refund ID`, if the platform refused the code",
    policy=Cancel,
    active=active_orders,
    every=orders_with,
    one=lambda service, order_id: service.order(order_id),
    parse=_parse_orders,
    complete=lambda service, said, _beginnings: completed(service, said),
    foresee=foresee_order,
)
