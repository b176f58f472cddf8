"""A connection that is made before its request is there: silent, verified, used once, and missed by nobody."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from api.parts import TOKEN
from support.fault_ports import HOST, Certificate, Ports, openssl_is_there
from support.fault_server import FaultServer
from vsms_cli.api.deadline import SendingHalted
from vsms_cli.api.early_connection import EarlyConnection
from vsms_cli.api.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(not openssl_is_there(), reason="the openssl program is not installed")

SOON = 5.0  # seconds, for what takes milliseconds
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Peer:
    """The other end of each connection, after the handshake; it says only what a test says through it."""

    def __init__(self, certificate: Certificate) -> None:
        self._context = certificate.context
        self._listener = socket.create_server((HOST, 0))
        self.port = int(self._listener.getsockname()[1])
        self.accepted: list[ssl.SSLSocket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                with contextlib.suppress(OSError):
                    self.accepted.append(self._context.wrap_socket(sock, server_side=True))

    def heard(self, seconds: float) -> bytes | None:
        """What comes on the first connection within so many seconds: b"" is its end, None nothing at all."""
        self.accepted[0].settimeout(seconds)
        try:
            return self.accepted[0].recv(1000)
        except TimeoutError:
            return None

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for each in (self._listener, *self.accepted):
            each.close()


@pytest.fixture(scope="module")
def certificate() -> Iterator[Certificate]:
    made = Certificate("self-signed")
    yield made
    made.close()


@pytest.fixture
def peer(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> Iterator[Peer]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
    running = Peer(certificate)
    yield running
    running.close()


def begun(port: int, *, host: str = HOST) -> EarlyConnection:
    early = EarlyConnection(host, port)
    early.start()
    return early


def taken(early: EarlyConnection, *, patience_s: float = SOON) -> ssl.SSLSocket | None:
    return early.take(patience_s=patience_s, look=lambda: None)


def ready(peer: Peer) -> EarlyConnection:
    """One whose handshake is done on both sides."""
    early = begun(peer.port)
    end = time.monotonic() + SOON
    while not (peer.accepted and early.made) and time.monotonic() < end:
        time.sleep(0.005)
    return early


def test_nothing_is_said_on_it_and_it_is_closed_where_nobody_wants_it(peer: Peer) -> None:
    early = ready(peer)
    assert peer.heard(0.2) is None
    early.close()
    assert peer.heard(SOON) == b""
    assert taken(early) is None
    assert len(peer.accepted) == 1


def test_the_first_who_asks_gets_it_and_nobody_else(peer: Peer) -> None:
    early = ready(peer)
    secured = taken(early)
    assert secured is not None
    assert taken(early) is None
    early.close()
    secured.settimeout(SOON)
    secured.sendall(b"mine")
    assert peer.heard(SOON) == b"mine"
    secured.close()


def test_it_offers_what_the_pool_offers(peer: Peer, certificate: Certificate) -> None:
    certificate.context.set_alpn_protocols(["h2", "http/1.1"])
    secured = taken(ready(peer))
    assert secured is not None
    assert secured.selected_alpn_protocol() == "http/1.1"
    assert secured.context.verify_mode is ssl.CERT_REQUIRED
    assert secured.context.check_hostname
    secured.close()


@pytest.mark.parametrize("ending", ["closed by its server", "spoken on by its server"])
def test_one_that_its_server_ended_or_spoke_on_is_not_used(peer: Peer, ending: str) -> None:
    early = ready(peer)
    if ending == "closed by its server":
        peer.accepted[0].close()
    else:
        peer.accepted[0].sendall(ANSWER)
    time.sleep(0.05)  # until it has arrived
    assert taken(early) is None


def test_one_that_idled_is_not_used(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    early = ready(peer)
    now = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: now() + 1.1)
    assert taken(early) is None
    assert peer.heard(SOON) == b""


@pytest.mark.parametrize("kind", ["self-signed", "wrong-host"])
def test_a_certificate_that_is_not_trusted_makes_none(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer(tls=kind) as server:
        if kind == "wrong-host":
            monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        assert taken(begun(server.port)) is None
        assert not server.requests


@pytest.mark.parametrize("place", ["closed", "hanging", "full"])
def test_a_host_that_is_dead_costs_no_more_than_the_patience(place: str) -> None:
    ports = Ports()
    early = begun(getattr(ports, place)())
    start = time.monotonic()
    assert taken(early, patience_s=0.3) is None
    assert time.monotonic() - start < 0.5
    ports.close()


def test_who_waits_for_it_may_be_asked_to_end() -> None:
    def asked() -> None:
        raise SendingHalted

    ports = Ports()
    early = begun(ports.hanging())
    with pytest.raises(SendingHalted):
        early.take(patience_s=SOON, look=asked)
    ports.close()


def test_one_that_comes_too_late_is_closed(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    let_go = threading.Event()
    look_up = socket.getaddrinfo

    def slow(*args: Any, **named: Any) -> Any:
        let_go.wait(SOON)
        return look_up(*args, **named)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    early = begun(peer.port)
    assert taken(early, patience_s=0.05) is None
    let_go.set()
    end = time.monotonic() + SOON
    while not peer.accepted and time.monotonic() < end:
        time.sleep(0.005)
    assert peer.heard(SOON) == b""


def test_where_no_thread_can_be_started_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert taken(begun(1), patience_s=0) is None


@pytest.mark.parametrize("broken", ["", "nowhere.pem"])
def test_certificates_that_can_t_be_read_make_none(
    peer: Peer, certificate: Certificate, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", broken or str(certificate.path.with_name("key.pem")))
    assert taken(begun(peer.port)) is None


def transport_over(early: EarlyConnection, url: str, *, limit: float = SOON) -> Transport:
    return Transport(base_url=url, token=TOKEN, time_limit=limit, early=early)


def test_the_pool_keeps_it_as_one_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer(tls="self-signed") as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        transport = transport_over(begun(server.port), server.base_url)
        for _ in range(3):
            assert transport.send("GET", "/customer/balance").status == 200
        transport.close()
        assert (server.connections, len(server.requests)) == (1, 3)


def test_what_came_with_an_answer_on_it_is_not_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer(tls="self-signed") as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        server.fault("balance", raw=ANSWER + ANSWER)
        transport = transport_over(begun(server.port), server.base_url)
        assert transport.send("GET", "/customer/balance").body == b"{}"
        assert transport.send("GET", "/customer/balance").body != b"{}"
        transport.close()
        assert server.connections == 2


def test_the_limit_over_the_whole_request_holds_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer(tls="self-signed") as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        server.fault("balance", "drip-body")
        transport = transport_over(begun(server.port), server.base_url, limit=0.6)
        start = time.monotonic()
        with pytest.raises(httpx.TimeoutException):
            transport.send("GET", "/customer/balance")
        assert 0.5 < time.monotonic() - start < 1.1
        transport.close()
        assert server.connections == 1


@pytest.mark.parametrize("place", ["hanging", "full"])
def test_the_limit_holds_where_it_never_comes_about(place: str) -> None:
    ports = Ports()
    port = getattr(ports, place)()
    transport = transport_over(begun(port), f"https://{HOST}:{port}/api/v1", limit=0.6)
    start = time.monotonic()
    with pytest.raises(httpx.TimeoutException):
        transport.send("GET", "/customer/balance")
    assert 0.5 < time.monotonic() - start < 1.1
    transport.close()
    ports.close()


def test_one_to_another_port_is_not_taken(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    both = tmp_path / "both.pem"
    monkeypatch.setenv("SSL_CERT_FILE", str(both))
    with FaultServer(tls="self-signed") as server:
        both.write_bytes(certificate.path.read_bytes() + server.certificate.read_bytes())
        peer = Peer(certificate)
        early = ready(peer)
        transport = transport_over(early, server.base_url)
        assert transport.send("GET", "/customer/balance").status == 200
        transport.close()
        early.close()
        assert peer.heard(SOON) == b""
        peer.close()
