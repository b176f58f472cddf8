"""One connection of the fault server: read and written by the byte, ended in any way a socket can end."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.fault_answers import Answer

NIBBLE = 16  # bytes read at a time up to the first line's end, so that the rest can stay unread in the kernel
CLIENT_HELLO = (
    b"\x16\x03"  # TLS on a plaintext port; real servers answer in plain text, which ends the handshake
)
POLL_S = 0.02
STEP = 64 * 1024


class GoneError(Exception):
    """The other side left, or the server ends."""


class Gate:
    """What ends a hold: the server's end, or a release of whatever is held at that moment."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.releases = 0

    def release(self) -> None:
        self.releases += 1


class Wire:
    def __init__(self, sock: socket.socket, *, gate: Gate, date: Callable[[], str]) -> None:
        self.gate = gate
        self.date = date
        self.sent = 0
        self._sock = sock
        self._buffer = b""

    def line(self) -> str | None:
        """The request's first line; None where the client closed without one, or speaks TLS."""
        while b"\r\n" not in self._buffer:
            data = self._sock.recv(NIBBLE)
            if not data:
                return None
            self._buffer += data
            if self._buffer.startswith(CLIENT_HELLO):
                self.send(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
                return None
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line.decode("latin-1")

    def rest(self) -> tuple[dict[str, str], bytes]:
        """The headers, names in lower case, and the body by its Content-Length."""
        self._buffer = b"\r\n" + self._buffer  # a request without headers ends its head at once
        while b"\r\n\r\n" not in self._buffer:
            self._more()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        headers = {}
        for line in head.decode("latin-1").split("\r\n")[1:]:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        length = int(headers.get("content-length", "0"))
        while len(self._buffer) < length:
            self._more()
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return headers, body

    def _more(self) -> None:
        data = self._sock.recv(STEP)
        if not data:
            raise GoneError
        self._buffer += data

    def send(self, data: bytes) -> None:
        for start in range(0, len(data), STEP):
            step = data[start : start + STEP]
            self._sock.sendall(step)
            self.sent += len(step)

    def answer(self, answer: Answer) -> None:
        self.send(answer.encoded(self.date()))

    def drip(self, data: bytes, pause_s: float) -> None:
        for number in range(len(data)):
            self.send(data[number : number + 1])
            self.pause(pause_s)

    def pause(self, seconds: float) -> None:
        if self.gate.stopping.wait(seconds):
            raise GoneError

    def hold(self, seconds: float | None) -> None:
        """Says nothing until so long has passed (None: no limit), a release, or an end of either side."""
        until = None if seconds is None else time.monotonic() + seconds
        releases = self.gate.releases
        self._sock.settimeout(POLL_S)
        with contextlib.suppress(OSError, ValueError):
            while self.gate.releases == releases and not self.gate.stopping.is_set():
                if until is not None and time.monotonic() >= until:
                    break
                with contextlib.suppress(TimeoutError):
                    if not self._sock.recv(STEP):
                        raise GoneError
            self._sock.settimeout(None)
            return
        raise GoneError

    def deaf(self, seconds: float | None) -> None:
        """As hold, but leaves in the kernel what the client sends, and so cannot see it leave."""
        until = None if seconds is None else time.monotonic() + seconds
        releases = self.gate.releases
        while self.gate.releases == releases and (until is None or time.monotonic() < until):
            self.pause(POLL_S)

    def reset(self) -> None:
        # A linger of 0 seconds makes close() send RST in place of FIN.
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._sock.close()

    def half_close(self) -> None:
        self._sock.shutdown(socket.SHUT_WR)
