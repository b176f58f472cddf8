"""`vsms refunds audit --request`: each missing refund is asked for once, and what can't be asked goes to a person."""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Terminal, signed_in
from support.fault_server import FaultServer
from support.vsms import Done, Vsms

HOUR = 3600


def lost(server: FaultServer, *refunds: str) -> str:
    return server.add_order(status="expired", refunds=[Decimal(each) for each in refunds], age_s=HOUR)


def requests_in(done: Done) -> dict[str, Any]:
    return {row["id"]: row["request"] for row in done.json["orders"] if row["request"] is not None}


def ask(live: Vsms, *args: str, **env: str) -> Done:
    return live("refunds", "audit", "--request", "--json", *args, env=env)


def test_each_missing_refund_is_asked_for_once_and_no_other(live: Vsms, server: FaultServer) -> None:
    missing, short, twice = lost(server), lost(server, "0.5"), lost(server, "0.8", "0.8")
    used = server.add_order(status="completed", age_s=HOUR)

    done = ask(live, "--yes")

    assert done.code == 9  # the money is still missing
    assert requests_in(done) == {missing: "requested", short: "requested"}
    assert "2 orders: 2 requested" in done.err
    bodies = [json.loads(request.body) for request in server.requests if request.method == "POST"]
    assert bodies == [{"reason": "not-refunded"}] * 2
    assert [server.posts(order) for order in (missing, short, twice, used)] == [1, 1, 0, 0]
    again = ask(live, "--yes")
    assert (again.code, requests_in(again)) == (9, {missing: "already_requested", short: "already_requested"})
    assert server.posts() == 2
    assert "next: vsms journal list   (2 refunds asked for already)" in live("refunds", "audit").err


def test_what_somebody_else_asked_for_is_known_from_the_services_409(
    live: Vsms, server: FaultServer, tmp_path: Path
) -> None:
    order = lost(server)
    ask(live, "--yes")
    done = ask(Vsms(tmp_path / "elsewhere", live.env), "--yes")
    assert (done.code, requests_in(done)) == (9, {order: "already_requested"})


@pytest.mark.parametrize("status", [404, 405, 501])
def test_with_no_endpoint_there_is_one_message_with_every_fact_of_all(vsms: Vsms, status: int) -> None:
    with FaultServer(refund_status=status) as server:
        live = signed_in(vsms, server)
        missing, short = lost(server), lost(server, "0.5")
        done = ask(live, "--yes")
        assert (done.code, requests_in(done)) == (9, {missing: "by_hand", short: "by_hand"})
        message = done.json["support_message"]
        assert message.count("To: support@virtualsms.io") == 1
        for order, back, owed in ((missing, "$0.00", "$0.80"), (short, "$0.50", "$0.30")):
            facts = message.partition(f"Order: {order}")[2].partition("\n\n")[0]
            for fact in (
                "Service: wa",
                "Country: AR",
                "Price: $0.80",
                f"Came back: {back}",
                f"Missing: {owed}",
            ):
                assert fact in facts
        assert all(line.id in message for line in server.book.ledger if line.order_id)
        assert "Please return $1.10" in message
        assert server.posts() == 1  # the first says that there is no such endpoint
        plain = live("refunds", "audit", "--request", "--yes", "-o", "table")
        assert plain.out.count("To: support@") == 1
        tsv = live("refunds", "audit", "--request", "--yes", "-o", "tsv")
        assert ("To: support@" in tsv.out, "To: support@" in tsv.err) == (False, True)


@pytest.mark.parametrize("kind", ["reset", "timeout", "503", "invalid-json"])
def test_a_lost_answer_is_unknown_and_never_sent_twice(live: Vsms, server: FaultServer, kind: str) -> None:
    order = lost(server)
    server.fault("refund", kind, when="after")
    done = ask(live, "--yes")
    assert (done.code, requests_in(done)) == (8, {order: "unknown"})
    assert "next: vsms journal resolve" in done.err
    again = ask(live, "--yes")
    assert (again.code, requests_in(again)) == (8, {order: "unknown"})
    assert server.posts(order) == 1
    server.release()


def test_a_dry_run_sends_reads_alone(live: Vsms, server: FaultServer) -> None:
    order = lost(server)
    done = ask(live, "--dry-run")
    assert (done.code, requests_in(done)) == (9, {order: "would_request"})
    assert server.posts() == 0
    assert "next: vsms refunds audit --request" in done.err


def test_a_refused_token_stops_the_rest(live: Vsms, server: FaultServer) -> None:
    first, second = sorted([lost(server), lost(server)])
    server.fault("refund", "401", times=None)
    done = ask(live, "--yes")
    assert done.code == 4
    assert sorted(requests_in(done).values()) == ["failed", "skipped"]
    assert set(requests_in(done)) == {first, second}
    assert server.posts() == 1


def test_it_shows_what_is_missing_and_asks(live: Vsms, server: FaultServer, terminal: Terminal) -> None:
    order = lost(server)
    child = terminal("refunds", "audit", "--request")
    child.expect("missing")
    child.expect(order[:8])
    child.expect(r"Ask for 1 missing refund, \$0\.80 in all\? \[y/N\] ")
    child.sendline("n")
    child.expect("declined; nothing was sent")
    child.wait()
    assert (child.exitstatus, server.posts()) == (1, 0)
    child = terminal("refunds", "audit", "--request")
    child.expect(r"\[y/N\] ")
    child.sendline("y")
    child.expect(f"{order}  requested  request ")
    child.expect("missing \\$0.80")
    child.wait()
    assert (child.exitstatus, server.posts(order)) == (9, 1)
    assert live("journal", "list", "--json").json[0]["outcome"] == "requested"


def test_a_reader_that_leaves_stops_it_and_the_journal_keeps_what_was_asked(
    live: Vsms, server: FaultServer
) -> None:
    order = lost(server)
    done = live.process(
        prefix=["sh", "-c", '"$@" refunds audit --request --yes -o ndjson | true', "sh"], stdin=None
    )
    assert "Traceback" not in done.err
    assert server.posts(order) == 1
    assert live("journal", "list", "--json").json[0]["outcome"] == "requested"


def test_a_hostile_order_id_of_the_ledger_is_shown_and_never_asked_about(
    live: Vsms, server: FaultServer
) -> None:
    hostile, order = "../purchase\x1b[2J", lost(server)
    then = server.book.now() - timedelta(hours=2)
    server.book.post("purchase", Decimal(-1), order_id=hostile, at=then)
    server.book.post("credit", Decimal("0.5"), order_id=hostile, at=then)
    done = ask(live, "--yes")
    assert (done.code, requests_in(done)) == (9, {order: "requested"})
    assert [row["verdict"] for row in done.json["orders"]] == ["missing", "short"]
    assert "1 order of the ledger with an id that is none" in done.err
    for form in ("tsv", "table", "ids"):
        assert "\x1b" not in live("refunds", "audit", "-o", form).out
