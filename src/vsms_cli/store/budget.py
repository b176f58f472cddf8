"""The account's requests of the last minute, shared by all its processes: a sliding log in SQLite.

Exact towards the server without trusting any clock but the monotonic one. A request counts from when it was
taken until one window after its answer was seen: the server saw it somewhere in between, so whatever goes out a
window after that answer reaches a server that has forgotten it.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Final

from vsms_cli.store.wal import make_private, write_ahead

if TYPE_CHECKING:
    from pathlib import Path

WINDOW_S: Final = 60.0  # the reference pages: 60 requests a minute for each key
_LOST_AFTER_S: Final = 660.0  # a request whose process died unanswered: the longest time limit and one window
_IN_FLIGHT_S: Final = 0.05  # how soon to look again while the window is full of unanswered requests
_PATIENCE_S: Final = 10.0  # for another process's transaction, which takes under a millisecond

_Step = Callable[[float], float]  # what to do at this moment of the monotonic clock

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, taken REAL NOT NULL, answered REAL
);
CREATE INDEX IF NOT EXISTS by_account ON requests (account);
CREATE TABLE IF NOT EXISTS pauses (account TEXT PRIMARY KEY, since REAL NOT NULL, until REAL NOT NULL);
"""


class SharedBudget:
    """The budget of one account (`account` is a fingerprint, never a token) in the file at `path`.

    Where the file can't be used, the budget is this process's own: a read must work with a full disk.
    """

    def __init__(self, path: Path | None, *, account: str, limit: int, window: float = WINDOW_S) -> None:
        self._account = account
        self._limit = limit
        self._window = window
        self._lock = threading.Lock()
        self._mine = threading.local()
        self._db = _open(path)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def take(self) -> float:
        """0 once a request is counted, else the seconds until it is worth asking again."""
        return self._run(self._take)

    def answered(self) -> None:
        """The request that this thread took last has been answered."""
        slot = getattr(self._mine, "slot", None)
        self._run(lambda now: self._mark(slot, now))

    def pause(self, seconds: float) -> None:
        """Nobody of this account sends anything for so long."""
        self._run(lambda now: self._pause(now, now + seconds))

    def paused_for(self) -> float:
        return self._run(self._paused)

    def _take(self, now: float) -> float:
        # The monotonic clock starts anew at a reboot: an entry from the future is from before it.
        self._db.execute(
            "DELETE FROM requests WHERE taken > ? OR answered <= ? OR (answered IS NULL AND taken <= ?)",
            (now, now - self._window, now - _LOST_AFTER_S),
        )
        pause = self._paused(now)
        if pause > 0:
            return pause
        times = [
            answered
            for (answered,) in self._db.execute(
                "SELECT answered FROM requests WHERE account = ? ORDER BY answered IS NULL, answered",
                (self._account,),
            )
        ]
        if len(times) >= self._limit:
            first = times[len(times) - self._limit]
            return _IN_FLIGHT_S if first is None else max(0.001, first + self._window - now)
        self._mine.slot = self._db.execute(
            "INSERT INTO requests (account, taken) VALUES (?, ?)", (self._account, now)
        ).lastrowid
        return 0.0

    def _mark(self, slot: int | None, now: float) -> float:
        self._db.execute("UPDATE requests SET answered = ? WHERE id = ?", (now, slot))
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
                return self._transaction(step)
            except sqlite3.Error:
                # Full disk, damaged file: this process goes on by itself.
                with closing(self._db):
                    self._db = _open(None)
                return self._transaction(step)

    def _transaction(self, step: _Step) -> float:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            result = step(time.monotonic())
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
        return result


def _open(path: Path | None) -> sqlite3.Connection:
    if path is not None:
        with contextlib.suppress(sqlite3.Error, OSError):
            make_private(path)
            return _connect(str(path))
    return _connect(":memory:")


def _connect(where: str) -> sqlite3.Connection:
    db = sqlite3.connect(where, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA synchronous = OFF")  # a crash may lose it: the log is worth a minute
        write_ahead(db, patience=_PATIENCE_S)
        db.executescript(_SCHEMA)
    except sqlite3.Error:
        db.close()
        raise
    return db
