"""The account's requests of the last minute, shared by all its processes: a sliding log in SQLite.

Exact towards the server without trusting any clock but the monotonic one. A request counts from when it was
taken until one window after its answer was seen: the server saw it somewhere in between, so whatever goes out a
window after that answer reaches a server that has forgotten it. What a process had under way when it died may have
been seen by the server until that moment, so it counts until one window after the death was first noticed.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from vsms_cli.store.locks import LockFile, wait_for
from vsms_cli.store.sqlite_file import identity, make_private, write_ahead

if TYPE_CHECKING:
    from pathlib import Path

WINDOW_S: Final = 60.0  # the reference pages: 60 requests a minute for each key
_LOST_AFTER_S: Final = (
    660.0  # the last resort, where no lock tells who lives: the longest time limit and a window
)
_IN_FLIGHT_S: Final = 0.05  # how soon to look again while the window is full of unanswered requests
_PATIENCE_S: Final = 10.0  # for another process's transaction, which takes under a millisecond
_OPENING: Final = "opening"  # the name of a lock

_Step = Callable[[float], float]  # what to do at this moment of the monotonic clock

# `requests` is the table of earlier versions.
_SCHEMA: Final = """
DROP TABLE IF EXISTS requests;
CREATE TABLE IF NOT EXISTS turns (
    id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, taken REAL NOT NULL, answered REAL, holder TEXT
);
CREATE INDEX IF NOT EXISTS turns_by_account ON turns (account);
CREATE TABLE IF NOT EXISTS pauses (account TEXT PRIMARY KEY, since REAL NOT NULL, until REAL NOT NULL);
"""


class SharedBudget:
    """The budget of one account (`account` is a fingerprint, never a token) in the file at `path`.

    Where the file can't be used, the budget is this process's own: a read must work with a full disk. One that is
    damaged is replaced by a new one, which knows nothing of the last minute.
    """

    def __init__(self, path: Path | None, *, account: str, limit: int, window: float = WINDOW_S) -> None:
        self._account = account
        self._limit = limit
        self._window = window
        self._lock = threading.Lock()
        self._mine = threading.local()
        self._path = path
        self._holder = os.urandom(8).hex()  # locked while this one lives: a pid is given out again
        self._locks = _locks_beside(path, self._holder)
        self._db = self._opened()

    def close(self) -> None:
        with self._lock:
            self._db.close()
            if self._locks is not None:
                self._locks.release(self._holder)
                self._locks = None

    def take(self) -> float:
        """0 once a request is counted, else the seconds until it is worth asking again."""
        return self._run(self._take)

    def expected(self) -> float:
        """After a `take` in vain: the seconds until this thread's turn, at the earliest."""
        return getattr(self._mine, "expected", 0.0)

    def answered(self) -> None:
        """The request that this thread took last has been answered."""
        slot = getattr(self._mine, "slot", None)
        self._run(lambda now: self._mark(slot, now))

    def give_back(self) -> None:
        """The request that this thread took last was never sent."""
        slot = getattr(self._mine, "slot", None)
        self._run(lambda _now: self._forget(slot))

    def pause(self, seconds: float) -> None:
        """Nobody of this account sends anything for so long."""
        self._run(lambda now: self._pause(now, now + seconds))

    def paused_for(self) -> float:
        return self._run(self._paused)

    def _take(self, now: float) -> float:
        # The monotonic clock starts anew at a reboot: an entry from the future is from before it.
        self._db.execute(
            "DELETE FROM turns WHERE taken > ? OR answered <= ? OR (answered IS NULL AND taken <= ?)",
            (now, now - self._window, now - _LOST_AFTER_S),
        )
        self._notice_deaths(now)
        pause = self._paused(now)
        if pause > 0:
            self._mine.expected = pause
            return pause
        times = [
            answered
            for (answered,) in self._db.execute(
                "SELECT answered FROM turns WHERE account = ? ORDER BY answered IS NULL, answered",
                (self._account,),
            )
        ]
        if len(times) >= self._limit:
            first = times[len(times) - self._limit]
            # One that is unanswered frees its slot a window after its answer, whenever that comes.
            self._mine.expected = self._window if first is None else max(0.001, first + self._window - now)
            return _IN_FLIGHT_S if first is None else float(self._mine.expected)
        self._mine.slot = self._db.execute(
            "INSERT INTO turns (account, taken, holder) VALUES (?, ?, ?)",
            (self._account, now, None if self._locks is None else self._holder),
        ).lastrowid
        return 0.0

    def _notice_deaths(self, now: float) -> None:
        """End what was under way in processes that live no more: killed, or ended by a second Ctrl-C."""
        if self._locks is None:
            return
        under_way = "SELECT DISTINCT holder FROM turns WHERE answered IS NULL AND holder IS NOT NULL"
        for (holder,) in self._db.execute(under_way).fetchall():
            if self._locks.acquire(holder):  # nobody has it: that process is dead
                self._locks.release(holder)
                self._db.execute(
                    "UPDATE turns SET answered = ? WHERE answered IS NULL AND holder = ?", (now, holder)
                )

    def _mark(self, slot: int | None, now: float) -> float:
        self._db.execute("UPDATE turns SET answered = ? WHERE id = ?", (now, slot))
        return 0.0

    def _forget(self, slot: int | None) -> float:
        self._db.execute("DELETE FROM turns WHERE id = ?", (slot,))
        return 0.0

    def _pause(self, now: float, until: float) -> float:
        until = max(until, now + self._paused(now))
        self._db.execute("INSERT OR REPLACE INTO pauses VALUES (?, ?, ?)", (self._account, now, until))
        return 0.0

    def _paused(self, now: float) -> float:
        found = self._db.execute(
            "SELECT until FROM pauses WHERE account = ? AND since <= ?",  # one from the future: see _take
            (self._account, now),
        ).fetchone()
        return 0.0 if found is None else max(0.0, float(found[0]) - now)

    def _run(self, step: _Step) -> float:
        with self._lock:
            try:
                if self._path is not None and self._file != identity(
                    self._path
                ):  # somebody replaced or removed it
                    self._reopen()
                return self._transaction(step)
            except sqlite3.Error as exc:
                if _is_damage(exc):
                    with contextlib.suppress(sqlite3.Error):
                        self._reopen()
                        return self._transaction(step)
                # Full disk, or the new one is no better: this process goes on by itself.
                self._path = None
                self._reopen()
                return self._transaction(step)

    def _reopen(self) -> None:
        self._db.close()
        self._db = self._opened()

    def _opened(self) -> sqlite3.Connection:
        """The file, or a budget of this process's own."""
        try:
            db = _open(self._path, self._locks)
        except (sqlite3.Error, OSError):
            self._path = None
            db = _connect(":memory:")
        self._file = None if self._path is None else identity(self._path)
        return db

    def _transaction(self, step: _Step) -> float:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            result = step(time.monotonic())
        except BaseException:
            with contextlib.suppress(
                sqlite3.Error
            ):  # which of its errors end the transaction is SQLite's to say
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
        return result


def _open(path: Path | None, locks: LockFile | None) -> sqlite3.Connection:
    """sqlite3.Error or OSError where the file can't be used.

    One process at a time, because a damaged file is removed with its -wal and -shm, and another process that opened
    it just then would leave its own under those names to the new file. Who has it open already keeps the removed
    three, notices by `identity`, and SQLite leaves alone what stands under the names of a file that was moved away.
    """
    if path is None:
        return _connect(":memory:")
    if locks is None:
        make_private(path)
        return _connect(str(path))
    if not wait_for(lambda: locks.acquire(_OPENING), patience=_PATIENCE_S):
        raise OSError("another process has been opening it for long")
    try:
        return _open_alone(path)
    finally:
        locks.release(_OPENING)


def _open_alone(path: Path) -> sqlite3.Connection:
    make_private(path)
    try:
        return _connect(str(path))
    except sqlite3.DatabaseError as exc:
        if not _is_damage(exc):
            raise
    for end in ("-wal", "-shm", ""):
        path.with_name(path.name + end).unlink(missing_ok=True)
    make_private(path)
    return _connect(str(path))


class _DamagedError(sqlite3.DatabaseError):
    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


def _is_damage(exc: sqlite3.Error) -> bool:
    """That what is in the file is no database: no full disk, nor a file of another's."""
    code = getattr(exc, "sqlite_errorcode", sqlite3.SQLITE_OK)  # absent from the module's own errors
    return code & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def _locks_beside(path: Path | None, holder: str) -> LockFile | None:
    """With `holder` locked; None where locks can't be had."""
    if path is None:
        return None
    locks = LockFile.at(path.with_suffix(".lock"))
    with contextlib.suppress(OSError):
        locks.acquire(holder)
        return locks
    return None


def _connect(where: str) -> sqlite3.Connection:
    db = sqlite3.connect(where, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA synchronous = OFF")  # a crash may lose it: the log is worth a minute
        write_ahead(db, patience=_PATIENCE_S)
        db.executescript(_SCHEMA)
        if db.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):  # 0.05 ms: it holds a minute's rows
            raise _DamagedError
    except sqlite3.Error:
        db.close()
        raise
    return db
