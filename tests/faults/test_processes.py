"""Row 33: several processes and the same orders: one request for each, and nobody is held up by the dead."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from faults.scene import Scene, scene
from support.fault_server import FaultServer
from support.vsms import Vsms


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    rows: list[dict[str, Any]]
    err: str


class Several:
    """Processes of `vsms` that share a home."""

    def __init__(self, stage: Scene) -> None:
        self._stage = stage
        self.running: list[subprocess.Popen[str]] = []

    def start(self, *args: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            self._stage.vsms.command(*args, "--json"),
            env=self._stage.vsms.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.running.append(process)
        return process

    def ends(self) -> list[Ended]:
        ended = []
        for process in self.running:
            out, err = process.communicate(timeout=60)
            assert "Traceback" not in err, err
            ended.append(Ended(process.returncode, json.loads(out or "[]"), err))
        return ended


@pytest.fixture
def slow(vsms: Vsms) -> Iterator[Scene]:
    with FaultServer(pays_again=True, latency=0.15) as server:
        yield scene(vsms, server, timeout=1)


@pytest.fixture
def several(slow: Scene) -> Iterator[Several]:
    made = Several(slow)
    yield made
    for process in made.running:
        if process.poll() is None:
            process.kill()
            process.communicate()


def cancelling(server: FaultServer, orders: int = 1) -> None:
    """Wait until so many cancels have arrived."""
    until = time.monotonic() + 20
    while server.posts() < orders:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_two_processes_and_one_order_are_one_request(slow: Scene, several: Several) -> None:
    order = slow.server.add_order()
    for _ in range(2):
        several.start("orders", "cancel", order, "--yes")

    ended = several.ends()

    assert [end.code for end in ended] == [0, 0], ended
    assert sorted(end.rows[0]["outcome"] for end in ended) == ["already_cancelled", "cancelled"]
    assert (slow.server.posts(order), slow.server.times_paid(order)) == (1, 1)


def test_overlapping_lists_are_one_request_for_each_order(slow: Scene, several: Several) -> None:
    orders = [slow.server.add_order() for _ in range(10)]
    for start in (0, 2, 4):
        several.start("orders", "cancel", *orders[start : start + 6], "--yes")

    ended = several.ends()

    assert [end.code for end in ended] == [0, 0, 0], ended
    said = [row["outcome"] for end in ended for row in end.rows]
    assert (said.count("cancelled"), said.count("already_cancelled")) == (10, 8)
    assert [slow.server.posts(order) for order in orders] == [1] * 10


def test_a_lost_answer_is_settled_by_its_own_process_before_another_looks(
    slow: Scene, several: Several
) -> None:
    order = slow.server.add_order()
    slow.server.fault("cancel", "reset", when="after")
    for _ in range(2):
        several.start("orders", "cancel", order, "--yes")

    assert [end.code for end in several.ends()] == [0, 0]
    assert (slow.server.posts(order), slow.server.times_paid(order)) == (1, 1)


def test_two_processes_and_one_refund_request_say_the_same(slow: Scene, several: Several) -> None:
    order = slow.server.add_order(status="completed", age_s=4000)
    words = ("orders", "refund", order, "--reason", "code-rejected", "--yes", "--timeout", "20")
    slow.server.latency = 1.5
    several.start(*words)
    until = time.monotonic() + 20
    while not slow.server.posts(order, "refund") and time.monotonic() < until:
        time.sleep(0.01)
    slow.server.latency = 0.0
    several.start(*words)

    ended = several.ends()

    assert [end.code for end in ended] == [0, 0], ended
    first, second = (end.rows[0] for end in ended)
    assert first["outcome"] == "requested"
    # On a busy machine the second one may start when the first is done, and granted.
    assert second["outcome"] in {"already_requested", "already_refunded"}
    assert second["request_id"] in {first["request_id"], None}
    assert slow.server.posts(order, "refund") == 1


@pytest.mark.parametrize("point", ["request-received", "after-commit"])
def test_a_dead_holder_blocks_nobody(slow: Scene, several: Several, point: str) -> None:
    order = slow.server.add_order()
    first: list[int] = []
    slow.server.kill_client_at(point, lambda: first[0])
    first.append(several.start("orders", "cancel", order, "--yes").pid)
    cancelling(slow.server)
    several.start("orders", "cancel", order, "--yes")

    dead, alive = several.ends()

    assert dead.code == -signal.SIGKILL
    assert (alive.code, alive.rows[0]["outcome"]) == (0, "cancelled"), alive
    assert slow.server.times_paid(order) == 1
    assert slow.server.posts(order) == (2 if point == "request-received" else 1)
    assert slow.run("journal", "list", "--unresolved", "--json").json == []


def test_resolve_leaves_alone_what_a_live_process_is_at(slow: Scene, several: Several) -> None:
    order = slow.server.add_order()
    slow.server.fault("cancel", "slow", when="after", seconds=0.6)
    several.start("orders", "cancel", order, "--yes")
    cancelling(slow.server)
    several.start("journal", "resolve")

    cancel, resolve = several.ends()

    assert (cancel.code, resolve.code) == (0, 0), resolve
    assert [row["outcome"] for row in slow.run("journal", "list", "--json").json] == ["cancelled"]
    assert slow.server.posts(order) == 1
