"""`vsms sandbox serve`, as its users run it."""

import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from support.served import TOKEN, served
from support.vsms import Vsms


def test_it_says_how_to_point_a_client_at_it_and_a_client_that_does_so_is_served(vsms: Vsms) -> None:
    with served(vsms) as server:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/api/v1", server.base_url)
        pointed = {"VSMS_BASE_URL": server.base_url, "VSMS_TOKEN": server.token}
        done = vsms("orders", "cancel", "--country", "DE", "--yes", "--json", env=pointed)
        assert [row["outcome"] for row in done.json] == ["cancelled"]
        # The same book as --sandbox
        assert vsms.sandbox("orders", "show", done.json[0]["id"], "--json").json["status"] == "cancelled"
    assert server.base_url in server.log
    assert "POST /api/v1/customer/cancel/" in server.log
    assert server.token not in server.log


def test_an_ephemeral_one_has_a_book_of_its_own_and_leaves_nothing_behind(vsms: Vsms) -> None:
    with served(vsms, "--ephemeral") as server, server.client() as client:
        order = client.get("/customer/orders?status=waiting").json()["orders"][3]
        assert client.post(f"/customer/cancel/{order['id']}").json()["status"] == "cancelled"
    assert [path for path in vsms.home.rglob("*") if path.is_file()] == []


def test_any_token_of_the_right_form_is_taken_and_no_other(vsms: Vsms) -> None:
    with served(vsms, "--ephemeral") as server:
        for key, status in (("vsms_x", 200), ("vsms_any thing", 401), ("sk_x", 401), ("", 401)):
            with server.client(headers={"X-API-Key": key}) as client:
                assert client.get("/customer/balance").status_code == status
        with server.client(headers={}) as client:
            assert client.get("/price?service=wa&country=AR").status_code == 200


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_it_cleanly_although_a_request_is_under_way(
    vsms: Vsms, number: signal.Signals, code: int
) -> None:
    with served(vsms, "--fault", "balance:timeout") as server:
        line = socket.create_connection(("127.0.0.1", httpx.URL(server.base_url).port or 0), timeout=10)
        line.sendall(b"GET /api/v1/customer/balance HTTP/1.1\r\nHost: localhost\r\nX-API-Key: vsms_x\r\n\r\n")
        with line:
            with server.client() as client:
                client.get("/customer/orders")
            assert server.end(number) == code
    assert "\nthe sandbox is closed\n" in server.log  # the request that it cut short may still be logged
    assert "Traceback" not in server.log


def test_a_port_that_is_taken_is_an_error_that_names_it(vsms: Vsms) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = vsms.process("sandbox", "serve", "--port", str(port))
    assert done.code == 1
    assert done.out == ""
    assert f"port {port} on 127.0.0.1 can't be opened: Address already in use" in done.err
    assert "--port" in done.err


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("cancle:500", "there are balance, cancel, countries, order, orders, price,"),
        ("cancel:explode", "there are timeout, reset, close, cut, html, empty, invalid-json, slow, STATUS"),
        ("cancel:429-after", "there are timeout"),
        ("cancel:slow-before", "there are timeout"),
        ("cancel:STATUS", "there are timeout"),
        ("cancel:200", "there are timeout"),
        ("cancel", "cancel:timeout-after:2"),
        ("cancel:500:1:1:1", "cancel:timeout-after:2"),
        ("cancel:500:0", "neither a number above 0 nor always"),
        ("cancel:500:x", "neither a number above 0 nor always"),
        ("cancel:slow:1:x", "write 50ms, 2s or 1m"),
        ("cancel:slow:1:2h", "write 50ms, 2s or 1m"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_and_names_what_would(
    vsms: Vsms, fault: str, says: str
) -> None:
    done = vsms("sandbox", "serve", "--ephemeral", "--fault", fault)
    assert done.code == 2
    assert says in done.err
    assert done.out == ""


@pytest.mark.parametrize(
    "wrong",
    [
        ("--port", "70000"),
        ("--port", "x"),
        ("--rate-limit", "0"),
        ("--latency", "fast"),
        ("--hold", "2 days"),
    ],
)
def test_an_option_that_makes_no_sense_is_wrong_use(vsms: Vsms, wrong: tuple[str, str]) -> None:
    assert vsms("sandbox", "serve", "--ephemeral", *wrong).code == 2


def test_the_log_is_made_safe_and_never_holds_a_token(vsms: Vsms) -> None:
    with served(vsms, "--ephemeral") as server, server.client() as client:
        client.get(f"/customer/balance?api_key={TOKEN}")
        client.get("/customer/order/vsms%5Fhidden%2Dhere")
        client.get("/customer/order/%2576sms_twice")
        client.get(f"/{TOKEN}/elsewhere")
        raw = socket.create_connection(("127.0.0.1", httpx.URL(server.base_url).port or 0), timeout=10)
        with raw:
            raw.sendall(b"GET /\x1b]2;title\x07\xc2\x9b HTTP/1.1\r\n\r\n")
            raw.shutdown(socket.SHUT_WR)
            assert raw.recv(100).startswith(b"HTTP/1.1 404")
        assert client.request("BREW", "/customer/balance").status_code == 405
    for told in (TOKEN, "hidden", "twice", "\x1b", "\x07", "\x9b"):
        assert told not in server.log
    assert re.search(r"^GET /api/v1/customer/balance\?api_key=vsms_… 200 \d+ ms$", server.log, re.MULTILINE)
    assert re.search(r"^BREW /api/v1/customer/balance 405 \d+ ms$", server.log, re.MULTILINE)


def test_a_log_that_nobody_reads_stops_nothing(vsms: Vsms, tmp_path: Path) -> None:
    said = tmp_path / "said"
    with said.open("w") as out:
        child = subprocess.Popen(
            vsms.command("sandbox", "serve", "--ephemeral"),
            env=vsms.environment(),
            stdout=out,
            stderr=subprocess.PIPE,
        )
        assert child.stderr is not None
        child.stderr.readline()
        child.stderr.close()
        while said.read_text().count("\n") < 2:
            assert child.poll() is None
            time.sleep(0.02)
        url = said.read_text().split()[1].partition("=")[2]
        for _ in range(3):
            answer = httpx.get(f"{url}/customer/balance", headers={"X-API-Key": TOKEN}, trust_env=False)
            assert answer.status_code == 200
        child.terminate()
        assert child.wait(20) == 143
