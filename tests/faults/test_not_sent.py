"""Rows 1 to 3, 38 and 39: what never leaves this machine, or never arrives, moves no money."""

import time
from collections.abc import Callable, Iterator

import pytest

from faults.scene import Scene
from support.fault_ports import HOST, openssl_is_there
from support.fault_server import FaultServer
from support.vsms import Done

ORDER = "7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11"

needs_openssl = pytest.mark.skipif(not openssl_is_there(), reason="the openssl program is not installed")

NOWHERE: dict[str, Callable[[FaultServer], str]] = {
    "refused": lambda server: f"http://{HOST}:{server.closed_port()}/api/v1",
    "connect timeout": lambda server: f"http://{HOST}:{server.full_port()}/api/v1",
    "no such name": lambda _server: "https://no-such-host.invalid/api/v1",
    "plain text where TLS is expected": lambda server: server.https_url,
    "a handshake that hangs": lambda server: f"https://{HOST}:{server.hanging_port()}/api/v1",
}


def timed(run: Callable[[], Done]) -> tuple[Done, float]:
    start = time.monotonic()
    return run(), time.monotonic() - start


@pytest.mark.parametrize("place", NOWHERE)
def test_what_was_not_sent_is_said_with_the_host_and_exit_6(stage: Scene, place: str) -> None:
    url = NOWHERE[place](stage.server)
    host = url.split("/")[2]

    done, took = timed(lambda: stage.cancel(ORDER, env={"VSMS_BASE_URL": url}))
    read, read_took = timed(lambda: stage.run("balance", env={"VSMS_BASE_URL": url}))

    assert done.code == read.code == 6
    assert done.json[0]["outcome"] == "failed"
    assert host in done.json[0]["error"]["message"]
    assert host in read.err
    assert max(took, read_took) < 0.5 + 2
    assert stage.server.posts() == 0
    assert stage.run("journal", "list", "--unresolved", "--json", env={"VSMS_BASE_URL": url}).json == []


@needs_openssl
@pytest.mark.parametrize("kind", ["self-signed", "wrong-host"])
def test_a_certificate_error_is_final_and_no_way_round_it_is_offered(stage: Scene, kind: str) -> None:
    with FaultServer(tls=kind) as server:
        order = server.add_order()
        trusted = {"SSL_CERT_FILE": str(server.certificate)} if kind == "wrong-host" else {}
        done = stage.run(
            "orders", "cancel", order, "--yes", "--json", env={"VSMS_BASE_URL": server.base_url, **trusted}
        )

        assert done.code == 6
        assert "certificate" in done.json[0]["error"]["message"]
        assert server.connections == 1
        assert server.posts() == 0
        assert not [
            word for word in ("insecure", "verify=", "--no-", "disable") if word in done.out + done.err
        ]


@pytest.fixture
def lookalike() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


@pytest.mark.parametrize(
    "url",
    [
        "http://user:secret@{host}:{port}/api/v1",
        "http://virtualsms.io/api/v1",
        "http://127.0.0.1.example:{port}/api/v1",
        "http://localhost.example:{port}/api/v1",
        "http://0.0.0.0:{port}/api/v1",
        "ftp://{host}:{port}/api/v1",
        "//{host}:{port}/api/v1",
        "http://{host}:{port}/api/v1?x=1",
        "http://{host}:{port}\\@virtualsms.io/api/v1",
        "https://virtualsms.io\n/api/v1",
        "",
    ],
)
def test_a_base_url_that_could_carry_the_token_away_is_refused(
    stage: Scene, lookalike: FaultServer, url: str
) -> None:
    there = url.format(host=HOST, port=lookalike.port)

    done = stage.run("--base-url", there, "orders", "cancel", ORDER, "--yes")

    assert done.code == 2, done.err
    assert "secret" not in done.err
    assert lookalike.connections == stage.server.connections == 0


@pytest.mark.parametrize("token", ["vsms_a\nb", "vsms_a b", "vsms_é", "vsms_\x1b[31m"])
def test_a_token_that_can_not_be_one_is_refused_and_never_shown(stage: Scene, token: str) -> None:
    done = stage.run("orders", "cancel", ORDER, "--yes", env={"VSMS_TOKEN": token})

    assert done.code == 4
    assert token not in done.out + done.err
    assert stage.server.connections == 0


def test_a_broken_certificate_variable_is_a_clear_error(stage: Scene) -> None:
    done = stage.run("orders", "cancel", ORDER, "--yes", env={"SSL_CERT_FILE": "/nonexistent/secret.pem"})

    assert done.code == 2, done.err
    assert "secret" not in done.out + done.err
    assert stage.server.posts() == 0
