"""An SQLite file that several processes may open for the first time at once."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from typing import TYPE_CHECKING, Final

from vsms_cli.store.paths import refuse_shared

if TYPE_CHECKING:
    from pathlib import Path

_NAP_S: Final = 0.005


def make_private(path: Path) -> None:
    """Create the file, 0600, where it is missing: SQLite would create it readable to all, and its -wal and -shm
    take its mode. ConfigBroken where it is not ours alone. One that exists is not opened: closing it would drop the
    locks that SQLite holds on it.
    """
    refuse_shared(path)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def identity(path: Path) -> tuple[int, int] | None:
    """Which file has that name now; while it is open its number is given to no other."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def write_ahead(db: sqlite3.Connection, *, patience: float) -> None:
    """Switch to WAL. The switch needs the file alone for a moment, and SQLite answers "database is locked" to it
    at once, whatever `timeout` says: of ten processes starting together on a new file one failed every other time.
    """
    until = time.monotonic() + patience
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                raise
            time.sleep(_NAP_S)
        else:
            return


def is_damage(exc: sqlite3.Error | ValueError) -> bool:
    """Not that the file can't be reached, locked or written. SQLITE_ERROR: a table or column of ours is gone. Without
    a code it is Python's: a text that is not UTF-8.
    """
    if not isinstance(exc, sqlite3.OperationalError):
        return True
    return getattr(exc, "sqlite_errorcode", sqlite3.SQLITE_ERROR) == sqlite3.SQLITE_ERROR
