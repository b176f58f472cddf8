"""What the ledger says of one refund that is believed to have been paid."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.orders import Order, Phase
from vsms_cli.domain.record_class import record
from vsms_cli.domain.refund_verdicts import Reason, Verdict, compare

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from vsms_cli.domain.money import Transaction
    from vsms_cli.domain.refund_verdicts import Dossier


class Verified(StrEnum):
    """Posted: the whole price came back, once."""

    POSTED = "posted"
    SHORT = "short"
    TWICE = "twice"
    MISSING = "missing"
    UNJUDGED = "unjudged"  # a line might be the refund

    @property
    def owed(self) -> bool:
        return self in {Verified.SHORT, Verified.MISSING}


_VERIFIED: Final = {
    Verdict.REFUNDED: Verified.POSTED,
    Verdict.TWICE: Verified.TWICE,
    Verdict.SHORT: Verified.SHORT,
    Verdict.MISSING: Verified.MISSING,
    Verdict.UNJUDGED: Verified.UNJUDGED,
}


@record
class Wanted:
    """A refund to look for. `price` in dollars as the order told it, `said` as the answer to the cancel did;
    None where nobody did. `just_cancelled` is whether the cancel is this run's.
    """

    order_id: str
    price: Decimal | None = None
    said: Decimal | None = None
    bought_at: datetime | None = None
    just_cancelled: bool = False

    @property
    def order(self) -> Order:
        """The order as far as it is known."""
        price = self.said if self.price is None else self.price
        return Order(id=self.order_id, status=Phase.CANCELLED.value, price=price, created_at=self.bought_at)


@record
class Proof:
    """`amount` in dollars is what came back in all; `transaction` the first line that brought any of it; `price` what
    has to come back; `why` half a sentence on why it is unjudged.
    """

    order_id: str
    verified: Verified
    price: Decimal | None
    amount: Decimal
    transaction: Transaction | None
    why: str | None = None


def prove(dossier: Dossier) -> Proof:
    """`dossier` is what the ledger has of an order that ended without a code."""
    case = compare(dossier)
    # Something came back, and nobody says how much it should have been.
    posted = case.reason is Reason.PRICE and dossier.refunded > 0
    return Proof(
        order_id=dossier.order_id,
        verified=Verified.POSTED if posted else _VERIFIED[case.verdict],
        price=dossier.expected,
        amount=dossier.refunded,
        transaction=dossier.first_refund,
        why=None if posted else case.why,
    )
