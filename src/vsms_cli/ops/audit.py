"""Every order compared with the ledger, and asking once for each refund that is missing."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.errors import JournalUnusable, RouteMissing
from vsms_cli.domain.ledger_matching import DATED_EARLY, Ledger, order_key
from vsms_cli.domain.orders import Order, is_whole_id
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.plans import PlannedRefund, RefundPlan, RefundStep
from vsms_cli.domain.record_class import replace
from vsms_cli.domain.refund_verdicts import ENDED, GRACE, Audit, Case, Dossier, Verdict, judge
from vsms_cli.domain.rentals import Rental
from vsms_cli.domain.support_message import missing_refunds_message
from vsms_cli.domain.tickets import Operation
from vsms_cli.ops.ledger import Reading, ago
from vsms_cli.ops.refund import Ask, carry_out
from vsms_cli.ops.refund_plan import plan_refunds
from vsms_cli.ops.refund_policy import BY_HAND, RefundRequest
from vsms_cli.ops.rental_policy import EVERY
from vsms_cli.ops.verify import note_reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vsms_cli.domain.ports import Journal, Service
    from vsms_cli.ops.context import Context

_SEVERITY: Final = {verdict: place for place, verdict in enumerate(Verdict)}


def audit(context: Context, *, since: timedelta) -> Audit:
    """The orders bought in the last `since`, as listed and as the ledger knows them, each with its verdict."""
    page = context.service.orders(status=None)
    now = context.clock.now()
    start = ago(now, since)
    ledger = Ledger((order.id for order in page.orders if order.id), keeps_others=True)
    # After the orders: what ended between the two is in the ledger, and not the other way round.
    reading = Reading(context.service, ago(start, DATED_EARLY))
    ledger.add_all(reading.lines())
    orders = (*page.orders, *_rentals(context.service, page.orders, ledger))
    ended, just_now = _seen_ended(context.journal)
    found = judged(orders, ledger, ended=ended, just_now=just_now, start=start, now=now, full=page.full)
    if found.owed:  # before that is said, the ledger is read to its very end
        ledger.add_all(reading.rest())
        ledger.whole, ledger.newest_first = reading.whole, reading.newest_first
        found = judged(orders, ledger, ended=ended, just_now=just_now, start=start, now=now, full=page.full)
    return replace(found, unread=ledger.unread + reading.left_out, unshown=reading.unshown)


def _rentals(service: Service, orders: Iterable[Order], ledger: Ledger) -> Sequence[Order]:
    """The account's rentals, where the ledger names what is no listed order; none where the deployment has none."""
    listed = {order_key(order.id) for order in orders}
    if all(key in listed for key in ledger.orders):
        return ()
    with suppress(RouteMissing):
        return service.rentals(status=EVERY)
    return ()


def judged(
    orders: Iterable[Order],
    ledger: Ledger,
    *,
    ended: Mapping[str, datetime],
    start: datetime,
    now: datetime,
    full: bool,
    just_now: frozenset[str] = frozenset(),
) -> Audit:
    """`ended` is when our journal saw that an order had ended, and `just_now` are those that were cancelled from here
    within the grace.
    """
    orders = tuple(orders)
    listed = {order_key(order.id): order for order in orders if order.id}
    seen = {order_key(order_id): at for order_id, at in ended.items()}
    nameless = [
        Dossier(order_id="", order=order, lines=(), ledger=ledger) for order in orders if not order.id
    ]
    named = (
        Dossier.of(
            ledger,
            key if (order := listed.get(key)) is None else order.id,
            order,
            seen_ended_at=seen.get(key),
            cancelled_just_now=key in just_now,
        )
        for key in dict.fromkeys([*listed, *ledger.orders])
    )
    cases: list[Case] = []
    unjudged: list[Case] = []
    for dossier in (*named, *nameless):
        if not _in_window(dossier, start):
            continue
        case = judge(dossier, now=now)
        (unjudged if case.verdict is Verdict.UNJUDGED else cases).append(case)
    cases.sort(key=lambda case: (_SEVERITY[case.verdict], _age(case.dossier, now)))
    return Audit(cases=tuple(cases), unjudged=tuple(unjudged), full=full)


def _in_window(dossier: Dossier, start: datetime) -> bool:
    """Bought in the window. Where only refunds are seen, the purchase was before it."""
    bought = dossier.bought_at
    return dossier.order is not None if bought is None else bought >= start


def _age(dossier: Dossier, now: datetime) -> timedelta:
    bought = dossier.bought_at
    return timedelta.max if bought is None else now - bought


def _seen_ended(journal: Journal) -> tuple[dict[str, datetime], frozenset[str]]:
    """When our journal first saw each order ended, and those that it cancelled within the grace, by a clock that nobody
    can set. It is a help, not a need: without it the expiry bounds.
    """
    seen: dict[str, datetime] = {}
    just_now: set[str] = set()
    with suppress(JournalUnusable):
        for entry in journal.entries():
            if entry.operation in {Operation.CANCEL, Operation.RENTAL} and entry.outcome in ENDED:
                seen.setdefault(entry.order_id, entry.updated_at)
                if entry.outcome == Outcome.CANCELLED and journal.age_of(entry) <= GRACE.total_seconds():
                    just_now.add(order_key(entry.order_id))
    return seen, frozenset(just_now)


def note_references(journal: Journal, found: Audit) -> None:
    """Let the journal's cancels name the refunds that the audit has seen."""
    for case in found.cases:
        if case.dossier.seen_ended_at is not None:
            note_reference(journal, case.order_id, case.dossier.first_refund)


# Asking for what is missing


def asked_before(journal: Journal, found: Audit) -> int:
    """How many of the missing refunds our journal knows a request for."""
    with suppress(JournalUnusable):
        return sum(journal.last_refund_request(case.order_id) is not None for case in found.owed)
    return 0


def plan_requests(context: Context, found: Audit) -> RefundPlan:
    """What asking for each missing refund takes; one that was asked for before needs nothing."""
    listed = [case.order_id for case in found.all_cases if case.dossier.order is not None]
    # No source names an endpoint for a rental's refund.
    rentals = tuple(
        PlannedRefund(
            order_id=rental.id, order=rental, step=RefundStep.NOTHING, foreseen=_by_hand(rental.id, rental)
        )
        for case in found.owed
        if isinstance(rental := case.dossier.order, Rental)
    )
    by_hand = {item.order_id for item in rentals}
    asked = [
        case.order_id for case in found.owed if is_whole_id(case.order_id) and case.order_id not in by_hand
    ]
    return RefundPlan(items=(*plan_refunds(context, asked, listed=listed).items, *rentals))


def _by_hand(order_id: str, order: Order | None) -> Result:
    return RefundRequest(order_id, order=order).foreseen(Outcome.BY_HAND, problem=BY_HAND)


@dataclass(slots=True)
class Requests:
    """Asks for one refund after the other. Where the service turns out to have no endpoint, no more is sent: the
    rest goes into the same message to support.
    """

    context: Context
    no_endpoint: bool = False

    def ask(self, item: PlannedRefund) -> Result:
        """VsmsError only where the whole run must stop."""
        if self.no_endpoint and item.foreseen.outcome is Outcome.WOULD_REQUEST:
            return _by_hand(item.order_id, item.order)
        result = carry_out(self.context, item, Ask(reason="not-refunded"))
        self.no_endpoint = self.no_endpoint or result.outcome is Outcome.BY_HAND
        return result


def appeal_for(found: Audit, plan: RefundPlan, results: Iterable[Result]) -> str | None:
    """The one message to support about all that is to be asked by hand; None where nothing is."""
    by_hand = {result.order_id for result in results if result.outcome is Outcome.BY_HAND}
    orders = {item.order_id: item.order for item in plan.items}
    cases = [
        (case, order)
        for case in found.owed
        if case.order_id in by_hand and (order := orders.get(case.order_id)) is not None
    ]
    return missing_refunds_message(cases) if cases else None
