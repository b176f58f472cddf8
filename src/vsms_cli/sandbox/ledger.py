"""The ledger: every cent that came or went. It always adds up to the balance."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from vsms_cli.sandbox.tables import Page, stamp

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

_NOTHING: Final = Decimal("0.00")


class Kind(StrEnum):
    """Types of ledger lines, as the vendor's reference pages name them."""

    DEPOSIT = "deposit"
    PURCHASE = "purchase"
    REFUND = "refund"
    CREDIT = "credit"


def balance(page: Page) -> Decimal:
    last = page.row("SELECT balance_after FROM ledger ORDER BY seq DESC LIMIT 1")
    return _NOTHING if last is None else Decimal(last["balance_after"])


def post(
    page: Page, kind: Kind, amount: Decimal, description: str, *, at: datetime, order_id: str | None = None
) -> None:
    """Writes the next line. Lines must come in the order of their times."""
    before = balance(page)
    page.write(
        "INSERT INTO ledger"
        " (id, amount, type, description, order_id, balance_before, balance_after, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            page.fresh_id(), str(amount), kind, description, order_id, str(before), str(before + amount),
            stamp(at),
        ),
    )  # fmt: skip


_MATCHING: Final = (
    " FROM ledger WHERE (:kind IS NULL OR type = :kind) AND (:since IS NULL OR created_at >= :since)"
    " AND (:until IS NULL OR created_at <= :until)"
)


def lines(
    page: Page, *, kind: str | None, since: datetime | None, until: datetime | None, limit: int, offset: int
) -> tuple[int, list[sqlite3.Row]]:
    """How many match in all, and the asked stretch of them, newest first. `since` and `until` are inclusive."""
    values = {
        "kind": kind,
        "since": None if since is None else stamp(since),
        "until": None if until is None else stamp(until),
        "limit": limit,
        "offset": offset,
    }
    counted = page.rows(f"SELECT count(*) AS n {_MATCHING}", values)
    found = page.rows(f"SELECT * {_MATCHING} ORDER BY seq DESC LIMIT :limit OFFSET :offset", values)
    return int(counted[0]["n"]), found


def returned(page: Page, order_id: str) -> Decimal:
    """What was given back for an order, by refund and by credit."""
    rows = page.rows("SELECT amount FROM ledger WHERE order_id = ? AND type <> 'purchase'", (order_id,))
    return sum((Decimal(row["amount"]) for row in rows), _NOTHING)


def total(page: Page, *kinds: Kind) -> Decimal:
    """The sum of all lines of these types."""
    marks = ",".join("?" * len(kinds))
    rows = page.rows(f"SELECT amount FROM ledger WHERE type IN ({marks})", kinds)  # noqa: S608 - only marks
    return sum((Decimal(row["amount"]) for row in rows), _NOTHING)
