"""The verdicts of the refund audit, from what the orders and the ledger say side by side. All in Decimal.

What came back for an order is the sum of its ledger lines that give money back. Held against its price that is a
verdict, unless it can't be told: README, "Verdicts", has the arithmetic in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.money import REFUNDING_TYPES, Transaction
from vsms_cli.domain.orders import ORDER_LIFE, Order, Phase

if TYPE_CHECKING:
    from collections.abc import Iterable

GRACE: Final = timedelta(
    minutes=5
)  # the issue's: so long after its end an order's refund may still be on its way
PURCHASE: Final = "purchase"

_NOTHING: Final = Decimal(0)
_OWES_ITS_PRICE: Final = frozenset({Phase.CANCELLED, Phase.EXPIRED})


class Verdict(StrEnum):
    """What the audit says of one order; what needs somebody's attention first."""

    MISSING = "missing"
    SHORT = "short"
    TWICE = "twice"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """All that is known of one order.

    `order` is None where only the ledger shows it; `lines` are its ledger lines, each once, oldest first;
    `seen_ended_at` is when our own journal saw that it had ended, None where it did not.
    """

    order_id: str
    order: Order | None
    lines: tuple[Transaction, ...]
    seen_ended_at: datetime | None = None

    @property
    def price(self) -> Decimal | None:
        """In dollars, as listed; else what the ledger's purchases took."""
        if self.order is not None and self.order.price is not None:
            return self.order.price
        bought = [line for line in self.lines if line.type.lower() == PURCHASE]
        return -sum_of(bought) if bought else None

    @property
    def refunded(self) -> Decimal:
        return sum_of(self.refunds)

    @property
    def refunds(self) -> tuple[Transaction, ...]:
        return tuple(line for line in self.lines if gives_back(line))

    @property
    def bought_at(self) -> datetime | None:
        if self.order is not None and self.order.created_at is not None:
            return self.order.created_at
        times = [line.created_at for line in self.lines if line.type.lower() == PURCHASE and line.created_at]
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
    """One order and its verdict."""

    dossier: Dossier
    verdict: Verdict

    @property
    def order_id(self) -> str:
        return self.dossier.order_id

    @property
    def owed(self) -> Decimal | None:
        """Dollars that are still to come back; None where the price is not known."""
        if not self.verdict.owed:
            return _NOTHING
        price = self.dossier.price
        return None if price is None else price - self.dossier.refunded


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """`cases` with what needs attention on top, the newest first; `unjudged` are purchases that can't be judged.

    `full` says that the list of orders came back full, so that older ones are known from the ledger alone.
    """

    cases: tuple[Case, ...]
    unjudged: tuple[Dossier, ...]
    full: bool

    @property
    def owed(self) -> tuple[Case, ...]:
        return tuple(case for case in self.cases if case.verdict.owed)

    @property
    def paid(self) -> Decimal:
        return sum((case.dossier.price or _NOTHING for case in self.cases), _NOTHING)

    @property
    def returned(self) -> Decimal:
        return sum((case.dossier.refunded for case in self.cases), _NOTHING)

    @property
    def missing(self) -> Decimal:
        return sum((case.owed or _NOTHING for case in self.cases), _NOTHING)

    def count(self, verdict: Verdict) -> int:
        return sum(case.verdict is verdict for case in self.cases)


def judge(dossier: Dossier, *, now: datetime) -> Verdict | None:
    """The verdict; None where it can't be told whether anything is owed, or how much."""
    price, back, phase = dossier.price, dossier.refunded, dossier.phase
    if price is None and back:
        return None
    if price is not None and back > price:
        return Verdict.TWICE
    if back and back == price:
        return Verdict.REFUNDED
    if phase is Phase.WAITING:
        return Verdict.PENDING
    if not back and phase is Phase.COMPLETED:
        return Verdict.USED
    if not back and phase not in _OWES_ITS_PRICE:
        return None
    if back == price:  # it cost nothing
        return Verdict.REFUNDED
    end = dossier.ended_by
    if end is not None and now <= end + GRACE:
        return Verdict.PENDING
    return Verdict.SHORT if back else Verdict.MISSING


def gives_back(line: Transaction) -> bool:
    """Whether a ledger line returns money, rather than takes it or pays it in."""
    return line.type.lower() in REFUNDING_TYPES and line.amount > 0


def sum_of(lines: Iterable[Transaction]) -> Decimal:
    return sum((line.amount for line in lines), _NOTHING)
