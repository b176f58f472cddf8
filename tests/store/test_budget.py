"""The shared budget: never above the limit in any window, whoever asks."""

from __future__ import annotations

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
from vsms_cli.store import budget as module
from vsms_cli.store.budget import SharedBudget

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHILD = """
import sys, threading, time
from pathlib import Path
from vsms_cli.store.budget import SharedBudget
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
assert budget._db.execute("PRAGMA database_list").fetchone()[2], "fell back to memory"
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


def test_a_dead_process_s_slots_free_themselves(path: Path, budget: SharedBudget, clock: Time) -> None:
    dead = SharedBudget(path, account="a", limit=2)
    assert [dead.take(), dead.take()] == [0, 0]
    dead.close()
    assert budget.take() > 0
    clock.at += 659
    assert budget.take() > 0
    clock.at += 1
    assert budget.take() == 0


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
        assert db.execute("SELECT count(*) FROM requests").fetchone() == (2,)


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


@pytest.mark.parametrize("content", [b"garbage" * 1000, b"\x00" * 5000, None])
def test_a_file_that_can_t_be_used_makes_the_budget_this_process_s_own(
    tmp_path: Path, clock: Time, content: bytes | None
) -> None:
    path = tmp_path / "budget.db"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    for where in (path, tmp_path / "missing" / "budget.db", None):
        budget = SharedBudget(where, account="a", limit=1)
        assert budget.take() == 0
        budget.answered()
        assert budget.take() == 60
        clock.at += 60
        budget.close()
    assert content is None or path.read_bytes() == content


def test_a_file_that_breaks_meanwhile_makes_it_so_too(path: Path, budget: SharedBudget, clock: Time) -> None:
    assert budget.take() == 0
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("DROP TABLE requests")
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
    assert modes == dict.fromkeys(("budget.db", "budget.db-wal", "budget.db-shm"), 0o600)


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


def test_four_processes_that_meet_on_a_new_file_never_pass_the_limit_and_waste_little(path: Path) -> None:
    start = time.monotonic()
    run(path, processes=4, threads=2, count=5, limit=10, window=0.6)
    assert time.monotonic() - start < 6, "40 requests at 10 in 0.6 s are at least 1.8 s"
