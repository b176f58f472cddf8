"""vsms connects while it starts: what it sends, says and does is the same, and only the time is less.

A process connects early; the same command in the tests' own process does not, which is what it is compared with.
"""

import contextlib
import os
import re
import signal
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from faults.scene import Scene
from support.fault_ports import HOST, openssl_is_there
from support.fault_server import FaultServer
from support.vsms import Vsms

pytestmark = pytest.mark.skipif(not openssl_is_there(), reason="the openssl program is not installed")

ORDER = "7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11"
TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:]+Z")
USED = "was made while vsms started"
SLOW_NAMES = """
import socket, time
look_up = socket.getaddrinfo
def slow(*args, **named):
    time.sleep(1.5)
    return look_up(*args, **named)
socket.getaddrinfo = slow
"""


@pytest.fixture
def far() -> Iterator[FaultServer]:
    with FaultServer(tls="self-signed") as running:
        yield running


@pytest.fixture
def signed_in(stage: Scene, far: FaultServer) -> Vsms:
    stage.vsms.env |= {
        "VSMS_BASE_URL": far.base_url,
        "VSMS_TIMEOUT": "5",
        "SSL_CERT_FILE": str(far.certificate),
    }
    return stage.vsms


def test_a_cancel_is_one_request_on_the_one_connection_that_was_made_early(
    signed_in: Vsms, far: FaultServer
) -> None:
    order = far.add_order()
    done = signed_in.process("orders", "cancel", order, "--yes", "--debug")
    assert (done.code, far.times_paid(order)) == (0, 1)
    assert f"the connection to {HOST} {USED}" in done.err
    assert (far.connections, len(far.requests)) == (1, 1)


def test_a_command_that_asks_nothing_after_all_sends_nothing(signed_in: Vsms, far: FaultServer) -> None:
    done = signed_in.process("orders", "cancel", "--expect", "3", "--yes")
    assert done.code == 2
    assert far.connections <= 1
    assert not far.requests


@pytest.mark.parametrize("through", ["a proxy", "another option"])
def test_where_the_host_is_not_the_configured_one_there_is_none(
    signed_in: Vsms, far: FaultServer, through: str
) -> None:
    env = {"HTTPS_PROXY": f"http://{HOST}:1"} if through == "a proxy" else {}
    args = ["--base-url", far.base_url] if through == "another option" else []
    done = signed_in.process("balance", "--debug", *args, env=env)
    assert done.code == 0
    assert USED not in done.err
    assert far.connections == 1


def ending_at_once(*, reset: bool) -> tuple[int, Callable[[], None]]:
    """A port that takes each connection, and ends it when the handshake begins. It waits for that beginning, or the
    kernel would make a reset of the end now and then.
    """
    listener = socket.create_server((HOST, 0))

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection = listener.accept()[0]
                with contextlib.suppress(OSError):
                    connection.recv(65_536)
                if reset:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()

    def close() -> None:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()

    threading.Thread(target=accept, daemon=True).start()
    return int(listener.getsockname()[1]), close


@pytest.mark.parametrize(
    "place", ["self-signed", "wrong-host", "full", "hanging", "plain", "closes", "resets"]
)
def test_what_can_t_be_reached_is_said_as_without_it(stage: Scene, place: str) -> None:
    ending, close = ending_at_once(reset=place == "resets")
    with FaultServer(tls=place if place in {"self-signed", "wrong-host"} else None) as server:
        ports: dict[str, Callable[[], int]] = {
            "full": server.full_port,
            "hanging": server.hanging_port,
            "closes": lambda: ending,
            "resets": lambda: ending,
        }
        port = ports[place]() if place in ports else server.port
        env = {"VSMS_BASE_URL": f"https://{HOST}:{port}/api/v1", "VSMS_TIMEOUT": "0.5"}
        if place == "wrong-host":
            env["SSL_CERT_FILE"] = str(server.certificate)
        with_it = stage.vsms.process("orders", "cancel", ORDER, "--yes", "--json", env=env)
        without = stage.vsms("orders", "cancel", ORDER, "--yes", "--json", env=env)
        assert not server.requests
    close()
    assert with_it.code == without.code == 6
    assert TIME.sub("", with_it.err) == TIME.sub("", without.err)
    assert with_it.json[0]["error"] == without.json[0]["error"]
    assert with_it.json[0]["outcome"] == without.json[0]["outcome"] == "failed"


@pytest.mark.parametrize("limit", ["0.5", "5"])
def test_a_name_that_resolves_slowly_costs_time_alone(
    signed_in: Vsms, far: FaultServer, tmp_path: Path, limit: str
) -> None:
    (tmp_path / "sitecustomize.py").write_text(SLOW_NAMES)
    start = time.monotonic()
    done = signed_in.process("balance", env={"PYTHONPATH": str(tmp_path), "VSMS_TIMEOUT": limit})
    if limit == "5":
        assert (done.code, len(far.requests)) == (0, 1)
    else:
        assert done.code == 6
        assert "did not take the connection within 0.5 s" in done.err
        assert time.monotonic() - start < 0.5 + 2
        assert not far.requests


def test_ctrl_c_ends_it_at_once(stage: Scene) -> None:
    """A handshake that hangs: in the thread, and then in the request that waits for it."""
    with FaultServer() as server:
        env = stage.vsms.environment({"VSMS_BASE_URL": f"https://{HOST}:{server.hanging_port()}/api/v1"})
        child = subprocess.Popen(
            stage.vsms.command("balance", "--timeout", "60"), env=env, stderr=subprocess.PIPE, text=True
        )
        time.sleep(0.7)  # until it waits
        start = time.monotonic()
        os.kill(child.pid, signal.SIGINT)
        _, err = child.communicate(timeout=10)
    assert child.returncode == 130
    assert "ended by Ctrl-C" in err
    assert time.monotonic() - start < 2
