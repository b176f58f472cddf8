"""Row 29: SIGKILL at each named point of a request; the next run settles it, nothing lost, nothing twice.

VSMS_TEST_KILLS sets how many kills there are at each point of each kind of run (1 in CI).
"""

import contextlib
import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.fault_kills import POINTS
from support.fault_server import FaultServer
from support.vsms import Done, Vsms

ROUNDS = int(os.environ.get("VSMS_TEST_KILLS", "1"))
BULK = 6
RECORDED = {"answer-sent"}  # the whole answer is out: the client may have recorded it before the signal came
LATE_S = 0.3  # the request outlives its client so long, within the time limit of 0.8 s


@pytest.fixture
def service(vsms: Vsms) -> Iterator[FaultServer]:
    vsms.measured = False
    with FaultServer(pays_again=True) as server:
        vsms.env |= {
            "VSMS_TOKEN": server.token,
            "VSMS_BASE_URL": server.base_url,
            "VSMS_TIMEOUT": "0.8",
            "VSMS_RATE_LIMIT": "10000",
        }
        yield server


def killed_in_a(
    vsms: Vsms,
    service: FaultServer,
    *args: str,
    point: str,
    skip: int = 0,
    late: bool = False,
    late_s: float = LATE_S,
    operation: str = "cancel",
) -> None:
    """Run `vsms` as a process of its own until the service kills it."""
    started: list[subprocess.Popen[str]] = []
    kill = service.kill_client_at(
        point, lambda: started[0].pid, operation=operation, skip=skip, late_s=late_s if late else None
    )
    process = subprocess.Popen(
        vsms.command(*args),
        env=vsms.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    started.append(process)
    out, err = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL, (out, err)
    assert "Traceback" not in out + err
    assert len(kill.killed) == 1


def intact(path: Path) -> bool:
    with contextlib.closing(sqlite3.connect(path)) as db:
        return bool(db.execute("PRAGMA integrity_check").fetchone()[0] == "ok")


def settle(vsms: Vsms, service: FaultServer) -> Done:
    """What a person does next: any command tells of it, `resolve` closes it."""
    left = len(vsms("journal", "list", "--unresolved", "--json").json)
    told = vsms("balance")
    assert told.code == 0
    assert ("`vsms journal resolve`" in told.err) == bool(left)
    assert intact(vsms.state_dir / "journal.db")

    resolved = vsms("journal", "resolve", "--json")

    service.wait_for_late()
    assert resolved.code == 0, resolved.err
    assert ("0 still not known" if left else "nothing to resolve") in resolved.err
    assert vsms("journal", "list", "--unresolved", "--json").json == []
    return resolved


def true_to_the_ledger(vsms: Vsms, service: FaultServer, orders: list[str]) -> None:
    """Each order was paid once or not at all, and the journal says which."""
    said = {row["order_id"]: row for row in vsms("journal", "list", "--json").json}
    for order in orders:
        paid = service.times_paid(order)
        assert paid == (service.status(order) == "cancelled"), order
        assert paid <= 1
        row = said.get(order)
        assert (row is not None and row["outcome"] == "cancelled") == bool(paid), row
        if paid:
            assert row is not None
            assert row["refund_amount"] == 0.8
    commits = [request.order_id for request in service.requests if request.committed]
    assert len(commits) == len(set(commits))


def then_all_are_cancelled_once(vsms: Vsms, service: FaultServer, orders: list[str]) -> None:
    """The same command again: whoever was paid gets no second request, the rest is cancelled."""
    service.clear()
    paid = {order for order in orders if service.times_paid(order)}
    posts = {order: service.posts(order) for order in paid}

    again = vsms("orders", "cancel", *orders, "--yes", "--json")

    assert again.code == 0
    assert {row["outcome"] for row in again.json} <= {"cancelled", "already_cancelled"}
    assert all(service.times_paid(order) == 1 for order in orders)
    assert {order: service.posts(order) for order in paid} == posts


@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.parametrize("point", POINTS)
def test_killed_in_a_cancel_by_id(vsms: Vsms, service: FaultServer, point: str, number: int) -> None:
    del number
    order = service.add_order()

    killed_in_a(vsms, service, "orders", "cancel", order, "--yes", point=point)
    resolved = settle(vsms, service)

    paid = point != "request-received"
    outcomes = [row["outcome"] for row in resolved.json]
    assert outcomes == ["cancelled" if paid else "failed"] or (point in RECORDED and not outcomes)
    assert service.times_paid(order) == paid
    true_to_the_ledger(vsms, service, [order])
    then_all_are_cancelled_once(vsms, service, [order])


@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.parametrize("point", POINTS)
def test_killed_in_a_bulk_cancel(vsms: Vsms, service: FaultServer, point: str, number: int) -> None:
    orders = [service.add_order() for _ in range(BULK)]

    killed_in_a(vsms, service, "orders", "cancel", "--all", "--yes", point=point, skip=number % BULK)
    settle(vsms, service)

    true_to_the_ledger(vsms, service, orders)
    then_all_are_cancelled_once(vsms, service, orders)


@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.parametrize("point", POINTS)
def test_killed_in_a_rental_cancel(vsms: Vsms, service: FaultServer, point: str, number: int) -> None:
    del number
    rental = service.add_rental()

    killed_in_a(vsms, service, "rentals", "cancel", rental, "--yes", point=point, operation="rental-cancel")
    settle(vsms, service)
    service.clear()
    again = vsms("rentals", "cancel", rental, "--yes", "--json")

    assert (again.code, service.times_paid(rental)) == (0, 1)
    assert service.status(rental) == "cancelled"
    assert vsms("journal", "list", "--unresolved", "--json").json == []


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_request_that_outlives_its_client_is_waited_for(
    vsms: Vsms, service: FaultServer, number: int
) -> None:
    del number
    order = service.add_order()

    killed_in_a(vsms, service, "orders", "cancel", order, "--yes", point="request-received", late=True)
    resolved = settle(vsms, service)

    assert resolved.json[0]["outcome"] == "cancelled"
    true_to_the_ledger(vsms, service, [order])
    then_all_are_cancelled_once(vsms, service, [order])


@pytest.mark.parametrize("again", [("journal", "resolve"), ("orders", "cancel", "ID", "--yes")])
def test_a_short_time_limit_shortens_no_wait_for_a_request_that_was_killed(
    vsms: Vsms, service: FaultServer, again: tuple[str, ...]
) -> None:
    order = service.add_order()
    words = ("orders", "cancel", order, "--yes", "--timeout", "1")

    killed_in_a(vsms, service, *words, point="request-received", late=True, late_s=6.0)
    next_run = [order if word == "ID" else word for word in again]
    done = vsms(*next_run, "--timeout", "1", "--json")

    assert done.json[0]["outcome"] == "cancelled"
    assert (service.times_paid(order), service.posts(order)) == (1, 1)


@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.parametrize("point", POINTS)
def test_the_same_command_again_without_resolving_sends_nothing_twice(
    vsms: Vsms, service: FaultServer, point: str, number: int
) -> None:
    late = number % 2 == 0 and point == "request-received"
    order = service.add_order()

    killed_in_a(vsms, service, "orders", "cancel", order, "--yes", point=point, late=late)
    again = vsms("orders", "cancel", order, "--yes", "--json")
    service.wait_for_late()

    end = (again.code, again.json[0]["outcome"], again.json[0]["refund_amount"])
    assert end == (0, "cancelled", 0.8) or (point in RECORDED and end == (0, "already_cancelled", None))
    assert service.times_paid(order) == 1
    assert service.posts(order) == (2 if point == "request-received" and not late else 1)
    assert vsms("journal", "list", "--unresolved", "--json").json == []


@pytest.mark.parametrize("point", POINTS)
def test_killed_in_a_refund_request_it_is_never_sent_again(
    vsms: Vsms, service: FaultServer, point: str
) -> None:
    order = service.add_order(status="completed")

    killed_in_a(
        vsms,
        service,
        "orders",
        "refund",
        order,
        "--reason",
        "code-rejected",
        "--yes",
        point=point,
        operation="refund",
    )
    again = vsms("orders", "refund", order, "--reason", "code-rejected", "--yes", "--json")
    resolved = vsms("journal", "resolve", "--json")

    paid = point != "request-received"  # this service grants a credit at once
    assert again.json[0]["outcome"] == ("already_refunded" if paid else "unknown")
    outcomes = [row["outcome"] for row in resolved.json]
    assert outcomes == ["already_refunded" if paid else "unknown"] or (point in RECORDED and not outcomes)
    assert service.posts(order) == 1
    assert service.times_paid(order) == paid


def swaps_of(service: FaultServer, order: str) -> tuple[int, int]:
    """How often the order got another number, and how often that was asked for."""
    known = service.order(order)
    assert known is not None
    asked = sum((request.operation, request.order_id) == ("swap", order) for request in service.requests)
    return known.swaps, asked


@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.parametrize("point", POINTS)
def test_killed_in_a_swap(vsms: Vsms, service: FaultServer, point: str, number: int) -> None:
    del number
    order = service.add_order()

    killed_in_a(vsms, service, "orders", "swap", order, "--yes", point=point, operation="swap")
    resolved = settle(vsms, service)

    done = point != "request-received"
    outcomes = [row["outcome"] for row in resolved.json]
    assert outcomes == ["swapped" if done else "failed"] or (point in RECORDED and not outcomes)
    assert [row["outcome"] for row in vsms("journal", "list", "--json").json] == [
        "swapped" if done else "failed"
    ]
    assert swaps_of(service, order) == (done, 1)


@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.parametrize(
    ("point", "late"), [("request-received", True), *((point, False) for point in POINTS)]
)
def test_the_same_swap_again_without_resolving_takes_no_second_number(
    vsms: Vsms, service: FaultServer, point: str, number: int, *, late: bool
) -> None:
    del number
    order = service.add_order()

    killed_in_a(vsms, service, "orders", "swap", order, "--yes", point=point, operation="swap", late=late)
    if not vsms("journal", "list", "--unresolved", "--json").json:
        assert point in RECORDED
        return  # it was recorded: the same again would be another wish
    again = vsms("orders", "swap", order, "--yes", "--json")
    service.wait_for_late()

    assert (again.code, again.json["outcome"]) == (0, "swapped"), again
    assert swaps_of(service, order) == (1, 2 if point == "request-received" and not late else 1)
    known = service.order(order)
    assert known is not None
    assert again.json["phone_number"] == known.phone_number
    assert vsms("journal", "list", "--unresolved", "--json").json == []


@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.parametrize("operation", ["cancel", "swap"])
def test_the_next_run_s_shorter_time_limit_shortens_no_wait_for_what_was_killed(
    vsms: Vsms, service: FaultServer, operation: str, number: int
) -> None:
    del number
    order = service.add_order()

    words = ("orders", operation, order, "--yes")
    killed_in_a(
        vsms, service, *words, "--timeout", "3", point="request-received", late=True, late_s=1.6,
        operation=operation,
    )  # fmt: skip
    again = vsms(*words, "--timeout", "0.8", "--json")
    service.wait_for_late()

    said = again.json if operation == "swap" else again.json[0]
    assert (again.code, said["outcome"]) == (0, "swapped" if operation == "swap" else "cancelled"), again
    if operation == "swap":
        assert swaps_of(service, order) == (1, 1)
    else:
        assert (service.times_paid(order), service.posts(order)) == (1, 1)
