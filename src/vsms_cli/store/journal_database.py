"""The journal's file: opened when it is first needed, one thread at a time, and its errors in words."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.errors import JournalDamaged, JournalUnusable
from vsms_cli.store.journal_exchange import decided, exchange, finish, fresh, under_way
from vsms_cli.store.journal_schema import open_journal
from vsms_cli.store.wal import identity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from vsms_cli.store.claims import Claims
    from vsms_cli.store.journal_damage import KeptAside

_ITS_NAME: Final = "the journal's name"  # as an order to claim: by whoever opens the file or exchanges it
_PATIENCE_S: Final = 10.0  # for another process that opens it, which takes some milliseconds
_NAP_S: Final = 0.005
_TRIES: Final = 3  # nobody exchanges it twice in a row


class JournalDatabase:
    """Every method raises `JournalDamaged` or `JournalUnusable` where the file can't be used, and nothing else."""

    def __init__(self, path: Path, claims: Claims) -> None:
        self._path = path
        self._claims = claims
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None

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
            db = self._begun()
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    def _begun(self) -> sqlite3.Connection:
        """In a transaction of the file that has the journal's name. Which one that is can be told inside it alone:
        who gives the name to another file holds this one's write lock meanwhile.
        """
        for _ in range(_TRIES):
            self._leave_a_former_one()
            db = self._db or self._open(create=True)
            db.execute("BEGIN IMMEDIATE")
            if self._is_current():
                return db
            db.execute("ROLLBACK")
        raise JournalUnusable(
            f"the journal {self._path} is another file each time it is looked at",
            hint="run the same command again",
        )

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection | None]:
        """None where there is no file."""
        with self.guarded():
            self._leave_a_former_one()
            yield self._opened()

    def _opened(self) -> sqlite3.Connection | None:
        if self._db is None and (self._path.exists() or under_way(self._path)):
            return self._open(create=False)
        return self._db

    def _open(self, *, create: bool) -> sqlite3.Connection:
        """Alone: SQLite opens a database first and its -wal later, by name, and that may be the next one's then."""
        with self._alone():
            if under_way(self._path):
                finish(self._path)
            self._db = open_journal(self._path, create=create)
            self._file = identity(self._path)
        return self._db

    def _is_current(self) -> bool:
        return self._file == identity(self._path) and not decided(self._path)

    def _leave_a_former_one(self) -> None:
        if self._db is not None and not self._is_current():
            self._shut()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Inside, no other process opens the journal or gives its name to another file."""
        until = time.monotonic() + _PATIENCE_S
        while not self._claims.take(_ITS_NAME):
            if time.monotonic() >= until:
                raise JournalUnusable(
                    "another process has been opening the journal for long", hint="run the same command again"
                )
            time.sleep(_NAP_S)
        try:
            yield
        finally:
            self._claims.give_back(_ITS_NAME)

    def check(self) -> None:
        """JournalDamaged wherever the damage is. It takes a moment."""
        from vsms_cli.store.journal_damage import check  # noqa: PLC0415 - for `journal resolve` alone

        with self.reading() as db:
            if db is not None:
                check(db)

    def keep_aside(self) -> KeptAside:
        """Give a damaged file another name, and its own to a new one with what can be read of it. No intent comes
        in between: nobody opens it meanwhile, and who has it open waits to write, and then finds the new one.
        """
        from vsms_cli.store.journal_damage import KeptAside, hold, take_over  # noqa: PLC0415 - as above

        self.shut()
        self._check_still_damaged()
        with self.guarded(), self._alone(), closing(hold(self._path)) as held:
            new = fresh(self._path)
            entries, unresolved = take_over(self._path, new)
            if os.name == "nt":  # pragma: no cover - there a file that is open keeps its name
                held.close()
            aside = exchange(self._path, new)
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
