"""The journal's file: opened when it is first needed, one thread at a time, its errors in words.

Every process holds a shared lock while it has the file open. Replacing a damaged one takes the exclusive lock, so
that nobody has it open then.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.errors import JournalDamaged, JournalUnusable
from vsms_cli.store.journal_schema import open_journal
from vsms_cli.store.locks import LockFile, wait_for
from vsms_cli.store.sqlite_file import identity, is_damage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PATIENCE_S: Final = 10.0  # for a repair, which takes some milliseconds
_PATIENCE_TO_REPAIR_S: Final = 3.0  # for commands that are about to end


def replacement_of(path: Path) -> Path:
    """The name of a journal that follows a damaged one, until it gets `path`; see `journal_repair`."""
    return path.with_name(f"{path.name}.next")


class JournalDatabase:
    """Every method raises `JournalDamaged` or `JournalUnusable` where the file can't be used, and nothing else."""

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        self.locks: Final = LockFile.at(path.with_suffix(".claims"))
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None

    def close(self) -> None:
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None
                self.locks.release_shared()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, on disk when the block has ended. It makes the file where there is none."""
        with self.guarded():
            db = self._db or self._open(create=True)
            db.execute("BEGIN IMMEDIATE")
            try:
                self._check_in_place()
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection | None]:
        """None where there is no file."""
        with self.guarded():
            if self._db is None and (self.path.exists() or replacement_of(self.path).exists()):
                self._open(create=False)
            yield self._db

    def _open(self, *, create: bool) -> sqlite3.Connection:
        self._acquire_shared()
        try:
            self._db = open_journal(self.path, create=create)
        except BaseException:
            self.locks.release_shared()
            raise
        self._file = identity(self.path)
        return self._db

    def _acquire_shared(self) -> None:
        while True:
            if not wait_for(self.locks.acquire_shared, patience=_PATIENCE_S):
                raise JournalUnusable(
                    "another vsms is repairing the journal", hint="run the same command again"
                )
            if not replacement_of(self.path).exists():
                return
            from vsms_cli.store.journal_repair import finish  # noqa: PLC0415 - after a kill alone

            self.locks.release_shared()
            with self.exclusive():
                finish(self.path)

    def _check_in_place(self) -> None:
        """An intent in a file that somebody removed would be lost with this process."""
        if identity(self.path) != self._file:
            raise JournalUnusable(
                f"the journal {self.path} was removed or replaced while vsms had it open",
                hint="run the same command again: it begins a new one",
            )

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Inside, no process has the file open."""
        if not wait_for(self.locks.acquire_exclusive, patience=_PATIENCE_TO_REPAIR_S):
            raise JournalUnusable(
                "the journal can't be repaired now: another vsms is running",
                hint="let it end, or end it; then run the same command again",
            )
        try:
            yield
        finally:
            self.locks.release_exclusive()

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """One thread at a time; errors of SQLite and of the system in words."""
        with self._lock:
            try:
                yield
            except (sqlite3.Error, ValueError) as exc:
                if is_damage(exc):
                    raise JournalDamaged(
                        f"the journal {self.path} is damaged: {exc}. Nothing that moves money is sent without it",
                        hint="`vsms journal resolve` puts it into quarantine; a new one takes over what can be read",
                    ) from exc
                raise JournalUnusable(
                    f"the journal {self.path} can't be used: {exc}. Nothing that moves money is sent without it",
                    hint="free some space, make its directory writable, or name another with VSMS_STATE_DIR",
                ) from exc
            except OSError as exc:
                raise JournalUnusable(
                    f"the journal {self.path} can't be opened: {exc.strerror}."
                    " Nothing that moves money is sent without it",
                    hint="make its directory writable, or name another with VSMS_STATE_DIR",
                ) from exc
