"""What the ledger says of one refund that is believed to have been paid."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from vsms_cli.domain.money import CENT

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from vsms_cli.domain.audit import Dossier
    from vsms_cli.domain.money import Transaction


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A refund to look for. `price` in dollars as the order told it, `said` as the answer to the cancel did;
    None where nobody did. `just_cancelled` is whether the cancel is this run's.
    """

    order_id: str
    price: Decimal | None = None
    said: Decimal | None = None
    bought_at: datetime | None = None
    just_cancelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """`amount` in dollars is what came back in all; `transaction` the first line that brought any of it."""

    order_id: str
    verified: Verified
    price: Decimal | None
    amount: Decimal
    transaction: Transaction | None


def prove(wanted: Wanted, dossier: Dossier) -> Proof:
    """`dossier` is what the ledger has of the order: what its purchase took goes before any price."""
    back = dossier.refunded
    price = next((known for known in (dossier.taken, wanted.price, wanted.said) if known is not None), None)
    verified = _verified(price, back)
    if verified.owed and dossier.possible_refunds:
        verified = Verified.UNJUDGED
    return Proof(
        order_id=wanted.order_id,
        verified=verified,
        price=price,
        amount=back,
        transaction=dossier.refunds[0] if dossier.refunds else None,
    )


def _verified(price: Decimal | None, back: Decimal) -> Verified:
    if price is None:  # something came back, and nobody says how much it should have been
        return Verified.POSTED if back > 0 else Verified.MISSING
    if abs(back - price) < CENT:
        return Verified.POSTED
    if back > price:
        return Verified.TWICE
    return Verified.SHORT if back > 0 else Verified.MISSING
