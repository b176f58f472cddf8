"""The verdicts of the refund audit, from what the orders and the ledger say side by side. All in Decimal.

What has to come back for an order is what its purchase took from the ledger, else its price. What came back is the sum
of its refund lines, with those that took money away again. A verdict of missing or short needs proof: where a line
might be the refund, nothing is concluded and nothing asked for. README, "Verdicts", has the arithmetic in words.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Self, assert_never

from vsms_cli.domain.ledger_matching import Doubt, Ledger, Possible, off_by
from vsms_cli.domain.money import CENT, CREDITS, DEPOSIT, PURCHASE, REFUNDING_TYPES, Transaction, dollars
from vsms_cli.domain.orders import ORDER_LIFE, Order, Phase
from vsms_cli.domain.record_class import record
from vsms_cli.domain.rentals import Rental

if TYPE_CHECKING:
    from collections.abc import Iterable

GRACE: Final = timedelta(minutes=5)
"""How long after an order's end its refund may still be on its way."""
ENDED: Final = frozenset({"cancelled", "already_cancelled", "expired"})
"""Outcomes of a cancel, as the journal has them, after which money is due."""
_NOTHING: Final = Decimal(0)
_EMPTY: Final = Ledger()
_OTHER_TYPES: Final = REFUNDING_TYPES | {DEPOSIT}
_OWES_ITS_PRICE: Final = frozenset({Phase.CANCELLED, Phase.EXPIRED})


class Verdict(StrEnum):
    """What the audit says of one order; what needs somebody's attention first."""

    MISSING = "missing"
    SHORT = "short"
    TWICE = "twice"
    UNJUDGED = "unjudged"
    PENDING = "pending"
    REFUNDED = "refunded"
    USED = "used"

    @property
    def owed(self) -> bool:
        """Whether the service still has to pay."""
        return self in {Verdict.MISSING, Verdict.SHORT}

    @property
    def fine(self) -> bool:
        return self in {Verdict.REFUNDED, Verdict.USED}


class Reason(StrEnum):
    """Why an order is unjudged."""

    POSSIBLE_REFUND = "possible_refund"  # a line of the ledger might be its refund
    POSSIBLE_REVERSAL = "possible_reversal"  # a line might have taken its refund back
    UNLISTED = "unlisted"  # the ledger alone shows it, and a code may have come
    STATUS = "status"  # no documentation names it
    PRICE = "price"  # nobody says what should have come back
    ID = "id"  # the service says none, so that no line of the ledger can name it
    LEDGER = "ledger"  # the service does not show all lines that it counts


_WHY: Final = {
    Reason.POSSIBLE_REFUND: "a line of the ledger might be its refund",
    Reason.POSSIBLE_REVERSAL: "more was taken back than came back",
    Reason.UNLISTED: "the service does not list it, and a code may have come",
    Reason.STATUS: "its status is in no documentation",
    Reason.PRICE: "something came back, and nobody says what it cost",
    Reason.ID: "the service lists it without an id",
    Reason.LEDGER: "the service does not show its whole ledger",
}


@record
class Dossier:
    """All that is known of one order.

    `order` is None where only the ledger shows it; `lines` are the ledger lines that name it, each once, oldest first;
    `ledger` has those that name no order that can be told; `seen_ended_at` is when our own journal saw that it had
    ended, None where it did not, and `cancelled_just_now` whether it was cancelled from here within GRACE.
    """

    order_id: str
    order: Order | None
    lines: tuple[Transaction, ...]
    ledger: Ledger = _EMPTY
    seen_ended_at: datetime | None = None
    cancelled_just_now: bool = False

    @classmethod
    def of(
        cls,
        ledger: Ledger,
        order_id: str,
        order: Order | None,
        *,
        seen_ended_at: datetime | None = None,
        cancelled_just_now: bool = False,
    ) -> Self:
        """What a ledger that was read has of the order."""
        return cls(
            order_id=order_id,
            order=order,
            lines=ledger.of(order_id),
            ledger=ledger,
            seen_ended_at=seen_ended_at,
            cancelled_just_now=cancelled_just_now,
        )

    @property
    def price(self) -> Decimal | None:
        """In dollars, as listed; else what the ledger's purchases took."""
        if self.order is not None and self.order.price is not None:
            return self.order.price
        return self.taken

    @property
    def purchases(self) -> tuple[Transaction, ...]:
        """The lines that took the price: those of type purchase, else the first that took anything before a refund."""
        taking = [line for line in self.lines if line.amount is not None and line.amount < 0]
        bought = tuple(line for line in taking if line.kind == PURCHASE)
        if bought or not taking or taking[0].kind in _OTHER_TYPES:
            return bought
        before = self.lines[: self.lines.index(taking[0])]
        return () if any(line.kind in REFUNDING_TYPES for line in before) else (taking[0],)

    @property
    def taken(self) -> Decimal | None:
        """In dollars, what the ledger's purchase lines took; None where there is none."""
        return -sum_of(self.purchases) if self.purchases else None

    @property
    def expected(self) -> Decimal | None:
        """In dollars, what has to come back: what the purchase took, else the price."""
        taken = self.taken
        return self.price if taken is None else taken

    @property
    def refunded(self) -> Decimal:
        return sum_of(self.refunds)

    @property
    def refunds(self) -> tuple[Transaction, ...]:
        """The lines that certainly are this order's: also those that took a refund away again."""
        return tuple(line for line in self.lines if line.kind in REFUNDING_TYPES)

    @property
    def first_refund(self) -> Transaction | None:
        """The first line that brought money back."""
        return next((line for line in self.refunds if line.amount is not None and line.amount > 0), None)

    @property
    def whole(self) -> bool:
        """Whether all came back that has to, for certain, or anything where nobody says how much that is."""
        back, expected = self.refunded, self.expected
        enough = back > 0 and (expected is None or back > expected - CENT)
        return enough and self.possible_reversal is None

    @property
    def shown_whole(self) -> bool:
        """Whether its refund would have been shown: also by a ledger that lacks lines older than its purchase."""
        return self.ledger.whole or (self.ledger.newest_first and bool(self.purchases))

    @property
    def too_much(self) -> bool:
        expected = self.expected
        return expected is not None and self.refunded >= expected + CENT

    @property
    def uncertain(self) -> tuple[Possible, ...]:
        """Lines that name the order, and of which it can't be told what they give back or take back."""
        known = {*self.purchases}
        return tuple(
            Possible(line, Doubt.AMOUNT if line.amount is None else Doubt.TYPE)
            for line in self.lines
            if line not in known
            and (
                line.amount is None if line.kind in REFUNDING_TYPES else line.kind != PURCHASE or line.amount
            )
        )

    @property
    def possible_refund(self) -> Possible | None:
        """A line that might be what is still to come back: of this order and a type that does not say so; or of no
        order that can be told, of about that amount, and in its time.
        """
        return self.own_refund or self._unattributed_refund()

    @property
    def possible_credit(self) -> Possible | None:
        """The same for a manual credit, which a person at the service books."""
        return self.own_refund or self._unattributed_refund(CREDITS)

    @property
    def own_refund(self) -> Possible | None:
        """The first of those kinds."""
        return next((each for each in self.uncertain if self._may_be_refund(each.line)), None)

    def _may_be_refund(self, line: Transaction) -> bool:
        """Also one that is told with a minus: it is of the very amount."""
        if line.amount is None or line.amount > 0:
            return True
        expected = self.expected
        return expected is not None and bool(line.amount) and abs(expected + line.amount) < CENT

    def _unattributed_refund(self, kinds: frozenset[str] | None = None) -> Possible | None:
        expected = self.expected
        amounts = None if expected is None else {expected, expected - self.refunded}
        return self.ledger.possible(
            self.order_id, amounts, bought=self.bought_at, ended=self.ended_by, kinds=kinds
        )

    @property
    def possible_reversal(self) -> Possible | None:
        """A line that might have taken the refund back, or a part of it: more than a fee takes."""
        taking = [each for each in self.uncertain if each.line.amount is not None and each.line.amount < 0]
        taken = -sum_of(each.line for each in taking)
        return taking[0] if taken > off_by(self.refunded) else None

    @property
    def bought_at(self) -> datetime | None:
        if self.order is not None and self.order.created_at is not None:
            return self.order.created_at
        times = [line.created_at for line in self.lines if line.kind == PURCHASE and line.created_at]
        return min(times, default=None)

    @property
    def phase(self) -> Phase:
        """As listed; CANCELLED where only our journal knows that it ended without a code."""
        if self.order is not None:
            return self.order.phase
        return Phase.UNKNOWN if self.seen_ended_at is None else Phase.CANCELLED

    @property
    def ended_by(self) -> datetime | None:
        """The latest moment at which it can have ended: the API does not tell when a cancelled one did."""
        bought = self.bought_at
        end = None if self.order is None else self.order.refunds_itself_at
        if end is None and bought is not None:
            end = bought + ORDER_LIFE
        seen = self.seen_ended_at
        # The journal's clock is this machine's: a moment before the purchase is no moment of this order.
        if seen is None or (bought is not None and seen < bought):
            return end
        return seen if end is None else min(seen, end)


@record
class Case:
    """One order and its verdict; `reason` where it is unjudged, and `possible`, the line that leaves it so, if any."""

    dossier: Dossier
    verdict: Verdict
    reason: Reason | None = None
    possible: Possible | None = None

    @property
    def why(self) -> str | None:
        """Half a sentence on why it is unjudged, with the service's text in it as it is; None where it is judged."""
        if self.possible is not None:
            return about(self.possible, reversal=self.reason is Reason.POSSIBLE_REVERSAL)
        return None if self.reason is None else _WHY[self.reason]

    @property
    def order_id(self) -> str:
        return self.dossier.order_id

    @property
    def owed(self) -> Decimal | None:
        """Dollars that are still to come back; None where the price is not known."""
        if not self.verdict.owed:
            return _NOTHING
        expected = self.dossier.expected
        return None if expected is None else expected - self.dossier.refunded


@record
class Audit:
    """`cases` with what needs attention on top, the newest first; `unjudged` are orders that can't be judged.

    `full` says that the list of orders came back full, so that older ones are known from the ledger alone; `unread`
    counts ledger lines that could not be read, or not their amount, and `unshown` those that the service counts and
    does not show.
    """

    cases: tuple[Case, ...]
    unjudged: tuple[Case, ...]
    full: bool
    unread: int = 0
    unshown: int = 0

    @property
    def all_cases(self) -> tuple[Case, ...]:
        """Those that can't be judged stand behind what is owed or came twice, before what is fine."""
        worrying = {Verdict.MISSING, Verdict.SHORT, Verdict.TWICE}
        first = tuple(case for case in self.cases if case.verdict in worrying)
        return (*first, *self.unjudged, *self.cases[len(first) :])

    @property
    def owed(self) -> tuple[Case, ...]:
        return tuple(case for case in self.cases if case.verdict.owed)

    @property
    def paid(self) -> Decimal:
        return sum((case.dossier.expected or _NOTHING for case in self.cases), _NOTHING)

    @property
    def unpriced(self) -> int:
        """Orders of which nobody says what they cost: `paid` is a lower bound then."""
        return sum(case.dossier.expected is None for case in self.cases)

    @property
    def returned(self) -> Decimal:
        return sum((case.dossier.refunded for case in self.cases), _NOTHING)

    @property
    def missing(self) -> Decimal:
        return sum((case.owed or _NOTHING for case in self.cases), _NOTHING)

    def count(self, verdict: Verdict) -> int:
        return sum(case.verdict is verdict for case in self.cases)


def judge(dossier: Dossier, *, now: datetime) -> Case:
    """The verdict as the order's state has it: a code may have come, and a refund may be on its way."""
    back, phase = dossier.refunded, _phase(dossier, now)
    if not back and phase not in _OWES_ITS_PRICE and dossier.own_refund is None:
        match phase:
            case Phase.WAITING:
                return Case(dossier=dossier, verdict=Verdict.PENDING)
            case Phase.COMPLETED:
                return Case(dossier=dossier, verdict=Verdict.USED)
        return _unjudged(dossier, Reason.UNLISTED if dossier.order is None else Reason.STATUS)
    case = compare(dossier)
    if case.verdict in {Verdict.REFUNDED, Verdict.TWICE}:
        return case
    end = dossier.ended_by
    late = end is None or now > end + GRACE
    if phase is Phase.WAITING or dossier.cancelled_just_now or not late:
        return Case(dossier=dossier, verdict=Verdict.PENDING)
    return case


def _phase(dossier: Dossier, now: datetime) -> Phase:
    """A rental whose 20 minutes are over, or that ran to its end, is used: nothing comes back by itself."""
    rental, phase = dossier.order, dossier.phase
    if isinstance(rental, Rental) and phase in {Phase.WAITING, Phase.EXPIRED} and rental.too_late(now):
        return Phase.COMPLETED
    return phase


def compare(dossier: Dossier) -> Case:
    """What the ledger says of an order that ended without a code. Missing and short need proof: nothing in the ledger
    could be it.
    """
    expected, back = dossier.expected, dossier.refunded
    if expected is None and back:
        return _unjudged(dossier, Reason.PRICE)
    if back < 0:
        return _unjudged(dossier, Reason.POSSIBLE_REVERSAL)
    if expected is not None and back > expected - CENT:
        reversal = dossier.possible_reversal
        if back and reversal is not None:
            return _unjudged(dossier, Reason.POSSIBLE_REVERSAL, reversal)
        return Case(dossier=dossier, verdict=Verdict.TWICE if dossier.too_much else Verdict.REFUNDED)
    possible = dossier.possible_refund
    if possible is not None:
        return _unjudged(dossier, Reason.POSSIBLE_REFUND, possible)
    if not dossier.order_id:
        return _unjudged(dossier, Reason.ID)
    if not dossier.shown_whole:
        return _unjudged(dossier, Reason.LEDGER)
    return Case(dossier=dossier, verdict=Verdict.SHORT if back else Verdict.MISSING)


def about(possible: Possible, *, reversal: bool = False) -> str:
    """Half a sentence on a line that may be a refund, or have taken it back, with the service's text in it as it is."""
    line, doubt = possible
    one = f"transaction {line.id} of {dollars(line.amount)}"
    might = "might have taken its refund back" if reversal else "might be its refund"
    match doubt:
        case Doubt.NO_ORDER:
            return f"{one} names no order, and {might}"
        case Doubt.OTHER_ID:
            return f"{one} names an order that nobody knows, and {might}"
        case Doubt.TYPE:
            return f"{one} is of type {line.type!r}, and {might}"
        case Doubt.AMOUNT:
            return f"transaction {line.id}, whose amount can't be read, {might}"
        case _:
            assert_never(doubt)


def _unjudged(dossier: Dossier, reason: Reason, possible: Possible | None = None) -> Case:
    return Case(dossier=dossier, verdict=Verdict.UNJUDGED, reason=reason, possible=possible)


def sum_of(lines: Iterable[Transaction]) -> Decimal:
    return sum((line.amount for line in lines if line.amount is not None), _NOTHING)
