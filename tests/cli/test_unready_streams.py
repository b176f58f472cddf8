"""Streams that are not ready are waited for: a parent in Node leaves them non-blocking."""

import fcntl
import json
import os
import pty
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from support.fault_server import FaultServer
from support.vsms import Vsms


def unblocked(fd: int) -> int:
    os.set_blocking(fd, False)
    return fd


def start(live: Vsms, *args: str, **streams: Any) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(live.command(*args), env=live.environment(), **streams)


def test_ids_that_come_late_on_a_non_blocking_stdin_are_all_read(live: Vsms, server: FaultServer) -> None:
    orders = [server.add_order() for _ in range(3)]
    read, write = os.pipe()
    child = start(live, "orders", "cancel", "-", "--yes", stdin=unblocked(read), stdout=subprocess.PIPE)
    os.close(read)
    for order in orders:
        time.sleep(0.3)
        os.write(write, f"{order}\n".encode())
    os.close(write)
    out, _ = child.communicate(timeout=30)

    assert child.returncode == 0
    assert [line.split("\t")[1] for line in out.decode().splitlines()] == ["cancelled"] * 3
    assert [server.times_paid(order) for order in orders] == [1, 1, 1]


def test_a_stdin_without_anything_yet_is_not_its_end(live: Vsms) -> None:
    read, write = os.pipe()
    child = start(live, "orders", "cancel", "-", "--yes", stdin=unblocked(read), stderr=subprocess.PIPE)
    time.sleep(0.5)
    assert child.poll() is None
    os.close(write)
    os.close(read)
    _, err = child.communicate(timeout=30)
    assert b"crashed" not in err


def test_a_reader_that_is_slow_on_a_non_blocking_stdout_gets_every_line(
    live: Vsms, server: FaultServer
) -> None:
    for _ in range(200):
        server.add_order()
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
    child = start(
        live, "orders", "cancel", "--all", "--yes", "-o", "ndjson",
        stdin=subprocess.DEVNULL, stdout=unblocked(write), stderr=subprocess.PIPE,
    )  # fmt: skip
    os.close(write)
    time.sleep(1.5)  # the pipe is full by now
    with os.fdopen(read, "rb") as pipe:
        lines = pipe.read().splitlines()
    _, err = child.communicate(timeout=60)

    assert child.returncode == 0, err
    assert len({json.loads(line)["id"] for line in lines}) == len(lines) == 200


def test_a_question_on_a_non_blocking_terminal_does_not_answer_itself(
    live: Vsms, server: FaultServer
) -> None:
    order = server.add_order()
    ours, theirs = pty.openpty()
    unblocked(theirs)
    child = start(live, "orders", "cancel", order, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    while b"[y/N]" not in shown:
        shown += os.read(ours, 4096)
    time.sleep(0.5)
    assert child.poll() is None
    os.write(ours, b"y\n")
    assert child.wait(timeout=30) == 0
    os.close(ours)
    assert server.times_paid(order) == 1


SLOW_LOOK_UP = """
import socket, time
real = socket.getaddrinfo
def slow(*args, **more):
    time.sleep(3)
    return real(*args, **more)
socket.getaddrinfo = slow
"""


def test_ctrl_c_while_a_name_is_looked_up_leaves_every_order_as_it_was(
    live: Vsms, server: FaultServer, tmp_path: Path
) -> None:
    orders = [server.add_order() for _ in range(3)]
    (tmp_path / "sitecustomize.py").write_text(SLOW_LOOK_UP)
    live.env |= {
        "PYTHONPATH": str(tmp_path),
        "VSMS_BASE_URL": server.base_url.replace("127.0.0.1", "localhost"),
        "VSMS_TIMEOUT": "10",
    }
    child = start(
        live, "orders", "cancel", *orders, "--yes", "--json", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    )
    time.sleep(1.5)
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=30)

    assert child.returncode == 130
    assert {row["outcome"] for row in json.loads(out)} == {"skipped"}
    assert server.posts() == 0
    time.sleep(2)  # by now the name would have been found
    assert [server.times_paid(order) for order in orders] == [0, 0, 0]
