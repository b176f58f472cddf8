"""A connection that is made while Python still imports: two round trips that a command need not wait for.

Not a byte of a request is sent on it before the pool takes it. It goes to one host, and TLS is verified as for every
connection. Whatever goes wrong is dropped without a word: the request then connects by itself, and says what is wrong.
Standard library and certifi alone, or it would wait for the imports that it is to go beside.
"""

from __future__ import annotations

import contextlib
import select
import sys
import threading
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable

_LIMIT_S: Final = 5.0  # for the connection, and for each step of the handshake
KEPT_S: Final = 1.0  # of idling; servers close after 2 s (gunicorn) or more, and a request may cross that
_LOOK_S: Final = 0.1  # between two looks while it is waited for
_SWITCH_S: Final = (
    0.0005  # between threads; at Python's 5 ms the importing thread keeps this one from its turn
)


class EarlyConnection:
    """At most one, to `host`. Made by `start` in a thread of its own."""

    certificates: ssl.SSLContext | None = None
    """Whom its handshake trusts, once they are read: reading them again would take 15 ms more."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._secured: ssl.SSLSocket | None = None
        self._since = 0.0
        self._claimed = False
        self._dropped = False

    def start(self) -> None:
        """Nothing at all where no thread can be started."""
        self._switch_s = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_S)
        try:
            threading.Thread(target=self._run, name="early connection", daemon=True).start()
        except (RuntimeError, MemoryError):
            self._finish()

    @property
    def made(self) -> bool:
        """Whether it is there, and nobody has it yet."""
        return self._secured is not None

    def take(self, *, patience_s: float, look: Callable[[], None]) -> ssl.SSLSocket | None:
        """The connection, for the first caller, who then has to close it. None where there is none within
        `patience_s`, or where it can't be used any more. `look` is called now and then, and may raise.
        """
        with self._lock:
            if self._claimed:
                return None
            self._claimed = True
        end = time.monotonic() + patience_s
        try:
            while not self._ended.wait(min(_LOOK_S, max(0.0, end - time.monotonic()))):
                if time.monotonic() >= end:
                    return None
                look()
            with self._lock:
                secured, self._secured = self._secured, None
        finally:
            self.close()
        if secured is None:
            return None
        if time.monotonic() - self._since <= KEPT_S and _is_silent(secured):
            return secured
        secured.close()
        return None

    def close(self) -> None:
        """Unless it was taken. One that is not there yet is closed as soon as it is."""
        with self._lock:
            self._dropped = True
            secured, self._secured = self._secured, None
        if secured is not None:
            secured.close()

    def _run(self) -> None:
        try:
            # Whatever it is, the request will meet it too, and say it.
            with contextlib.suppress(Exception):
                secured = self._connect()
                with self._lock:
                    self._since = time.monotonic()
                    if not self._dropped:
                        self._secured = secured
                        return
                secured.close()
        finally:
            self._finish()

    def _finish(self) -> None:
        sys.setswitchinterval(self._switch_s)
        self._ended.set()

    def _connect(self) -> ssl.SSLSocket:
        plain = _begin(self.host, self.port)
        try:
            from vsms_cli.api.certificates import trusted_certificates  # noqa: PLC0415 - while the host answers

            certificates = trusted_certificates()
            certificates.set_alpn_protocols(["http/1.1"])  # as httpcore does
            self.certificates = certificates
            _wait_until_connected(plain)
            # Its name as bytes: Python would encode a text as IDNA, and load 8 ms of tables for it.
            return certificates.wrap_socket(plain, server_hostname=self.host.encode("ascii"))
        finally:
            plain.close()  # nothing where the TLS socket has taken its place


def _begin(host: str, port: int) -> socket.socket:
    """A socket that is connecting: to the first of the host's addresses that there is a way to."""
    import socket  # noqa: PLC0415 - in the thread

    for family, kind, protocol, _, address in socket.getaddrinfo(
        host.encode("ascii"), port, type=socket.SOCK_STREAM
    ):
        sock = socket.socket(family, kind, protocol)
        sock.setblocking(False)  # noqa: FBT003 - the standard library's own signature
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with contextlib.suppress(BlockingIOError):
                sock.connect(address)
            return sock
        sock.close()
    raise OSError("no address of the host can be reached")


def _wait_until_connected(plain: socket.socket) -> None:
    import socket  # noqa: PLC0415 - loaded by then

    _, connected, _ = select.select((), (plain,), (), _LIMIT_S)
    if not connected or plain.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        raise OSError("the host does not take the connection")
    plain.settimeout(_LIMIT_S)


def _is_silent(secured: ssl.SSLSocket) -> bool:
    """Whether it is open and nothing has come on it: tickets of TLS, which come unasked, are read on the way."""
    import ssl  # noqa: PLC0415 - loaded by then

    secured.setblocking(False)  # noqa: FBT003 - the standard library's own signature
    try:
        secured.recv(1)
    except ssl.SSLWantReadError:
        return True
    except OSError:
        return False
    return False
