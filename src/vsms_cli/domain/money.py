"""Money: decimals of US dollars, never floats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

CURRENCY: Final = "USD"  # the only one the service has (vendor's reference pages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The prepaid balance, in dollars."""

    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whose token it is. `email` is None where the API does not say."""

    email: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A line of the ledger, which is the only proof that a refund was paid.

    `amount` in dollars: purchases negative, the rest positive (vendor's reference pages).
    `type` as the service says it: deposit, purchase, refund, credit or admin_credit.
    """

    id: str
    amount: Decimal
    type: str
    description: str
    order_id: str | None
    balance_before: Decimal | None
    balance_after: Decimal | None
    created_at: datetime | None


REFUNDING_TYPES: Final = frozenset({"refund", "credit", "admin_credit"})
"""Ledger lines that give an order's price back: `credit` in the reference pages, `admin_credit` in the SDKs."""


def dollars(amount: Decimal | None) -> str:
    """`$0.80`: at least two digits behind the point, all that the service gave; `?` for an unknown amount."""
    if amount is None:
        return "?"
    sign = "-" if amount < 0 else ""
    return f"{sign}${plain_digits(abs(amount), places=2)}"


def plain_digits(amount: Decimal, *, places: int = 0) -> str:
    """The decimal's own digits without an exponent, padded to `places` behind the point."""
    text = format(amount, "f")
    whole, _, fraction = text.partition(".")
    fraction = fraction.ljust(places, "0")
    return f"{whole}.{fraction}" if fraction else whole
