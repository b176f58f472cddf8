"""`vsms orders refund` through the front door."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from support.fault_server import FaultServer
from support.vsms import Vsms

KEYS = [
    *("id", "outcome", "status", "refund_amount", "currency", "request_id", "transaction_id"),
    *("refunded_at", "retry_at", "support_message", "error", "verified"),
]


def with_refunds_answered(vsms: Vsms, server: FaultServer) -> Vsms:
    vsms.env |= {"VSMS_TOKEN": server.token, "VSMS_BASE_URL": server.base_url, "VSMS_TIMEOUT": "1"}
    return vsms


def test_a_waiting_order_is_cancelled_which_refunds_it_in_full(live: Vsms, server: FaultServer) -> None:
    order = server.add_order()
    done = live("orders", "refund", order, "--yes", "--json")
    assert done.code == 0
    (row,) = done.json
    assert list(row) == KEYS
    assert (row["outcome"], row["refund_amount"]) == ("cancelled", 0.8)
    assert server.posts(order, "cancel") == server.times_paid(order) == 1
    assert server.posts(order, "refund") == 0
    assert "1 order: 1 cancelled; $0.80 returned to the balance" in done.err


def test_a_waiting_order_that_is_too_young_says_when_it_opens(live: Vsms, server: FaultServer) -> None:
    order = server.add_order(age_s=10)
    done = live("orders", "refund", order, "--yes", "--json")
    assert done.code == 5
    assert done.json[0]["error"]["code"] == "too_early"
    assert done.json[0]["retry_at"].endswith("Z")
    assert server.posts() == 0


@pytest.mark.parametrize("status", ["cancelled", "expired"])
def test_an_ended_order_that_was_refunded_is_proved_from_the_ledger(
    live: Vsms, server: FaultServer, status: str
) -> None:
    order = server.add_order(status=status)
    done = live("orders", "refund", order, "--yes", "--json")
    assert done.code == 0
    (row,) = done.json
    (line,) = server.book.refunds(order)
    assert (row["outcome"], row["transaction_id"], row["refund_amount"]) == ("already_refunded", line.id, 0.8)
    assert row["refunded_at"].endswith("Z")
    assert server.posts() == 0


@pytest.mark.parametrize("refunds", [[], [Decimal("0.30")]])
def test_a_missing_or_short_refund_is_asked_for(
    live: Vsms, server: FaultServer, refunds: list[Decimal]
) -> None:
    order = server.add_order(status="expired", refunds=refunds)
    done = live("orders", "refund", order, "--yes", "--json")
    assert done.code == 0
    assert done.json[0]["outcome"] == "requested"
    (request,) = [r for r in server.requests if r.method == "POST"]
    assert json.loads(request.body) == {"reason": "not-refunded"}
    known = server.order(order)
    assert known is not None
    assert done.json[0]["request_id"] == known.refund_requests[0]


def test_a_completed_order_is_asked_back_with_a_reason_and_a_note(live: Vsms, server: FaultServer) -> None:
    first, second = server.add_order(status="completed"), server.add_order(status="completed")
    assert live("orders", "refund", first, "--reason", "code-rejected", "--yes").code == 0
    done = live("orders", "refund", second, "--yes", "--reason", "code-invalid", "--note", "Zürich")
    assert done.code == 0
    assert done.rows[0][:3] == [second, "requested", "completed"]
    bodies = [json.loads(r.body) for r in server.requests if r.method == "POST"]
    assert bodies == [{"reason": "code-rejected"}, {"reason": "code-invalid", "note": "Zürich"}]


def test_a_reason_is_the_persons_own_and_without_one_nothing_is_sent(live: Vsms, server: FaultServer) -> None:
    waiting, completed = server.add_order(), server.add_order(status="completed")
    done = live("orders", "refund", waiting, completed, "--yes", "--json")
    assert (done.code, done.out) == (2, "")
    assert "a reason must be given" in done.err
    assert "code-rejected, code-invalid" in done.err
    assert server.posts() == 0
    planned = live("orders", "refund", completed, "--dry-run")
    assert planned.code == 0
    assert "123456  ask for credit" in planned.err
    assert "Reason given for the credit: none yet, --reason names one." in planned.err


def test_a_second_request_is_never_sent_because_the_journal_knows_the_first(
    live: Vsms, server: FaultServer
) -> None:
    order = server.add_order(status="completed")
    first = live("orders", "refund", order, "--reason", "code-rejected", "--yes", "--json").json[0]
    done = live("orders", "refund", order, "--reason", "code-rejected", "--yes", "--json")
    assert done.code == 0
    assert (done.json[0]["outcome"], done.json[0]["request_id"]) == ("already_requested", first["request_id"])
    assert server.posts(order) == 1


def test_a_request_that_somebody_else_made_is_already_requested(
    live: Vsms, server: FaultServer, tmp_path: Path
) -> None:
    order = server.add_order(status="completed")
    assert live("orders", "refund", order, "--reason", "code-rejected", "--yes").code == 0
    elsewhere = Vsms(tmp_path / "elsewhere", live.env)
    done = elsewhere("orders", "refund", order, "--reason", "code-rejected", "--yes", "--json")
    assert done.code == 0
    assert done.json[0]["outcome"] == "already_requested"
    assert server.posts(order) == 2


@pytest.mark.parametrize("status", [404, 405, 501])
def test_where_there_is_no_such_endpoint_the_message_to_support_goes_to_stdout(
    vsms: Vsms, status: int
) -> None:
    with FaultServer(refund_status=status) as server:
        order = server.add_order(status="completed")
        live = with_refunds_answered(vsms, server)
        done = live("orders", "refund", order, "--reason", "code-rejected", "--yes", "--note", "it said no")
        assert done.code == 5
        for fact in (
            "To: support@virtualsms.io",
            f"Subject: Refund request for order {order}",
            "Reason: code-rejected.",
            "Note: it said no",
            "Price: $0.80",
            "Service: wa",
            "Country: AR",
            "Number: +549110000000",
            "Your code is 123-456",
        ):
            assert fact in done.out
        assert "send the message to support" in done.err


def test_by_hand_keeps_json_valid_and_the_message_in_it(vsms: Vsms) -> None:
    with FaultServer(refund_status=404) as server:
        orders = [server.add_order(status="completed"), server.add_order(status="completed")]
        done = with_refunds_answered(vsms, server)(
            "orders", "refund", *orders, "--reason", "code-rejected", "--yes", "--json"
        )
        assert done.code == 5
        assert [row["id"] for row in done.json] == orders
        assert {row["outcome"] for row in done.json} == {"by_hand"}
        assert all(row["id"] in row["support_message"] for row in done.json)
        assert {row["error"]["code"] for row in done.json} == {"by_hand"}


def test_open_hands_the_message_to_the_mail_program(vsms: Vsms, empty_path: Path) -> None:
    told, mailer = empty_path / "told", empty_path / "mailer"
    mailer.write_text(f'#!/bin/sh\nprintf %s "$1" > {told}\n')
    mailer.chmod(0o700)
    with FaultServer(refund_status=404) as server:
        order = server.add_order(status="completed")
        live = with_refunds_answered(vsms, server)
        done = live.process(
            "orders",
            "refund",
            order,
            "--reason",
            "code-rejected",
            "--yes",
            "--open",
            env={"BROWSER": str(mailer)},
        )
    assert done.code == 5
    assert told.read_text().startswith(
        "mailto:support@virtualsms.io?subject=Refund%20request%20for%20order%20"
    )
    assert "\nTo: support" not in done.out


@pytest.mark.parametrize("kind", ["reset", "timeout", "503", "invalid-json", "empty-200"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_stays_unknown_and_nothing_is_sent_again(
    live: Vsms, server: FaultServer, kind: str, when: str
) -> None:
    order = server.add_order(status="completed")
    server.fault("refund", kind, when=when)
    done = live("orders", "refund", order, "--reason", "code-rejected", "--yes", "--json")
    assert done.code == 8
    assert done.json[0]["outcome"] == "unknown"
    assert "vsms journal resolve" in done.err
    again = live("orders", "refund", order, "--reason", "code-rejected", "--yes", "--json")
    assert (again.code, again.json[0]["outcome"]) == (8, "unknown")
    assert live("journal", "resolve").code == 8
    assert server.posts(order) == 1
    server.book.post("credit", Decimal("0.80"), order_id=order)
    assert live("journal", "resolve").code == 0
    assert (
        live("orders", "refund", order, "--reason", "code-rejected", "--yes", "--json").json[0]["outcome"]
        == "already_refunded"
    )
    server.release()


def test_a_request_that_the_service_refuses_is_not_eligible(live: Vsms, server: FaultServer) -> None:
    order = server.add_order(status="completed")
    server.fault("refund", "400", text="Too late")
    done = live("orders", "refund", order, "--reason", "code-rejected", "--yes", "--json")
    assert done.code == 5
    assert (done.json[0]["outcome"], "Too late" in done.json[0]["error"]["message"]) == ("not_eligible", True)


def test_each_order_ends_in_its_own_way(live: Vsms, server: FaultServer) -> None:
    orders = [
        server.add_order(status=status) for status in ("waiting", "expired", "completed", "hibernating")
    ]
    done = live("orders", "refund", *orders, "--reason", "code-rejected", "--yes", "--json")
    assert done.code == 3
    assert [row["outcome"] for row in done.json] == [
        "cancelled",
        "already_refunded",
        "requested",
        "not_eligible",
    ]
    assert "4 orders: 1 requested, 1 already refunded, 1 cancelled, 1 not eligible" in done.err


def test_a_refused_token_stops_the_run(live: Vsms, server: FaultServer) -> None:
    orders = [server.add_order(status="completed") for _ in range(3)]
    server.fault("refund", "401", times=None)
    done = live("orders", "refund", *orders, "--reason", "code-rejected", "--yes", "--json")
    assert done.code == 4
    assert [row["outcome"] for row in done.json] == ["failed", "skipped", "skipped"]
    assert server.posts() == 1


def test_a_dry_run_sends_reads_alone_and_takes_beginnings(live: Vsms, server: FaultServer) -> None:
    states = ("waiting", "expired", "completed")
    orders = [server.add_order(status=status) for status in states]
    done = live("orders", "refund", *(order[:13] for order in orders), "--dry-run", "--json")
    assert done.code == 0
    assert [row["outcome"] for row in done.json] == ["would_cancel", "already_refunded", "would_request"]
    assert server.posts() == 0


@pytest.mark.parametrize(
    ("args", "word"),
    [
        ([], "missing argument"),
        (["7e44c0", "--yes"], "is not an order id"),
        (["../purchase"], "is not an order id"),
        (["7e44c0", "--reason", "boredom"], "code-rejected, code-invalid, wrong-number, not-refunded, other"),
        (["7e44c0", "--note", "x" * 1001], "1001 characters"),
    ],
)
def test_what_is_not_clear_is_refused_before_any_request(
    live: Vsms, server: FaultServer, args: list[str], word: str
) -> None:
    done = live("orders", "refund", *args)
    assert (done.code, done.out) == (2, "")
    assert word in done.err
    assert server.requests == []


def test_where_nobody_can_answer_it_is_looked_at_and_what_needs_no_question_is_said(
    live: Vsms, server: FaultServer
) -> None:
    waiting, refunded = server.add_order(), server.add_order()
    live("orders", "cancel", refunded, "--yes")
    done = live("orders", "refund", waiting)
    assert (done.code, done.out, "add --yes" in done.err) == (2, "", True)
    done = live("orders", "refund", refunded, "--json")
    assert (done.code, done.json[0]["outcome"], server.posts()) == (0, "already_refunded", 1)


def test_an_order_nobody_knows_is_not_found(live: Vsms) -> None:
    done = live(
        "orders",
        "refund",
        "7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11",
        "--reason",
        "code-rejected",
        "--yes",
        "--json",
    )
    assert done.code == 5
    assert done.json[0]["error"]["code"] == "not_found"


def test_a_refund_in_the_sandbox_pends(vsms: Vsms) -> None:
    order = vsms.sandbox("orders", "list", "--status", "completed", "-q").lines[0]
    assert (
        vsms.sandbox("orders", "refund", order, "--reason", "code-rejected", "--yes", "-q").out
        == f"{order}\n"
    )
