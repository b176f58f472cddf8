"""The journal's file: opened when it is first needed, one thread at a time, and its errors in words."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.errors import JournalDamaged, JournalUnusable
from vsms_cli.store.journal_schema import open_journal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from vsms_cli.store.journal_damage import KeptAside

_FILES: Final = (
    "-wal",
    "-shm",
    "",
)  # of a database; SQLite takes a -wal left behind for that of the next one


class JournalDatabase:
    """Every method raises `JournalDamaged` or `JournalUnusable` where the file can't be used, and nothing else."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None

    def shut(self) -> None:
        with self._lock:
            self._shut()

    def _shut(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, which makes the file where there is none."""
        with self.guarded():
            if self._db is None:
                self._db = open_journal(self._path, create=True)
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection | None]:
        """None where there is no file."""
        with self.guarded():
            yield self._opened()

    def _opened(self) -> sqlite3.Connection | None:
        if self._db is None and self._path.exists():
            self._db = open_journal(self._path, create=False)
        return self._db

    def check(self) -> None:
        """JournalDamaged wherever the damage is. It takes a moment."""
        from vsms_cli.store.journal_damage import check  # noqa: PLC0415 - for `journal resolve` alone

        with self.reading() as db:
            if db is not None:
                check(db)

    def keep_aside(self) -> KeptAside:
        """Give a damaged file and its companions another name. What can be read of it is in the next one, which is
        whole before the damaged one is touched.
        """
        from vsms_cli.store.journal_damage import KeptAside, take_over  # noqa: PLC0415 - as above

        self.shut()
        self._check_still_damaged()
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        aside = self._path.with_name(f"{self._path.name}.damaged-{stamp}")
        new = self._path.with_name(f"{self._path.name}.new")
        with self.guarded():
            for suffix in _FILES:  # of an attempt that was ended
                new.with_name(f"{new.name}{suffix}").unlink(missing_ok=True)
            entries, unresolved = take_over(self._path, new)
            for suffix in _FILES:
                file = self._path.with_name(f"{self._path.name}{suffix}")
                if file.exists():
                    file.replace(aside.with_name(f"{aside.name}{suffix}"))
            if entries:
                new.replace(self._path)
        return KeptAside(path=aside, entries=entries, unresolved=unresolved)

    def _check_still_damaged(self) -> None:
        """Another process may have kept it aside since this one looked: the new one must stay."""
        try:
            self.check()
        except JournalDamaged:
            self.shut()
        else:
            raise JournalUnusable(
                "another process has kept the damaged journal aside", hint="run the same command again"
            )

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """One thread at a time; errors of SQLite and of the system in words."""
        with self._lock:
            try:
                yield
            except sqlite3.OperationalError as exc:
                # SQLITE_ERROR: a table or column of ours is gone. Without a code it is Python's: no text in UTF-8.
                if getattr(exc, "sqlite_errorcode", sqlite3.SQLITE_ERROR) == sqlite3.SQLITE_ERROR:
                    raise self._damaged(exc) from exc
                raise JournalUnusable(
                    f"the journal {self._path} can't be used: {exc}. Nothing that moves money is sent without it",
                    hint="free some space, make its directory writable, or name another with VSMS_STATE_DIR",
                ) from exc
            except (sqlite3.Error, ValueError) as exc:
                raise self._damaged(exc) from exc
            except OSError as exc:
                raise JournalUnusable(
                    f"the journal {self._path} can't be opened: {exc.strerror}."
                    " Nothing that moves money is sent without it",
                    hint="make its directory writable, or name another with VSMS_STATE_DIR",
                ) from exc

    def _damaged(self, why: Exception) -> JournalDamaged:
        return JournalDamaged(
            f"the journal {self._path} is damaged: {why}. Nothing that moves money is sent without it",
            hint="`vsms journal resolve` keeps it aside and begins a new one",
        )
