"""What comes a page at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vsms_cli.domain.records import record

if TYPE_CHECKING:
    from vsms_cli.domain.money import Transaction
    from vsms_cli.domain.orders import Order


@record
class OrderPage:
    """One page of a listing; `full` says that there may be more behind it."""

    orders: tuple[Order, ...]
    full: bool


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
