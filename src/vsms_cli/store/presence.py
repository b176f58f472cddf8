"""Which of the processes that share a file still live: each holds a lock of the kernel's under a name of its own.

A pid alone proves nothing, because it is given out again, and when its process began can't be asked in the same way
everywhere. A lock ends with its process on every system, however that ended.
"""

from __future__ import annotations

import secrets
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from vsms_cli.store.claims import Claims

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NAP_S: Final = 0.01
_guard: Final = threading.Lock()
_here: Final[dict[Path, Presence]] = {}


class Presence:
    """This process, among those that use the file at `path`. One for each process and file, because POSIX gives up
    all of a process's locks on a file when any descriptor of it is closed: `enter` and `leave` count.
    """

    def __init__(self, path: Path) -> None:
        self.name: Final = secrets.token_hex(8)
        self._path = path
        self._claims = Claims(path)
        self._users = 0

    @classmethod
    def enter(cls, path: Path) -> Presence:
        """OSError where no file can be, or the file system knows no locks."""
        with _guard:
            here = _here.get(path) or cls(path)
            here._arrive()  # noqa: SLF001 - of this class
            _here[path] = here
            return here

    def _arrive(self) -> None:
        if not self._users and not self._claims.take(self.name):
            raise OSError("a lock of our own is held by somebody else")
        self._users += 1

    def leave(self) -> None:
        with _guard:
            self._users -= 1
            if not self._users:
                del _here[self._path]
                self._claims.shut()

    def lives(self, name: str) -> bool:
        """Whether the process of that name does. True for a moment too while another process asks the same."""
        if name == self.name:
            return True
        with _guard:
            if not self._claims.take(name):
                return True
            self._claims.give_back(name)
            return False

    @contextmanager
    def alone(self, what: str, *, patience: float) -> Iterator[None]:
        """Inside, no other process does `what`. OSError where another one is at it for longer than `patience` s."""
        until = time.monotonic() + patience
        while not self._take(what):
            if time.monotonic() >= until:
                raise OSError(f"another process is at it: {what}")
            time.sleep(_NAP_S)
        try:
            yield
        finally:
            with _guard:
                self._claims.give_back(what)

    def _take(self, what: str) -> bool:
        with _guard:
            return self._claims.take(what)
