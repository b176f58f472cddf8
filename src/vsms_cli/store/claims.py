"""Claims on orders: of all the processes here, one at a time sends anything about an order.

A claim is a lock of the kernel's on one byte of a file that stays empty, and so ends with its process, however
that ended: a dead holder blocks nobody, and nothing is left to clean up.
"""

from __future__ import annotations

import hashlib
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":  # pragma: no cover - as its documentation says; tested on Linux alone
    import msvcrt

    def _lock(file: int, place: int) -> None:
        os.lseek(file, place, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

    def _unlock(file: int, place: int) -> None:
        os.lseek(file, place, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(file: int, place: int) -> None:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)

    def _unlock(file: int, place: int) -> None:
        fcntl.lockf(file, fcntl.LOCK_UN, 1, place)


class Claims:
    """The claims of this process. Not thread-safe: its users, the journal and presence, hold locks of their own.

    POSIX gives up all locks of a process on a file when any descriptor of it is closed: one is kept open.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._held: set[str] = set()

    def take(self, order_id: str) -> bool:
        """False while another process, or another thread of this one, has it. OSError where no file can be."""
        if order_id in self._held:
            return False
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._file, self._place_of(order_id))
        except (BlockingIOError, PermissionError):  # POSIX allows either where somebody else has it
            return False
        self._held.add(order_id)
        return True

    def give_back(self, order_id: str) -> None:
        if self._file is not None and order_id in self._held:
            _unlock(self._file, self._place_of(order_id))
        self._held.discard(order_id)

    def shut(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
        self._held.clear()

    @staticmethod
    def _place_of(order_id: str) -> int:
        """The order's byte, far beyond any end of the file; two that share one (1 in 2^56) would only wait. The host
        is no part of it: it may have several names, and an id is an order's own.
        """
        digest = hashlib.sha256(order_id.encode()).digest()
        return int.from_bytes(digest[:7])
