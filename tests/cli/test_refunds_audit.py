"""`vsms refunds audit` through the front door: every verdict, exit code and format."""

import csv
import io
import json
from decimal import Decimal

import pytest

from support.fault_server import FaultServer
from support.vsms import Done, Vsms

HOUR = 3600


def verdicts(done: Done) -> dict[str, str]:
    return {row["id"]: row["verdict"] for row in done.json["orders"]}


def lost(server: FaultServer, **more: object) -> str:
    """An order that ended, and of which nothing came back."""
    return server.add_order(**{"status": "expired", "refunds": [], "age_s": HOUR} | more)  # type: ignore[arg-type] # the options of add_order, by name


def test_every_verdict_from_orders_and_ledger(live: Vsms, server: FaultServer) -> None:
    price = Decimal("0.3")
    truth = {
        server.add_order(status="completed", age_s=HOUR): "used",
        server.add_order(status="completed", age_s=HOUR, price=price, refunds=[price]): "refunded",
        server.add_order(
            status="cancelled", price=price, refunds=[Decimal("0.1"), Decimal("0.2")]
        ): "refunded",
        lost(server): "missing",
        lost(server, status="cancelled"): "missing",
        lost(server, refunds=[Decimal("0.79")]): "short",
        lost(server, refunds=[Decimal("0.80"), Decimal("0.01")]): "twice",
        server.add_order(): "pending",
        lost(server, age_s=1499): "pending",  # ended less than five minutes ago
        lost(server, age_s=1503): "missing",
        lost(server, status="cancelled", age_s=600): "pending",  # it ended no later than its expiry
    }

    done = live("refunds", "audit", "--json")

    assert done.code == 9
    assert verdicts(done) == truth
    assert list(done.json) == ["totals", "orders", "support_message"]
    order = done.json["orders"][0]
    assert list(order)[:5] == ["id", "verdict", "price", "refunded", "transactions"]
    totals = json.loads(done.out, parse_float=Decimal)["totals"]
    assert totals["missing"] == Decimal("2.41")
    assert totals["paid"] == 9 * Decimal("0.80") + 2 * price
    assert totals["returned"] == 2 * price + Decimal("0.79") + Decimal("0.81")
    assert totals["verdicts"] == {
        "missing": 3, "short": 1, "twice": 1, "pending": 3, "refunded": 2, "used": 1,
    }  # fmt: skip
    assert (totals["orders"], totals["unjudged"]) == (11, 0)
    assert "missing $2.41" in done.err
    assert done.err.endswith("next: vsms refunds audit --request\n")
    assert server.posts() == 0


def test_what_is_missing_is_first_for_a_machine_and_last_for_a_person(
    live: Vsms, server: FaultServer
) -> None:
    fine, short, missing = (
        server.add_order(status="cancelled"),
        lost(server, refunds=[Decimal("0.1")]),
        lost(server),
    )

    assert [row["id"] for row in live("refunds", "audit", "--json").json["orders"]] == [missing, short, fine]
    done = live("refunds", "audit")
    assert [row[:4] for row in done.rows] == [
        [missing, "missing", "0.80", "0"],
        [short, "short", "0.80", "0.1"],
        [fine, "refunded", "0.80", "0.80"],
    ]
    assert live("refunds", "audit", "-q").lines == [missing, short, fine]
    assert [json.loads(line)["id"] for line in live("refunds", "audit", "-o", "ndjson").lines] == [
        missing,
        short,
        fine,
    ]
    table = live("refunds", "audit", "-o", "table").out
    assert [line.split()[:2] for line in table.splitlines()] == [
        ["fine:", "1"],
        ["VERDICT", "ID"],
        ["short", short],
        ["missing", missing],
    ]
    everything = live("refunds", "audit", "--all", "-o", "table").lines
    assert [line.split()[:2] for line in everything[2:]] == [
        ["refunded", fine],
        ["short", short],
        ["missing", missing],
    ]
    rows = list(csv.DictReader(io.StringIO(live("refunds", "audit", "-o", "csv").out)))
    assert [row["id"] for row in rows] == [missing, short, fine]
    assert live("refunds", "audit", "--fields", "verdict,id").rows[0] == ["missing", missing]
    chosen = live("refunds", "audit", "-o", "table", "--fields", "verdict,refunded")
    assert chosen.lines[0].split() == ["VERDICT", "REFUNDED"]


def test_when_nothing_is_missing_the_exit_code_is_0(live: Vsms, server: FaultServer) -> None:
    server.add_order(status="cancelled")
    server.add_order(status="completed")
    done = live("refunds", "audit")
    assert done.code == 0
    assert "next" not in done.err
    assert live("refunds", "audit", "--request", "--yes").code == 0


def test_no_orders_are_a_word_and_no_failure(live: Vsms) -> None:
    done = live("refunds", "audit", "--json")
    assert (done.code, done.json["orders"], done.json["totals"]["paid"]) == (0, [], 0)
    assert done.err == "no orders were bought in that time\n"
    assert live("refunds", "audit", "-o", "table").out == ""


def test_since_is_about_the_purchase(live: Vsms, server: FaultServer) -> None:
    young, old = lost(server, age_s=2 * HOUR), lost(server, age_s=40 * 24 * HOUR)
    assert verdicts(live("refunds", "audit", "--json")) == {young: "missing"}
    assert verdicts(live("refunds", "audit", "--since", "90d", "--json")) == {
        young: "missing",
        old: "missing",
    }
    assert live("refunds", "audit", "--since", "1h").code == 0


def test_orders_beyond_the_listed_200_are_judged_from_the_ledger_and_the_rest_is_said(
    live: Vsms, server: FaultServer
) -> None:
    for _ in range(200):
        server.add_order(status="completed", age_s=HOUR)
    back = server.add_order(status="expired", age_s=5 * HOUR)
    short = lost(server, age_s=6 * HOUR, refunds=[Decimal("0.5")])
    unclear = lost(server, age_s=7 * HOUR)

    done = live("refunds", "audit", "--json")

    found = verdicts(done)
    assert (found[back], found[short], found[unclear]) == ("refunded", "short", "unjudged")
    assert (done.json["totals"]["orders"], done.json["totals"]["unjudged"]) == (202, 1)
    assert "1 purchase of the ledger can't be judged" in done.err
    # Three pages; and one request more before something is called short, for lines that the count may hide.
    ledger = ["transactions"] * 3
    assert [r.operation for r in server.requests] == ["orders", *ledger, "rentals", "transactions"]


def test_what_our_journal_saw_cancelled_is_no_riddle_and_its_grace_begins_then(
    live: Vsms, server: FaultServer
) -> None:
    order = server.add_order()
    assert live("orders", "cancel", order, "--yes").code == 0
    assert verdicts(live("refunds", "audit", "--json")) == {order: "refunded"}
    shown = live("journal", "show", "1", "--json").json
    (line,) = server.book.refunds(order)
    assert shown["reference"] == line.id
    assert f"transaction {line.id}" in shown["events"][-1]["message"]


def test_a_status_that_nobody_documents_can_not_be_judged(live: Vsms, server: FaultServer) -> None:
    lost(server, status="hibernating")
    done = live("refunds", "audit", "--json")
    (row,) = done.json["orders"]
    assert (done.code, row["verdict"], row["reason"]) == (0, "unjudged", "status")
    assert (done.json["totals"]["orders"], done.json["totals"]["unjudged"]) == (0, 1)
    assert "1 order can't be judged" in done.err


def test_half_a_ledger_proves_nothing_missing(live: Vsms, server: FaultServer) -> None:
    lost(server)
    server.fault("transactions", "503", times=None)
    done = live("refunds", "audit", "--json")
    assert (done.code, done.out) == (6, "")


@pytest.mark.parametrize("args", [["--yes"], ["--dry-run"], ["--since", "soon"], ["--fields", "verdikt"]])
def test_what_is_not_clear_is_refused_before_any_request(
    live: Vsms, server: FaultServer, args: list[str]
) -> None:
    assert live("refunds", "audit", *args).code == 2
    assert server.requests == []


def test_request_asks_nobody_where_nothing_is_missing(live: Vsms, server: FaultServer) -> None:
    server.add_order()
    assert live("refunds", "audit", "--request").code == 0
    lost(server)
    done = live("refunds", "audit", "--request")
    assert (done.code, "add --yes" in done.err, server.posts()) == (2, True, 0)


def test_the_sandbox_loses_refunds_when_asked_to(vsms: Vsms) -> None:
    assert vsms("sandbox", "reset", "--scenario", "lost-refunds").code == 0
    done = vsms.sandbox("refunds", "audit", "--json")
    assert done.code == 9
    counts = done.json["totals"]["verdicts"]
    assert (counts["missing"], counts["short"], counts["twice"]) == (2, 1, 1)
    assert vsms("sandbox", "reset").code == 0
    assert vsms.sandbox("refunds", "audit").code == 0
