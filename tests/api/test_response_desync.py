"""An answer that nobody asked for is never taken for the answer to the next request."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import httpcore
import pytest

from api.parts import TOKEN
from support.fault_ports import HOST, Certificate, openssl_is_there
from support.fault_server import FaultServer
from vsms_cli.api.deadline import BoundedStream
from vsms_cli.api.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

needs_openssl = pytest.mark.skipif(not openssl_is_there(), reason="the openssl program is not installed")

STRAY = b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}"
SEPARATELY_S = 0.1


def answer_to(number: int) -> bytes:
    body = b'{"answer": %d}' % number
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def chunked_answer_to(number: int) -> bytes:
    body = b'{"answer": %d}' % number
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


class RawServer:
    """Answers the n-th request of all with what `says(n)` returns: pieces, each sent by itself."""

    def __init__(self, says: Callable[[int], Sequence[bytes]], *, certificate: Certificate | None) -> None:
        self._says = says
        self._certificate = certificate
        self._listener = socket.create_server((HOST, 0))
        self.connections = 0
        self.requests = 0
        scheme = "http" if certificate is None else "https"
        self.url = f"{scheme}://{HOST}:{self._listener.getsockname()[1]}/api/v1"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if self._certificate is not None:
                sock = self._certificate.context.wrap_socket(sock, server_side=True)
            with sock:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while self._request(sock):
                    self.requests += 1
                    for number, piece in enumerate(self._says(self.requests)):
                        time.sleep(SEPARATELY_S if number and self._certificate is None else 0)
                        sock.sendall(piece)

    @staticmethod
    def _request(sock: socket.socket) -> bool:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            data = sock.recv(1)
            if not data:
                return False
            head += data
        return True

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@contextlib.contextmanager
def between(
    says: Callable[[int], Sequence[bytes]], certificate: Certificate | None = None
) -> Iterator[tuple[RawServer, Transport]]:
    server = RawServer(says, certificate=certificate)
    transport = Transport(base_url=server.url, token=TOKEN, time_limit=5)
    try:
        yield server, transport
    finally:
        transport.close()
        server.close()


def post(transport: Transport, about: str = "ANSWER") -> bytes:
    reply = transport.send("POST", "/customer/cancel/x", about=about)
    assert reply.status == 200
    return reply.body


@pytest.mark.parametrize("answer", [answer_to, chunked_answer_to])
@pytest.mark.parametrize("rest", [STRAY, b"HTTP/1.1 404", b"\r\n", b"x"])
def test_what_came_with_an_answer_is_not_the_next_one(answer: Callable[[int], bytes], rest: bytes) -> None:
    with between(lambda number: [answer(number) + rest]) as (server, transport):
        for number in (1, 2, 3):
            assert post(transport) == b'{"answer": %d}' % number
        assert server.connections == 3


def test_what_came_after_an_answer_is_not_the_next_one() -> None:
    with between(lambda number: [answer_to(number), STRAY]) as (server, transport):
        assert post(transport) == b'{"answer": 1}'
        time.sleep(SEPARATELY_S + 0.2)
        assert post(transport) == b'{"answer": 2}'
        assert server.connections == 2


@needs_openssl
@pytest.mark.parametrize(
    "says",
    [
        lambda number: [answer_to(number) + STRAY],  # one TLS record
        lambda number: [answer_to(number), STRAY],  # two
        lambda number: [answer_to(number) + b"x" * 20_000],  # more than one record holds
    ],
)
def test_nor_over_tls(says: Callable[[int], Sequence[bytes]], monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = Certificate("self-signed")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
    with between(says, certificate) as (server, transport):
        assert post(transport) == b'{"answer": 1}'
        time.sleep(0.05)  # the second record is a segment of its own
        assert post(transport) == b'{"answer": 2}'
        assert server.connections == 2
    certificate.close()


@needs_openssl
@pytest.mark.parametrize("answer", [answer_to, chunked_answer_to])
@pytest.mark.parametrize("tls", [False, True])
def test_a_server_that_says_no_more_than_it_should_keeps_its_connection(
    answer: Callable[[int], bytes], monkeypatch: pytest.MonkeyPatch, *, tls: bool
) -> None:
    """Fifty cancels over TLS would else be fifty handshakes. Fails too where httpcore's private names moved."""
    certificate = Certificate("self-signed") if tls else None
    if certificate is not None:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
    with between(lambda number: [answer(number)], certificate) as (server, transport):
        for number in range(1, 9):
            assert post(transport) == b'{"answer": %d}' % number
        assert server.connections == 1
    if certificate is not None:
        certificate.close()


def test_a_connection_that_idled_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that closes it, or says 408 on it, may do so while the next cancel is on its way."""
    with FaultServer() as server:
        transport = Transport(base_url=server.base_url, token=TOKEN, time_limit=5)
        transport.send("GET", "/customer/balance")
        now = time.monotonic
        monkeypatch.setattr(time, "monotonic", lambda: now() + 1.1)
        transport.send("GET", "/customer/balance")
        transport.close()
        assert server.connections == 2


class Inner(httpcore.NetworkStream):
    """A connection on which something may wait, in the kernel or in TLS."""

    def __init__(self, **extra: Any) -> None:
        self.extra: dict[str, Any] = {"is_readable": False, **extra}
        self.written: list[bytes] = []

    def read(self, _max_bytes: int, _timeout: float | None = None) -> bytes:
        return b"x"

    def write(self, buffer: bytes, _timeout: float | None = None) -> None:
        self.written.append(buffer)

    def get_extra_info(self, info: str) -> Any:
        return self.extra.get(info)


class Decrypted:
    def pending(self) -> int:
        return 1


def test_the_last_look_is_just_before_the_first_byte() -> None:
    """Between the pool's own look at a connection and the sending there is time for a segment to arrive."""
    for waiting in ({"is_readable": True}, {"ssl_object": Decrypted()}):
        inner = Inner(**waiting)
        stream = BoundedStream(inner)
        stream.write(b"head")
        stream.write(b"body")  # an answer before the request's end is an answer to it
        stream.read(1)
        with pytest.raises(httpcore.ConnectionNotAvailable):
            stream.write(b"next")
        assert inner.written == [b"head", b"body"]
    quiet = BoundedStream(Inner())
    quiet.read(1)
    quiet.write(b"next")


def test_after_an_answer_that_does_not_name_its_order_another_connection_is_taken() -> None:
    with between(lambda number: [answer_to(number)]) as (server, transport):
        for about in ("other", "", "answer", "answer"):
            post(transport, about)
        assert server.connections == 3


def test_after_a_refusal_another_connection_is_taken() -> None:
    refusal = b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}"
    with between(lambda number: [refusal if number % 2 else answer_to(number)]) as (server, transport):
        assert [transport.send("GET", "/customer/orders").status for _ in range(4)] == [404, 200, 404, 200]
        assert server.connections == 3
