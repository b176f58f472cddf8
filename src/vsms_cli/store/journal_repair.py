"""A damaged journal: found wherever the damage is, put into quarantine, and replaced by a new one that holds what can
be read of it.

For a process that has the exclusive lock, so that none has the file open. A kill at any moment loses nothing:
1. `journal.db.new` is written. Until it is whole, and on disk, the damaged one is the journal, and refused as before.
2. It becomes `journal.db.next`. Whoever opens the journal and finds one does the rest first.
3. The damaged one and its -wal become `journal.db.damaged-...`, and `journal.db.next` becomes `journal.db`.
"""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.errors import JournalUnusable
from vsms_cli.domain.record_class import record
from vsms_cli.domain.times import parse_rfc3339, rfc3339
from vsms_cli.store.journal import amount_of, entry_of
from vsms_cli.store.journal_database import replacement_of
from vsms_cli.store.journal_schema import COLUMNS, open_journal
from vsms_cli.store.paths import sync_dir
from vsms_cli.store.sqlite_file import is_damage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

_Row = tuple[object, ...]
_NAMES: Final = tuple(COLUMNS.split(", "))
_LOGS: Final = ("-wal", "-journal")  # what of a database may be in them alone


@record
class Repair:
    """Where the damaged journal lies now; how many of its entries are in the new one, and how many of those open."""

    quarantine: Path
    entries: int
    unresolved: int


def check(db: sqlite3.Connection) -> None:
    """sqlite3.Error or ValueError where any page, row or index is not as it must be."""
    (found,) = db.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise sqlite3.DatabaseError(str(found).splitlines()[-1])
    for row in db.execute(f"SELECT {COLUMNS} FROM entries NOT INDEXED"):  # noqa: S608 - this package's own text
        entry_of(row)
    for (at,) in db.execute("SELECT at FROM events NOT INDEXED"):
        parse_rfc3339(str(at))
    db.execute("BEGIN IMMEDIATE")  # that it can be written
    db.execute("ROLLBACK")


def repair(path: Path) -> Repair:
    """sqlite3.Error or OSError where the new one can't be written, JournalUnusable where nothing is damaged."""
    finish(path)
    _check_damaged(path)
    entries, events = _readable(path)
    new = _named(path, ".new")
    for end in ("", "-shm", *_LOGS):  # what a kill left of one
        _named(new, end).unlink(missing_ok=True)
    _write(new, entries.values(), [event for event in events if event[0] in entries])
    new.replace(replacement_of(path))
    sync_dir(path.parent)
    quarantine = _quarantine_of(path)
    finish(path)
    unresolved = sum(entry_of(row).unresolved for row in entries.values())
    return Repair(quarantine=quarantine, entries=len(entries), unresolved=unresolved)


def finish(path: Path) -> None:
    """Do the third step, or what is left to do of it."""
    if not replacement_of(path).exists():
        return
    quarantine = _quarantine_of(path)
    for end in ("", *_LOGS):
        if _named(path, end).exists():
            _named(path, end).replace(_named(quarantine, end))
    _named(path, "-shm").unlink(missing_ok=True)
    sync_dir(path.parent)  # SQLite would replay an old -wal into the new file
    replacement_of(path).replace(path)
    sync_dir(path.parent)


def _check_damaged(path: Path) -> None:
    """Another process may have repaired it since this one looked."""
    try:
        with contextlib.closing(open_journal(path, create=False)) as db:
            check(db)
    except (sqlite3.Error, ValueError) as exc:
        if is_damage(exc):
            return
        raise
    raise JournalUnusable(
        "another process has repaired the damaged journal", hint="run the same command again"
    )


def _readable(path: Path) -> tuple[dict[int, _Row], list[_Row]]:
    """The entries, by number, and their events, as the new tables take them.

    A row without an operation and an order is none. An amount or time that can't be meant is left out of its row: a
    refund request must not be sent again because of a broken figure beside it.
    """
    entries: dict[int, _Row] = {}
    events: list[_Row] = []
    with contextlib.closing(sqlite3.connect(path)) as db, contextlib.suppress(sqlite3.Error):
        db.text_factory = lambda text: text.decode(errors="replace")
        there = {str(column[1]) for column in db.execute("PRAGMA table_info(entries)")}
        held = [name for name in _NAMES if name in there]  # an older version's has fewer
        for row in _rows(db, f"SELECT rowid, {', '.join(held)} FROM entries NOT INDEXED"):  # noqa: S608 - as above
            mended = _mended(dict(zip(held, row, strict=True)))
            if mended is not None:
                entries[int(str(mended[0]))] = mended
        for entry, at, what in _rows(db, "SELECT rowid, entry, at, what FROM events NOT INDEXED"):
            events.append((entry, _time(at), str(what)))
    return entries, events


def _rows(db: sqlite3.Connection, query: str) -> list[Sequence[object]]:
    """The rows from the first to a page that can't be read, and those after it; in the order of their rowid, which
    is the first column of the query and none of the result.
    """
    found: dict[int, Sequence[object]] = {}
    for direction in ("ASC", "DESC"):
        with contextlib.suppress(sqlite3.Error):
            for rowid, *row in db.execute(f"{query} ORDER BY rowid {direction}"):
                if rowid in found:
                    break
                found[rowid] = row
    return [found[rowid] for rowid in sorted(found)]


def _mended(row: dict[str, object]) -> _Row | None:
    """The row as an entry can be made of it; None where it names no operation and order."""
    values = tuple(_MENDS[name](row.get(name)) if name in _MENDS else row.get(name) for name in _NAMES)
    with contextlib.suppress(ValueError):
        order_id, key = row.get("order_id"), row.get("idempotency_key")
        if entry_of(values).order_id and isinstance(order_id, str) and isinstance(key, str):
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
        amount = amount_of(text)
        return None if amount is None else str(amount)
    return None


_MENDS: Final[dict[str, Callable[[object], object]]] = {
    "at": _time,
    "updated_at": _time,
    "price": _amount,
    "refund_amount": _amount,
    "outcome": lambda value: value if isinstance(value, str | None) else "unknown",
    "in_doubt": lambda value: int(value not in {0, None}),
    "time_limit_s": _seconds,
    "monotonic_s": _seconds,
}


def _write(path: Path, entries: Iterable[_Row], events: Iterable[_Row]) -> None:
    """One whole file without a -wal: only the file itself is renamed."""
    with contextlib.closing(open_journal(path, create=True)) as db:
        db.execute("BEGIN IMMEDIATE")
        places = ", ".join("?" * len(_NAMES))
        db.executemany(f"INSERT INTO entries ({COLUMNS}) VALUES ({places})", entries)  # noqa: S608 - as above
        db.executemany("INSERT INTO events VALUES (?, ?, ?)", events)
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _quarantine_of(path: Path) -> Path:
    """The same name for whoever goes on after a kill."""
    at = datetime.fromtimestamp(replacement_of(path).stat().st_mtime, UTC)
    return _named(path, f".damaged-{at:%Y%m%dT%H%M%S.%fZ}")


def _named(path: Path, end: str) -> Path:
    return path.with_name(f"{path.name}{end}")
