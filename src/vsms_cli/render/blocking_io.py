"""Standard streams that are waited for. Whoever started us may have left them non-blocking (a parent in Node does):
then a read has nothing yet, or a write no room, and neither is the end.

The flag belongs to everybody who shares the stream, so it is left as it is.
"""

from __future__ import annotations

import io
import os
import select
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer


class _Raw(io.RawIOBase):
    """One file descriptor, waited for until it is ready. It is never closed here."""

    def __init__(self, fd: int, *, reads: bool) -> None:
        self._fd = fd
        self._reads = reads

    def readable(self) -> bool:
        return self._reads

    def writable(self) -> bool:
        return not self._reads

    def fileno(self) -> int:
        return self._fd

    def isatty(self) -> bool:
        return os.isatty(self._fd)

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        while True:
            try:
                data = os.read(self._fd, len(view))
            except BlockingIOError:
                select.select([self._fd], [], [])
            else:
                view[: len(data)] = data
                return len(data)

    def write(self, data: ReadableBuffer) -> int:
        while True:
            try:
                return os.write(self._fd, data)
            except BlockingIOError:
                select.select([], [self._fd], [])


def wait_for_streams() -> None:
    """Let this process's stdin, stdout and stderr wait until they are ready. On Windows they always do."""
    if os.name != "posix":
        return
    if sys.stdin is not None:
        sys.stdin = io.TextIOWrapper(
            io.BufferedReader(_Raw(0, reads=True)), encoding=sys.stdin.encoding, errors=sys.stdin.errors
        )
    sys.stdout = _writer(1, sys.stdout)
    sys.stderr = _writer(2, sys.stderr)


def _writer(fd: int, stream: object) -> TextIO:
    if not isinstance(stream, io.TextIOWrapper):  # closed when we started
        return None  # type: ignore[return-value] # as Python has it for a stream that is closed
    return io.TextIOWrapper(
        io.BufferedWriter(_Raw(fd, reads=False)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=True,
    )
