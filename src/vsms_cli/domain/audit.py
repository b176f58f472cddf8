"""The verdicts of the refund audit, from what the orders and the ledger say side by side. All in Decimal.

What has to come back for an order is what its purchase took from the ledger, else its price. What came back is the sum
of its refund lines, with those that took money away again. A verdict of missing or short needs proof: where a line
might be the refund, nothing is concluded and nothing asked for. README, "Verdicts", has the arithmetic in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.money import CENT, CREDITS, DEPOSIT, PURCHASE, REFUNDING_TYPES, Transaction
from vsms_cli.domain.orders import ORDER_LIFE, Order, Phase, canonical_id

if TYPE_CHECKING:
    from collections.abc import Iterable

GRACE: Final = timedelta(
    minutes=5
)  # the issue's: so long after its end an order's refund may still be on its way
_NOTHING: Final = Decimal(0)
_CLOCKS_APART: Final = timedelta(days=1)
"""A refund may be dated so long before its order: by a clock that is off, or a time zone that was left out."""
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
    UNLISTED = "unlisted"  # the ledger alone shows it, and a code may have come
    STATUS = "status"  # no documentation names it
    PRICE = "price"  # nobody says what should have come back


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """All that is known of one order.

    `order` is None where only the ledger shows it; `lines` are its ledger lines, each once, oldest first; `loose` are
    lines of no order, or of one that can't be read, each of which may be anybody's refund; `seen_ended_at` is when our
    own journal saw that it had ended, None where it did not.
    """

    order_id: str
    order: Order | None
    lines: tuple[Transaction, ...]
    loose: tuple[Transaction, ...] = ()
    seen_ended_at: datetime | None = None

    @property
    def price(self) -> Decimal | None:
        """In dollars, as listed; else what the ledger's purchases took."""
        if self.order is not None and self.order.price is not None:
            return self.order.price
        return self.taken

    @property
    def taken(self) -> Decimal | None:
        """In dollars, what the ledger's purchase lines took; None where there is none."""
        bought = [line for line in self.lines if line.kind == PURCHASE and (line.amount or 0) < 0]
        return -sum_of(bought) if bought else None

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
    def whole(self) -> bool:
        """Whether all came back that has to, or anything where nobody says how much that is."""
        back, expected = self.refunded, self.expected
        return back > 0 and (expected is None or back > expected - CENT)

    @property
    def too_much(self) -> bool:
        expected = self.expected
        return expected is not None and self.refunded >= expected + CENT

    @property
    def possible_refunds(self) -> tuple[Transaction, ...]:
        """The lines that might be what is still to come back: of this order and a type that does not say so; or of no
        order that can be told, about that amount, and not clearly before the purchase.
        """
        own = (
            line
            for line in self.lines
            if line.amount is None or (line.amount > 0 and line.kind not in REFUNDING_TYPES | {DEPOSIT})
        )
        return (*own, *(line for line in self.loose if self._fits(line)))

    @property
    def possible_credits(self) -> tuple[Transaction, ...]:
        """Those of them that a person at the service booked."""
        return tuple(line for line in self.possible_refunds if line.kind in CREDITS)

    def _fits(self, line: Transaction) -> bool:
        bought, expected = self.bought_at, self.expected
        if bought is not None and line.created_at is not None and line.created_at < bought - _CLOCKS_APART:
            return False
        amount = line.amount
        return (
            amount is None
            or expected is None
            or any(abs(amount - due) <= CENT for due in (expected, expected - self.refunded))
        )

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One order and its verdict; `reason` where it is unjudged."""

    dossier: Dossier
    verdict: Verdict
    reason: Reason | None = None

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """`cases` with what needs attention on top, the newest first; `unjudged` are orders that can't be judged.

    `full` says that the list of orders came back full, so that older ones are known from the ledger alone.
    """

    cases: tuple[Case, ...]
    unjudged: tuple[Case, ...]
    full: bool

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
        return sum((case.dossier.price or _NOTHING for case in self.cases), _NOTHING)

    @property
    def unpriced(self) -> int:
        """Orders of which nobody says what they cost: `paid` is a lower bound then."""
        return sum(case.dossier.price is None for case in self.cases)

    @property
    def returned(self) -> Decimal:
        return sum((case.dossier.refunded for case in self.cases), _NOTHING)

    @property
    def missing(self) -> Decimal:
        return sum((case.owed or _NOTHING for case in self.cases), _NOTHING)

    def count(self, verdict: Verdict) -> int:
        return sum(case.verdict is verdict for case in self.cases)


def judge(dossier: Dossier, *, now: datetime) -> Case:
    """The verdict. Missing and short need proof: nothing in the ledger could be it, and its time is over."""
    verdict = _verdict(dossier, now)
    if isinstance(verdict, Verdict) and verdict.owed and dossier.possible_refunds:
        verdict = Reason.POSSIBLE_REFUND
    if isinstance(verdict, Reason):
        return Case(dossier=dossier, verdict=Verdict.UNJUDGED, reason=verdict)
    return Case(dossier=dossier, verdict=verdict)


def _verdict(dossier: Dossier, now: datetime) -> Verdict | Reason:
    expected, back, phase = dossier.expected, dossier.refunded, dossier.phase
    if expected is None and back:
        return Reason.PRICE
    if dossier.too_much:
        return Verdict.TWICE
    if dossier.whole:
        return Verdict.REFUNDED
    if phase is Phase.WAITING:
        return Verdict.PENDING
    if not back and phase is Phase.COMPLETED:
        return Verdict.USED
    if not back and phase not in _OWES_ITS_PRICE:
        return Reason.UNLISTED if dossier.order is None else Reason.STATUS
    if expected is not None and expected < CENT:  # it cost nothing
        return Verdict.REFUNDED
    end = dossier.ended_by
    if end is not None and now <= end + GRACE:
        return Verdict.PENDING
    return Verdict.SHORT if back > 0 else Verdict.MISSING


def is_loose(line: Transaction) -> bool:
    """Whether a line may be the refund of an order that it does not name."""
    unnamed = line.order_id is None or canonical_id(line.order_id) is None
    gives = line.amount is None or line.amount > 0
    return unnamed and gives and line.kind not in {PURCHASE, DEPOSIT}


def sum_of(lines: Iterable[Transaction]) -> Decimal:
    return sum((line.amount for line in lines if line.amount is not None), _NOTHING)
