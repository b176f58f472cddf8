"""One transaction of the database: its tables, the time, and the source of random numbers."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import random
    import sqlite3
    from collections.abc import Mapping, Sequence

SCHEMA_VERSION: Final = 2
_RENTALS: Final = """CREATE TABLE rentals (
        seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, phone_number TEXT NOT NULL, service TEXT,
        country TEXT NOT NULL, status TEXT NOT NULL, price TEXT NOT NULL, hours INTEGER NOT NULL,
        sms_count INTEGER NOT NULL, started_at TEXT NOT NULL, expires_at TEXT NOT NULL)"""
# `order_id` names an order or a rental.
_LEDGER: Final = """CREATE TABLE ledger (
        seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, amount TEXT NOT NULL, type TEXT NOT NULL,
        description TEXT NOT NULL, order_id TEXT, balance_before TEXT NOT NULL,
        balance_after TEXT NOT NULL, created_at TEXT NOT NULL)"""
_LEDGER_INDEXES: Final = (
    "CREATE INDEX ledger_by_order ON ledger (order_id)",
    # Enforces "refunded once": a second refund of an order can't be written at all.
    "CREATE UNIQUE INDEX one_refund_an_order ON ledger (order_id) WHERE type = 'refund'",
)
# Money is TEXT, so that no float comes near it. Times are TEXT of one width, so that they sort as they are.
SCHEMA: Final = (
    "CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE orders (
        seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, phone_number TEXT NOT NULL, service TEXT NOT NULL,
        country TEXT NOT NULL, status TEXT NOT NULL, price TEXT NOT NULL, created_at TEXT NOT NULL,
        expires_at TEXT NOT NULL)""",
    "CREATE INDEX orders_by_end ON orders (status, expires_at)",
    """CREATE TABLE messages (
        seq INTEGER PRIMARY KEY, order_id TEXT NOT NULL REFERENCES orders (id), sender TEXT NOT NULL,
        content TEXT NOT NULL, received_at TEXT NOT NULL)""",
    "CREATE INDEX messages_by_order ON messages (order_id)",
    _RENTALS,
    _LEDGER,
    *_LEDGER_INDEXES,
    """CREATE TABLE refund_requests (
        id TEXT PRIMARY KEY, order_id TEXT NOT NULL UNIQUE REFERENCES orders (id), reason TEXT NOT NULL,
        note TEXT NOT NULL, status TEXT NOT NULL, created_at TEXT NOT NULL)""",
)
TO_VERSION_2: Final = (
    "ALTER TABLE ledger RENAME TO ledger_1",
    "DROP INDEX ledger_by_order",
    "DROP INDEX one_refund_an_order",
    _LEDGER,
    "INSERT INTO ledger SELECT * FROM ledger_1",
    "DROP TABLE ledger_1",
    *_LEDGER_INDEXES,
    _RENTALS,
)
"""From version 1, which knew no rentals."""
# Children before parents.
_TABLES: Final = ("refund_requests", "ledger", "messages", "orders", "rentals", "settings")

_CANCEL_COOLDOWN_S: Final = 120  # the vendor's live run: 425 until then; swapping is held as long
_ORDER_LIFE_S: Final = 1200  # the vendor's help page: with no SMS by the 20-minute mark the order ends


def stamp(moment: datetime) -> str:
    """`2026-05-24T12:00:00.000000Z`: RFC 3339, in UTC, always as wide."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def moment(text: str) -> datetime:
    """A stamp, read again."""
    return datetime.fromisoformat(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One access to the database: inside one transaction, at one time.

    `now` is the sandbox's time, in UTC. `rng` gives ids and numbers. `hold` goes before the database's own cooldown.
    """

    connection: sqlite3.Connection
    now: datetime
    rng: random.Random
    hold: timedelta | None = None

    def rows(self, sql: str, values: Sequence[object] | Mapping[str, object] = ()) -> list[sqlite3.Row]:
        return self.connection.execute(sql, values).fetchall()

    def row(self, sql: str, values: Sequence[object] | Mapping[str, object] = ()) -> sqlite3.Row | None:
        found: sqlite3.Row | None = self.connection.execute(sql, values).fetchone()
        return found

    def write(self, sql: str, values: Sequence[object] = ()) -> int:
        """How many rows it changed."""
        return self.connection.execute(sql, values).rowcount

    def fresh_id(self) -> str:
        """A random UUID of version 4."""
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def setting(self, name: str) -> str | None:
        found = self.row("SELECT value FROM settings WHERE name = ?", (name,))
        return None if found is None else str(found["value"])

    def set(self, name: str, value: str) -> None:
        self.write("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    @property
    def cooldown(self) -> timedelta:
        """How long after the purchase an order can neither be cancelled nor swapped."""
        if self.hold is not None:
            return self.hold
        return timedelta(seconds=int(self.setting("cooldown_seconds") or _CANCEL_COOLDOWN_S))

    @property
    def order_life(self) -> timedelta:
        """How long after the purchase an order without SMS ends and is refunded."""
        return timedelta(seconds=int(self.setting("order_life_seconds") or _ORDER_LIFE_S))

    @property
    def clock_offset(self) -> timedelta:
        """How far the sandbox's clock is ahead of the machine's."""
        return timedelta(microseconds=int(self.setting("clock_offset_us") or 0))

    def put_clock_ahead(self, offset: timedelta) -> None:
        """The page keeps its `now`; the next access sees the new time."""
        self.set("clock_offset_us", str(offset // timedelta(microseconds=1)))

    def blank(self) -> Page:
        """Everything is gone, the clock shows the machine's time: the page as it is now."""
        real = self.now - self.clock_offset
        for table in _TABLES:
            self.write(f"DELETE FROM {table}")  # noqa: S608 - the names are this file's own
        return replace(self, now=real)
