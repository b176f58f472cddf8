"""The journal: on disk before anything is sent, whole whatever happens, and never guessed at."""

from __future__ import annotations

import ast
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import vsms_cli
from vsms_cli.domain.errors import JournalUnusable
from vsms_cli.domain.record_class import replace
from vsms_cli.domain.tickets import Operation, Ticket
from vsms_cli.store.journal import JournalFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ORDER = "7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11"
HOST = "virtualsms.test"

CHILD = """
import resource, sys
from pathlib import Path
from vsms_cli.domain.errors import JournalUnusable
from vsms_cli.domain.tickets import Operation
from vsms_cli.store.journal import JournalFile
journal = JournalFile(Path(sys.argv[1]), host="virtualsms.test")
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[JournalFile]:
    opened = JournalFile(path, host=HOST)
    yield opened
    opened.close_file()


def begin(journal: JournalFile, operation: Operation = Operation.CANCEL, order_id: str = ORDER) -> Ticket:
    return journal.begin(operation, order_id, price=Decimal("0.80"), time_limit=30.0)


def children(path: Path, code: str, count: int = 1) -> list[str]:
    """What each of these processes says; all at once."""
    command = [sys.executable, "-B", "-c", CHILD + code, str(path)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    said = [process.communicate(timeout=30)[0] for process in running]
    assert [process.returncode for process in running] == [0] * count
    return said


def test_nothing_is_made_before_the_first_intent(journal: JournalFile, path: Path) -> None:
    assert journal.entries() == []
    assert journal.entry(1) is None
    assert journal.events(1) == []
    assert journal.last_refund_request(ORDER) is None
    assert not path.parent.exists()


def test_an_intent_is_on_disk_when_its_ticket_is_handed_out(journal: JournalFile, path: Path) -> None:
    before = datetime.now(UTC)
    ticket = begin(journal)
    with sqlite3.connect(path) as other:
        rows = other.execute("SELECT order_id, idempotency_key, outcome, price FROM entries").fetchall()
    other.close()
    assert rows == [(ORDER, ticket.idempotency_key, None, "0.80")]
    (entry,) = journal.entries(unresolved=True)
    assert (entry.entry, entry.operation, entry.order_id, entry.host) == (1, Operation.CANCEL, ORDER, HOST)
    assert (entry.price, entry.outcome, entry.refund_amount, entry.unresolved) == (
        Decimal("0.80"),
        None,
        None,
        True,
    )
    assert before <= entry.at == entry.updated_at <= datetime.now(UTC) + timedelta(seconds=1)


def test_it_is_readable_to_its_owner_alone_with_all_its_companions(journal: JournalFile, path: Path) -> None:
    begin(journal)
    files = list(path.parent.iterdir())
    assert {file.name for file in files} == {
        "journal.db",
        "journal.db-wal",
        "journal.db-shm",
        "journal.claims",
    }
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_commit_waits_for_the_disk(journal: JournalFile) -> None:
    begin(journal)
    assert journal._database._db is not None  # a setting of the connection, which nothing shows
    assert journal._database._db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert journal._database._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_it_survives_being_opened_anew(journal: JournalFile, path: Path) -> None:
    ticket = begin(journal)
    journal.note(ticket, "the answer was lost")
    journal.close_file()
    journal.close_file()  # twice is fine
    again = JournalFile(path, host=HOST)
    (entry,) = again.entries(unresolved=True)
    assert JournalFile.ticket_of(entry) == ticket
    again.close(ticket, "cancelled", refund_amount=Decimal("0.80"), reference="r-1", detail="by reading")
    assert again.entries(unresolved=True) == []
    found = again.entry(ticket.entry)
    assert found is not None
    assert (found.outcome, found.refund_amount, found.reference, found.detail) == (
        "cancelled",
        Decimal("0.80"),
        "r-1",
        "by reading",
    )
    assert [event.what for event in again.events(ticket.entry)] == [
        "intended to cancel",
        "the answer was lost",
        "cancelled: by reading",
    ]
    again.close_file()


def test_unknown_stays_unresolved_and_every_other_outcome_does_not(journal: JournalFile) -> None:
    for outcome in ("unknown", "cancelled", "failed", "requested"):
        journal.close(begin(journal), outcome)
    begin(journal)
    assert [entry.outcome for entry in journal.entries(unresolved=True)] == ["unknown", None]
    assert len(journal.entries()) == 5


def test_each_intent_has_a_key_of_its_own_and_a_host_sees_its_own_entries(
    journal: JournalFile, path: Path
) -> None:
    keys = {begin(journal).idempotency_key for _ in range(20)}
    assert len(keys) == 20
    other = JournalFile(path, host="elsewhere.test")
    assert other.entries() == []
    assert other.entry(1) is None
    mine = begin(other)
    assert mine.entry == 21
    assert [entry.entry for entry in other.entries()] == [21]
    other.close_file()


@pytest.mark.parametrize(
    ("outcome", "counts"),
    [
        (None, True),
        ("unknown", True),
        ("requested", True),
        ("already_requested", True),
        ("failed", False),
        ("by_hand", False),
    ],
)
def test_the_last_refund_request_is_one_that_may_have_arrived(
    journal: JournalFile, outcome: str | None, *, counts: bool
) -> None:
    journal.close(begin(journal, Operation.CANCEL), "unknown")
    begin(journal, Operation.REFUND, ORDER.replace("7", "8"))
    ticket = begin(journal, Operation.REFUND)
    if outcome is not None:
        journal.close(ticket, outcome, reference="r-1")
    found = journal.last_refund_request(ORDER)
    assert (found is not None and found.entry == ticket.entry) is counts


def test_what_a_run_passed_over_is_accounted_for_and_stands_in_nobody_s_way(journal: JournalFile) -> None:
    others = [f"{number:08d}-0000-4000-8000-000000000000" for number in range(200)]
    journal.pass_over(
        Operation.CANCEL, [(ORDER, Decimal("0.80")), *((x, None) for x in others)], why="Ctrl-C"
    )
    journal.pass_over(Operation.REFUND, [(ORDER, None)], why="Ctrl-C")
    first, *rest = journal.entries()
    assert (first.order_id, first.outcome, first.price, first.detail, first.idempotency_key) == (
        ORDER, "skipped", Decimal("0.80"), "Ctrl-C", "",
    )  # fmt: skip
    assert [entry.order_id for entry in rest] == [*others, ORDER]
    assert [event.what for event in journal.events(first.entry)] == ["skipped: Ctrl-C"]
    assert journal.entries(unresolved=True) == []
    assert (journal.last_cancel(ORDER), journal.last_refund_request(ORDER)) == (None, None)


def test_all_are_passed_over_or_none(journal: JournalFile) -> None:
    with pytest.raises(JournalUnusable):
        journal.pass_over(Operation.CANCEL, [(ORDER, None), (None, None)], why="x")  # type: ignore[list-item] # what the table refuses
    assert journal.entries() == []


@pytest.mark.parametrize("price", ["NaN", "sNaN", "Infinity", "-Infinity", "-0.01"])
def test_a_price_that_is_none_is_not_written_and_the_journal_stays_whole(
    journal: JournalFile, price: str
) -> None:
    ticket = journal.begin(Operation.CANCEL, ORDER, price=Decimal(price), time_limit=30.0)
    journal.pass_over(Operation.CANCEL, [("other", Decimal(price))], why="x")
    assert [entry.price for entry in journal.entries()] == [None, None]
    journal.close(ticket, "cancelled", refund_amount=Decimal("NaN"))
    journal.check()


def test_nobody_to_pass_over_makes_no_journal(journal: JournalFile, path: Path) -> None:
    journal.pass_over(Operation.CANCEL, [], why="x")
    assert not path.exists()


def test_a_failure_inside_a_transaction_leaves_nothing_of_it(journal: JournalFile) -> None:
    ticket = begin(journal)
    with pytest.raises(JournalUnusable):
        journal.note(ticket, None)  # type: ignore[arg-type] # what the table refuses
    assert [event.what for event in journal.events(1)] == ["intended to cancel"]
    begin(journal)
    assert len(journal.entries()) == 2


TICKET = Ticket(entry=1, operation=Operation.CANCEL, order_id=ORDER, idempotency_key="k")
USES: dict[str, Callable[[JournalFile], object]] = {
    "begin": begin,
    "pass over": lambda j: j.pass_over(Operation.CANCEL, [(ORDER, None)], why="x"),
    "note": lambda j: j.note(TICKET, "x"),
    "close": lambda j: j.close(TICKET, "cancelled"),
    "entries": lambda j: j.entries(),
    "unresolved": lambda j: j.entries(unresolved=True),
    "entry": lambda j: j.entry(1),
    "story": lambda j: j.events(1),
    "last refund request": lambda j: j.last_refund_request(ORDER),
}


def refuses(path: Path, words: str) -> None:
    """Every use says so, and the file is left as it was."""
    before = path.read_bytes() if path.is_file() else None
    for name, use in USES.items():
        journal = JournalFile(path, host=HOST)
        with pytest.raises(JournalUnusable, match=words) as caught:
            use(journal)
        assert caught.value.hint, name
        assert str(path) in caught.value.message
        journal.close_file()
    assert before is None or path.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"garbage", b"\x00" * 4096, b"SQLite format 3\x00", b"\xff" * 10_000, b"x"]
)
def test_a_file_that_is_no_journal_is_refused_and_left_as_it_was(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(content)
    refuses(path, "damaged")


def test_another_program_s_database_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE precious (x)")
    db.close()
    refuses(path, "another program's database")


def test_a_newer_version_s_journal_is_refused_and_left_as_it_was(journal: JournalFile, path: Path) -> None:
    begin(journal)
    journal.close_file()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 3")
    db.close()
    refuses(path, "newer vsms")


VERSION_1 = """
CREATE TABLE entries (
    entry INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, host TEXT NOT NULL, operation TEXT NOT NULL,
    order_id TEXT NOT NULL, idempotency_key TEXT NOT NULL, price TEXT, outcome TEXT, refund_amount TEXT,
    reference TEXT, detail TEXT, updated_at TEXT NOT NULL
);
CREATE INDEX by_order ON entries (order_id);
CREATE INDEX by_unresolved ON entries (outcome) WHERE outcome IS NULL OR outcome = 'unknown';
CREATE TABLE events (entry INTEGER NOT NULL, at TEXT NOT NULL, what TEXT NOT NULL);
CREATE INDEX by_entry ON events (entry);
PRAGMA user_version = 1;
PRAGMA journal_mode = WAL;
INSERT INTO entries VALUES (1, '2026-05-24T12:00:00Z', 'virtualsms.test', 'cancel', 'o-1', 'key-1', '0.80',
    NULL, NULL, NULL, NULL, '2026-05-24T12:00:00Z');
INSERT INTO entries VALUES (2, '2026-05-24T12:00:00Z', 'virtualsms.test', 'refund', 'o-2', 'key-2', '0.80',
    'requested', NULL, 'r-1', NULL, '2026-05-24T12:00:01Z');
INSERT INTO events VALUES (1, '2026-05-24T12:00:00Z', 'intended to cancel');
"""


def version_1(path: Path) -> None:
    path.parent.mkdir()
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript(VERSION_1)
    db.close()


def test_a_journal_of_version_1_is_brought_up_to_date_in_place_and_keeps_all_it_held(
    journal: JournalFile, path: Path
) -> None:
    version_1(path)
    first, second = journal.entries()
    assert (first.order_id, first.idempotency_key, first.unresolved, first.in_doubt) == (
        "o-1",
        "key-1",
        True,
        False,
    )
    assert (second.outcome, second.reference) == ("requested", "r-1")
    assert [event.what for event in journal.events(1)] == ["intended to cancel"]
    assert begin(journal).entry == 3
    new = JournalFile(path.with_name("new.db"), host=HOST)
    begin(new)
    shapes = []
    for file in (path, path.with_name("new.db")):
        db = sqlite3.connect(file)
        shapes.append(
            (
                db.execute("PRAGMA user_version").fetchall(),
                db.execute("PRAGMA table_info(entries)").fetchall(),
                set(db.execute("SELECT name FROM sqlite_master")),
            )
        )
        db.close()
    new.close_file()
    assert shapes[0] == shapes[1], "as one that is made today"


def test_many_processes_that_meet_on_a_journal_of_version_1_all_write(
    journal: JournalFile, path: Path
) -> None:
    version_1(path)
    code = 'print(journal.begin(Operation.CANCEL, "x", price=None, time_limit=30.0).entry)'
    assert sorted(int(said) for said in children(path, code, count=5)) == list(range(3, 8))
    assert len(journal.entries()) == 7


def test_a_doubt_stays_until_it_is_settled_whatever_the_outcome(journal: JournalFile) -> None:
    ticket, other = begin(journal), begin(journal)
    journal.note(ticket, "the answer was lost", in_doubt=True)
    journal.note(ticket, "sent again")
    journal.close(ticket, "failed")
    journal.close(other, "failed")
    assert [entry.entry for entry in journal.in_doubt()] == [ticket.entry]
    found = journal.last_cancel(ORDER)
    assert found is not None
    assert (found.entry, found.unresolved, found.unsettled) == (ticket.entry, False, True)
    journal.close(ticket, "failed", settled=True)
    assert (journal.last_cancel(ORDER), list(journal.in_doubt())) == (None, [])


def test_an_open_swap_is_one_that_may_have_been_carried_out_unseen(journal: JournalFile) -> None:
    journal.close(begin(journal, Operation.CANCEL), "unknown")
    ticket = begin(journal, Operation.SWAP)
    opened = journal.open_swap(ORDER)
    assert opened is not None
    assert opened.entry == ticket.entry
    journal.note(ticket, "the answer was lost", in_doubt=True)
    journal.close(ticket, "failed")
    assert journal.open_swap(ORDER) is not None
    journal.close(ticket, "swapped", settled=True)
    assert journal.open_swap(ORDER) is None


DAY = 86400.0


@pytest.mark.parametrize(
    ("wall", "monotonic", "youngest", "oldest"),
    [
        (0, 0, 0, 10),
        (60, 60, 60, 70),
        (DAY, 60, 60, 70),  # the wall clock was corrected forward by a day
        (60, DAY, 60, 70),
        (-DAY, 60, 0, 0),  # or back
        (DAY, None, DAY, DAY + 10),  # version 1 wrote no monotonic time
        (-DAY, None, 0, 0),
    ],
)
def test_an_entry_is_as_young_as_either_clock_says(
    journal: JournalFile, wall: float, monotonic: float | None, youngest: float, oldest: float
) -> None:
    begin(journal)
    (entry,) = journal.entries()
    aged = replace(
        entry,
        updated_at=datetime.now(UTC) - timedelta(seconds=wall),
        monotonic=None if monotonic is None else time.monotonic() - monotonic,
    )
    assert youngest <= JournalFile.age_of(aged) <= oldest


def test_an_entry_of_version_1_grows_older(journal: JournalFile, path: Path) -> None:
    version_1(path)
    (entry,) = journal.entries(unresolved=True)
    assert JournalFile.age_of(entry) == pytest.approx(
        (datetime.now(UTC) - entry.updated_at).total_seconds(), abs=10
    )


def test_after_a_restart_of_the_machine_it_is_at_least_as_old_as_that(
    journal: JournalFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(journal)
    (entry,) = journal.entries()
    monkeypatch.setattr("vsms_cli.store.journal.time.monotonic", lambda: 12.0)  # counted from the restart
    aged = replace(entry, updated_at=datetime.now(UTC) - timedelta(seconds=DAY), monotonic=50_000.0)
    assert JournalFile.age_of(aged) == 12.0


def test_each_step_makes_it_young_again_by_both_clocks_and_keeps_the_time_limit(journal: JournalFile) -> None:
    ticket = journal.begin(Operation.CANCEL, ORDER, price=None, time_limit=8.0)
    steps: list[Callable[[], object]] = [
        lambda: None,
        lambda: journal.note(ticket, "x"),
        lambda: journal.close(ticket, "unknown"),
    ]
    seen = []
    for step in steps:
        step()
        (entry,) = journal.entries()
        seen.append(entry.monotonic or 0.0)
        assert entry.time_limit == 8.0
    assert 0 < seen[0] < seen[1] < seen[2] <= time.monotonic()


def test_of_another_host_only_an_open_refund_request_counts(journal: JournalFile, path: Path) -> None:
    """It may be this one's other name, and then a second request would follow; but no host speaks for another."""
    ticket = begin(journal, Operation.REFUND)
    begin(journal, Operation.CANCEL)
    begin(journal, Operation.SWAP)
    other = JournalFile(path, host="127.0.0.1")
    found = other.last_refund_request(ORDER)
    assert found is not None
    assert found.entry == 1
    assert (other.last_cancel(ORDER), other.open_swap(ORDER)) == (None, None)
    journal.close(ticket, "requested", settled=True)
    assert other.last_refund_request(ORDER) is None
    other.close_file()


def test_a_torn_journal_is_refused_wherever_it_was_torn_and_left_as_it_was(tmp_path: Path) -> None:
    whole = tmp_path / "whole.db"
    journal = JournalFile(whole, host=HOST)
    for _ in range(60):
        begin(journal)
    journal.close_file()
    content = whole.read_bytes()
    assert len(content) > 20_000
    for length in [*range(1, len(content), 1500), 99, 100, 4096, len(content) - 4096, len(content) - 1]:
        torn = tmp_path / f"torn{length}.db"
        torn.write_bytes(content[:length])
        opened = JournalFile(torn, host=HOST)
        with pytest.raises(JournalUnusable, match="damaged"):
            begin(opened)
        with pytest.raises(JournalUnusable, match="damaged"):
            opened.entries()
        opened.close_file()
        assert torn.read_bytes() == content[:length]


def test_an_empty_file_is_a_new_journal(tmp_path: Path) -> None:
    """What a kill between the file's making and its first page leaves."""
    path = tmp_path / "journal.db"
    path.touch()
    reader, writer = JournalFile(path, host=HOST), JournalFile(path, host=HOST)
    assert reader.entries() == []
    begin(writer)
    assert len(reader.entries()) == 1
    reader.close_file()
    writer.close_file()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "yesterday"),
        ("operation", "buy"),
        ("price", "much"),
        ("refund_amount", "1e"),
        ("updated_at", ""),
    ],
)
def test_a_row_that_can_t_be_meant_is_damage_and_no_traceback(
    journal: JournalFile, path: Path, column: str, value: str
) -> None:
    begin(journal)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute(f"UPDATE entries SET {column} = ?", (value,))  # noqa: S608 - one of the columns above
    db.execute("UPDATE events SET at = ?", (value,))
    db.close()
    for use in (JournalFile.entries, lambda j: j.entry(1), lambda j: j.events(1)):
        with pytest.raises(JournalUnusable, match="damaged"):
            use(journal)


def test_a_file_or_directory_in_the_way_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "directory.db").mkdir()
    with pytest.raises(JournalUnusable, match=r"can't be opened: (Not a directory|File exists)") as caught:
        begin(JournalFile(tmp_path / "file" / "journal.db", host=HOST))
    assert "VSMS_STATE_DIR" in caught.value.hint
    refuses(tmp_path / "directory.db", "can't be used")


READ_ONLY = """
import os
try:
    journal.begin(Operation.CANCEL, "x", price=None, time_limit=30.0)
    print("begun")
except JournalUnusable as exc:
    print("refused:", exc.message, exc.hint)
"""


def test_a_read_only_directory_or_file_is_said(journal: JournalFile, path: Path) -> None:
    begin(journal)
    journal.close_file()
    path.chmod(0o400)
    path.parent.chmod(0o500)
    try:
        if not _writes_anyway(path.parent):
            (said,) = children(path, READ_ONLY)
            assert said.startswith("refused:")
            assert "writable" in said
            (said,) = children(path.with_name("new.db"), READ_ONLY)
            assert "Permission denied" in said
    finally:
        path.parent.chmod(0o700)
        path.chmod(0o600)
    uri = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False)
    journal._database._db = uri  # for root no file is read-only: a connection that is stands in
    with pytest.raises(JournalUnusable, match="readonly"):
        begin(journal)


def _writes_anyway(directory: Path) -> bool:
    try:
        (directory / "probe").touch()
    except OSError:
        return False
    (directory / "probe").unlink()
    return True


DISK_FULL = """
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
first = journal.begin(Operation.CANCEL, "x", price=None, time_limit=30.0)
size = Path(sys.argv[1] + "-wal").stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 5000, size + 5000))
begun = 1
try:
    while begun < 1000:
        journal.begin(Operation.CANCEL, "x" * 500, price=None, time_limit=30.0)
        begun += 1
except JournalUnusable as exc:
    assert "Nothing that moves money is sent" in exc.message, exc.message
    assert "free some space" in exc.hint
    assert len(journal.entries()) == begun
    print(begun)
"""


def test_a_full_disk_refuses_the_intent_and_keeps_every_earlier_one(journal: JournalFile, path: Path) -> None:
    (said,) = children(path, DISK_FULL)
    begun = int(said)
    assert 1 <= begun < 1000
    assert len(journal.entries(unresolved=True)) == begun
    begin(journal)


def test_many_processes_that_meet_on_a_new_journal_all_write(journal: JournalFile, path: Path) -> None:
    code = (
        'print(*(journal.begin(Operation.CANCEL, "x", price=None, time_limit=30.0).entry for _ in range(20)))'
    )
    numbers = [int(word) for said in children(path, code, count=6) for word in said.split()]
    assert sorted(numbers) == list(range(1, 121))
    assert len(journal.entries()) == 120


def test_many_threads_share_one_journal(journal: JournalFile) -> None:
    def work() -> None:
        for _ in range(10):
            ticket = begin(journal)
            journal.note(ticket, "sent")
            journal.close(ticket, "cancelled")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {entry.outcome for entry in journal.entries()} == {"cancelled"}
    assert len(journal.entries()) == 80
    assert all(len(journal.events(number)) == 3 for number in (1, 40, 80))


def test_a_writer_waits_for_another_process_s_transaction(journal: JournalFile, path: Path) -> None:
    begin(journal)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.2, lambda: other.execute("ROLLBACK"))
    timer.start()
    begin(journal)
    timer.join()
    other.close()
    assert len(journal.entries()) == 2


def test_a_killed_process_leaves_its_intent_to_the_next(journal: JournalFile, path: Path) -> None:
    code = """
journal.begin(Operation.CANCEL, "x", price=None, time_limit=30.0)
print("begun", flush=True)
import os, signal
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run(
        [sys.executable, "-c", CHILD + code, str(path)], stdout=subprocess.PIPE, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (-9, "begun\n")
    assert [entry.outcome for entry in journal.entries(unresolved=True)] == [None]
    assert begin(journal).entry == 2


def makers_of_tickets() -> set[tuple[str, str]]:
    """Every function in src that constructs a Ticket, by file and qualified name."""
    found: set[tuple[str, str]] = set()
    for file in Path(vsms_cli.__path__[0]).rglob("*.py"):
        names: list[str] = []

        class Visitor(ast.NodeVisitor):
            def _scope(self, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> None:
                names.append(node.name)  # noqa: B023 - used up within this turn of the loop
                self.generic_visit(node)
                names.pop()  # noqa: B023 - as above

            visit_ClassDef = visit_FunctionDef = visit_AsyncFunctionDef = _scope  # noqa: N815 - ast's own names

            def visit_Call(self, node: ast.Call) -> None:
                called = node.func
                name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
                if name == "Ticket":
                    found.add((file.name, ".".join(names)))  # noqa: B023 - as above
                self.generic_visit(node)

        Visitor().visit(ast.parse(file.read_text()))
    return found


def test_only_begin_makes_a_ticket_besides_the_one_for_an_entry_that_is_on_disk() -> None:
    assert makers_of_tickets() == {
        ("journal.py", "JournalFile.begin"),
        ("journal.py", "JournalFile.ticket_of"),
    }
