"""A deployment that lacks a route, points elsewhere, or speaks another protocol: named, and what needs none works."""

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import pytest

from faults.scene import Scene, scene
from support.fault_ports import HOST, Certificate, openssl_is_there
from support.fault_server import FaultServer
from support.forms import http
from support.vsms import Vsms

HOUR = 3600
needs_openssl = pytest.mark.skipif(not openssl_is_there(), reason="the openssl program is not installed")


def lack(stage: Scene, *operations: str, form: str = "json", status: int = 404) -> None:
    for operation in operations:
        stage.server.fault(operation, str(status), form=form, text="Not found", times=None)


# A route that is not there


@pytest.mark.parametrize("status", [404, 405, 501])
@pytest.mark.parametrize("command", ["transactions list", "refunds audit", "stats"])
def test_a_deployment_without_a_ledger_is_said_to_have_none(stage: Scene, command: str, status: int) -> None:
    lack(stage, "transactions", status=status)

    done = stage.run(*command.split())

    assert (done.code, done.out) == (5, "")
    assert "this deployment has no ledger" in done.err
    assert f"/customer/transactions answered with status {status}: Not found" in done.err


def test_a_page_in_its_place_is_named_once_it_is_known_that_this_is_the_api(stage: Scene) -> None:
    lack(stage, "transactions", form="html")

    known = stage.run("refunds", "audit")  # its orders were listed before
    unknown = stage.run("transactions", "list")

    assert (known.code, unknown.code) == (5, 6)
    assert "this deployment has no ledger" in known.err
    assert "this is not the API, or something in front of it: check the base URL" in unknown.err


def test_what_needs_no_ledger_works_without_one(stage: Scene) -> None:
    order, other = stage.server.add_order(), stage.server.add_order()
    lack(stage, "transactions")

    assert len(stage.run("orders", "list", "--json").json) == 2
    assert stage.run("balance").code == 0
    done = stage.run("orders", "cancel", order, "--yes", "--verify", "--json")
    assert (done.code, done.json[0]["outcome"], done.json[0]["verified"]) == (0, "cancelled", None)
    assert "could not be compared with the ledger: this deployment has no ledger" in done.err
    refunded = stage.run("orders", "refund", other, "--yes", "--json")
    assert (refunded.code, refunded.json[0]["outcome"]) == (0, "cancelled")
    assert stage.server.times_paid(other) == 1


def test_without_a_ledger_a_rejected_code_is_told_and_what_only_the_ledger_shows_is_not_asked_for(
    vsms: Vsms,
) -> None:
    with FaultServer() as server:
        stage = scene(vsms, server)
        came = server.add_order(status="completed", age_s=HOUR)
        ended = server.add_order(status="cancelled", age_s=HOUR)
        lack(stage, "transactions")

        done = stage.run("orders", "refund", came, ended, "--reason", "code-rejected", "--yes", "--json")

        assert [row["outcome"] for row in done.json] == ["requested", "not_eligible"]
        assert "this deployment has no ledger" in done.json[1]["error"]["message"]
        assert sum(request.operation == "refund" for request in server.requests) == 1


def test_a_deployment_without_a_catalogue_is_said_to_have_none_and_codes_still_match(stage: Scene) -> None:
    wanted = stage.server.add_order(country="AR")
    other = stage.server.add_order(country="BR")
    lack(stage, "countries", "services")

    done = stage.run("orders", "cancel", "--country", "AR", "--yes", "--json")

    assert (done.code, [row["id"] for row in done.json]) == (0, [wanted])
    assert "this deployment has no catalogue" in done.err
    assert stage.server.times_paid(other) == 0
    assert stage.run("orders", "list", "--json").code == 0


def test_a_refusal_in_the_form_of_rfc_7807_keeps_its_words(stage: Scene) -> None:
    order = stage.server.add_order()
    problem = json.dumps({"title": "Busy", "detail": "come back at noon", "status": 403}).encode()
    head = (
        f"HTTP/1.1 403 Forbidden\r\nContent-Type: application/problem+json\r\nContent-Length: {len(problem)}"
    )
    stage.server.fault("any", raw=head.encode() + b"\r\n\r\n" + problem, times=None)

    for command in (("balance",), ("orders", "show", order)):
        done = stage.run(*command)
        assert done.code == 6
        assert "Busy: come back at noon" in done.err


# An answer from elsewhere


@pytest.mark.parametrize(
    ("location", "place"),
    [
        ("https://api.example.com/v2/orders?key=secret", "api.example.com/v2/orders"),
        ("https://holder:secret@api.example.com:8443/v2", "api.example.com:8443/v2"),
        ("/api/v2/customer/balance", "/api/v2/customer/balance"),
    ],
)
def test_a_redirect_is_named_with_host_and_path_and_not_followed(
    stage: Scene, location: str, place: str
) -> None:
    order = stage.server.add_order()
    stage.server.fault("any", "redirect", status=301, location=location, times=None)

    read = stage.run("balance")
    done = stage.run("orders", "cancel", order, "--yes", "--json")

    assert read.code == 6
    assert f"status 301, which points to {place}" in read.err
    assert "make it the base URL" in read.err
    assert "secret" not in read.err + done.out + done.err
    assert done.json[0]["outcome"] == "unknown"


def test_a_redirect_to_what_is_no_url_is_told_without_it(stage: Scene) -> None:
    stage.server.fault("any", "redirect", status=301, location="https://[::1", times=None)

    assert "answered with status 301" in stage.run("balance").err


# Another protocol


@contextmanager
def answering(words: bytes) -> Iterator[int]:
    """A port that answers whatever comes with these bytes."""
    with closing(socket.create_server((HOST, 0))) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with closing(connection):
                        connection.recv(65536)
                        connection.sendall(words)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize(
    ("scheme", "words", "said", "remedy"),
    [
        ("https", b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak TLS as it should", "plain http"),
        ("http", b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\n", "did not speak HTTP", "HTTP/2"),
        ("http", b"\x15\x03\x01\x00\x02\x02\x46", "did not speak HTTP", "https"),
        ("http", b"", "broke off", "https"),
        ("http", b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n", "status 426", "HTTP/1.1"),
        (
            "http",
            b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
            "Client sent an HTTP request to an HTTPS server",
            "https://",
        ),
    ],
)
def test_another_protocol_is_told_with_its_remedy(
    stage: Scene, scheme: str, words: bytes, said: str, remedy: str
) -> None:
    with answering(words) as port:
        done = stage.run("balance", env={"VSMS_BASE_URL": f"{scheme}://{HOST}:{port}/api/v1"})

    assert done.code in {1, 6}
    message, hint = done.err.splitlines()[:2]
    assert said in message
    assert remedy in hint


@contextmanager
def openssl_server(certificate: Certificate, *options: str) -> Iterator[int]:
    with closing(socket.create_server((HOST, 0))) as free:
        port = int(free.getsockname()[1])
    openssl = shutil.which("openssl")
    assert openssl is not None
    key = certificate.path.with_name("key.pem")
    words = [
        openssl,
        "s_server",
        "-accept",
        f"{HOST}:{port}",
        "-cert",
        str(certificate.path),
        "-key",
        str(key),
    ]
    quiet: dict[str, Any] = {
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        "stdin": subprocess.PIPE,
    }
    with subprocess.Popen([*words, "-quiet", *options], **quiet) as server:
        try:
            for _ in range(100):
                with suppress(OSError), closing(socket.create_connection((HOST, port), timeout=1)):
                    break
                time.sleep(0.02)
            yield port
        finally:
            server.kill()


@needs_openssl
@pytest.mark.parametrize(
    ("options", "said", "remedy"),
    [
        (("-alpn", "h2"), "does not speak TLS as it should", "refuses HTTP/1.1 and may speak HTTP/2 alone"),
        (("-Verify", "1"), "wants a certificate of its client", "proxy"),
    ],
)
def test_tls_of_another_kind_is_told_with_its_remedy(
    stage: Scene, options: tuple[str, ...], said: str, remedy: str
) -> None:
    with closing(Certificate("self-signed")) as certificate, openssl_server(certificate, *options) as port:
        env = {"VSMS_BASE_URL": f"https://{HOST}:{port}/api/v1", "SSL_CERT_FILE": str(certificate.path)}
        done = stage.run("balance", env=env | {"VSMS_TIMEOUT": "5"})

    assert done.code == 6
    message, hint = done.err.splitlines()[:2]
    assert said in message
    assert remedy in hint


# A read that breaks in the middle


@pytest.mark.parametrize("kind", ["close", "reset", "body-cut-short", "http10-half"])
def test_a_first_read_that_breaks_in_the_middle_is_tried_once_more(stage: Scene, kind: str) -> None:
    order = stage.server.add_order()
    stage.server.fault("orders", kind)

    done = stage.run("orders", "list", "--json")

    assert (done.code, [row["id"] for row in done.json]) == (0, [order])
    assert len(stage.server.requests) == 2


# The field that was read


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        ({"balance": "much"}, "balance"),
        ({"balance_usd": "much"}, "balance_usd"),
        ({"data": {"balance_usd": [1]}}, "data.balance_usd"),
    ],
)
def test_a_balance_that_can_not_be_read_is_named_as_it_was_read(
    stage: Scene, answer: dict[str, Any], field: str
) -> None:
    stage.server.fault("balance", raw=http(json.dumps(answer).encode()), times=None)

    done = stage.run("balance")

    assert done.code == 6
    assert f"that can be read: {field}\n" in done.err
