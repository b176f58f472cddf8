import contextlib
import http.client
import json
import os
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

import vsms_cli
from sandbox.caller import KEY, Caller, assert_adds_up, serving
from vsms_cli.sandbox.errors import SandboxError
from vsms_cli.sandbox.routing import BODY_LIMIT
from vsms_cli.sandbox.server import serve
from vsms_cli.sandbox.transport import SandboxTransport

BALANCE = b"GET /api/v1/customer/balance HTTP/1.1\r\nHost: localhost\r\nX-API-Key: vsms_x\r\n"


@pytest.fixture
def base_url(caller: Caller) -> Iterator[str]:
    with serving(caller.sandbox) as url:
        yield url


def port_of(base_url: str) -> int:
    port = httpx.URL(base_url).port
    assert port is not None
    return port


def spoken(base_url: str, text: bytes) -> bytes:
    """What comes back until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", port_of(base_url)), timeout=10) as line:
        line.sendall(text)
        line.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: line.recv(65536), b""))


def test_an_httpx_client_meets_the_sandbox_in_its_own_process(caller: Caller) -> None:
    with httpx.Client(
        transport=SandboxTransport(caller.sandbox),
        base_url="https://virtualsms.io/api/v1",
        headers={"X-API-Key": KEY},
    ) as client:
        orders = client.get("/customer/orders", params={"status": "waiting", "limit": 3}).json()["orders"]
        assert len(orders) == 3
        bought = client.post("/customer/purchase", json={"service": "wa", "country": "AR"})
        assert bought.status_code == 200
        refused = client.post(f"/customer/cancel/{bought.json()['order_id']}")
        assert refused.status_code == 425
        assert refused.text.startswith("Cannot cancel within 120 seconds")
        assert refused.headers["Date"] == "Sun, 24 May 2026 12:00:00 GMT"
        assert client.get("https://virtualsms.io/elsewhere").status_code == 404


def test_the_server_gives_the_same_answers_as_the_door_in_process(caller: Caller, base_url: str) -> None:
    headers = {"X-API-Key": KEY}
    here = httpx.Client(transport=SandboxTransport(caller.sandbox), base_url=base_url, headers=headers)
    there = httpx.Client(base_url=base_url, headers=headers, trust_env=False)
    with here, there:
        for method, path in [
            ("GET", "/customer/orders?limit=2"),
            ("GET", "/customer/transactions?from=2026-05-01T00:00:00%2B02:00"),
            ("POST", f"/customer/cancel/{caller.orders()[0]['id']}"),
            ("POST", "/customer/purchase"),
            ("DELETE", "/customer/orders"),
            ("GET", "/nowhere%20at%20all"),
        ]:
            inside, outside = here.request(method, path), there.request(method, path)
            assert (inside.status_code, inside.content) == (outside.status_code, outside.content)
            assert dict(inside.headers) == {
                name: value for name, value in outside.headers.items() if name != "content-length"
            }


def test_one_connection_serves_many_requests(caller: Caller, base_url: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port_of(base_url), timeout=10)
    sockets = set()
    for body in (None, json.dumps({"service": "wa", "country": "AR"})):
        for _ in range(3):
            method, path = ("GET", "/api/v1/customer/balance") if body is None else (
                "POST", "/api/v1/customer/purchase",
            )  # fmt: skip
            connection.request(method, path, body=body, headers={"X-API-Key": KEY})
            answer = connection.getresponse()
            assert answer.status == 200
            assert int(answer.headers["Content-Length"]) == len(answer.read())
            sockets.add(connection.sock)
    assert len(sockets) == 1
    connection.close()
    assert_adds_up(caller.book)


def test_fifty_clients_at_once_are_all_served(caller: Caller, base_url: str) -> None:
    caller.deposit(Decimal(100))
    together = threading.Barrier(50)

    def buy(_: int) -> int:
        with httpx.Client(base_url=base_url, headers={"X-API-Key": KEY}, trust_env=False) as client:
            together.wait()
            return client.post("/customer/purchase", json={"service": "wa", "country": "AR"}).status_code

    with ThreadPoolExecutor(50) as pool:
        assert set(pool.map(buy, range(50))) == {200}
    assert_adds_up(caller.book)


def test_nothing_of_the_client_is_loaded_with_the_sandbox_and_httpx_only_by_its_door() -> None:
    script = (
        "import sys, vsms_cli.sandbox.routing, vsms_cli.sandbox.server\n"
        "assert 'httpx' not in sys.modules\n"
        "import vsms_cli.sandbox.transport\n"
        "print(*sorted({name.split('.')[1] for name in sys.modules if name.startswith('vsms_cli.')}))"
    )
    source = str(Path(vsms_cli.__file__).parents[1])
    ran = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": source},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout, ran.stderr) == ("sandbox\n", "")


def test_the_server_listens_on_loopback_only(caller: Caller) -> None:
    with serve(caller.sandbox) as server:
        assert server.server_address[0] == "127.0.0.1"
        assert server.base_url == f"http://127.0.0.1:{server.server_port}/api/v1"


def test_a_port_that_is_taken_or_no_port_is_an_error(caller: Caller) -> None:
    with serve(caller.sandbox) as server, pytest.raises(SandboxError, match="can't be opened"):
        serve(caller.sandbox, port=server.server_port)
    with pytest.raises(SandboxError, match="port 70000"):
        serve(caller.sandbox, port=70000)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"Transfer-Encoding: chunked\r\n\r\nx\r\n", 400),
        (b"Transfer-Encoding: gzip\r\n\r\n", 400),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 400),
        (b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % (BODY_LIMIT + 1), 413),
        (b"Content-Length: x\r\n\r\n", 400),
        (b"Content-Length: -1\r\n\r\n", 400),
        (b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
        (b"Content-Length: %d\r\n\r\n" % (BODY_LIMIT + 1) + b"x" * (BODY_LIMIT + 1), 413),
        (b"Content-Length: 99999999999999999\r\n\r\nx", 413),
        (b"X: " + b"y" * 70_000 + b"\r\n\r\n", 431),
        (b"X: y\r\n" * 120 + b"\r\n", 431),
    ],
)
def test_what_can_not_be_framed_is_refused_in_json_and_the_connection_closed(
    base_url: str, head: bytes, status: int
) -> None:
    answer = spoken(base_url, BALANCE + head)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\nDate: Sun, 24 May 2026 12:00:00 GMT\r\n" in answer
    assert b"\r\nConnection: close\r\n" in answer
    assert set(json.loads(answer.partition(b"\r\n\r\n")[2])) == {"error"}


@pytest.mark.parametrize(
    "line", [b"\r\n\r\n", b"what?\r\n\r\n", b"GET / HTTP/x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
             b"GET " + b"/" * 70_000 + b" HTTP/1.1\r\n\r\n", b""],
)  # fmt: skip
def test_a_line_that_is_no_request_never_gets_a_500(
    base_url: str, line: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    assert b" 500 " not in spoken(base_url, line)
    assert b" 200 OK" in spoken(base_url, BALANCE + b"\r\n")
    assert capfd.readouterr().err == ""


def test_any_method_is_the_apps_to_refuse_and_head_has_no_body(base_url: str) -> None:
    for method in (b"BREW", b"OPTIONS", b"PATCH"):
        answer = spoken(base_url, method + BALANCE.removeprefix(b"GET") + b"\r\n")
        assert answer.startswith(b"HTTP/1.1 405 ")
    head = spoken(base_url, b"HEAD" + BALANCE.removeprefix(b"GET") + b"\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert head.endswith(b"\r\n\r\n")


def test_an_http_1_0_client_gets_its_answer_and_the_end_of_the_connection(base_url: str) -> None:
    answer = spoken(base_url, BALANCE.replace(b"HTTP/1.1", b"HTTP/1.0") + b"\r\n")
    assert answer.endswith(b'{"balance":46.20,"success":true}')


def test_clients_that_go_away_leave_no_trace_on_stderr(
    caller: Caller, base_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    before = caller.balance()
    purchase = (
        b'POST /api/v1/customer/purchase HTTP/1.1\r\nX-API-Key: vsms_x\r\nContent-Length: 90\r\n\r\n{"ser'
    )
    for text in (b"", b"GET /api", BALANCE, BALANCE + b"\r\n" + BALANCE + b"\r\n", purchase):
        line = socket.create_connection(("127.0.0.1", port_of(base_url)), timeout=10)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset, not an end
        with contextlib.suppress(ConnectionError):
            line.sendall(text)
        line.close()
    assert b" 200 OK" in spoken(base_url, BALANCE + b"\r\n")
    assert capfd.readouterr().err == ""
    assert caller.balance() == before


def test_a_body_that_breaks_off_changes_nothing(caller: Caller, base_url: str) -> None:
    caller.sandbox.advance(timedelta(minutes=3))
    order_id = caller.orders(status="waiting")[0]["id"]
    head = (
        f"POST /api/v1/customer/cancel/{order_id} HTTP/1.1\r\nX-API-Key: vsms_x\r\nContent-Length: 9\r\n\r\n"
    )
    assert spoken(base_url, head.encode() + b"{}") == b""
    assert caller.get(f"/customer/order/{order_id}")["status"] == "waiting"


def test_a_fault_of_the_server_itself_is_not_hidden(
    caller: Caller, capfd: pytest.CaptureFixture[str]
) -> None:
    with serve(caller.sandbox) as server, socket.socket() as line:
        for fault in (ConnectionResetError("gone"), RuntimeError("a bug")):
            try:
                raise fault
            except (RuntimeError, OSError):
                server.handle_error(line, ("127.0.0.1", 1))
    talk = capfd.readouterr().err
    assert "a bug" in talk
    assert "gone" not in talk


def raw(port: int, text: bytes, *, reads: int = 1) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        line.sendall(text)
        return b"".join(line.recv(65536) for _ in range(reads))


def test_expect_100_is_answered_at_once_and_a_chunked_body_is_read(caller: Caller) -> None:
    head = b"POST /api/v1/customer/purchase HTTP/1.1\r\nHost: localhost\r\nX-API-Key: vsms_x\r\n"
    body = b'{"service": "wa", "country": "AR"}'
    with serving(caller.sandbox) as base_url:
        port = int(base_url.split(":")[2].split("/")[0])
        with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
            line.sendall(head + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body))
            assert line.recv(100).startswith(b"HTTP/1.1 100 ")
            line.sendall(body)
            assert line.recv(65536).startswith(b"HTTP/1.1 200 ")
        chunks = b"%x\r\n%s\r\n%x;a=b\r\n%s\r\n0\r\nX: y\r\n\r\n" % (5, body[:5], len(body) - 5, body[5:])
        assert raw(port, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks).startswith(b"HTTP/1.1 200 ")


def test_http_1_0_is_closed_and_head_has_no_body(caller: Caller) -> None:
    with serving(caller.sandbox) as base_url:
        port = int(base_url.split(":")[2].split("/")[0])
        old = b"GET /api/v1/customer/balance HTTP/1.0\r\nConnection: keep-alive\r\nX-API-Key: vsms_x\r\n\r\n"
        answer = raw(port, old, reads=2)  # the second reads the end
        assert b"Connection: close" in answer
        assert answer.endswith(b"}")
        head = raw(port, old.replace(b"GET", b"HEAD"), reads=2)
        assert head.startswith(b"HTTP/1.1 200 ")
        assert head.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("host", [b"evil.example", b"127.0.0.1.evil.example", b"localhost@evil"])
def test_a_foreign_host_is_refused(caller: Caller, host: bytes) -> None:
    with serving(caller.sandbox) as base_url:
        port = int(base_url.split(":")[2].split("/")[0])
        answer = raw(port, BALANCE.replace(b"localhost", host) + b"\r\n")
        assert answer.startswith(b"HTTP/1.1 421 ")
