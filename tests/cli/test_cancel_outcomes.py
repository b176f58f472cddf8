"""How each order of a cancel ends, in words, in JSON and as the exit code."""

import json
from datetime import datetime
from decimal import Decimal

import pytest

from support.fault_server import FaultServer
from support.vsms import Vsms

KEYS = [
    *("id", "outcome", "status", "refund_amount", "currency", "retry_at", "error"),
    *("transaction_id", "verified"),
]
NOBODY = "7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11"


@pytest.mark.parametrize(
    ("status", "outcome", "code", "error"),
    [
        ("waiting", "cancelled", 0, None),
        ("cancelled", "already_cancelled", 0, None),
        ("expired", "expired", 0, None),
        ("completed", "sms_received", 5, "sms_received"),
        ("hibernating", "failed", 1, "unknown_status"),
    ],
)
def test_each_state_has_its_outcome_and_exit_code(
    live: Vsms, server: FaultServer, *, status: str, outcome: str, code: int, error: str | None
) -> None:
    order = server.add_order(status=status)
    done = live("orders", "cancel", order, "--yes", "--json")
    assert done.code == code
    (row,) = done.json
    assert list(row) == KEYS
    assert (row["id"], row["outcome"], row["currency"]) == (order, outcome, "USD")
    assert (row["error"] or {}).get("code") == error
    if error is not None:
        assert list(row["error"]) == ["code", "message", "hint"]
    assert server.posts(order) == 1


def test_a_cancelled_order_says_what_came_back(live: Vsms, server: FaultServer) -> None:
    order = server.add_order(price=Decimal("1.10"))
    out = live("orders", "cancel", order, "--yes", "--json").out
    assert '"refund_amount": 1.10' in out


def test_an_order_nobody_knows_is_not_found(live: Vsms) -> None:
    done = live("orders", "cancel", NOBODY, "--yes", "--json")
    assert done.code == 5
    assert done.json[0]["outcome"] == "not_found"


@pytest.mark.parametrize("form", ["text", "json"])
def test_too_early_says_when_it_opens(vsms: Vsms, form: str) -> None:
    with FaultServer(early_form=form) as server:
        order = server.add_order(age_s=30)
        env = {"VSMS_TOKEN": server.token, "VSMS_BASE_URL": server.base_url}
        done = vsms("orders", "cancel", order, "--yes", "--json", env=env)
        opens = server.order(order)
        assert opens is not None
        assert done.code == 5
        (row,) = done.json
        assert row["outcome"] == "too_early"
        assert abs((datetime.fromisoformat(row["retry_at"]) - opens.opens_at).total_seconds()) < 2
        assert f"next: vsms orders cancel {order} --wait" in done.err


@pytest.mark.one_form
def test_some_done_and_some_not_is_three_and_an_unknown_is_eight(live: Vsms, server: FaultServer) -> None:
    good, young, lost = server.add_order(), server.add_order(age_s=10), server.add_order()
    done = live("orders", "cancel", good, young, "--yes")
    assert done.code == 3
    assert "1 of 2 orders cancelled, $0.80 returned to the balance; 1 too early" in done.err
    server.fault("cancel", "reset", order_id=lost)
    server.fault("order", "503", order_id=lost, times=None)
    done = live("orders", "cancel", good, lost, "--yes", "--json")
    assert done.code == 8
    assert [row["outcome"] for row in done.json] == ["already_cancelled", "unknown"]
    assert done.json[1]["error"]["code"] == "unknown"
    assert "next: vsms journal resolve" in done.err
    assert "1 request with an outcome not known yet: `vsms journal resolve`" in live("balance").err


def test_json_keeps_the_order_of_the_input_and_ndjson_is_a_line_as_each_ends(
    live: Vsms, server: FaultServer
) -> None:
    orders = [server.add_order() for _ in range(6)]
    server.fault("cancel", "slow", order_id=orders[0], seconds=0.4, when="after")
    done = live("orders", "cancel", *orders, "--yes", "--json")
    assert [row["id"] for row in done.json] == orders
    again = live("orders", "cancel", *orders, "--yes", "-o", "ndjson")
    rows = [json.loads(line) for line in again.lines]
    assert {row["outcome"] for row in rows} == {"already_cancelled"}
    assert sorted(row["id"] for row in rows) == sorted(orders)


def test_ids_are_those_that_are_done_and_tsv_has_every_order(live: Vsms, server: FaultServer) -> None:
    good, came = server.add_order(), server.add_order(status="completed")
    done = live("orders", "cancel", good, came, "--yes", "-q")
    assert (done.code, done.lines) == (3, [good])
    rows = live("orders", "cancel", good, came, "--yes").rows
    assert {row[0]: row[1] for row in rows} == {good: "already_cancelled", came: "sms_received"}
    assert {len(row) for row in rows} == {len(KEYS) - 2}  # no columns of a proof without --verify


def test_fields_can_be_chosen(live: Vsms, server: FaultServer) -> None:
    order = server.add_order()
    assert live("orders", "cancel", order, "--yes", "--fields", "outcome,id").rows == [["cancelled", order]]
    unknown = live("orders", "cancel", order, "--yes", "--fields", "outcom")
    assert unknown.code == 2
    assert "did you mean outcome?" in unknown.err


def test_a_refund_smaller_than_the_price_is_pointed_out(live: Vsms, server: FaultServer) -> None:
    order = server.add_order(price=Decimal("0.80"))
    server.fault("cancel", "fields", fields={"refund_amount": Decimal("0.30")}, when="after")
    done = live("orders", "cancel", "--all", "--yes", "-o", "table")
    assert done.code == 0
    assert f"{order}  cancelled  $0.30 returned, $0.50 less than its price" in done.out
    assert "1 refund smaller than the price" in done.err


def test_a_refused_token_stops_the_whole_run(live: Vsms, server: FaultServer) -> None:
    orders = [server.add_order() for _ in range(12)]
    server.fault("cancel", "401", times=None)
    done = live("orders", "cancel", *orders, "--yes", "--json")
    assert done.code == 4
    outcomes = [row["outcome"] for row in done.json]
    assert set(outcomes) == {"failed", "skipped"}
    assert server.posts() == outcomes.count("failed") <= 5
    assert [row["id"] for row in done.json] == orders
    assert json.loads(done.err.splitlines()[0])["error"]["code"] == "unauthorized"
    assert f"{outcomes.count('skipped')} skipped" in done.err


@pytest.mark.parametrize("status", ["402", "405", "422"])
def test_another_refusal_is_that_orders_alone(live: Vsms, server: FaultServer, status: str) -> None:
    bad, good = server.add_order(), server.add_order()
    server.fault("cancel", status, order_id=bad, text="No")
    done = live("orders", "cancel", bad, good, "--yes", "--json")
    assert done.code == 3
    assert [row["outcome"] for row in done.json] == ["failed", "cancelled"]
    assert f"status {status}: No" in done.json[0]["error"]["message"]


@pytest.mark.one_form
def test_a_service_that_is_gone_is_six(live: Vsms, server: FaultServer) -> None:
    env = {"VSMS_BASE_URL": f"http://127.0.0.1:{server.closed_port()}/api/v1"}
    done = live("orders", "cancel", NOBODY, "--yes", "--json", env=env)
    assert done.code == 6
    assert done.json[0]["outcome"] == "failed"


def test_a_rate_limit_past_all_patience_stops_the_run_with_seven(live: Vsms, server: FaultServer) -> None:
    orders = [server.add_order(), server.add_order()]
    server.fault("cancel", "429", times=None, retry_after="1000000000")
    done = live("orders", "cancel", *orders, "--yes", "--json")
    assert done.code == 7
    assert {row["outcome"] for row in done.json} <= {"failed", "skipped"}
    assert [server.status(order) for order in orders] == ["waiting", "waiting"]


@pytest.mark.one_form
def test_wait_waits_until_it_opens(live: Vsms, server: FaultServer) -> None:
    young = server.add_order(age_s=0, cooldown_s=1)
    done = live("orders", "cancel", young, "--wait", "--yes", "--json")
    assert done.code == 0
    assert done.json[0]["outcome"] == "cancelled"
    assert server.posts(young) == 2
    listed = server.add_order(age_s=0, cooldown_s=1)
    assert live("orders", "cancel", "--all", "--wait", "--yes").code == 0
    assert server.posts(listed) == 1


def test_without_wait_a_listed_young_order_costs_no_request(live: Vsms, server: FaultServer) -> None:
    server.add_order(age_s=10)
    done = live("orders", "cancel", "--all", "--yes", "--json")
    assert done.code == 5
    assert done.json[0]["retry_at"].endswith("Z")
    assert server.posts() == 0


def test_what_is_left_says_what_to_type_next(live: Vsms, server: FaultServer) -> None:
    came, bad = server.add_order(status="completed"), server.add_order()
    server.fault("cancel", "422", order_id=bad, times=None)
    done = live("orders", "cancel", came, bad, "--yes")
    assert f"next: vsms orders refund {came}   (if the platform refused the code)" in done.err
    assert f"next: vsms orders cancel {bad}" in done.err


def test_the_sandboxes_money_comes_back(vsms: Vsms) -> None:
    before = vsms.sandbox("balance", "--json").json["balance"]
    done = vsms.sandbox("orders", "cancel", "--country", "AR", "--expect", "5", "--yes", "--json")
    assert done.code == 0
    assert vsms.sandbox("balance", "--json").json["balance"] == pytest.approx(before + 3.36)
