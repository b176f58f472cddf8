"""Money: decimals of US dollars, never floats."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.record_class import record

if TYPE_CHECKING:
    from datetime import datetime

NO_ID: Final = "?"  # the id of a ledger line that has none
CURRENCY: Final = "USD"  # the only one the service has (vendor's reference pages)


@record
class Balance:
    """The prepaid balance, in dollars."""

    amount: Decimal


@record
class Account:
    """Whose token it is. `email` is None where the API does not say."""

    email: str | None


@record
class Transaction:
    """A line of the ledger, which is the only proof that a refund was paid.

    `amount` in dollars: purchases negative, the rest positive (vendor's reference pages). `id` is NO_ID for none.
    `type` as the service says it: deposit, purchase, refund, credit or admin_credit.
    """

    id: str
    amount: Decimal | None
    """None where it can't be read: such a line is in no sum, and may be anything."""
    type: str
    description: str
    order_id: str | None
    """A canonical UUID; the service's own text where that is none."""
    balance_before: Decimal | None
    balance_after: Decimal | None
    created_at: datetime | None

    @property
    def kind(self) -> str:
        """The type, as it is compared."""
        return self.type.strip().lower()


@record
class LedgerPage:
    """One page of the ledger. `total` is how many lines match and `limit` how many a page can have, as the service
    says it: hints, None where it says nothing.
    """

    transactions: tuple[Transaction, ...]
    total: int | None
    limit: int | None = None
    left_out: int = 0  # rows of the page that are no lines

    @property
    def rows(self) -> int:
        return len(self.transactions) + self.left_out


CENT: Final = Decimal("0.01")
"""Differences below it are ignored: services round prices and refunds on their own."""
CREDITS: Final = frozenset({"credit", "admin_credit"})
"""Ledger lines that a person at the service books: `credit` in the reference pages, `admin_credit` in the SDKs."""
REFUND: Final = "refund"
REFUNDING_TYPES: Final = frozenset({REFUND}) | CREDITS
"""Ledger lines that give an order's price back; a negative one takes it away again."""
PURCHASE: Final = "purchase"
DEPOSIT: Final = "deposit"


def dollars(amount: Decimal | None) -> str:
    """`$0.80`: two digits behind the point, more where they are not zero; `?` for an unknown amount."""
    if amount is None:
        return "?"
    sign = "-" if amount < 0 else ""
    whole, _, fraction = plain_digits(abs(amount), places=2).partition(".")
    return f"{sign}${whole}.{fraction.rstrip('0').ljust(2, '0')}"


def plain_digits(amount: Decimal, *, places: int = 0) -> str:
    """The decimal's own digits without an exponent, padded to `places` behind the point."""
    text = format(amount, "f")
    whole, _, fraction = text.partition(".")
    fraction = fraction.ljust(places, "0")
    return f"{whole}.{fraction}" if fraction else whole
