"""A damaged journal gives its name to the next one: killed at any step, and beside processes that have it open."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from vsms_cli.domain.errors import JournalDamaged
from vsms_cli.domain.tickets import Operation, Ticket
from vsms_cli.store import journal_damage
from vsms_cli.store.journal import JournalFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOST = "virtualsms.test"
MOST_STEPS = 40

PREAMBLE = """
import os, signal, sys
from pathlib import Path
from vsms_cli.domain.errors import JournalDamaged
from vsms_cli.domain.tickets import Operation
from vsms_cli.store.journal import JournalFile
journal = JournalFile(Path(sys.argv[1]), host="virtualsms.test")
"""
WRITER = """
for line in sys.stdin:
    print(journal.begin(Operation.CANCEL, line.strip(), price=None, time_limit=30.0).idempotency_key, flush=True)
"""
READER = """
for line in sys.stdin:
    print(len(journal.entries()), flush=True)
"""
# Killed right before whatever it does to a name the nth time; `sqlite3.connect` stands for what SQLite does itself.
KILLED = """
at, links, step = int(sys.argv[2]), sys.argv[3] == "links", 0
def before(event, args):
    global step
    if event == "os.link" and not links:
        raise PermissionError("no links here")
    if event in {"os.link", "os.rename", "os.remove", "sqlite3.connect"}:
        step += 1
        if step == at:
            os.kill(os.getpid(), signal.SIGKILL)
try:
    journal.check()
except JournalDamaged:
    sys.addaudithook(before)
    journal.keep_aside()
"""


class Other:
    """Another process that has the journal open, and does one thing for each word it is told."""

    def __init__(self, path: Path, code: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", PREAMBLE + code, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, word: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()

    def answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def __call__(self, word: str) -> str:
        self.tell(word)
        said = self.answer()
        assert said, "it crashed"
        return said

    def end(self) -> None:
        self._process.communicate(timeout=30)


@contextmanager
def other(path: Path, code: str = WRITER) -> Iterator[Other]:
    process = Other(path, code)
    try:
        yield process
    finally:
        process.end()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def written(path: Path, count: int = 20) -> list[Ticket]:
    journal = JournalFile(path, host=HOST)
    tickets = [
        journal.begin(Operation.CANCEL, f"order-{number}", price=None, time_limit=30.0)
        for number in range(count)
    ]
    journal.shut()
    return tickets


def spoil(path: Path) -> None:
    """Damage that is in nobody's way who only writes."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("UPDATE events SET at = 'x' WHERE entry = 5")


def kept_aside(path: Path) -> list[Path]:
    return [file for file in path.parent.glob("*.damaged-*") if not file.name.endswith(("-wal", "-shm"))]


def keys(path: Path) -> set[str]:
    """As the next command finds them, after `journal resolve` where it is damaged still."""
    journal = JournalFile(path, host=HOST)
    try:
        journal.check()
    except JournalDamaged:
        journal.keep_aside()
        journal.check()
    found = {entry.idempotency_key for entry in journal.entries()}
    journal.shut()
    return found


@pytest.mark.parametrize("links", ["links", "copies"])
def test_killed_at_any_step_it_loses_no_entry_of_anybody_s(tmp_path: Path, links: str) -> None:
    for step in range(1, MOST_STEPS):
        path = tmp_path / str(step) / "journal.db"
        intents = {ticket.idempotency_key for ticket in written(path)}
        with other(path) as writer:
            intents.add(writer("in the -wal alone"))
            spoil(path)

            done = subprocess.run(
                [sys.executable, "-c", PREAMBLE + KILLED, str(path), str(step), links], check=False
            )

            assert path.exists(), step
            assert done.returncode in {0, -signal.SIGKILL}
            if step % 2:  # the one that has it open may be the next that comes
                intents.add(writer("between the kill and the next attempt"))
            assert keys(path) == intents, step
            intents.add(writer("afterwards"))
            assert keys(path) == intents, step
        assert keys(path) == intents, "it took nothing with it at its end"
        names = {file.name for file in path.parent.iterdir() if ".damaged-" not in file.name}
        assert names == {"journal.db", "journal.claims"}
        asides = kept_aside(path)
        assert len(asides) == 1 or links == "copies"
        for aside in asides:
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
    intents = {ticket.idempotency_key for ticket in written(path, 120)}
    with closing(sqlite3.connect(path)) as db:
        (root,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'events'").fetchone()
        (size,) = db.execute("PRAGMA page_size").fetchone()
    top = path.read_bytes()[(root - 1) * size : root * size]
    assert top[0] == 5, "the events need an inner page"
    cell = int.from_bytes(top[12:14], "big")
    first_leaf = int.from_bytes(top[cell : cell + 4], "big")
    with other(path) as writer, other(path, READER) as reader:
        intents.add(writer("in the -wal alone"))
        assert reader("how many") == "121"
        with path.open("r+b") as file:
            file.seek((first_leaf - 1) * size)
            file.write(b"\xff" * 200)

        assert keys(path) == intents

        (aside,) = kept_aside(path)
        assert aside.with_name(f"{aside.name}-wal").stat().st_size > 0
        assert reader("how many") == "121"
        intents.add(writer("afterwards"))
        assert reader("how many") == "122"
    assert keys(path) == intents


def test_who_has_the_old_one_open_goes_on_in_the_new_one(path: Path) -> None:
    intents = {ticket.idempotency_key for ticket in written(path)}
    mine = JournalFile(path, host=HOST)
    with other(path) as writer, other(path, READER) as reader:
        intents.add(writer("before"))
        assert reader("how many") == "21"
        spoil(path)
        with pytest.raises(JournalDamaged):
            mine.check()
        mine.keep_aside()

        intents.add(writer("afterwards"))

        assert {entry.idempotency_key for entry in mine.entries()} == intents
        assert reader("how many") == "22"
    mine.shut()
    assert keys(path) == intents


def test_no_intent_slips_in_between_the_reading_and_the_exchange(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    intents = {ticket.idempotency_key for ticket in written(path)}
    with other(path) as writer, other(path) as newcomer, other(path, READER) as reader:
        intents.add(writer("before"))
        spoil(path)
        mine = JournalFile(path, host=HOST)
        with pytest.raises(JournalDamaged):
            mine.check()
        take_over = journal_damage.take_over

        def slow(damaged: Path, new: Path) -> tuple[int, int]:
            found = take_over(damaged, new)
            writer.tell("between")
            newcomer.tell("between, and opens it just then")
            reader.tell("how many")
            time.sleep(0.5)
            return found

        monkeypatch.setattr(journal_damage, "take_over", slow)
        assert mine.keep_aside().entries == 21

        intents |= {writer.answer(), newcomer.answer()}
        assert int(reader.answer()) >= 21
        assert {entry.idempotency_key for entry in mine.entries()} == intents
        mine.shut()
    assert keys(path) == intents


def test_what_nobody_can_read_gives_its_name_to_an_empty_one(path: Path) -> None:
    path.write_bytes(b"garbage" * 1000)
    assert keys(path) == set()
    assert path.exists()
    (aside,) = kept_aside(path)
    assert aside.read_bytes() == b"garbage" * 1000


def test_two_in_one_second_have_names_of_their_own(path: Path) -> None:
    for content in (b"one", b"two", b"three"):
        path.write_bytes(content * 1000)
        keys(path)
        for end in ("-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)
    assert {file.read_bytes()[:5] for file in kept_aside(path)} == {b"oneon", b"twotw", b"three"}


def test_a_new_one_that_was_left_without_the_name_gets_it(path: Path) -> None:
    """What a kill left before the name was never without a file: the damaged one moved away, the new one whole."""
    intents = {ticket.idempotency_key for ticket in written(path)}
    path.rename(path.with_name("journal.db.new"))
    for use in (READER, WRITER):
        with other(path, use) as process:
            process("anything")
    assert intents < keys(path)
    assert len(keys(path)) == 21


def test_the_new_one_is_its_owner_s_alone(path: Path) -> None:
    path.write_bytes(b"garbage")
    keys(path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_journal_that_is_removed_meanwhile_is_made_anew(path: Path) -> None:
    written(path)
    mine = JournalFile(path, host=HOST)
    assert len(mine.entries()) == 20
    for end in ("", "-wal", "-shm"):
        os.unlink(f"{path}{end}")  # noqa: PTH108 - as a shell does
    assert mine.entries() == []
    mine.begin(Operation.CANCEL, "x", price=None, time_limit=30.0)
    assert len(mine.entries()) == 1
    mine.shut()
    assert len(keys(path)) == 1


def test_what_came_of_an_intent_whose_row_was_lost_is_written_to_no_other_one(path: Path) -> None:
    mine = JournalFile(path, host=HOST)
    lost = mine.begin(Operation.CANCEL, "lost", price=None, time_limit=30.0)
    failed = mine.begin(Operation.REFUND, "lost too", price=None, time_limit=30.0)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("UPDATE entries SET operation = 'buy'")
    with pytest.raises(JournalDamaged):
        mine.check()
    assert mine.keep_aside().entries == 0
    other_one = mine.begin(Operation.CANCEL, "other", price=None, time_limit=30.0)
    assert other_one.entry == lost.entry

    mine.note(lost, "sent again", in_doubt=True)
    mine.close(lost, "cancelled")
    mine.close(failed, "requested", reference="r")

    found = {
        entry.order_id: (entry.idempotency_key, entry.outcome, entry.in_doubt) for entry in mine.entries()
    }
    assert found == {
        "other": (other_one.idempotency_key, None, False),
        "lost": (lost.idempotency_key, "cancelled", True),
        "lost too": (failed.idempotency_key, "requested", False),
    }
    assert [event.what for event in mine.story(other_one.entry)] == ["intended to cancel"]
    assert mine.last_refund_request("lost too") is not None
    mine.check()
    mine.shut()
