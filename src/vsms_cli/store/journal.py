"""The journal: what was intended is on disk before a request that moves money is sent, and afterwards what came of it.

SQLite, write-ahead, synchronous=FULL: `begin` returns only when the intent would survive a power cut. The token
never comes near it.
"""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.entries import JournalEvent
from vsms_cli.domain.errors import JournalUnusable
from vsms_cli.domain.tickets import Operation, Ticket
from vsms_cli.domain.times import parse_rfc3339, rfc3339
from vsms_cli.store.claims import Claims
from vsms_cli.store.journal_database import JournalDatabase
from vsms_cli.store.journal_rows import COLUMNS, entry_of, text_of, text_of_price

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence
    from decimal import Decimal
    from pathlib import Path

    from vsms_cli.domain.entries import JournalEntry
    from vsms_cli.store.journal_damage import KeptAside

_UNRESOLVED: Final = "(outcome IS NULL OR outcome = 'unknown')"


_ITSELF: Final = "the journal"  # as an order to claim: of several processes one keeps it aside


class JournalFile:
    """The journal in the file at `path`, for the orders of one `host`; see `domain.ports.Journal`.

    Every method may be called from any thread and raises `JournalUnusable` where the file can't be used.
    """

    def __init__(self, path: Path, *, host: str) -> None:
        self._host = host
        self._claims = Claims(path.with_suffix(".claims"))
        self._database = JournalDatabase(path, self._claims)

    def shut(self) -> None:
        self._database.shut()
        with self._database.guarded():
            self._claims.shut()

    def begin(
        self,
        operation: Operation,
        order_id: str,
        *,
        price: Decimal | None,
        time_limit: float,
        reference: str | None = None,
    ) -> Ticket:
        """Put the intent on disk, and only then hand out the right to act on it. See the port for the rest."""
        key, now = str(uuid.uuid4()), _now()
        who = (now, self._host, operation.value, order_id)
        with self._database.writing() as db:
            entry = db.execute(
                "INSERT INTO entries"
                " (at, host, operation, order_id, idempotency_key, price, reference, updated_at,"
                " time_limit_s, monotonic_s)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*who, key, text_of_price(price), reference, now, time_limit, time.monotonic()),
            ).lastrowid
            number = _numbered(entry)
            _tell(db, number, f"intended to {operation.value}", now)
        return Ticket(entry=number, operation=operation, order_id=order_id, idempotency_key=key)

    def note(self, ticket: Ticket, what: str, *, in_doubt: bool = False) -> None:
        """Add a step to the entry's story. It is as young as its last step: `resolve` judges by that."""
        now = _now()
        with self._database.writing() as db:
            entry = self._numbered_here(db, ticket, now)
            db.execute(
                "UPDATE entries SET updated_at = ?, monotonic_s = ?, in_doubt = max(in_doubt, ?) WHERE entry = ?",
                (now, time.monotonic(), in_doubt, entry),
            )
            _tell(db, entry, what, now)

    def close(
        self,
        ticket: Ticket,
        outcome: str,
        *,
        refund_amount: Decimal | None = None,
        reference: str | None = None,
        detail: str | None = None,
        settled: bool = False,
    ) -> None:
        """Put on disk what came of it. `reference` is the service's request or transaction; see the port."""
        now = _now()
        what = (outcome, text_of(refund_amount), reference, detail)
        with self._database.writing() as db:
            entry = self._numbered_here(db, ticket, now)
            db.execute(
                "UPDATE entries SET outcome = ?, refund_amount = ?, reference = ?, detail = ?, updated_at = ?,"
                " monotonic_s = ?, in_doubt = CASE WHEN ? THEN 0 ELSE in_doubt END WHERE entry = ?",
                (*what, now, time.monotonic(), settled, entry),
            )
            _tell(db, entry, outcome if detail is None else f"{outcome}: {detail}", now)

    def _numbered_here(self, db: sqlite3.Connection, ticket: Ticket, now: str) -> int:
        """The ticket's entry in this file. One that followed a damaged journal may have lost its row, and given its
        number to another intent since: then it is written anew, so that what came of it is not lost too.
        """
        who = (ticket.operation.value, ticket.order_id, ticket.idempotency_key)
        found = db.execute(
            "SELECT entry FROM entries WHERE operation = ? AND order_id = ? AND idempotency_key = ?"
            " ORDER BY entry = ? DESC LIMIT 1",
            (*who, ticket.entry),
        ).fetchone()
        if found is not None:
            return int(found[0])
        entry = _numbered(
            db.execute(
                "INSERT INTO entries (at, host, operation, order_id, idempotency_key, updated_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (now, self._host, *who, now),
            ).lastrowid
        )
        _tell(db, entry, f"intended to {ticket.operation.value}, in a journal that was damaged since", now)
        return entry

    def pass_over(
        self, operation: Operation, orders: Iterable[tuple[str, Decimal | None]], *, why: str
    ) -> None:
        """Account for orders that a run ended before: nothing was sent, so there is no ticket and no key."""
        orders = list(orders)
        if not orders:
            return
        now = _now()
        with self._database.writing() as db:
            for order_id, price in orders:
                entry = db.execute(
                    "INSERT INTO entries"
                    " (at, host, operation, order_id, idempotency_key, price, outcome, detail, updated_at)"
                    " VALUES (?, ?, ?, ?, '', ?, 'skipped', ?, ?)",
                    (now, self._host, operation.value, order_id, text_of_price(price), why, now),
                ).lastrowid
                _tell(db, _numbered(entry), f"skipped: {why}", now)

    def refer(self, entry: JournalEntry, reference: str, what: str) -> None:
        """Let a closed entry name what proves it: the refund's transaction. It grows no younger by that."""
        with self._database.writing() as db:
            db.execute("UPDATE entries SET reference = ? WHERE entry = ?", (reference, entry.entry))
            _tell(db, entry.entry, what, _now())

    def entries(self, *, unresolved: bool = False) -> Sequence[JournalEntry]:
        """This host's entries, oldest first."""
        where = f"host = ? AND {_UNRESOLVED}" if unresolved else "host = ?"
        return self._select(f"{where} ORDER BY entry", (self._host,))

    def in_doubt(self) -> Sequence[JournalEntry]:
        """This host's entries that are closed, and whose request may yet have been carried out; oldest first."""
        return self._select(f"host = ? AND in_doubt = 1 AND NOT {_UNRESOLVED} ORDER BY entry", (self._host,))

    def entry(self, number: int) -> JournalEntry | None:
        found = self._select("host = ? AND entry = ?", (self._host, number))
        return found[0] if found else None

    @staticmethod
    def age_of(entry: JournalEntry) -> float:
        """By this machine's clock and by the monotonic one, whichever makes it younger. That one counts from the
        machine's start: what it had at most since then it has also after a restart. Version 1 wrote no monotonic
        time: such an entry ages by the clock alone, or every look at it would cost a whole time limit, for ever.
        """
        by_clock = max(0.0, (datetime.now(UTC) - entry.updated_at).total_seconds())
        if entry.monotonic is None:
            return by_clock
        now = time.monotonic()
        return min(by_clock, now - entry.monotonic if now >= entry.monotonic else now)

    def last_refund_request(self, order_id: str) -> JournalEntry | None:
        """The newest refund request for an order that may have reached the service. Of another host's, which may be
        this one's other name, those alone whose outcome is open: they keep a second request from being sent.
        """
        found = self._select(
            "order_id = ? AND operation = ? AND (outcome IS NULL OR outcome = 'unknown' OR (host = ? AND outcome IN"
            " ('requested', 'already_requested'))) ORDER BY host = ? DESC, entry DESC LIMIT 1",
            (order_id, Operation.REFUND.value, self._host, self._host),
        )
        return found[0] if found else None

    def last_cancel(self, order_id: str, operation: Operation = Operation.CANCEL) -> JournalEntry | None:
        """The newest cancel of an order, or of a rental, that may have been carried out, or that found it ended."""
        found = self._select(
            "host = ? AND order_id = ? AND operation = ? AND (outcome IS NULL OR in_doubt = 1 OR outcome IN"
            " ('unknown', 'cancelled', 'already_cancelled', 'expired', 'sms_received'))"
            " ORDER BY entry DESC LIMIT 1",
            (self._host, order_id, operation.value),
        )
        return found[0] if found else None

    def open_swap(self, order_id: str) -> JournalEntry | None:
        """The newest swap of an order that may have been carried out unseen."""
        found = self._select(
            f"host = ? AND order_id = ? AND operation = ? AND (in_doubt = 1 OR {_UNRESOLVED})"
            " ORDER BY entry DESC LIMIT 1",
            (self._host, order_id, Operation.SWAP.value),
        )
        return found[0] if found else None

    def claim(self, order_id: str) -> bool:
        """Take the order for this process; False while another one that lives has it."""
        with self._database.guarded():
            return self._claims.take(order_id)

    def release(self, order_id: str) -> None:
        with self._database.guarded():
            self._claims.give_back(order_id)

    def story(self, number: int) -> Sequence[JournalEvent]:
        """The steps of an entry, oldest first."""
        with self._database.reading() as db:
            if db is None:
                return []
            rows = db.execute("SELECT at, what FROM events WHERE entry = ? ORDER BY rowid", (number,))
            return [JournalEvent(at=parse_rfc3339(str(at)), what=str(what)) for at, what in rows]

    @staticmethod
    def ticket_of(entry: JournalEntry) -> Ticket:
        """The right to go on with an unresolved entry: its intent is on disk already."""
        return Ticket(
            entry=entry.entry,
            operation=entry.operation,
            order_id=entry.order_id,
            idempotency_key=entry.idempotency_key,
        )

    def _select(self, where: str, values: tuple[object, ...]) -> list[JournalEntry]:
        with self._database.reading() as db:
            if db is None:
                return []
            # `where` is this module's own text; what varies is bound.
            rows = db.execute(f"SELECT {COLUMNS} FROM entries WHERE {where}", values)  # noqa: S608 - above
            return [entry_of(row) for row in rows]

    def check(self) -> None:
        """JournalDamaged wherever the damage is, JournalUnusable where it can't be written. It takes a moment."""
        self._database.check()

    def keep_aside(self) -> KeptAside:
        """Give a damaged journal another name, and begin a new one with what can be read of it."""
        if not self.claim(_ITSELF):
            raise JournalUnusable(
                "another process is at the damaged journal", hint="run the same command again"
            )
        try:
            return self._database.keep_aside()
        finally:
            self.release(_ITSELF)


def _numbered(entry: int | None) -> int:
    if entry is None:
        raise JournalUnusable("the journal took an entry without a number")
    return entry


def _tell(db: sqlite3.Connection, entry: int, what: str, at: str) -> None:
    db.execute("INSERT INTO events VALUES (?, ?, ?)", (entry, at, what))


def _now() -> str:
    """By this machine's clock: the story of what happened here."""
    return rfc3339(datetime.now(UTC))
