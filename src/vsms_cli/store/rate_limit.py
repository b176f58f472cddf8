"""The account's requests of the last minute, shared by all its processes: a sliding log in SQLite.

Exact towards the server without trusting any clock but the monotonic one. A request counts from when it was
taken until one window after its answer was seen: the server saw it somewhere in between, so whatever goes out a
window after that answer reaches a server that has forgotten it. What a process had under way when it died may have
been seen by the server until that moment, so it counts until one window after the death was first noticed.
"""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING, Final

from vsms_cli.store.locks import LockFile
from vsms_cli.store.rate_limit_database import BudgetDatabase

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

WINDOW_S: Final = 60.0  # the reference pages: 60 requests a minute for each key
# The last resort, where no lock tells who lives: the longest time limit and a window.
_LOST_AFTER_S: Final = 660.0
_IN_FLIGHT_S: Final = 0.05  # how soon to look again while the window is full of unanswered requests


class SharedBudget:
    """See `api.rate_limiter.Budget`. For one account (`account` is a fingerprint, never a token), in the file at
    `path`; see `BudgetDatabase` for what can't be used or is damaged: the new one knows nothing of the last minute.
    """

    def __init__(self, path: Path | None, *, account: str, limit: int, window: float = WINDOW_S) -> None:
        self._account = account
        self._limit = limit
        self._window = window
        self._mine = threading.local()
        self._holder = os.urandom(8).hex()  # locked while this one lives: a pid is given out again
        self._locks = _locks_beside(path, self._holder)
        self._database = BudgetDatabase(path, locks=self._locks)

    def close(self) -> None:
        self._database.close()
        if self._locks is not None:
            self._locks.release(self._holder)
            self._locks = None

    def take(self) -> float:
        return self._database.run(self._take)

    def expected(self) -> float:
        return getattr(self._mine, "expected", 0.0)

    def answered(self) -> None:
        slot = getattr(self._mine, "slot", None)
        self._database.run(lambda db, now: _mark(db, slot, now))

    def release_turn(self) -> None:
        slot = getattr(self._mine, "slot", None)
        self._database.run(lambda db, _now: _forget(db, slot))

    def pause(self, seconds: float) -> None:
        self._database.run(lambda db, now: self._pause(db, now, now + seconds))

    def paused_for(self) -> float:
        return self._database.run(self._paused)

    def _take(self, db: sqlite3.Connection, now: float) -> float:
        # The monotonic clock starts anew at a reboot: an entry from the future is from before it.
        db.execute(
            "DELETE FROM turns WHERE taken > ? OR answered <= ? OR (answered IS NULL AND taken <= ?)",
            (now, now - self._window, now - _LOST_AFTER_S),
        )
        self._notice_deaths(db, now)
        pause = self._paused(db, now)
        if pause > 0:
            self._mine.expected = pause
            return pause
        times = [
            answered
            for (answered,) in db.execute(
                "SELECT answered FROM turns WHERE account = ? ORDER BY answered IS NULL, answered",
                (self._account,),
            )
        ]
        if len(times) >= self._limit:
            first = times[len(times) - self._limit]
            # One that is unanswered frees its slot a window after its answer, whenever that comes.
            self._mine.expected = self._window if first is None else max(0.001, first + self._window - now)
            return _IN_FLIGHT_S if first is None else float(self._mine.expected)
        self._mine.slot = db.execute(
            "INSERT INTO turns (account, taken, holder) VALUES (?, ?, ?)",
            (self._account, now, None if self._locks is None else self._holder),
        ).lastrowid
        return 0.0

    def _notice_deaths(self, db: sqlite3.Connection, now: float) -> None:
        """End what was under way in processes that live no more: killed, or ended by a second Ctrl-C."""
        if self._locks is None:
            return
        under_way = "SELECT DISTINCT holder FROM turns WHERE answered IS NULL AND holder IS NOT NULL"
        for (holder,) in db.execute(under_way).fetchall():
            if self._locks.acquire(holder):  # nobody has it: that process is dead
                self._locks.release(holder)
                db.execute(
                    "UPDATE turns SET answered = ? WHERE answered IS NULL AND holder = ?", (now, holder)
                )

    def _pause(self, db: sqlite3.Connection, now: float, until: float) -> float:
        until = max(until, now + self._paused(db, now))
        db.execute("INSERT OR REPLACE INTO pauses VALUES (?, ?, ?)", (self._account, now, until))
        return 0.0

    def _paused(self, db: sqlite3.Connection, now: float) -> float:
        found = db.execute(
            "SELECT until FROM pauses WHERE account = ? AND since <= ?",  # one from the future: see _take
            (self._account, now),
        ).fetchone()
        return 0.0 if found is None else max(0.0, float(found[0]) - now)


def _mark(db: sqlite3.Connection, slot: int | None, now: float) -> float:
    db.execute("UPDATE turns SET answered = ? WHERE id = ?", (now, slot))
    return 0.0


def _forget(db: sqlite3.Connection, slot: int | None) -> float:
    db.execute("DELETE FROM turns WHERE id = ?", (slot,))
    return 0.0


def _locks_beside(path: Path | None, holder: str) -> LockFile | None:
    """With `holder` locked; None where locks can't be had."""
    if path is None:
        return None
    locks = LockFile.at(path.with_suffix(".lock"))
    with contextlib.suppress(OSError):
        locks.acquire(holder)
        return locks
    return None
