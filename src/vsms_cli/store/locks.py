"""Locks between the processes of this machine, by name: an order's id, a process's own name.

Each is a lock of the kernel's on one byte of a file that stays empty. It ends with its process, however that ended: a
dead holder blocks nobody, and nothing is left to clean up.
"""

from __future__ import annotations

import hashlib
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Final

from vsms_cli.store.paths import private_dir, refuse_shared

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

if sys.platform == "win32":  # pragma: no cover - as its documentation says; tested on Linux alone
    import msvcrt

    def _lock(file: int, start: int, length: int) -> None:
        os.lseek(file, start, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, length)

    def _unlock(file: int, start: int, length: int) -> None:
        os.lseek(file, start, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, length)

else:
    import fcntl

    def _lock(file: int, start: int, length: int) -> None:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, length, start)

    def _unlock(file: int, start: int, length: int) -> None:
        fcntl.lockf(file, fcntl.LOCK_UN, length, start)


_NAP_S: Final = 0.005
_SHARED_START: Final = 1 << 56  # behind the bytes of all names
_SHARED_LENGTH: Final = 1 << 20  # bytes: with 8 processes two choose the same one once in 37,000 runs
_guard: Final = threading.Lock()
_lock_files: Final[dict[Path, LockFile]] = {}


class LockFile:
    """The locks of this process in the file at `path`. Thread-safe.

    POSIX gives up all of a process's locks on a file when any descriptor of it is closed: so `at` gives all its callers
    the same one, which has the file open while it holds a lock. To acquire one raises OSError where the file can't be
    made, or its file system has no locks.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._held: dict[int, int] = {}  # first byte: how many
        self._sharers = 0
        self._shared_byte = 0

    @classmethod
    def at(cls, path: Path) -> LockFile:
        with _guard:
            return _lock_files.setdefault(path, cls(path))

    def acquire(self, name: str) -> bool:
        """False while another process, or anybody else in this one, has it."""
        with _guard:
            return self._acquire(_byte_of(name), 1)

    def release(self, name: str) -> None:
        with _guard:
            self._release(_byte_of(name))

    def acquire_shared(self) -> bool:
        """False while another process has the exclusive lock. Python knows no shared locks on Windows: each process
        locks one byte of a range, by chance, and an exclusive lock is one on the whole range. Two that chose the same
        byte differ at the next attempt.
        """
        with _guard:
            if not self._sharers:
                self._shared_byte = _SHARED_START + int.from_bytes(os.urandom(8)) % _SHARED_LENGTH
                if not self._acquire(self._shared_byte, 1):
                    return False
            self._sharers += 1
            return True

    def release_shared(self) -> None:
        with _guard:
            self._sharers -= 1
            if not self._sharers:
                self._release(self._shared_byte)

    def acquire_exclusive(self) -> bool:
        """False while anybody has the shared lock or this one."""
        with _guard:
            return not self._sharers and self._acquire(_SHARED_START, _SHARED_LENGTH)

    def release_exclusive(self) -> None:
        with _guard:
            self._release(_SHARED_START)

    def _acquire(self, start: int, length: int) -> bool:
        if start in self._held:
            return False
        if self._file is None:
            private_dir(self._path.parent)
            refuse_shared(self._path)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._file, start, length)
        except (BlockingIOError, PermissionError):  # POSIX allows either where somebody else has it
            return False
        self._held[start] = length
        return True

    def _release(self, start: int) -> None:
        if self._file is None or start not in self._held:
            return
        _unlock(self._file, start, self._held.pop(start))
        if not self._held:
            os.close(self._file)
            self._file = None


def wait_for(lock: Callable[[], bool], *, patience: float) -> bool:
    """Try to acquire it for so many seconds."""
    until = time.monotonic() + patience
    while not lock():
        if time.monotonic() >= until:
            return False
        time.sleep(_NAP_S)
    return True


def _byte_of(name: str) -> int:
    """Far beyond any end of the file; two names that share one (1 in 2^56) would only wait. An order's host is no
    part of its name: it may have several, and an id is an order's own.
    """
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:7])
