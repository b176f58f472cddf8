"""A hard limit over a whole request.

httpx limits each read and each write, so a server that sends one byte every half second keeps a client for
ever. Here every operation on the socket gets what is left of the request's own time, name look-up included.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import httpcore

from vsms_cli.api.response_desync import waiting
from vsms_cli.api.tls_stream import SecuredStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from ssl import SSLContext

    from vsms_cli.api.early_connection import EarlyConnection

_halted: ContextVar[Callable[[], bool] | None] = ContextVar("halted", default=None)
_EARLY_S = 5.0  # for an early connection to come about
_LOOK_S = 0.1  # between two looks whether we were asked to end, while a name is looked up
_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def whole_request_within(seconds: float) -> Iterator[None]:
    """Everything this thread does on a bounded pool inside the block ends within `seconds` from now, and within
    the limit of a block around this one.
    """
    end = time.monotonic() + seconds
    outer = _deadline.get()
    token = _deadline.set(end if outer is None else min(end, outer))
    try:
        yield
    finally:
        _deadline.reset(token)


@contextmanager
def not_begun_once(halted: Callable[[], bool]) -> Iterator[None]:
    """Inside, no request of this thread is begun once `halted`: connecting may take long, and a person may end the run
    meanwhile. One whose first byte is out goes on.
    """
    token = _halted.set(halted)
    try:
        yield
    finally:
        _halted.reset(token)


def _check_halted() -> None:
    halted = _halted.get()
    if halted is not None and halted():
        raise SendingHalted("asked to end before the request was sent")


def _left(timeout: float | None, overdue: type[Exception]) -> float | None:
    end = _deadline.get()
    if end is None:
        return timeout
    left = end - time.monotonic()
    if left <= 0:
        raise overdue("the whole request took too long")
    return left if timeout is None else min(left, timeout)


class SendingHalted(httpcore.ConnectError):
    """We were asked to end before the first byte of the request was written: the service was not asked."""


class ProxyUnreachable(httpcore.ProxyError):
    """No connection to the proxy came about, so the service was not asked."""


class BoundedBackend(httpcore.NetworkBackend):
    """Opens connections whose every operation obeys the running request's limit. Where all of them go `to_proxy`,
    one that does not come about is the proxy's, and ProxyUnreachable says so. `early` is a connection to the service
    that may be there already; the debug log says where it is used.
    """

    def __init__(
        self,
        inner: httpcore.NetworkBackend,
        *,
        to_proxy: bool = False,
        early: EarlyConnection | None = None,
        log: Callable[[str], None] | None = None,
    ) -> None:
        self._inner = inner
        self._to_proxy = to_proxy
        self._early = early
        self._log = log

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            return self._connect(host, port, timeout, local_address, socket_options)
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as exc:
            if self._to_proxy:
                raise ProxyUnreachable(str(exc)) from exc
            raise

    def _connect(
        self,
        host: str,
        port: int,
        timeout: float | None,
        local_address: str | None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None,
    ) -> httpcore.NetworkStream:
        early = self._take_early(host, port, timeout)
        if early is not None:
            return BoundedStream(early)
        failure: Exception | None = None
        addresses = resolve(host, port, _left(timeout, httpcore.ConnectTimeout))
        for tried, address in enumerate(addresses):
            left = _left(timeout, httpcore.ConnectTimeout)
            # An even share for each, so that a dead first address leaves time for the others.
            share = None if left is None else left / (len(addresses) - tried)
            try:
                stream = self._inner.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as exc:
                failure = exc
            else:
                return BoundedStream(stream)
        raise failure or httpcore.ConnectError("the name has no address")

    def _take_early(self, host: str, port: int, timeout: float | None) -> httpcore.NetworkStream | None:
        """It may take a quarter of the time that is left: where its host is dead, three quarters are for a new one."""
        early = self._early
        if early is None or (early.host, early.port) != (host, port):
            return None
        left = _left(timeout, httpcore.ConnectTimeout)
        patience = _EARLY_S if left is None else min(_EARLY_S, left / 4)
        secured = early.take(patience_s=patience, look=_check_halted)
        if secured is None:
            return None
        if self._log is not None:
            self._log(f"the connection to {host} was made while vsms started")
        return SecuredStream(secured, host=host)

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class BoundedStream(httpcore.NetworkStream):
    """Also refuses to carry another request while bytes of an earlier exchange wait on it (`api.response_desync`): the
    pool then takes a new connection, and nothing was sent.
    """

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner
        self._answered = False  # whether the next write begins another exchange
        self._begun = False  # whether anything was written yet

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._answered = True
        return self._inner.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._answered and waiting(self._inner):
            raise httpcore.ConnectionNotAvailable
        if self._answered or not self._begun:
            _check_halted()
        self._answered, self._begun = False, True
        self._inner.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return BoundedStream(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - the signature is httpcore's
        return self._inner.get_extra_info(info)


def resolve(host: str, port: int, limit: float | None) -> list[str]:
    """The host's addresses. getaddrinfo knows no time limit, so it runs in a thread that may be left behind:
    it only looks up, and nothing it does later reaches the service.
    """
    found: list[str] = []
    failed: list[OSError | UnicodeError] = []

    def look_up() -> None:
        try:
            for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                if str(address[0]) not in found:
                    found.append(str(address[0]))
        except (OSError, UnicodeError) as exc:
            failed.append(exc)

    thread = threading.Thread(target=look_up, name="name look-up", daemon=True)
    thread.start()
    end = None if limit is None else time.monotonic() + limit
    while thread.is_alive() and (end is None or time.monotonic() < end):
        thread.join(_LOOK_S if end is None else min(_LOOK_S, max(0.0, end - time.monotonic())))
        _check_halted()
    if thread.is_alive():
        raise httpcore.ConnectTimeout(f"looking up {host} took too long")
    if failed:
        raise httpcore.ConnectError(str(failed[0])) from failed[0]
    return found
