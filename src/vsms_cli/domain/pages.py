"""What comes a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vsms_cli.domain.money import Transaction
    from vsms_cli.domain.orders import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPage:
    """One page of a listing; `full` says that there may be more behind it."""

    orders: tuple[Order, ...]
    full: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerPage:
    """One page of the ledger; `total` counts all lines that match."""

    transactions: tuple[Transaction, ...]
    total: int
