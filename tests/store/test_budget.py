"""The shared budget: never above the limit in any window, whoever asks."""

from __future__ import annotations

import contextlib
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from support.fault_record import most_in_window
from vsms_cli.store import rate_limit_database as module
from vsms_cli.store.locks import LockFile
from vsms_cli.store.rate_limit import SharedBudget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CHILD = """
import sys, threading, time
from pathlib import Path
from vsms_cli.store.rate_limit import SharedBudget
path, account, limit, window, count, threads, stay = sys.argv[1:]
budget = SharedBudget(Path(path), account=account, limit=int(limit), window=float(window))
out = []
def work():
    for _ in range(int(count)):
        while (wait := budget.take()) > 0:
            time.sleep(min(wait, 0.05))
        sent = time.monotonic()
        time.sleep(float(stay))
        budget.answered()
        out.append((sent, time.monotonic()))
workers = [threading.Thread(target=work) for _ in range(int(threads))]
for each in workers: each.start()
for each in workers: each.join()
assert budget._database._db.execute("PRAGMA database_list").fetchone()[2], "fell back to memory"
for sent, answered in out: print(sent, answered)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "budget.db"


class Time:
    """The monotonic clock, by hand."""

    def __init__(self) -> None:
        self.at = 1000.0

    def monotonic(self) -> float:
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Time:
    hand = Time()
    monkeypatch.setattr(module, "time", hand)
    return hand


@pytest.fixture
def budget(path: Path, clock: Time) -> Iterator[SharedBudget]:
    assert clock.at
    opened = SharedBudget(path, account="a", limit=2)
    yield opened
    opened.close()


def test_a_slot_is_free_one_window_after_its_answer(budget: SharedBudget, clock: Time) -> None:
    assert budget.take() == 0
    clock.at += 10
    budget.answered()
    assert budget.take() == 0
    budget.answered()
    assert budget.take() == 60
    clock.at += 59.5
    assert budget.take() == 0.5
    clock.at += 0.5
    assert budget.take() == 0


def test_an_unanswered_request_counts_until_it_is_answered(budget: SharedBudget, clock: Time) -> None:
    assert [budget.take(), budget.take()] == [0, 0]
    clock.at += 120
    assert 0 < budget.take() < 1, "worth asking soon: nobody knows when it is answered"
    budget.answered()
    assert budget.take() == 60, "the one that was answered is the one that frees its slot"
    clock.at += 60
    assert budget.take() == 0


DEAD = """
import os, sys
from pathlib import Path
from vsms_cli.store import rate_limit_database as module
from vsms_cli.store.rate_limit import SharedBudget
budget = SharedBudget(Path(sys.argv[1]), account="a", limit=2)
module.time = type("Still", (), {"monotonic": staticmethod(lambda: float(sys.argv[2]))})
assert [budget.take(), budget.take()] == [0, 0]
print("taken", flush=True)
sys.stdin.read()
os._exit(1)  # as kill -9 does: nothing is given back
"""


@contextlib.contextmanager
def holder(path: Path, clock: Time) -> Iterator[None]:
    """Another process with two requests under way, which it never hears of again; dead after the block."""
    arguments = [sys.executable, "-c", DEAD, str(path), str(clock.at)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "taken\n"
        yield
        assert child.stdin is not None
        child.stdin.close()
        child.wait(10)


def test_a_dead_process_blocks_nobody_for_longer_than_a_window(
    path: Path, budget: SharedBudget, clock: Time
) -> None:
    """The server may have seen its requests until it died, so they count until a window after that is noticed."""
    with holder(path, clock):
        clock.at += 120
        assert 0 < budget.take() < 1, "it lives, and nobody knows when it is answered"
    clock.at += 1
    assert budget.take() == 60
    clock.at += 59.5
    assert budget.take() == 0.5
    clock.at += 0.5
    assert [budget.take(), budget.take()] == [0, 0]


def test_a_budget_that_was_closed_leaves_the_others_of_its_process_alive(
    path: Path, budget: SharedBudget, clock: Time
) -> None:
    """POSIX drops a process's locks on a file when any descriptor of it is closed."""
    assert budget.take() == 0
    other = SharedBudget(path, account="a", limit=2)
    other.close()
    with holder(path.with_name("elsewhere.db"), clock):
        seen = subprocess.run(
            [sys.executable, "-c", DEAD.replace("== [0, 0]", "== [0, 0.05]"), str(path), str(clock.at)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert seen.stdout == "taken\n", seen.stderr


def test_where_no_lock_tells_who_lives_a_lost_request_counts_for_the_longest_that_it_may(
    path: Path, clock: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_locks(_file: LockFile, _name: str) -> bool:
        raise OSError("no locks here")

    monkeypatch.setattr(LockFile, "acquire", without_locks)
    budget = SharedBudget(path, account="a", limit=2)
    assert [budget.take(), budget.take()] == [0, 0]
    clock.at += 659
    assert budget.take() > 0
    clock.at += 1
    assert budget.take() == 0
    budget.close()


def test_a_request_that_was_never_sent_gives_its_slot_back(budget: SharedBudget) -> None:
    budget.release_turn()  # nothing was taken: nothing happens
    assert budget.take() == 0
    budget.answered()
    for _ in range(9):
        assert budget.take() == 0
        budget.release_turn()
    budget.answered()
    assert budget.take() == 0
    assert budget.take() == 60, "the first was sent, and the last"


def test_how_long_a_wait_will_be_is_known_also_while_all_is_under_way(
    budget: SharedBudget, clock: Time
) -> None:
    assert [budget.take(), budget.take()] == [0, 0]
    assert (budget.take(), budget.expected()) == (0.05, 60), "a window from the answer, at the earliest"
    budget.answered()
    clock.at += 20
    assert (budget.take(), budget.expected()) == (40, 40)
    budget.pause(50)
    assert (budget.take(), budget.expected()) == (50, 50)


def test_accounts_do_not_share(path: Path, budget: SharedBudget) -> None:
    other = SharedBudget(path, account="b", limit=1)
    assert [budget.take(), budget.take(), other.take()] == [0, 0, 0]
    assert budget.take() > 0
    assert other.take() > 0
    budget.pause(5)
    assert (budget.paused_for(), other.paused_for()) == (5, 0)
    other.close()


def test_a_pause_is_shared_and_only_ever_lengthened(path: Path, budget: SharedBudget, clock: Time) -> None:
    other = SharedBudget(path, account="a", limit=2)
    budget.pause(30)
    assert other.paused_for() == other.take() == 30
    other.pause(10)
    assert budget.paused_for() == 30
    other.pause(40)
    clock.at += 15
    assert budget.paused_for() == 25
    clock.at += 25
    assert (budget.paused_for(), budget.take()) == (0, 0)
    other.close()


def test_a_reboot_forgets_what_is_from_the_future(path: Path, budget: SharedBudget, clock: Time) -> None:
    assert budget.take() == 0
    budget.answered()
    assert budget.take() == 0
    budget.pause(90)
    clock.at = 30.0  # the monotonic clock starts anew
    assert budget.paused_for() == 0
    assert [budget.take(), budget.take()] == [0, 0]
    budget.pause(5)
    assert budget.paused_for() == 5, "the pause of before does not stand in the way of a new one"
    clock.at += 5
    assert 0 < budget.take() < 1
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM turns").fetchone() == (2,)


def test_an_answer_marks_the_request_that_this_thread_took(budget: SharedBudget, clock: Time) -> None:
    """And no other's: an answer before any request, or a second one after the row is gone, marks nothing."""
    budget.answered()
    assert budget.take() == 0
    budget.answered()
    clock.at += 61
    taken = threading.Thread(target=budget.take)
    taken.start()
    taken.join()
    budget.answered()
    clock.at += 61
    assert budget.take() == 0
    assert 0 < budget.take() < 1, "the other thread's request still counts as under way"


def test_a_file_that_can_t_be_used_makes_the_budget_this_process_s_own(tmp_path: Path, clock: Time) -> None:
    path = tmp_path / "budget.db"
    path.mkdir()
    for where in (path, path / "missing" / "budget.db", tmp_path / "budget.lock" / "budget.db", None):
        budget = SharedBudget(where, account="a", limit=1)
        assert budget.take() == 0
        budget.answered()
        assert budget.take() == 60
        clock.at += 60
        budget.close()


def garbage(path: Path) -> None:
    path.write_bytes(b"garbage" * 1000)


def zeros(path: Path) -> None:
    path.write_bytes(b"\x00" * 5000)


def a_torn_page(path: Path) -> None:
    """All but the first, which holds the schema."""
    SharedBudget(path, account="a", limit=2).close()
    path.write_bytes(path.read_bytes()[:4096] + b"\xff" * (path.stat().st_size - 4096))


def test_the_table_of_earlier_versions_goes(path: Path, clock: Time) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(
            "CREATE TABLE requests (id INTEGER PRIMARY KEY, account TEXT NOT NULL, sent REAL NOT NULL)"
        )
        db.execute("INSERT INTO requests VALUES (1, 'a', 1.0)")
    budget = SharedBudget(path, account="a", limit=2)
    assert budget.take() == 0
    budget.close()
    with closing(sqlite3.connect(path)) as db:
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables == {"turns", "pauses", "sqlite_sequence"}
    assert clock.at == 1000


@pytest.mark.parametrize("damage", [garbage, zeros, a_torn_page])
def test_a_damaged_file_is_replaced_and_shared_again(
    path: Path, clock: Time, damage: Callable[[Path], None]
) -> None:
    damage(path)
    first, second = (SharedBudget(path, account="a", limit=2) for _ in range(2))
    assert [first.take(), second.take()] == [0, 0]
    assert first.take() > 0
    assert second.take() > 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first.close()
    second.close()
    assert clock.at == 1000


def test_a_file_damaged_meanwhile_is_replaced_for_those_too_who_have_it_open(
    path: Path, budget: SharedBudget
) -> None:
    other = SharedBudget(path, account="a", limit=2)
    assert other.take() == 0
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    scribble = "import sys; from pathlib import Path; Path(sys.argv[1]).open('r+b').write(b'?' * 4096)"
    subprocess.run(
        [sys.executable, "-c", scribble, str(path)], check=True
    )  # here it would drop SQLite's locks
    newcomer = SharedBudget(path, account="a", limit=2)
    assert [newcomer.take(), other.take()] == [0, 0]
    assert budget.take() > 0, "all three have the new file"
    newcomer.close()
    other.close()


def test_a_file_that_somebody_removes_is_begun_anew(path: Path, budget: SharedBudget) -> None:
    assert budget.take() == 0
    for file in path.parent.glob("budget.db*"):
        file.unlink()
    other = SharedBudget(path, account="a", limit=2)
    assert [budget.take(), other.take()] == [0, 0]
    assert budget.take() > 0
    assert other.take() > 0
    other.close()


def test_a_file_that_breaks_meanwhile_makes_it_so_too(path: Path, budget: SharedBudget, clock: Time) -> None:
    assert budget.take() == 0
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("DROP TABLE turns")
    other.execute("DROP TABLE pauses")
    other.close()
    assert [budget.take(), budget.take()] == [0, 0]
    assert budget.take() > 0
    budget.pause(7)
    assert budget.paused_for() == 7
    assert clock.at == 1000


def test_it_is_readable_to_its_owner_alone(path: Path, budget: SharedBudget) -> None:
    budget.take()
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == dict.fromkeys(("budget.db", "budget.db-wal", "budget.db-shm", "budget.lock"), 0o600)


def run(path: Path, *, processes: int, threads: int, count: int, limit: int, window: float) -> list[float]:
    """When the server may have seen each request, at the worst: at its sending or at its answer."""
    arguments = [str(path), "a", str(limit), str(window), str(count), str(threads), "0.01"]
    started = [
        subprocess.Popen([sys.executable, "-c", CHILD, *arguments], stdout=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    lines = [line for child in started for line in child.communicate(timeout=60)[0].splitlines()]
    assert [child.returncode for child in started] == [0] * processes
    assert len(lines) == processes * threads * count
    moments = [tuple(map(float, line.split())) for line in lines]
    # Each at its answer is early for those before a window's end and late for those behind its start: both count.
    assert most_in_window([sent for sent, _ in moments], window) <= limit
    return [answered for _, answered in moments]


def test_eight_threads_never_pass_the_limit_in_any_window(path: Path) -> None:
    run(path, processes=1, threads=8, count=4, limit=10, window=0.6)


def test_four_processes_that_meet_on_a_damaged_file_replace_it_once(path: Path) -> None:
    garbage(path)
    run(path, processes=4, threads=2, count=2, limit=10, window=0.6)


def test_four_processes_that_meet_on_a_new_file_never_pass_the_limit_and_waste_little(path: Path) -> None:
    start = time.monotonic()
    run(path, processes=4, threads=2, count=5, limit=10, window=0.6)
    assert time.monotonic() - start < 6, "40 requests at 10 in 0.6 s are at least 1.8 s"
