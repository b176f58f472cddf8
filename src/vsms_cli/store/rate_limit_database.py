"""The file of the shared request budget: opened and replaced beside other processes that do the same."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from vsms_cli.store.locks import LockFile, wait_for
from vsms_cli.store.sqlite_file import identity, is_damage, make_private, write_ahead

if TYPE_CHECKING:
    from pathlib import Path

_PATIENCE_S: Final = 10.0  # for another process's transaction, which takes under a millisecond
_OPENING: Final = "opening"  # the name of a lock

# Inside a transaction, at this moment of the monotonic clock.
Step = Callable[[sqlite3.Connection, float], float]

# `requests` is the table of earlier versions.
_SCHEMA: Final = """
DROP TABLE IF EXISTS requests;
CREATE TABLE IF NOT EXISTS turns (
    id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, taken REAL NOT NULL, answered REAL, holder TEXT
);
CREATE INDEX IF NOT EXISTS turns_by_account ON turns (account);
CREATE TABLE IF NOT EXISTS pauses (account TEXT PRIMARY KEY, since REAL NOT NULL, until REAL NOT NULL);
"""


class BudgetDatabase:
    """Thread-safe. Where the file can't be used, it is a database of this process's own: a read must work with a full
    disk. A file that is damaged is replaced by an empty one.
    """

    def __init__(self, path: Path | None, *, locks: LockFile | None) -> None:
        self._path = path
        self._locks = locks
        self._lock = threading.Lock()
        self._db = self._opened()

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def run(self, step: Step) -> float:
        with self._lock:
            try:
                if self._path is not None and self._file != identity(self._path):  # replaced or removed
                    self._reopen()
                return self._transaction(step)
            except sqlite3.Error as exc:
                if is_damage(exc):
                    with contextlib.suppress(sqlite3.Error):
                        self._reopen()
                        return self._transaction(step)
                # Full disk, or the new one is no better.
                self._path = None
                self._reopen()
                return self._transaction(step)

    def _reopen(self) -> None:
        self._db.close()
        self._db = self._opened()

    def _opened(self) -> sqlite3.Connection:
        try:
            db = self._open()
        except (sqlite3.Error, OSError):
            self._path = None
            db = _connect(":memory:")
        self._file = None if self._path is None else identity(self._path)
        return db

    def _open(self) -> sqlite3.Connection:
        """One process at a time, because a damaged file is removed with its -wal and -shm, and another process that
        opened it just then would leave its own under those names to the new file. Who has it open already keeps the
        removed three, notices by `identity`, and SQLite leaves alone what stands under the names of a file that was
        moved away.
        """
        if self._path is None:
            return _connect(":memory:")
        locks = self._locks
        if locks is None:
            make_private(self._path)
            return _connect(str(self._path))
        if not wait_for(lambda: locks.acquire(_OPENING), patience=_PATIENCE_S):
            raise OSError("another process has been opening it for long")
        try:
            return _open_or_replace(self._path)
        finally:
            locks.release(_OPENING)

    def _transaction(self, step: Step) -> float:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            result = step(self._db, time.monotonic())
        except BaseException:
            # Which of its errors end the transaction is SQLite's to say.
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
        return result


def _open_or_replace(path: Path) -> sqlite3.Connection:
    make_private(path)
    try:
        return _connect(str(path))
    except sqlite3.DatabaseError as exc:
        if not is_damage(exc):
            raise
    for end in ("-wal", "-shm", ""):
        path.with_name(path.name + end).unlink(missing_ok=True)
    make_private(path)
    return _connect(str(path))


def _connect(where: str) -> sqlite3.Connection:
    db = sqlite3.connect(where, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA synchronous = OFF")  # a crash may lose it: the log is worth a minute
        write_ahead(db, patience=_PATIENCE_S)
        db.executescript(_SCHEMA)
        if db.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):  # 0.05 ms: it holds a minute's rows
            raise sqlite3.DatabaseError
    except sqlite3.Error:
        db.close()
        raise
    return db
