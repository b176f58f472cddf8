"""The transport against real sockets: nothing lasts longer than its limit, nothing grows past its size."""

from __future__ import annotations

import contextlib
import resource
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import httpcore
import httpx
import pytest

from api.parts import CANCEL, ORDER, TOKEN, Rig
from support.fault_ports import HOST, openssl_is_there
from support.fault_server import FaultServer
from vsms_cli.api.client import Client
from vsms_cli.api.deadline import BoundedBackend, whole_request_within
from vsms_cli.api.rate_limiter import Pacer
from vsms_cli.api.response_classification import Delivery, delivery_of
from vsms_cli.api.service_clock import ServiceClock
from vsms_cli.api.transport import MAX_BODY_BYTES, AnswerUnusable, Transport
from vsms_cli.domain.errors import BadAnswer, Unreachable
from vsms_cli.domain.mutation_answers import Ambiguous, Cancelled, NotSent
from vsms_cli.domain.record_class import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vsms_cli.domain.tickets import Ticket

LIMIT = 0.6
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")

needs_openssl = pytest.mark.skipif(not openssl_is_there(), reason="the openssl program is not installed")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as running:
        yield running


@contextlib.contextmanager
def transport_to(
    url: str, *, limit: float = 5.0, log: Callable[[str], None] | None = None
) -> Iterator[Transport]:
    made = Transport(base_url=url, token=TOKEN, time_limit=limit, log=log)
    try:
        yield made
    finally:
        made.close()


@contextlib.contextmanager
def client_of(url: str, *, limit: float = 5.0) -> Iterator[Client]:
    """With real time, for what retries inside its limit."""
    with transport_to(url, limit=limit) as transport:
        clock = ServiceClock()
        pacer = Pacer(budget=Rig(transport).budget, clock=clock, stop=_Stop(), on_wait=lambda *_: None)
        yield Client(transport, pacer=pacer, clock=clock)


class _Stop:
    requested = False

    def wait(self, seconds: float) -> bool:
        time.sleep(seconds)
        return False


@contextlib.contextmanager
def lasting(seconds: float) -> Iterator[None]:
    start = time.monotonic()
    yield
    assert seconds - 0.1 < time.monotonic() - start < seconds + 0.5


@pytest.mark.parametrize("kind", ["drip-head", "drip-body", "stall-in-body", "timeout"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_whole_request_ends_at_its_limit(server: FaultServer, kind: str, method: str) -> None:
    order = server.add_order()
    server.fault("order" if method == "GET" else "cancel", kind)
    path = f"/customer/{'order' if method == 'GET' else 'cancel'}/{order}"
    with (
        transport_to(server.base_url, limit=LIMIT) as transport,
        lasting(LIMIT),
        pytest.raises(httpx.ReadTimeout) as caught,
    ):
        transport.send(method, path)
    assert delivery_of(caught.value) is Delivery.LOST


@pytest.mark.parametrize("kind", ["timeout", "drip-body"])
def test_a_read_may_have_less_time_than_others(server: FaultServer, kind: str) -> None:
    order = server.add_order()
    server.fault("order", kind)
    with client_of(server.base_url) as client:
        with lasting(LIMIT), pytest.raises(Unreachable, match=r"within 0\.6 s"):
            client.order(order, within=LIMIT)
        assert client.order(order, within=99).id == order


def test_also_while_nothing_can_be_sent(server: FaultServer) -> None:
    start = time.monotonic()
    with (
        client_of(f"http://{HOST}:{server.closed_port()}/api/v1") as client,
        pytest.raises(Unreachable, match="refused"),
    ):
        client.order(ORDER, within=LIMIT)
    assert time.monotonic() - start < LIMIT + 0.5


def test_an_endless_row_of_interim_answers_ends_at_the_limit(server: FaultServer) -> None:
    server.fault("balance", raw=b"HTTP/1.1 103 Early Hints\r\n\r\n" * 400_000)
    start = time.monotonic()
    with transport_to(server.base_url, limit=LIMIT) as transport, pytest.raises(httpx.TransportError):
        transport.send("GET", "/customer/balance")
    assert time.monotonic() - start < LIMIT + 0.5


@pytest.mark.parametrize("port", ["hanging_port", "full_port"])
def test_a_port_or_handshake_that_hangs_proves_that_nothing_was_sent(server: FaultServer, port: str) -> None:
    url = f"https://{HOST}:{getattr(server, port)()}/api/v1"
    with transport_to(url, limit=LIMIT) as transport, lasting(LIMIT):
        end = Rig(transport).client.cancel(CANCEL, price=None)
    assert isinstance(end, NotSent)
    assert not end.hopeless
    assert f"{HOST}:" in end.problem.message


def test_a_closed_port_proves_it_at_once_and_a_read_tries_until_its_limit(server: FaultServer) -> None:
    port = server.closed_port()
    url = f"http://{HOST}:{port}/api/v1"
    with transport_to(url) as transport, lasting(0):
        end = Rig(transport).client.cancel(CANCEL, price=None)
    assert isinstance(end, NotSent)
    assert not end.hopeless
    start = time.monotonic()
    with client_of(url, limit=LIMIT) as client, pytest.raises(Unreachable) as caught:
        client.balance()
    assert 0.1 < time.monotonic() - start < LIMIT + 0.3
    assert caught.value.message == f"{HOST}:{port} can't be reached: Connection refused"


def test_a_read_s_retries_share_one_limit(monkeypatch: pytest.MonkeyPatch, server: FaultServer) -> None:
    """Refused at first, then a server that hangs: not one limit for each."""
    server.fault("balance", "timeout")
    refusals = iter([OSError(111, "Connection refused")] * 2)
    real = socket.getaddrinfo

    def look_up(*args: Any, **kwargs: Any) -> Any:
        if (refusal := next(refusals, None)) is not None:
            raise refusal
        return real(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with client_of(server.base_url, limit=1.5) as client, lasting(1.5), pytest.raises(Unreachable):
        client.balance()
    assert len(server.requests) == 1


@needs_openssl
def test_a_self_signed_certificate_is_hopeless_and_the_server_sees_no_request() -> None:
    with FaultServer(tls="self-signed") as server, client_of(server.base_url) as client, lasting(0):
        end = client.cancel(CANCEL, price=None)
        with pytest.raises(Unreachable, match="can't be trusted: self-signed certificate"):
            client.balance()
        assert not server.requests
    assert isinstance(end, NotSent)
    assert end.hopeless


@needs_openssl
def test_a_certificate_for_another_host_is_hopeless_and_a_good_one_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with FaultServer(tls="wrong-host") as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        with client_of(server.base_url) as client:
            end = client.cancel(CANCEL, price=None)
        assert isinstance(end, NotSent)
        assert end.hopeless
        assert not server.requests
    with FaultServer(tls="self-signed") as server:
        order = server.add_order()
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        with transport_to(server.base_url) as transport:
            assert transport.send("POST", f"/customer/cancel/{order}").status == 200
        assert server.times_paid(order) == 1


@needs_openssl
def test_the_limit_holds_inside_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer(tls="self-signed") as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        server.fault("balance", "drip-body")
        with (
            transport_to(server.base_url, limit=LIMIT) as transport,
            lasting(LIMIT),
            pytest.raises(httpx.ReadTimeout),
        ):
            transport.send("GET", "/customer/balance")


def test_plain_text_where_tls_is_expected_is_hopeless(server: FaultServer) -> None:
    with client_of(server.https_url) as client, lasting(0):
        end = client.cancel(CANCEL, price=None)
        with pytest.raises(Unreachable, match="does not speak TLS"):
            client.balance()
    assert isinstance(end, NotSent)
    assert end.hopeless
    assert not server.requests


@pytest.mark.parametrize("kind", ["giant-body", "endless-body", "gzip-bomb"])
def test_a_body_too_large_stops_early_and_proves_nothing(server: FaultServer, kind: str) -> None:
    order = server.add_order()
    server.fault("cancel", kind, when="after")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with transport_to(server.base_url) as transport, pytest.raises(AnswerUnusable) as caught:
        transport.send("POST", f"/customer/cancel/{order}")
    assert delivery_of(caught.value) is Delivery.LOST
    (request,) = server.requests
    assert request.committed
    assert request.sent < 40 * MAX_BODY_BYTES, "what the kernel's buffers took, not all of it"
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 32


@pytest.mark.parametrize(("size", "taken"), [(MAX_BODY_BYTES, True), (MAX_BODY_BYTES + 1, False)])
def test_one_mebibyte_is_the_most(server: FaultServer, size: int, *, taken: bool) -> None:
    server.fault("balance", "giant-body", size=size)
    with transport_to(server.base_url) as transport:
        if taken:
            assert len(transport.send("GET", "/customer/balance").body) == size
        else:
            with pytest.raises(AnswerUnusable, match="larger than 1048576 bytes"):
                transport.send("GET", "/customer/balance")


@pytest.mark.parametrize("text", ["one", "many"])
def test_giant_headers_prove_nothing(server: FaultServer, text: str) -> None:
    order = server.add_order()
    server.fault("cancel", "huge-headers", text=text, when="after")
    with client_of(server.base_url) as client:
        end = client.cancel(_ticket_for(order), price=None)
    assert isinstance(end, Ambiguous)
    assert not end.answered
    assert server.times_paid(order) == 1


def _ticket_for(order: str) -> Ticket:
    return replace(CANCEL, order_id=order)


@pytest.mark.parametrize(
    "kind",
    [
        *(
            "close",
            "reset",
            "half-close",
            "head-cut-short",
            "body-cut-short",
            "body-reset",
            "chunked-cut-short",
        ),
        *("chunked-no-end", "broken-chunked", "http10-half", "garbage"),
        *(
            "captive-portal",
            "empty-200",
            "invalid-json",
            "not-utf8",
            "a-scalar",
            "an-array",
            "nan",
            "long-number",
        ),
        *("deep-nesting", "duplicate-key", "lone-surrogate", "success-false", "other-id", "missing-fields"),
        *("redirect", "redirect-loop", "204", "500", "502", "503", "504", "408", "409"),
    ],
)
def test_whatever_becomes_of_the_answer_a_cancel_goes_out_once_and_proves_nothing(
    server: FaultServer, kind: str
) -> None:
    orders = {when: server.add_order() for when in ("before", "after")}
    with client_of(server.base_url) as client:
        for when, order in orders.items():
            server.fault("cancel", kind, when=when, seconds=0.1)
            end = client.cancel(_ticket_for(order), price=None)
            assert isinstance(end, Ambiguous)
            assert server.posts(order) == 1
            assert server.times_paid(order) == (when == "after")


@pytest.mark.parametrize(
    "kind",
    [
        *("close", "reset", "body-cut-short", "chunked-no-end", "broken-chunked", "http10-half", "garbage"),
        *("captive-portal", "empty-200", "invalid-json", "not-utf8", "nan", "long-number", "deep-nesting"),
        *("duplicate-key", "lone-surrogate", "other-id", "missing-fields", "redirect-loop", "huge-headers"),
    ],
)
def test_a_broken_answer_to_a_read_is_an_error_of_ours(server: FaultServer, kind: str) -> None:
    order = server.add_order()
    server.fault("order", kind, times=2)  # one that is broken off is asked once more
    with client_of(server.base_url) as client, pytest.raises((Unreachable, BadAnswer)) as caught:
        client.order(order)
    assert caught.value.exit_code == 6
    assert caught.value.hint


def test_a_connection_that_ended_meanwhile_is_not_used_again(server: FaultServer) -> None:
    first, second = server.add_order(), server.add_order()
    server.fault("cancel", "answer-then-close")
    with client_of(server.base_url) as client:
        assert isinstance(client.cancel(_ticket_for(first), price=None), Cancelled)
        time.sleep(0.1)
        assert isinstance(client.cancel(_ticket_for(second), price=None), Cancelled)
    assert (server.connections, server.posts()) == (2, 2)


def test_a_good_connection_is_used_again(server: FaultServer) -> None:
    with client_of(server.base_url) as client:
        for _ in range(3):
            client.balance()
    assert server.connections == 1


def test_a_redirect_reaches_no_second_server(server: FaultServer) -> None:
    with FaultServer() as other:
        server.fault("cancel", "redirect", location=f"{other.base_url}/customer/cancel/{ORDER}", when="after")
        order = server.add_order()
        with client_of(server.base_url) as client:
            assert isinstance(client.cancel(_ticket_for(order), price=None), Ambiguous)
        assert not other.requests
        assert not other.connections


def test_the_limit_binds_the_pools_of_proxies(monkeypatch: pytest.MonkeyPatch, server: FaultServer) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{HOST}:{server.port}")
    server.fault("any", "drip-head", times=None)
    with (
        transport_to("https://virtualsms.test/api/v1", limit=LIMIT) as transport,
        lasting(LIMIT),
        pytest.raises(httpx.ReadTimeout),
    ):
        transport.send("GET", "/customer/balance")
    assert server.requests[0].target == "virtualsms.test:443"


def test_the_limit_binds_the_way_through_a_proxy_that_never_answers(
    monkeypatch: pytest.MonkeyPatch, server: FaultServer
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{HOST}:{server.hanging_port()}")
    with (
        transport_to("https://virtualsms.test/api/v1", limit=LIMIT) as transport,
        lasting(LIMIT),
        pytest.raises(httpx.TimeoutException),
    ):
        transport.send("GET", "/customer/balance")


def test_a_proxy_that_refuses_the_way_proves_that_nothing_was_sent(
    monkeypatch: pytest.MonkeyPatch, server: FaultServer
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:secret@{HOST}:{server.port}")
    server.fault("any", "502", times=None)
    with transport_to("https://virtualsms.test/api/v1") as transport:
        end = Rig(transport).client.cancel(CANCEL, price=None)
    assert isinstance(end, NotSent)
    assert "secret" not in repr(end)
    (request,) = server.requests
    assert (request.method, "x-api-key" in request.headers) == ("CONNECT", False)


def test_a_look_up_that_hangs_ends_at_the_limit_and_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go = threading.Event()

    def sleeper(*_args: Any, **_kwargs: Any) -> list[Any]:
        let_go.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", sleeper)
    with transport_to("https://virtualsms.test/api/v1", limit=LIMIT) as transport:
        with lasting(LIMIT):
            end = Rig(transport).client.cancel(CANCEL, price=None)
        let_go.set()
    assert isinstance(end, NotSent)
    assert not end.hopeless


@pytest.mark.parametrize(
    "failure", [socket.gaierror(-2, "Name or service not known"), UnicodeError("label too long"), None]
)
def test_a_name_that_is_not_found_proves_that_nothing_was_sent(
    monkeypatch: pytest.MonkeyPatch, failure: Exception | None
) -> None:
    def look_up(*_args: Any, **_kwargs: Any) -> list[Any]:
        if failure is not None:
            raise failure
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with transport_to("https://virtualsms.test/api/v1") as transport:
        end = Rig(transport).client.cancel(CANCEL, price=None)
    assert isinstance(end, NotSent)
    assert "virtualsms.test can't be reached" in end.problem.message


@pytest.mark.parametrize("dead", ["closed_port", "full_port"])
def test_the_second_address_is_tried_when_the_first_is_dead(
    monkeypatch: pytest.MonkeyPatch, server: FaultServer, dead: str
) -> None:
    """By a backend that sends each address to a port of its own: loopback has but one address everywhere."""
    ports = {"192.0.2.1": getattr(server, dead)(), "192.0.2.2": server.port}
    real = httpcore.SyncBackend()

    class TwoHomes(httpcore.NetworkBackend):
        def connect_tcp(self, host: str, _port: int, timeout: float | None = None, *_more: Any) -> Any:
            return real.connect_tcp(HOST, ports[host], timeout)

    found = [(2, 1, 6, "", (address, 80)) for address in (*ports, "192.0.2.1")]
    look_up = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *a, **k: look_up(host, *a, **k) if host == HOST else found
    )
    with whole_request_within(LIMIT):
        stream = BoundedBackend(TwoHomes()).connect_tcp("virtualsms.test", 80, LIMIT)
    stream.close()


def test_a_block_in_a_block_keeps_the_outer_limit_and_puts_it_back() -> None:
    backend = BoundedBackend(_Unreached())
    with whole_request_within(0.2):
        with whole_request_within(60):
            time.sleep(0.25)
            with pytest.raises(httpcore.ConnectTimeout):
                backend.connect_tcp(HOST, 1)
        with pytest.raises(httpcore.ConnectTimeout):
            backend.connect_tcp(HOST, 1)
    with pytest.raises(LookupError):  # outside there is no limit, and the inner backend is reached
        backend.connect_tcp(HOST, 1, None)
    backend.sleep(0)


class _Unreached(httpcore.NetworkBackend):
    def connect_tcp(self, _host: str, _port: int, timeout: float | None = None, *_more: Any) -> Any:
        raise LookupError(timeout)

    def sleep(self, seconds: float) -> None:
        assert seconds == 0


def test_the_debug_log_holds_method_path_status_time_and_no_token(server: FaultServer) -> None:
    lines: list[str] = []
    server.fault("balance", "200", retry_after=f"it's {TOKEN}", text=TOKEN)
    server.fault("balance", "reset")
    with transport_to(server.base_url, log=lines.append) as transport:
        transport.send("GET", "/customer/balance", params={"note": "private"})
        with pytest.raises(httpx.TransportError):
            transport.send("GET", f"/customer/balance?x={TOKEN}")
    first, second = lines
    assert first.startswith("GET /customer/balance 200 ")
    assert "ms content-type='application/json' content-length=" in first
    assert """retry-after="it's [token]\"""" in first
    assert "private" not in first
    assert "Error" in second
    assert TOKEN not in first + second


def test_a_token_with_a_quote_or_backslash_is_struck_out_of_a_quoted_header(server: FaultServer) -> None:
    token = "vsms_a'b\\c"
    lines: list[str] = []
    server.token = token
    server.fault("balance", "200", retry_after=token)
    transport = Transport(base_url=server.base_url, token=token, time_limit=5, log=lines.append)
    transport.send("GET", "/customer/balance")
    transport.close()
    assert "retry-after='[token]'" in lines[0]


def test_the_token_reaches_the_service_and_no_caller_can_put_another(server: FaultServer) -> None:
    with transport_to(server.base_url) as transport:
        transport.send("GET", "/customer/balance", headers={"X-API-Key": "other"})
    assert server.requests[0].headers["x-api-key"] == TOKEN
    assert TOKEN not in server.requests[0].target


def test_a_door_takes_the_place_of_the_network_and_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://[::1")
    door = httpx.MockTransport(
        lambda request: httpx.Response(200, stream=httpx.ByteStream(request.url.raw_path))
    )
    transport = Transport(
        base_url="https://sandbox.invalid/api/v1/", token=TOKEN, time_limit=1, in_process=door
    )
    assert transport.send("GET", "/x").body == b"/api/v1/x"
    assert transport.host == "sandbox.invalid"
    transport.close()
