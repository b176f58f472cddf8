"""The SQLite file that the sandbox keeps its orders and its money in, shared by threads and processes."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final, Self

from vsms_cli.sandbox import orders, rentals
from vsms_cli.sandbox.errors import NoRoom, SandboxError
from vsms_cli.sandbox.tables import SCHEMA, SCHEMA_VERSION, TO_VERSION_2, Page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_NO_ROOM: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY})
_BUSY_TIMEOUT_S: Final = 30.0  # an access takes about a millisecond; this is for hundreds at once
_machine_time: Final = partial(datetime.now, UTC)


class Database:
    """The sandbox's file. Every access is one write transaction, so accesses happen one after the other.

    One connection behind a lock serves all threads; SQLite's own lock keeps processes apart.
    """

    def __init__(self, connection: sqlite3.Connection, clock: Callable[[], datetime]) -> None:
        self._connection = connection
        self._clock = clock
        self._lock = threading.Lock()
        self._rng = random.SystemRandom()

    @classmethod
    def open(cls, path: Path, *, clock: Callable[[], datetime] = _machine_time) -> Self:
        """Opens the file, or makes it (0600) in a directory that exists. SandboxError where that can't be.

        `clock` gives the machine's time as an aware datetime.
        """
        try:
            # SQLite would create the file by the umask; its journals take over the mode of the file.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            connection = sqlite3.connect(
                path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as exc:
            raise SandboxError(f"the sandbox's database {path} can't be opened: {exc}") from exc
        return cls._prepared(connection, path, clock)

    @classmethod
    def in_memory(cls) -> Self:
        """This process's own: nothing is left of it, however the process ends."""
        connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        return cls._prepared(connection, "in memory", _machine_time)

    @classmethod
    def _prepared(cls, connection: sqlite3.Connection, path: object, clock: Callable[[], datetime]) -> Self:
        try:
            connection.row_factory = sqlite3.Row
            # What a killed process wrote is safe with the system; play money need not survive a power cut.
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("PRAGMA foreign_keys = ON")
            _prepare(connection)
        except (sqlite3.Error, SandboxError) as exc:
            connection.close()
            if getattr(exc, "sqlite_errorcode", None) in _NO_ROOM:
                raise NoRoom(f"the sandbox's database can't be written in {path}: {exc}") from exc
            raise SandboxError(f"the sandbox's database {path} can't be used ({exc})") from exc
        return cls(connection, clock)

    @contextmanager
    def turn(self) -> Iterator[Page]:
        """One access, whole or not at all; time has passed before it begins. SandboxError where the file can't be
        written any more: a full disk, or one that is read-only.
        """
        try:
            with self._lock, _transaction(self._connection):
                machine = Page(connection=self._connection, now=self._clock(), rng=self._rng)
                page = Page(
                    connection=self._connection, now=machine.now + machine.clock_offset, rng=self._rng
                )
                orders.lapse(page)
                rentals.lapse(page)
                yield page
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as exc:
            raise SandboxError(f"the sandbox's database can't be written: {exc}") from exc

    def close(self) -> None:
        with self._lock:
            self._connection.close()


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    # IMMEDIATE: a reader that turned writer half-way could meet SQLITE_BUSY at once, whatever the timeout.
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:  # it raised, or the disk is full
            connection.execute("ROLLBACK")


def _prepare(connection: sqlite3.Connection) -> None:
    with _transaction(connection):
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == SCHEMA_VERSION:
            return
        if version not in {0, 1}:
            raise SandboxError(f"it is of version {version}, not {SCHEMA_VERSION}")
        for statement in TO_VERSION_2 if version else SCHEMA:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
