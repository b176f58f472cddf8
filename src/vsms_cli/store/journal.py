"""The journal: what is intended is on disk before a request that moves money is sent, and afterwards what came of it.

SQLite, write-ahead, synchronous=FULL: `begin` returns only when the intent would survive a power cut. The token
never comes near it.
"""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.journal_entry import JournalEntry, JournalEvent
from vsms_cli.domain.tickets import Operation, Ticket
from vsms_cli.domain.times import parse_rfc3339, rfc3339
from vsms_cli.store.journal_database import JournalDatabase
from vsms_cli.store.journal_schema import COLUMNS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from vsms_cli.store.journal_repair import Repair

_UNRESOLVED: Final = "(outcome IS NULL OR outcome = 'unknown')"


class JournalFile:
    """The journal in the file at `path`, for the orders of one `host`. Where there is no file it is empty.

    See `domain.ports.Journal`. Every method may be called from any thread and raises `JournalUnusable` where the file
    can't be used.
    """

    def __init__(self, path: Path, *, host: str) -> None:
        self._host = host
        self._database = JournalDatabase(path)

    def entries(self, *, unresolved: bool = False) -> Sequence[JournalEntry]:
        """This host's entries, oldest first."""
        where = f"host = ? AND {_UNRESOLVED}" if unresolved else "host = ?"
        return self._select(f"{where} ORDER BY entry", self._host)

    def in_doubt(self) -> Sequence[JournalEntry]:
        """This host's entries that are closed, and whose request may yet have been carried out; oldest first."""
        return self._select(f"host = ? AND in_doubt = 1 AND NOT {_UNRESOLVED} ORDER BY entry", self._host)

    def entry(self, number: int) -> JournalEntry | None:
        return self._newest("host = ? AND entry = ?", self._host, number)

    def events(self, number: int) -> Sequence[JournalEvent]:
        """The steps of an entry, oldest first."""
        with self._database.reading() as db:
            if db is None:
                return []
            rows = db.execute("SELECT at, what FROM events WHERE entry = ? ORDER BY rowid", (number,))
            return [JournalEvent(at=parse_rfc3339(str(at)), what=str(what)) for at, what in rows]

    def last_refund_request(self, order_id: str) -> JournalEntry | None:
        """The newest refund request for an order that may have reached the service. Of another host's, which may be
        this one's other name, those alone whose outcome is open: they keep a second request from being sent.
        """
        return self._newest(
            f"order_id = ? AND operation = ? AND ({_UNRESOLVED} OR (host = ? AND outcome IN"
            " ('requested', 'already_requested'))) ORDER BY host = ? DESC, entry DESC",
            order_id, Operation.REFUND.value, self._host, self._host,
        )  # fmt: skip

    def last_cancel(self, order_id: str, operation: Operation = Operation.CANCEL) -> JournalEntry | None:
        return self._newest(
            "host = ? AND order_id = ? AND operation = ? AND (outcome IS NULL OR in_doubt = 1 OR outcome IN"
            " ('unknown', 'cancelled', 'already_cancelled', 'expired', 'sms_received')) ORDER BY entry DESC",
            self._host, order_id, operation.value,
        )  # fmt: skip

    def open_swap(self, order_id: str) -> JournalEntry | None:
        return self._newest(
            f"host = ? AND order_id = ? AND operation = ? AND (in_doubt = 1 OR {_UNRESOLVED})"
            " ORDER BY entry DESC",
            self._host, order_id, Operation.SWAP.value,
        )  # fmt: skip

    def last_swap(self, order_id: str) -> JournalEntry | None:
        return self._newest(
            "host = ? AND order_id = ? AND operation = ? AND outcome = 'swapped' ORDER BY entry DESC",
            self._host, order_id, Operation.SWAP.value,
        )  # fmt: skip

    def _newest(self, where: str, *values: object) -> JournalEntry | None:
        found = self._select(f"{where} LIMIT 1", *values)
        return found[0] if found else None

    def _select(self, where: str, *values: object) -> list[JournalEntry]:
        with self._database.reading() as db:
            if db is None:
                return []
            # `where` is this module's own text; what varies is bound.
            rows = db.execute(f"SELECT {COLUMNS} FROM entries WHERE {where}", values)  # noqa: S608 - above
            return [entry_of(row) for row in rows]

    def close_file(self) -> None:
        """Twice is fine; what is called later opens it again."""
        self._database.close()

    def begin(
        self,
        operation: Operation,
        order_id: str,
        *,
        price: Decimal | None,
        time_limit: float,
        reference: str | None = None,
    ) -> Ticket:
        key, now = str(uuid.uuid4()), _now()
        with self._database.writing() as db:
            entry = _insert(
                db,
                f"intended to {operation.verb}",
                at=now,
                host=self._host,
                operation=operation.value,
                order_id=order_id,
                idempotency_key=key,
                price=_price_text(price),
                reference=reference,
                updated_at=now,
                time_limit_s=time_limit,
                monotonic_s=time.monotonic(),
            )
        return Ticket(entry=entry, operation=operation, order_id=order_id, idempotency_key=key)

    def note(self, ticket: Ticket, what: str, *, in_doubt: bool = False) -> None:
        """Add an event to the entry. Its age counts from its last event: `resolve` judges by that."""
        now = _now()
        with self._database.writing() as db:
            db.execute(
                "UPDATE entries SET updated_at = ?, monotonic_s = ?, in_doubt = max(in_doubt, ?) WHERE entry = ?",
                (now, time.monotonic(), in_doubt, ticket.entry),
            )
            _add_event(db, ticket.entry, what, now)

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
        now = _now()
        what = (outcome, _amount_text(refund_amount), reference, detail)
        with self._database.writing() as db:
            db.execute(
                "UPDATE entries SET outcome = ?, refund_amount = ?, reference = ?, detail = ?, updated_at = ?,"
                " monotonic_s = ?, in_doubt = CASE WHEN ? THEN 0 ELSE in_doubt END WHERE entry = ?",
                (*what, now, time.monotonic(), settled, ticket.entry),
            )
            _add_event(db, ticket.entry, outcome if detail is None else f"{outcome}: {detail}", now)

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
                _insert(
                    db,
                    f"skipped: {why}",
                    at=now,
                    host=self._host,
                    operation=operation.value,
                    order_id=order_id,
                    idempotency_key="",
                    price=_price_text(price),
                    outcome="skipped",
                    detail=why,
                    updated_at=now,
                )

    def refer(self, entry: JournalEntry, reference: str, what: str) -> None:
        """Let a closed entry name what proves it: the refund's transaction. It grows no younger by that."""
        with self._database.writing() as db:
            db.execute("UPDATE entries SET reference = ? WHERE entry = ?", (reference, entry.entry))
            _add_event(db, entry.entry, what, _now())

    @staticmethod
    def ticket_of(entry: JournalEntry) -> Ticket:
        return Ticket(
            entry=entry.entry,
            operation=entry.operation,
            order_id=entry.order_id,
            idempotency_key=entry.idempotency_key,
        )

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

    def acquire(self, order_id: str) -> bool:
        with self._database.guarded():
            return self._database.locks.acquire(order_id)

    def release(self, order_id: str) -> None:
        with self._database.guarded():
            self._database.locks.release(order_id)

    def check(self) -> None:
        """JournalDamaged wherever the damage is, JournalUnusable where it can't be written. It takes a moment."""
        from vsms_cli.store.journal_repair import check  # noqa: PLC0415 - for `journal resolve` and `doctor`

        with self._database.reading() as db:
            if db is not None:
                check(db)

    def repair(self) -> Repair:
        """Put a damaged journal into quarantine, and begin a new one with what can be read of it. JournalUnusable
        where another process has the journal open, or has repaired it already.
        """
        from vsms_cli.store.journal_repair import repair  # noqa: PLC0415 - as above

        self._database.close()
        with self._database.guarded(), self._database.exclusive():
            return repair(self._database.path)


def _insert(db: sqlite3.Connection, what: str, **values: object) -> int:
    """The number of the new entry, whose first event is `what`. The names are this module's own."""
    columns, places = ", ".join(values), ", ".join("?" * len(values))
    query = f"INSERT INTO entries ({columns}) VALUES ({places})"  # noqa: S608 - above
    entry = int(str(db.execute(query, tuple(values.values())).lastrowid))
    _add_event(db, entry, what, str(values["at"]))
    return entry


def _add_event(db: sqlite3.Connection, entry: int, what: str, at: str) -> None:
    db.execute("INSERT INTO events VALUES (?, ?, ?)", (entry, at, what))


def _amount_text(amount: Decimal | None) -> str | None:
    """None for one that is no number: a row that can't be read back makes the journal a damaged one."""
    return None if amount is None or not amount.is_finite() else str(amount)


def _price_text(price: Decimal | None) -> str | None:
    """None too for one below zero, which a service may name and nobody pays."""
    return None if price is not None and price.is_finite() and price < 0 else _amount_text(price)


def entry_of(row: Sequence[object]) -> JournalEntry:
    """The entry in a row of `COLUMNS`. ValueError where it is none."""
    entry, at, host, operation, order_id, key, price, outcome, amount, reference, detail, *rest = row
    updated_at, in_doubt, time_limit, monotonic = rest
    return JournalEntry(
        entry=int(str(entry)),
        at=parse_rfc3339(str(at)),
        host=str(host),
        operation=Operation(str(operation)),
        order_id=str(order_id),
        idempotency_key=str(key),
        price=amount_of(price),
        outcome=None if outcome is None else str(outcome),
        refund_amount=amount_of(amount),
        reference=None if reference is None else str(reference),
        detail=None if detail is None else str(detail),
        updated_at=parse_rfc3339(str(updated_at)),
        in_doubt=bool(in_doubt),
        time_limit=None if time_limit is None else float(str(time_limit)),
        monotonic=None if monotonic is None else float(str(monotonic)),
    )


def amount_of(text: object) -> Decimal | None:
    """ValueError where it is none."""
    if text is None:
        return None
    try:
        amount = Decimal(str(text))
    except InvalidOperation:
        raise ValueError(f"{str(text)[:40]!r} is no amount") from None
    if not amount.is_finite():
        raise ValueError(f"{amount} is no amount")
    return amount


def _now() -> str:
    """By this machine's clock: the events of what happened here."""
    return rfc3339(datetime.now(UTC))
