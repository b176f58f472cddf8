"""Rows 31 and 32: a state directory that takes nothing, and a journal that is none. No intent on disk, no POST."""

import contextlib
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.fault_server import FaultServer
from support.vsms import Done, Vsms


@pytest.fixture
def service(vsms: Vsms) -> Iterator[FaultServer]:
    with FaultServer(pays_again=True) as server:
        vsms.env |= {"VSMS_TOKEN": server.token, "VSMS_BASE_URL": server.base_url, "VSMS_TIMEOUT": "1"}
        yield server


def nothing_was_sent(vsms: Vsms, service: FaultServer, done: Done, order: str) -> None:
    assert done.code == 1, done.err
    assert service.posts(order) == 0
    assert "Traceback" not in done.err
    assert vsms("balance").code == 0, "a read works all the same"


def test_a_state_directory_that_can_not_be_is_said_before_anything_is_sent(
    vsms: Vsms, service: FaultServer, tmp_path: Path
) -> None:
    order = service.add_order()
    (tmp_path / "file").write_text("")
    vsms.env["VSMS_STATE_DIR"] = str(tmp_path / "file" / "state")

    done = vsms("orders", "cancel", order, "--yes")

    nothing_was_sent(vsms, service, done, order)
    assert "VSMS_STATE_DIR" in done.err


def test_a_full_disk_is_said_before_anything_is_sent(vsms: Vsms, service: FaultServer) -> None:
    """A quota: the kernel takes a part of what is written, then refuses the rest."""
    orders = [service.add_order() for _ in range(2)]
    assert vsms("orders", "cancel", orders[0], "--yes").code == 0
    less_than_a_page = 2000  # bytes

    def quota() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (less_than_a_page, less_than_a_page))

    done = subprocess.run(
        vsms.command("orders", "cancel", orders[1], "--yes", "--json"),
        # Python 3.11 takes a .pyc that was cut short by the quota for a whole one, and the next import fails on it.
        env=vsms.environment({"PYTHONDONTWRITEBYTECODE": "1"}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        preexec_fn=quota,
        check=False,
    )

    assert done.returncode == 1, done.stderr
    assert service.posts(orders[1]) == 0
    assert "free some space" in done.stderr
    assert vsms("journal", "list", "--json").json[0]["outcome"] == "cancelled", "what was there is whole"


@pytest.mark.parametrize("content", [b"garbage " * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_journal_refuses_until_it_is_kept_aside(
    vsms: Vsms, service: FaultServer, content: bytes
) -> None:
    order = service.add_order()
    vsms.state_dir.mkdir()
    journal = vsms.state_dir / "journal.db"
    journal.write_bytes(content)

    refused = vsms("orders", "cancel", order, "--yes")
    nothing_was_sent(vsms, service, refused, order)
    assert "`vsms journal resolve`" in refused.err
    assert journal.read_bytes() == content, "it is left as it is"

    resolved = vsms("journal", "resolve")
    assert resolved.code == 8
    (aside,) = vsms.state_dir.glob("journal.db.damaged-*")
    assert aside.read_bytes() == content
    assert str(aside) in resolved.err

    assert vsms("orders", "cancel", order, "--yes").code == 0
    assert service.times_paid(order) == 1


def test_damage_that_no_open_entry_shows_is_found_by_resolve_and_what_can_be_read_is_kept(
    vsms: Vsms, service: FaultServer
) -> None:
    done, asked = service.add_order(), service.add_order(status="completed")
    assert vsms("orders", "cancel", done, "--yes").code == 0
    service.fault("refund", "reset", when="before")
    assert vsms("orders", "refund", asked, "--reason", "code-rejected", "--yes").code == 8
    with contextlib.closing(sqlite3.connect(vsms.state_dir / "journal.db", isolation_level=None)) as db:
        db.execute("UPDATE entries SET refund_amount = 'zero' WHERE order_id = ?", (done,))
    assert "`vsms journal resolve`" in vsms("orders", "cancel", done, "--yes").err

    resolved = vsms("journal", "resolve")

    assert resolved.code == 8
    assert "2 entries could be read and taken over, 1 of them not resolved" in resolved.err
    again = vsms("orders", "cancel", done, "--yes", "--json")
    assert (again.code, again.json[0]["outcome"]) == (0, "already_cancelled")
    assert (
        vsms("orders", "refund", asked, "--reason", "code-rejected", "--yes", "--json").json[0]["outcome"]
        == "unknown"
    )
    assert (service.posts(done), service.posts(asked)) == (1, 1)


def test_a_damaged_journal_is_not_replaced_while_another_vsms_has_it_open(
    vsms: Vsms, service: FaultServer
) -> None:
    order = service.add_order(age_s=10)
    waiting = subprocess.Popen(
        vsms.command("orders", "cancel", order, "--yes", "--wait"),
        env=vsms.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not service.posts(order):
        assert waiting.poll() is None
        time.sleep(0.05)
    spoil = "import os, sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None);"
    spoil += " db.execute(\"UPDATE events SET at = 'x'\"); os._exit(0)"
    subprocess.run([sys.executable, "-c", spoil, vsms.state_dir / "journal.db"], check=True)

    refused = vsms("journal", "resolve")
    assert refused.code == 1
    assert "another vsms is running" in refused.err
    assert not list(vsms.state_dir.glob("*.damaged-*"))

    waiting.terminate()
    assert waiting.wait(30) == 143
    repaired = vsms("journal", "resolve")
    assert repaired.code == 8
    assert "1 entry could be read and taken over" in repaired.err


def test_a_torn_journal_is_noticed_and_nothing_is_sent(vsms: Vsms, service: FaultServer) -> None:
    orders = [service.add_order() for _ in range(2)]
    assert vsms("orders", "cancel", orders[0], "--yes").code == 0
    journal = vsms.state_dir / "journal.db"
    journal.write_bytes(journal.read_bytes()[:-700])

    done = vsms("orders", "cancel", orders[1], "--yes")

    nothing_was_sent(vsms, service, done, orders[1])
    assert "damaged" in done.err


@pytest.mark.parametrize(
    ("text", "words"),
    [("timeout = 'soon'\n", "line 1"), ("\nprofil = 'x'\n", "line 2"), ("a = [\n", "line")],
)
def test_a_broken_config_names_its_line(vsms: Vsms, service: FaultServer, text: str, words: str) -> None:
    vsms.config_dir.mkdir()
    (vsms.config_dir / "config.toml").write_text(text)

    done = vsms("balance")

    assert done.code == 2
    assert words in done.err
    assert service.requests == []
