"""The journal's tables, by version; opening a file of any of them."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.errors import JournalUnusable
from vsms_cli.store.paths import private_dir, refuse_shared
from vsms_cli.store.sqlite_file import make_private, write_ahead

if TYPE_CHECKING:
    from pathlib import Path

_VERSION: Final = 2
_PATIENCE_S: Final = 10.0  # for another process's transaction, which takes about a millisecond

COLUMNS: Final = (
    "entry, at, host, operation, order_id, idempotency_key, price, outcome, refund_amount, reference, detail,"
    " updated_at, in_doubt, time_limit_s, monotonic_s"
)
_SCHEMA: Final = (
    """CREATE TABLE entries (
        entry INTEGER PRIMARY KEY AUTOINCREMENT,
        at TEXT NOT NULL,
        host TEXT NOT NULL,
        operation TEXT NOT NULL,
        order_id TEXT NOT NULL,
        idempotency_key TEXT NOT NULL,
        price TEXT,
        outcome TEXT,
        refund_amount TEXT,
        reference TEXT,
        detail TEXT,
        updated_at TEXT NOT NULL,
        in_doubt INTEGER NOT NULL DEFAULT 0,
        time_limit_s REAL,
        monotonic_s REAL
    )""",
    "CREATE INDEX by_order ON entries (order_id)",
    "CREATE INDEX by_unresolved ON entries (outcome) WHERE outcome IS NULL OR outcome = 'unknown'",
    "CREATE TABLE events (entry INTEGER NOT NULL, at TEXT NOT NULL, what TEXT NOT NULL)",
    "CREATE INDEX by_entry ON events (entry)",
)
_FROM_VERSION_1: Final = (
    "ALTER TABLE entries ADD COLUMN in_doubt INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE entries ADD COLUMN time_limit_s REAL",
    "ALTER TABLE entries ADD COLUMN monotonic_s REAL",
)
_MIGRATIONS: Final = {0: _SCHEMA, 1: _FROM_VERSION_1, _VERSION: ()}


def open_journal(path: Path, *, create: bool) -> sqlite3.Connection:
    """A connection to a journal of this version; `create` makes the file where there is none. sqlite3.Error where it
    is damaged or can't be used, JournalUnusable where it is another program's, or a newer version's.
    """
    if create:
        private_dir(path.parent)
        make_private(path)
    else:
        refuse_shared(path)
    db = sqlite3.connect(path, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False)
    try:
        version = _version(db, path)
        _check_last_page(db, path)
        if version != _VERSION:
            _migrate(db, path)
        write_ahead(db, patience=_PATIENCE_S)
        db.execute("PRAGMA synchronous = FULL")
    except BaseException:
        db.close()
        raise
    return db


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    db.execute("BEGIN IMMEDIATE")  # of several processes that come first, one does it and the others wait
    try:
        version = _version(db, path)
        if version == 0:
            _check_empty(db, path)
        for statement in _MIGRATIONS[version]:
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {_VERSION}")
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _check_empty(db: sqlite3.Connection, path: Path) -> None:
    if db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise JournalUnusable(
            f"the file {path} is another program's database",
            hint="move it aside, or name another directory with VSMS_STATE_DIR",
        )


def _check_last_page(db: sqlite3.Connection, path: Path) -> None:
    """SQLite takes a file whose last page is cut short, and what stood there is lost silently."""
    page = db.execute("PRAGMA page_size").fetchone()[0]
    log = path.with_name(f"{path.name}-wal")
    if path.stat().st_size % page and not (log.exists() and log.stat().st_size):  # else the log repairs it
        raise sqlite3.DatabaseError("its last page is cut short")


def _version(db: sqlite3.Connection, path: Path) -> int:
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version < 0:
        raise sqlite3.DatabaseError(f"its format can't have the version {version}")
    if version > _VERSION:
        raise JournalUnusable(
            f"the journal {path} was written by a newer vsms (version {version} of its format)",
            hint="update vsms",
        )
    return version
