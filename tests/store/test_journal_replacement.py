"""A damaged journal is replaced: killed at any step, and beside processes that have it open."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from vsms_cli.domain.errors import JournalDamaged, JournalUnusable
from vsms_cli.domain.tickets import Operation
from vsms_cli.store import journal_database, journal_repair, paths
from vsms_cli.store.journal import JournalFile

if TYPE_CHECKING:
    from pathlib import Path

HOST = "virtualsms.test"
MOST_STEPS = 40

PREAMBLE = """
import os, signal, sys
from pathlib import Path
from vsms_cli.domain.errors import JournalDamaged, JournalUnusable
from vsms_cli.domain.tickets import Operation
from vsms_cli.store.journal import JournalFile
journal = JournalFile(Path(sys.argv[1]), host="virtualsms.test")
"""
# A process that ends without closing the file: its entry is in the -wal alone.
WRITER = """
print(journal.begin(Operation.CANCEL, sys.argv[2], price=None, time_limit=30.0).idempotency_key, flush=True)
os._exit(0)
"""
HOLDER = """
for line in sys.stdin:
    print(journal.begin(Operation.CANCEL, line.strip(), price=None, time_limit=30.0).idempotency_key, flush=True)
"""
SPOILER = """
import os, sqlite3, sys
sqlite3.connect(sys.argv[1], isolation_level=None).execute("UPDATE events SET at = 'x' WHERE entry = 5")
os._exit(0)
"""
# Killed right before whatever it does to a name the nth time; `sqlite3.connect` stands for what SQLite does itself.
KILLED = """
at, step = int(sys.argv[2]), 0
def before(event, args):
    global step
    if event in {"os.rename", "os.remove", "sqlite3.connect"}:
        step += 1
        if step == at:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(before)
journal.repair()
"""


def write(path: Path, order_id: str) -> str:
    command = [sys.executable, "-c", PREAMBLE + WRITER, str(path), order_id]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def written(path: Path, count: int = 20) -> set[str]:
    """The idempotency keys of new entries."""
    journal = JournalFile(path, host=HOST)
    tickets = [
        journal.begin(Operation.CANCEL, f"order-{number}", price=None, time_limit=30.0)
        for number in range(count)
    ]
    journal.close_file()
    return {ticket.idempotency_key for ticket in tickets}


def spoil(path: Path) -> None:
    """Damage that is in nobody's way who only writes; what stands in the -wal stays there."""
    subprocess.run([sys.executable, "-c", SPOILER, str(path)], check=True)


def quarantined(path: Path) -> list[Path]:
    return [file for file in path.parent.glob("*.damaged-*") if not file.name.endswith(("-wal", "-shm"))]


def keys(path: Path) -> set[str]:
    """As the next command finds them, after `journal resolve` where it is damaged still."""
    journal = JournalFile(path, host=HOST)
    try:
        journal.check()
    except JournalDamaged:
        journal.repair()
        journal.check()
    found = {entry.idempotency_key for entry in journal.entries()}
    journal.close_file()
    return found


def test_killed_at_any_step_it_loses_no_entry_of_anybody_s(tmp_path: Path) -> None:
    for step in range(1, MOST_STEPS):
        path = tmp_path / str(step) / "journal.db"
        intents = written(path)
        intents.add(write(path, "in the -wal alone"))
        spoil(path)
        assert path.with_name("journal.db-wal").stat().st_size

        command = [sys.executable, "-c", PREAMBLE + KILLED, str(path), str(step)]
        done = subprocess.run(command, check=False)

        assert done.returncode in {0, -signal.SIGKILL}
        if step % 2:  # the next that comes may be one that writes
            intents.add(write(path, "between the kill and the next attempt"))
        assert keys(path) == intents, step
        intents.add(write(path, "afterwards"))
        assert keys(path) == intents, step
        names = {file.name for file in path.parent.iterdir() if ".damaged-" not in file.name}
        assert names == {"journal.db", "journal.claims"}
        (aside,) = quarantined(path)
        with closing(sqlite3.connect(aside)) as db:
            assert db.execute("SELECT count(*) FROM events WHERE at = 'x'").fetchone() == (1,)
            assert db.execute("SELECT count(*) FROM entries").fetchone()[0] >= 21
        if done.returncode == 0:
            break
    else:
        pytest.fail("it never came to its end")
    assert step > 8


def test_a_page_that_is_gone_and_entries_in_the_log_alone(path: Path) -> None:
    """The -wal of the damaged one must neither be lost nor be played into the new one."""
    intents = written(path, 120)
    with closing(sqlite3.connect(path)) as db:
        (root,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'events'").fetchone()
        (size,) = db.execute("PRAGMA page_size").fetchone()
    top = path.read_bytes()[(root - 1) * size : root * size]
    assert top[0] == 5, "the events need an inner page"
    cell = int.from_bytes(top[12:14], "big")
    first_leaf = int.from_bytes(top[cell : cell + 4], "big")
    intents.add(write(path, "in the -wal alone"))
    with path.open("r+b") as file:
        file.seek((first_leaf - 1) * size)
        file.write(b"\xff" * 200)

    assert keys(path) == intents

    intents.add(write(path, "afterwards"))
    assert keys(path) == intents


def test_it_is_not_replaced_while_another_process_has_it_open(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_database, "_PATIENCE_TO_REPAIR_S", 0.1)
    intents = written(path)
    holder = subprocess.Popen(
        [sys.executable, "-c", PREAMBLE + HOLDER, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip

    def hold(order_id: str) -> str:
        assert holder.stdin is not None
        assert holder.stdout is not None
        holder.stdin.write(f"{order_id}\n")
        holder.stdin.flush()
        return holder.stdout.readline().strip()

    intents.add(hold("before"))
    spoil(path)
    mine = JournalFile(path, host=HOST)
    with pytest.raises(JournalUnusable, match="another vsms is running"):
        mine.repair()
    assert quarantined(path) == []
    intents.add(hold("meanwhile"))
    holder.communicate(timeout=30)

    assert mine.repair().entries == 22
    assert {entry.idempotency_key for entry in mine.entries()} == intents
    mine.close_file()


def test_who_comes_while_it_is_replaced_waits_and_writes_into_the_new_one(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    intents = written(path)
    spoil(path)
    sync_dir, newcomers = paths.sync_dir, list[subprocess.Popen[str]]()

    def slow(directory: Path) -> None:
        """The moments between the steps."""
        command = [sys.executable, "-c", PREAMBLE + WRITER, str(path), f"newcomer-{len(newcomers)}"]
        newcomers.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        time.sleep(0.3)
        sync_dir(directory)

    monkeypatch.setattr(journal_repair, "sync_dir", slow)
    mine = JournalFile(path, host=HOST)
    assert mine.repair().entries == 20

    assert len(newcomers) == 3
    intents |= {newcomer.communicate(timeout=30)[0].strip() for newcomer in newcomers}
    assert {entry.idempotency_key for entry in mine.entries()} == intents
    mine.close_file()


def test_what_nobody_can_read_is_replaced_by_an_empty_one(path: Path) -> None:
    path.write_bytes(b"garbage" * 1000)
    assert keys(path) == set()
    assert path.stat().st_mode & 0o777 == 0o600
    (aside,) = quarantined(path)
    assert aside.read_bytes() == b"garbage" * 1000


def test_each_has_a_name_of_its_own_in_quarantine(path: Path) -> None:
    for content in (b"one", b"two", b"three"):
        path.write_bytes(content * 1000)
        keys(path)
    assert {file.read_bytes()[:5] for file in quarantined(path)} == {b"oneon", b"twotw", b"three"}


def test_no_intent_goes_into_a_file_that_somebody_removed(path: Path) -> None:
    written(path)
    mine = JournalFile(path, host=HOST)
    assert len(mine.entries()) == 20
    for end in ("", "-wal", "-shm"):
        os.unlink(f"{path}{end}")  # noqa: PTH108 - as a shell does
    with pytest.raises(JournalUnusable, match="was removed or replaced"):
        mine.begin(Operation.CANCEL, "x", price=None, time_limit=30.0)
    mine.close_file()
    assert len({write(path, "x")} & keys(path)) == 1
