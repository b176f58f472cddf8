"""Awkward ends: a disk without room, the background, a signal that is ignored, Python without docstrings."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.fault_server import FaultServer
from support.vsms import Vsms

Terminal = Callable[..., Any]


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 kB."""
    mounted = tmp_path / "tiny"
    mounted.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(mounted)], check=False, capture_output=True
    )
    if made.returncode:
        pytest.skip("a small disk can be mounted by root alone")
    yield mounted
    subprocess.run(["umount", str(mounted)], check=True)


@pytest.mark.parametrize(
    "command", [["orders", "list"], ["balance"], ["orders", "cancel", "--all", "--yes"], ["sandbox", "reset"]]
)
def test_a_full_disk_in_the_sandbox_is_said_and_crashes_nothing(
    vsms: Vsms, tiny: Path, command: list[str]
) -> None:
    done = vsms.process("--sandbox", *command, env={"VSMS_STATE_DIR": str(tiny)})

    assert done.code == 1
    assert "the sandbox's database can't be" in done.err
    assert "VSMS_STATE_DIR" in done.err
    assert "crashed" not in done.err


def test_watch_in_the_background_ends_by_kill_without_a_crash(
    live: Vsms, server: FaultServer, terminal: Terminal
) -> None:
    server.add_order()
    words = " ".join(live.command("orders", "watch"))
    script = f"set -m; {words} & sleep 1.5; kill %1; wait -f %1; echo ended $?"
    child = terminal(program=["bash", "-c", script])
    child.expect(r"ended (\d+)")

    assert int(child.match[1]) == 143
    assert "crashed" not in child.before


@pytest.mark.parametrize("command", ["cancel --all", "swap", "refund --reason code-rejected"])
def test_a_question_in_the_background_ends_where_the_terminal_stops_nobody(
    live: Vsms, server: FaultServer, terminal: Terminal, command: str
) -> None:
    order = server.add_order(status="waiting")
    named = [] if "--all" in command else [order]
    words = " ".join(live.command("orders", *command.split(), *named))
    child = terminal(program=["bash", "-c", f"set -m; trap '' TTIN; {words} & wait -f %1; echo ended $?"])
    child.expect(r"ended (\d+)")

    assert int(child.match[1]) == 2
    assert "can't be read from the background" in child.before
    assert "crashed" not in child.before
    assert server.posts(order) == 0


def test_started_with_ctrl_c_ignored_it_goes_on_ignoring_it(live: Vsms, server: FaultServer) -> None:
    orders = [server.add_order() for _ in range(3)]
    server.latency = 0.4
    child = subprocess.Popen(
        live.command("orders", "cancel", *orders, "--yes", "--json"),
        env=live.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),  # noqa: PLW1509 - no thread of ours is running
    )
    time.sleep(0.5)
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=30)

    assert child.returncode == 0
    assert [row["outcome"] for row in json.loads(out)] == ["cancelled"] * 3


@pytest.mark.parametrize(
    "command", [["--help"], ["orders", "--help"], ["orders", "cancel", "--help"], ["help", "doctor"]]
)
def test_help_needs_no_docstrings(vsms: Vsms, command: list[str]) -> None:
    done = vsms.process(*command, env={"PYTHONOPTIMIZE": "2"})

    assert done.code == 0
    assert "None" not in done.out
    assert "Usage:" in done.out


def test_a_crash_asks_for_the_doctor_and_names_no_vendor(vsms: Vsms, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import httpx\nhttpx.Client = None\n")
    done = vsms.process(
        "balance",
        env={
            "PYTHONPATH": str(tmp_path),
            "VSMS_TOKEN": "vsms_0123456789",
            "VSMS_BASE_URL": "http://127.0.0.1:9/",
        },
    )

    assert done.code == 1
    assert "crashed: TypeError" in done.err
    assert "not the vendor's" in done.err
    assert "`vsms doctor`" in done.err
    assert "support@" not in done.err
    assert os.sep + "vsms_cli" + os.sep not in done.err


def test_ctrl_z_in_watch_suspends_it_and_fg_brings_it_back(
    live: Vsms, server: FaultServer, terminal: Terminal
) -> None:
    order = server.add_order()
    words = " ".join(live.command("orders", "watch"))
    child = terminal(program=["bash", "--norc", "-i"], PS1="ready> ")
    child.expect_exact("ready> ")
    child.sendline(words)
    child.expect("1 order waiting")
    child.send("c")
    child.expect_exact("[y/N]")
    child.send("\x1a")
    child.expect_exact("ready> ")
    assert "\x1b[?1049l" in child.before
    child.sendline("stty -a | grep -o ' [-]*echo '; fg")
    child.expect(r" echo")
    child.expect_exact("[y/N]")  # the question still stands
    child.send("n")
    child.expect("not cancelled")
    child.send("\x1c")  # Ctrl-\ leaves, and the terminal is as it was
    child.expect_exact("ready> ")
    child.sendline("echo code $?")
    child.expect(r"code (\d+)")
    assert int(child.match[1]) == 0
    assert server.status(order) == "waiting"


def test_watch_sent_to_the_background_waits_until_it_is_in_front(
    live: Vsms, server: FaultServer, terminal: Terminal
) -> None:
    server.add_order()
    words = " ".join(live.command("orders", "watch"))
    child = terminal(program=["bash", "--norc", "-i"], PS1="ready> ")
    child.expect_exact("ready> ")
    child.sendline(f"{words} &")
    child.expect_exact("ready> ")
    child.sendline("sleep 1; jobs; fg")
    child.expect("Running")
    child.expect("1 order waiting")
    child.send("q")
    child.expect_exact("ready> ")


def test_where_no_thread_can_be_started_every_order_is_told(
    live: Vsms, server: FaultServer, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import threading\n"
        "def start(self):\n"
        '    raise RuntimeError("can\'t start new thread")\n'
        "threading.Thread.start = start\n"
    )
    orders = [server.add_order() for _ in range(3)]
    done = live.process("orders", "cancel", *orders, "--yes", "--json", env={"PYTHONPATH": str(tmp_path)})

    assert done.code == 1
    assert [row["outcome"] for row in done.json] == ["skipped"] * 3
    assert "no more threads" in done.err
    assert "0 of 3 orders cancelled; 3 skipped" in done.err
    assert live("journal", "list", "--unresolved", "--json").json == []


def test_where_there_is_no_memory_it_says_so(live: Vsms, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import vsms_cli.store.config_file as config\n"
        "def read(path):\n"
        "    raise MemoryError\n"
        "config.read_config = read\n"
    )
    done = live.process("balance", env={"PYTHONPATH": str(tmp_path)})

    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("vsms: there is not enough memory")


def test_an_argument_that_is_no_text_is_refused(live: Vsms, server: FaultServer) -> None:
    order = server.add_order(status="completed")
    words = ["orders", "refund", order, "--reason", "other", "--note", "\udcff\udcfe", "--yes"]
    done = live.process(*words)

    assert (done.code, "bytes that are no text" in done.err) == (2, True)
    assert server.requests == []
