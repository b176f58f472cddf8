"""`vsms orders swap` through the front door, against a service that fails as told."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from support.fault_kinds import HOSTILE
from support.fault_server import FaultServer
from support.vsms import Vsms

Terminal = Callable[..., Any]
Ended = Callable[[Any], tuple[int | None, str]]
KEYS = ["id", "outcome", "status", "phone_number", "previous_number", "retry_at", "error"]


def swap_posts(server: FaultServer) -> int:
    return sum(request.operation == "swap" for request in server.requests)


def number_of(server: FaultServer, order_id: str) -> str:
    order = server.order(order_id)
    assert order is not None
    return order.phone_number


def test_a_swap_gives_another_number_and_stands_in_the_journal(live: Vsms, server: FaultServer) -> None:
    order = server.add_order()
    before = number_of(server, order)

    done = live("orders", "swap", order, "--yes", "--json")

    assert done.code == 0, done.err
    assert list(done.json) == KEYS
    assert done.json["outcome"] == "swapped"
    assert done.json["phone_number"] == number_of(server, order) != before
    assert done.json["previous_number"] == before
    (entry,) = live("journal", "list", "--json").json
    assert (entry["operation"], entry["outcome"], entry["reference"]) == ("swap", "swapped", before)


@pytest.mark.parametrize("kind", ["timeout", "reset", "502", "success-false", "other-id", "missing-fields"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_whatever_happens_to_the_answer_it_is_swapped_once(
    live: Vsms, server: FaultServer, kind: str, when: str
) -> None:
    order = server.add_order()
    server.fault("swap", kind, when=when)

    done = live("orders", "swap", order, "--yes", "--json")

    known = server.order(order)
    assert done.code == 0, done.err
    assert known is not None
    assert (done.json["phone_number"], known.swaps) == (known.phone_number, 1)
    assert swap_posts(server) == (1 if when == "after" else 2)


def test_too_young_is_told_with_the_time_when_it_opens(live: Vsms, server: FaultServer) -> None:
    order = server.add_order(age_s=20, extra={"swap_available_at": None})

    done = live("orders", "swap", order, "--yes", "--json")

    assert (done.code, done.json["outcome"]) == (5, "too_early")
    opens = datetime.fromisoformat(done.json["retry_at"])
    assert timedelta(seconds=80) < opens - datetime.now(UTC) < timedelta(seconds=110)


def test_what_the_order_itself_says_of_its_hold_costs_no_request(live: Vsms, server: FaultServer) -> None:
    later = (datetime.now(UTC) + timedelta(seconds=60)).isoformat()
    order = server.add_order(extra={"swap_available_at": later})

    assert live("orders", "swap", order, "--yes").code == 5
    assert swap_posts(server) == 0


def test_no_replacement_is_told_apart_from_an_unknown_order(live: Vsms, server: FaultServer) -> None:
    order = server.add_order()
    server.fault("swap", "404", text="No replacement available")

    done = live("orders", "swap", order, "--yes", "--json")

    assert (done.code, done.json["outcome"]) == (5, "no_replacement")
    missing = live("orders", "swap", "0" * 8 + order[8:], "--yes", "--json")
    assert (missing.code, missing.json["outcome"]) == (5, "not_found")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("completed", "sms_received"), ("cancelled", "already_cancelled"), ("expired", "expired")],
)
def test_an_order_that_ended_keeps_its_number(
    live: Vsms, server: FaultServer, status: str, outcome: str
) -> None:
    order = server.add_order(status=status)

    done = live("orders", "swap", order, "--yes", "--json")

    assert (done.code, done.json["outcome"]) == (5, outcome)
    assert swap_posts(server) == 0


def test_a_dry_run_sends_nothing_and_a_beginning_will_do(live: Vsms, server: FaultServer) -> None:
    order = server.add_order()

    done = live("orders", "swap", order[:8], "--dry-run", "--json")

    assert (done.code, done.json["outcome"]) == (0, "would_swap")
    assert swap_posts(server) == 0


@pytest.mark.parametrize("args", [["7e44c0", "--yes"], ["../purchase", "--yes"], ["7e44c0"], []])
def test_wrong_use_sends_nothing(live: Vsms, server: FaultServer, args: list[str]) -> None:
    done = live("orders", "swap", *args)

    assert (done.code, done.out) == (2, "")
    assert server.requests == []


def test_resolve_settles_a_swap_whose_answer_was_lost(live: Vsms, server: FaultServer) -> None:
    order = server.add_order()
    server.fault("swap", "reset", when="after")
    server.fault("order", "503", skip=2, times=None)

    lost = live("orders", "swap", order, "--yes", "--json")
    assert (lost.code, lost.json["outcome"]) == (8, "unknown")
    server.clear()
    done = live("journal", "resolve", "-o", "table")

    assert done.code == 0
    assert f"{order}  swapped  {number_of(server, order)} (was " in done.out
    assert live("journal", "list", "--unresolved", "--json").json == []


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("", 1)])
def test_it_is_shown_and_asked_about(
    server: FaultServer, desk: Terminal, ended: Ended, answer: str, code: int
) -> None:
    order = server.add_order()
    before = number_of(server, order)
    child = desk("orders", "swap", order[:8])
    child.expect_exact(f"Swap {before} for another number? [y/N] ")
    assert "The old number is given up" in child.before
    child.sendline(answer)

    assert ended(child)[0] == code
    assert swap_posts(server) == (answer == "y")


def test_hostile_numbers_are_shown_harmless(live: Vsms, server: FaultServer) -> None:
    order = server.add_order()
    server.fault("swap", "fields", fields={"phone_number": HOSTILE})

    for args in (["-o", "table"], ["-o", "tsv"], ["--json"]):
        done = live("orders", "swap", order, "--yes", *args)
        assert done.code == 0, done.err
        assert not {
            char for char in done.out + done.err if (char < " " and char not in "\n\t") or char == "\x9b"
        }
        server.fault("swap", "fields", fields={"phone_number": HOSTILE})


def test_in_the_sandbox_it_works_alike(vsms: Vsms) -> None:
    listed = vsms.sandbox("orders", "list", "--country", "AR", "--json").json[0]

    done = vsms.sandbox("orders", "swap", listed["id"], "--yes")

    number = vsms.sandbox("orders", "show", listed["id"], "--json").json["phone_number"]
    assert done.code == 0
    assert done.rows[0][1:5] == ["swapped", "waiting", number, listed["phone_number"]]
    assert vsms.sandbox("orders", "swap", listed["id"], "--yes", "-q").out == f"{listed['id']}\n"
