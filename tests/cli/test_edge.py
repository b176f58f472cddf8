"""The process's edge: crashes, closed streams, signals, and surroundings with nothing in them."""

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from support.fault_server import FaultServer
from support.vsms import Vsms

SECRET = "vsms_0123456789abcdef0123456789abcdef"
# Python imports this before anything else: what breaks is the system's, nothing of ours is named.
BROKEN_SYSTEM = """
import hashlib
def sha256(*given, **named):
    secret = given
    raise RuntimeError("of the system: " + repr(given))
hashlib.sha256 = sha256
"""
NOBODY = """
import pwd
def getpwuid(number):
    raise KeyError("no such user")
pwd.getpwuid = getpwuid
"""


def shell(vsms: Vsms, script: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """A script in which `vsms` is ours."""
    program = " ".join(f"'{word}'" for word in vsms.command())
    return subprocess.run(
        ["bash", "-c", f'vsms() {{ {program} "$@"; }}\n{script}'],
        env=vsms.environment(env),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("as_json", [False, True])
def test_a_crash_is_one_line_with_no_traceback_and_no_local_variable(
    live: Vsms, empty_path: Path, *, as_json: bool
) -> None:
    (empty_path / "sitecustomize.py").write_text(BROKEN_SYSTEM)
    options = ["--json"] if as_json else []
    done = live.process("balance", *options, env={"PYTHONPATH": str(empty_path)})
    assert (done.code, done.out) == (1, "")
    assert "crashed: RuntimeError in sitecustomize.py:5 (vsms " in done.err
    assert "with the output of `vsms doctor`" in done.err
    assert "Traceback" not in done.err
    assert SECRET not in done.err
    assert len(done.err.splitlines()) == (1 if as_json else 2)


def test_a_corrupt_sandbox_is_an_error_and_no_traceback(vsms: Vsms) -> None:
    vsms.state_dir.mkdir()
    (vsms.state_dir / "sandbox.db").write_bytes(b"not a database" * 500)
    done = vsms.sandbox("orders", "list")
    assert (done.code, done.out) == (1, "")
    assert "crashed" not in done.err
    assert "`vsms sandbox reset` keeps it aside and begins a new one" in done.err
    reset = vsms("sandbox", "reset")
    assert (reset.code, "it is kept as sandbox.db.broken" in reset.err) == (0, True)
    assert len(vsms.sandbox("orders", "list", "-q").lines) == 10


@pytest.mark.parametrize("redirection", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_closed_streams_end_no_read_with_a_traceback(vsms: Vsms, redirection: str) -> None:
    done = shell(vsms, f"vsms --sandbox orders list -q {redirection}; echo code $? >/dev/stderr")
    assert f"code {141 if '>&-' in redirection.split() else 0}" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize("words", ["--version", "--help", "orders cancel -h", "--sandbox orders list --all"])
def test_a_reader_that_leaves_is_141_and_no_word(vsms: Vsms, words: str) -> None:
    done = shell(vsms, f"{{ sleep 0.3; vsms {words}; echo code $? >&2; }} | true")
    assert done.stderr.replace("sandbox: no network, no token, no money\n", "") == "code 141\n"


def test_a_full_disk_under_stdout_is_said(vsms: Vsms) -> None:
    done = shell(vsms, "vsms --sandbox orders list >/dev/full")
    assert done.returncode == 1
    assert "stdout can't be written: No space left on device" in done.stderr


@pytest.mark.parametrize("line", ["vsms --help", "vsms orders cancel --help", "vsms help scripting"])
def test_help_on_a_full_disk_is_no_crash(vsms: Vsms, line: str) -> None:
    done = shell(vsms, f"{line} >/dev/full")
    assert done.returncode == 1
    assert "stdout can't be written: No space left on device" in done.stderr
    assert "crashed" not in done.stderr


@pytest.mark.parametrize("reader", [">&-", "| head -1 >/dev/null", "| true"])
def test_a_bulk_cancel_whose_reader_leaves_accounts_for_every_order(
    live: Vsms, server: FaultServer, reader: str
) -> None:
    server.latency = 0.05
    orders = [server.add_order() for _ in range(30)]
    done = shell(live, f"set -o pipefail; vsms orders cancel --all --yes {reader}")
    assert done.returncode == 141
    assert "Traceback" not in done.stderr
    sent = {request.order_id for request in server.requests if request.method == "POST"}
    assert len(sent) < len(orders)
    journal = {row["order_id"]: row["outcome"] for row in live("journal", "list", "--json").json}
    assert journal == {order: "cancelled" if order in sent else "skipped" for order in orders}
    assert live("journal", "list", "--unresolved").out == ""
    assert {order for order in orders if server.status(order) == "cancelled"} == sent
    assert f"{len(orders) - len(sent)} skipped" in done.stderr


def test_a_closed_stderr_keeps_nothing_from_being_cancelled(live: Vsms, server: FaultServer) -> None:
    order = server.add_order()
    done = shell(live, "vsms orders cancel --all --yes -q 2>&-")
    assert (done.returncode, done.stdout) == (0, f"{order}\n")
    assert shell(live, "vsms orders cancel --all 2>&-").returncode == 2


def test_ids_from_a_closed_stdin_are_refused(live: Vsms, server: FaultServer) -> None:
    done = shell(live, "vsms orders cancel - --yes <&-; vsms auth login --with-token <&-")
    assert done.returncode == 2
    assert "- reads ids from stdin, which is closed" in done.stderr
    assert "--with-token reads the token from stdin, which is closed" in done.stderr
    assert server.requests == []


def test_stdin_that_is_no_text_is_refused(live: Vsms, server: FaultServer) -> None:
    done = shell(live, r"printf '\xff\xfe\x00' | vsms orders cancel - --yes", LC_ALL="C.UTF-8")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert server.requests == []


@pytest.mark.parametrize("args", [("balance",), ("orders", "list"), ("auth", "status"), ("journal", "list")])
def test_with_no_home_and_no_passwd_entry_it_works_or_says_why(
    args: tuple[str, ...], server: FaultServer, empty_path: Path
) -> None:
    (empty_path / "sitecustomize.py").write_text(NOBODY)
    variables = [f"VSMS_TOKEN={server.token}", f"VSMS_BASE_URL={server.base_url}", f"PYTHONPATH={empty_path}"]
    done = subprocess.run(
        ["env", "-i", *variables, *Vsms.command(*args)],
        capture_output=True, text=True, timeout=60, check=False, cwd="/",
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    if args[0] == "journal":
        assert done.returncode == 2
        assert "VSMS_STATE_DIR" in done.stderr
    else:
        assert done.returncode == 0, done.stderr


def test_with_no_home_nothing_that_moves_money_is_sent(server: FaultServer, empty_path: Path) -> None:
    order = server.add_order()
    (empty_path / "sitecustomize.py").write_text(NOBODY)
    variables = [f"VSMS_TOKEN={server.token}", f"VSMS_BASE_URL={server.base_url}", f"PYTHONPATH={empty_path}"]
    done = subprocess.run(
        ["env", "-i", *variables, *Vsms.command("orders", "cancel", order, "--yes")],
        capture_output=True, text=True, timeout=60, check=False, cwd="/",
    )  # fmt: skip
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "VSMS_STATE_DIR" in done.stderr
    assert server.posts() == 0


def started(vsms: Vsms, *args: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        vsms.command(*args), env=vsms.environment(), stdin=subprocess.DEVNULL, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def until_posted(server: FaultServer, count: int) -> None:
    end = time.monotonic() + 20
    while server.posts() < count and time.monotonic() < end:
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_the_first_signal_lets_what_is_under_way_finish_and_skips_the_rest(
    live: Vsms, server: FaultServer, number: signal.Signals, code: int
) -> None:
    server.latency = 0.3
    orders = [server.add_order() for _ in range(25)]
    run = started(live, "orders", "cancel", *orders, "--yes", "-o", "tsv")
    until_posted(server, 3)
    run.send_signal(number)
    out, err = run.communicate(timeout=20)
    assert run.returncode == code
    outcomes = {line.split("\t")[0]: line.split("\t")[1] for line in out.splitlines()}
    assert set(outcomes) == set(orders)
    assert set(outcomes.values()) == {"cancelled", "skipped"}
    done = {order for order, outcome in outcomes.items() if outcome == "cancelled"}
    assert done == {order for order in orders if server.status(order) == "cancelled"}
    assert server.posts() == len(done)
    assert f"{len(done)} of 25 orders cancelled" in err
    assert f"{25 - len(done)} skipped" in err
    left = [order for order, outcome in outcomes.items() if outcome == "skipped"]
    again = f"vsms orders cancel {' '.join(left)}" if len(left) <= 20 else "the same command again"
    assert f"next: {again}" in err
    assert "Traceback" not in err


def test_the_second_signal_ends_at_once_and_the_journal_can_be_resolved(
    live: Vsms, server: FaultServer
) -> None:
    order = server.add_order()
    server.fault("cancel", "slow", seconds=3, when="after")
    live.env["VSMS_TIMEOUT"] = "20"
    run = started(live, "orders", "cancel", order, "--yes")
    until_posted(server, 1)
    begun = time.monotonic()
    run.send_signal(signal.SIGINT)
    time.sleep(0.3)
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=20)
    assert run.returncode == 130
    assert time.monotonic() - begun < 2.5
    assert "Traceback" not in err
    assert [row["outcome"] for row in live("journal", "list", "--json").json] == ["unfinished"]
    live.env["VSMS_TIMEOUT"] = "0.5"
    done = live("journal", "resolve", "--json")
    assert (done.code, done.json[0]["outcome"]) == (0, "cancelled")
    assert server.posts(order) == 1


def test_ctrl_c_during_a_read_is_130_and_one_word(live: Vsms, server: FaultServer) -> None:
    server.fault("balance", "timeout", times=None)
    live.env["VSMS_TIMEOUT"] = "10"
    run = started(live, "balance")
    end = time.monotonic() + 20
    while not server.requests and time.monotonic() < end:
        time.sleep(0.02)
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=20)
    server.release()
    assert (run.returncode, out) == (130, "")
    assert err.strip() == "ended by Ctrl-C"


def until_asked(server: FaultServer, operation: str, count: int) -> None:
    deadline = time.monotonic() + 20
    while sum(request.operation == operation for request in server.requests) < count:
        assert time.monotonic() < deadline, server.requests
        time.sleep(0.02)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ended_while_the_ledger_is_read_tells_what_was_cancelled(
    live: Vsms, server: FaultServer, number: signal.Signals, code: int
) -> None:
    orders = [server.add_order() for _ in range(3)]
    server.fault("transactions", "timeout", times=None)
    live.env["VSMS_TIMEOUT"] = "20"
    run = started(live, "orders", "cancel", *orders, "--yes", "--verify", "--json")
    until_asked(server, "transactions", 1)
    run.send_signal(number)
    out, err = run.communicate(timeout=20)
    server.release()
    assert run.returncode == code, err
    assert [(row["id"], row["outcome"], row["verified"]) for row in json.loads(out)] == [
        (order, "cancelled", None) for order in orders
    ]
    assert "ended before the refunds were compared with the ledger" in err
    assert "3 of 3 orders cancelled, $2.40 returned" in err


def test_ended_while_the_next_page_is_listed_tells_the_pages_before(live: Vsms, server: FaultServer) -> None:
    for _ in range(202):
        server.add_order()
    server.fault("orders", "timeout", skip=1, times=None)
    live.env["VSMS_TIMEOUT"] = "20"
    run = started(live, "orders", "cancel", "--all", "--yes", "--json")
    until_asked(server, "orders", 2)
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=20)
    server.release()
    assert run.returncode == 130, err
    assert [row["outcome"] for row in json.loads(out)] == ["cancelled"] * 200
    assert "200 of 200 orders cancelled" in err
