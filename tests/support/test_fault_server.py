"""The fault server's devices: faults in turn, late commits, the rate window, the kill switch, ports, TLS."""

from __future__ import annotations

import json
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import httpx
import pytest

from support.fault_client import ask
from support.fault_ports import HOST, openssl_is_there
from support.fault_record import most_in_window
from support.fault_server import FaultServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

needs_openssl = pytest.mark.skipif(not openssl_is_there(), reason="the openssl program is not installed")

# Reads its port from stdin, so that the test can arm the switch with its pid first.
CHILD = """
import http.client, sys
port, order, token = sys.stdin.readline().split()
wire = http.client.HTTPConnection("127.0.0.1", int(port))
wire.request("POST", f"/api/v1/customer/cancel/{order}", headers={"X-API-Key": token})
wire.getresponse().read()
"""


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as running:
        yield running


def test_a_late_commit_comes_after_the_connection_is_gone(server: FaultServer) -> None:
    order = server.add_order()
    server.fault("cancel", "close", when="late", late_s=0.2)

    assert ask(server, "POST", f"/customer/cancel/{order}").end == "eof"
    assert server.status(order) == "waiting"
    server.wait_for_late()

    assert server.status(order) == "cancelled"
    assert [request.committed for request in server.requests] == [True]


def test_faults_fit_by_order_skip_count_and_go_on_clear(server: FaultServer) -> None:
    first, second = server.add_order(), server.add_order()
    only = server.fault("order", "500", order_id=second, skip=1, times=2)

    assert [ask(server, "GET", f"/customer/order/{first}").status for _ in range(2)] == [200, 200]
    assert [ask(server, "GET", f"/customer/order/{second}").status for _ in range(4)] == [200, 500, 500, 200]
    assert only.hits == 2
    server.fault("any", "503", times=None)
    assert ask(server, "GET", "/customer/balance").status == 503
    server.clear()
    assert ask(server, "GET", "/customer/balance").status == 200


def test_the_limit_slides_and_its_own_maximum_is_kept() -> None:
    with FaultServer(rate_limit=3, window=0.5) as server:
        answers = [ask(server, "GET", "/customer/balance") for _ in range(5)]
        assert [heard.status for heard in answers] == [200, 200, 200, 429, 429]
        assert answers[3].header("Retry-After") == "1"
        time.sleep(0.6)
        assert ask(server, "GET", "/customer/balance").status == 200
        assert server.max_in_window == (3, 5)


@pytest.mark.parametrize("form", ["date", None])
def test_the_limit_says_when_as_a_date_or_not_at_all(form: str | None) -> None:
    with FaultServer(rate_limit=0, rate_retry_after=form) as server:
        said = ask(server, "GET", "/customer/balance").header("Retry-After")
    assert (said or "").endswith("GMT" if form else "")
    assert (said is None) == (form is None)


def test_the_most_in_a_window_counts_any_window() -> None:
    assert most_in_window([0.0, 0.9, 1.0, 1.1, 5.0], 1.0) == 3
    assert most_in_window([], 1.0) == 0


def test_many_at_once_never_pass_the_limit() -> None:
    with FaultServer(rate_limit=20, window=30) as server:
        threads = [
            threading.Thread(
                target=lambda: [ask(server, "GET", "/customer/balance", patience_s=5) for _ in range(5)]
            )
            for _ in range(16)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.max_in_window == (20, 80)


@pytest.mark.parametrize(
    ("point", "paid"),
    [("request-received", 0), ("after-commit", 1), ("answer-sent-half", 1), ("answer-sent", 1)],
)
def test_the_switch_kills_the_client_at_the_point(server: FaultServer, point: str, paid: int) -> None:
    order = server.add_order()
    with subprocess.Popen([sys.executable, "-c", CHILD], stdin=subprocess.PIPE) as child:
        kill = server.kill_client_at(point, child.pid)
        assert child.stdin is not None
        child.stdin.write(f"{server.port} {order} {server.token}\n".encode())
        child.stdin.close()
        code = child.wait(timeout=10)

    # After the whole answer the kill races with the client's own end.
    assert code == -signal.SIGKILL or (point == "answer-sent" and code == 0)
    assert server.times_paid(order) == paid
    assert kill.hits == 1
    assert server.posts(order) == 1


def test_a_killed_client_leaves_a_request_that_is_still_committed_late(server: FaultServer) -> None:
    order = server.add_order()
    with subprocess.Popen([sys.executable, "-c", CHILD], stdin=subprocess.PIPE) as child:
        server.kill_client_at("request-received", lambda: child.pid, late_s=0.3)
        child.communicate(f"{server.port} {order} {server.token}\n".encode(), timeout=10)

    assert child.returncode == -signal.SIGKILL
    assert server.times_paid(order) == 0
    server.wait_for_late()
    assert server.times_paid(order) == 1


def test_a_hold_ends_on_release(server: FaultServer) -> None:
    server.fault("balance", "timeout")
    threading.Timer(0.2, server.release).start()

    heard = ask(server, "GET", "/customer/balance", patience_s=5)

    assert heard.end == "eof"
    assert 0.1 < heard.after_s < 1


def test_the_exit_takes_less_than_a_second_whatever_is_held() -> None:
    with FaultServer() as server:
        held = [socket.create_connection((HOST, server.port)) for _ in range(3)]
        for sock, kind in zip(held, ("timeout", "stops-reading", "drip-body"), strict=True):
            server.fault("balance", kind)
            sock.sendall(b"GET /api/v1/customer/balance HTTP/1.1\r\nX: y\r\n\r\n")
            time.sleep(0.05)
        start = time.monotonic()
    assert time.monotonic() - start < 1
    assert not [thread for thread in threading.enumerate() if thread.name == "fault-server"]
    for sock in held:
        sock.close()


def test_latency_delays_and_the_date_alone_is_shifted() -> None:
    with FaultServer(latency=0.1, date_offset=-86400) as server:
        order = server.add_order(age_s=0)
        heard = ask(server, "GET", f"/customer/order/{order}")

    now = datetime.now(UTC)
    assert heard.after_s >= 0.1
    assert 86_390 < (now - parsedate_to_datetime(heard.header("Date") or "")).total_seconds() < 86_410
    assert (now - datetime.fromisoformat(json.loads(heard.body)["created_at"])).total_seconds() < 10


@pytest.mark.parametrize(
    ("port", "error"),
    [
        ("closed_port", httpx.ConnectError),
        ("hanging_port", httpx.ConnectTimeout),
        ("full_port", httpx.ConnectTimeout),
    ],
)
def test_ports_refuse_or_hang(server: FaultServer, port: str, error: type[Exception]) -> None:
    open_port: Callable[[], int] = getattr(server, port)
    with pytest.raises(error):
        httpx.get(f"https://{HOST}:{open_port()}/", timeout=0.3)


def test_the_full_port_does_not_even_connect(server: FaultServer) -> None:
    with pytest.raises(TimeoutError):
        socket.create_connection((HOST, server.full_port()), timeout=0.3)


def test_plain_text_where_tls_is_expected_is_no_request(server: FaultServer) -> None:
    with pytest.raises(httpx.ConnectError, match=r"(?i)wrong.version|record layer"):
        httpx.get(f"{server.https_url}/customer/balance", timeout=5)
    assert not server.requests


@needs_openssl
def test_a_self_signed_certificate_is_refused_unless_trusted() -> None:
    with FaultServer(tls="self-signed") as server:
        url, headers = f"{server.base_url}/customer/balance", {"X-API-Key": server.token}
        with pytest.raises(httpx.ConnectError, match="self-signed"):
            httpx.get(url, headers=headers)
        assert not server.requests
        trusting = ssl.create_default_context(cafile=server.certificate)
        assert httpx.get(url, headers=headers, verify=trusting).json()["success"] is True
        server.fault("balance", "reset")
        # Python 3.11's ssl reports a RST as an end of file, so which transport error comes is not said here.
        with pytest.raises(httpx.TransportError):
            httpx.get(url, headers=headers, verify=trusting)


@needs_openssl
def test_a_certificate_for_another_host_is_refused_even_if_trusted() -> None:
    with FaultServer(tls="wrong-host") as server:
        trusting = ssl.create_default_context(cafile=server.certificate)
        with pytest.raises(httpx.ConnectError, match="IP address mismatch"):
            httpx.get(server.base_url, verify=trusting)
        assert not server.requests
