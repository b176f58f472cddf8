"""A damaged journal: found wherever the damage is, and what can still be read of it taken over into a new one."""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.times import parse_rfc3339, rfc3339
from vsms_cli.store.journal_rows import COLUMNS, amount_of, entry_of, text_of
from vsms_cli.store.journal_schema import PATIENCE_S, open_journal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_NAMES: Final = tuple(COLUMNS.split(", "))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAside:
    """Where a damaged journal lies now; how many of its entries are in the new one, and how many of those are open."""

    path: Path
    entries: int
    unresolved: int


def check(db: sqlite3.Connection) -> None:
    """sqlite3.Error or ValueError where any page, row or index is not as it must be.

    The queries of a cancel go through one index each, and a write through all: any of them may meet the damage.
    """
    (said,) = db.execute("PRAGMA integrity_check(1)").fetchone()
    if said != "ok":
        raise sqlite3.DatabaseError(str(said).splitlines()[-1])
    for row in db.execute(f"SELECT {COLUMNS} FROM entries NOT INDEXED"):  # noqa: S608 - this package's own text
        entry_of(row)
    for (at,) in db.execute("SELECT at FROM events NOT INDEXED"):
        parse_rfc3339(str(at))
    db.execute("BEGIN IMMEDIATE")
    try:
        entry = db.execute(
            "INSERT INTO entries (at, host, operation, order_id, idempotency_key, updated_at)"
            " VALUES ('', '', '', '', '', '')"
        ).lastrowid
        db.execute("UPDATE entries SET outcome = 'unknown' WHERE entry = ?", (entry,))
        db.execute("INSERT INTO events VALUES (?, '', '')", (entry,))
    finally:
        db.execute("ROLLBACK")


def hold(damaged: Path) -> sqlite3.Connection:
    """With the file's write lock, where it can be had: a process that has it open writes nothing into it any more.
    sqlite3.OperationalError while somebody does.
    """
    db = sqlite3.connect(damaged, timeout=PATIENCE_S, isolation_level=None)
    try:
        db.execute("BEGIN IMMEDIATE")
    except sqlite3.Error as exc:  # most damage: nobody else gets further
        if exc.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            db.close()
            raise
    return db


def take_over(damaged: Path, new: Path) -> tuple[int, int]:
    """Write what can be read of `damaged` to a journal at `new`; how many entries, and how many of them are open.

    A row without an operation and an order is none. An amount or time that can't be meant is left out of its row:
    a refund request must not be sent again because of a broken figure beside it. `new` is made also where there is
    nothing. sqlite3.Error where it can't be written.
    """
    entries, events = _readable(damaged)
    db = open_journal(new, create=True)
    try:
        db.execute("BEGIN IMMEDIATE")
        places = ", ".join("?" * len(_NAMES))
        insert = f"INSERT INTO entries ({COLUMNS}) VALUES ({places})"  # noqa: S608 - as above
        db.executemany(insert, entries.values())
        db.executemany("INSERT INTO events VALUES (?, ?, ?)", [e for e in events if e[0] in entries])
        db.execute("COMMIT")
        (busy, *_) = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:  # it is to be renamed: nothing may stay beside it
            raise sqlite3.OperationalError("somebody else reads the new journal")
    finally:
        db.close()
    return len(entries), sum(entry_of(row).unresolved for row in entries.values())


def _readable(path: Path) -> tuple[dict[int, Sequence[object]], list[Sequence[object]]]:
    with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        db.text_factory = lambda text: text.decode(errors="replace")
        entries: dict[int, Sequence[object]] = {}
        events: list[Sequence[object]] = []
        with contextlib.suppress(sqlite3.Error):
            there = {str(column[1]) for column in db.execute("PRAGMA table_info(entries)")}
            held = [name for name in _NAMES if name in there]  # an older version's has fewer
            select = f"SELECT rowid, {', '.join(held)} FROM entries NOT INDEXED"  # noqa: S608 - as above
            for row in _both_ways(db, select):
                mended = _mended(dict(zip(held, row[1:], strict=True)))
                if mended is not None:
                    entries[int(str(mended[0]))] = mended
            for row in _both_ways(db, "SELECT rowid, entry, at, what FROM events NOT INDEXED"):
                _, entry, at, what = row
                events.append((entry, _time(at), str(what)))
    return dict(sorted(entries.items())), events


def _both_ways(db: sqlite3.Connection, query: str) -> Iterator[Sequence[object]]:
    """The rows from the first to a page that can't be read, and those after it; by their rowid."""
    seen: dict[int, Sequence[object]] = {}
    for way in ("ASC", "DESC"):
        with contextlib.suppress(sqlite3.Error):
            for row in db.execute(f"{query} ORDER BY rowid {way}"):
                if row[0] in seen:
                    break
                seen[row[0]] = row
    return iter([seen[rowid] for rowid in sorted(seen)])


def _mended(row: dict[str, object]) -> Sequence[object] | None:
    """The row as an entry can be made of it; None where it names no operation and order."""
    row["at"], row["updated_at"] = _time(row.get("at")), _time(row.get("updated_at"))
    row["price"], row["refund_amount"] = _amount(row.get("price")), _amount(row.get("refund_amount"))
    if not isinstance(row.get("outcome"), str | None):
        row["outcome"] = "unknown"
    row["time_limit_s"], row["monotonic_s"] = (
        _seconds(row.get("time_limit_s")),
        _seconds(row.get("monotonic_s")),
    )
    row["in_doubt"] = 0 if row.get("in_doubt") in {0, None} else 1
    values = [row.get(name) for name in _NAMES]
    with contextlib.suppress(ValueError):
        entry = entry_of(values)
        if (
            entry.order_id
            and isinstance(row.get("order_id"), str)
            and isinstance(row.get("idempotency_key"), str)
        ):
            return values
    return None


def _time(text: object) -> str:
    """As it is, else now: what is young is waited for."""
    with contextlib.suppress(ValueError):
        return rfc3339(parse_rfc3339(str(text)))
    return rfc3339(datetime.now(UTC))


def _seconds(value: object) -> float | None:
    return value if isinstance(value, float) else None


def _amount(text: object) -> str | None:
    with contextlib.suppress(ValueError):
        return text_of(amount_of(text))
    return None
