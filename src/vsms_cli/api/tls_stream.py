"""A TLS connection that is open already, in the form of httpcore's streams: httpcore can only open its own."""

from __future__ import annotations

import selectors
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpcore

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator


class SecuredStream(httpcore.NetworkStream):
    """Its handshake is done, with `host`'s certificate; `start_tls` for any other host is refused."""

    def __init__(self, secured: ssl.SSLSocket, *, host: str) -> None:
        self._socket = secured
        self._host = host

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with _as_httpcore(httpcore.ReadTimeout, httpcore.ReadError):
            self._socket.settimeout(timeout)
            return self._socket.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with _as_httpcore(httpcore.WriteTimeout, httpcore.WriteError):
            self._socket.settimeout(timeout)
            self._socket.sendall(buffer)

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        del ssl_context, timeout
        if server_hostname != self._host:
            raise httpcore.ConnectError("the connection is another host's")
        return self

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - the signature is httpcore's
        match info:
            case "ssl_object" | "socket":
                return self._socket
            case "client_addr":
                return self._socket.getsockname()
            case "server_addr":
                return self._socket.getpeername()
            case "is_readable":
                return _is_readable(self._socket)
        return None


def _is_readable(secured: ssl.SSLSocket) -> bool:
    if secured.fileno() < 0:  # closed: a read would say so at once
        return True
    with selectors.DefaultSelector() as selector:
        selector.register(secured, selectors.EVENT_READ)
        return bool(selector.select(timeout=0))


@contextmanager
def _as_httpcore(overdue: type[Exception], failed: type[Exception]) -> Iterator[None]:
    try:
        yield
    except TimeoutError as exc:
        raise overdue(str(exc)) from exc
    except OSError as exc:
        raise failed(str(exc)) from exc
