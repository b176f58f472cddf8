"""Answers in another form: what is understood is taken, what is not hides nothing, and money is decided as ever."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from faults.scene import Scene
from support.fault_answers import dumps
from support.fault_lists import ROW_NAMES, detail
from support.fault_server import FaultServer
from support.forms import EMPTY, ENVELOPES, FAILED, ROWS, Form, http, odd_row
from support.vsms import Done

FIELDS = ("id", "phone_number", "country", "service", "status", "price", "created_at")


def listed(server: FaultServer, order_id: str) -> dict[str, Any]:
    """The row of an order, as the listing has it."""
    order = server.order(order_id)
    assert order is not None
    row = json.loads(dumps(detail(order)))
    return {ROW_NAMES.get(key, key): value for key, value in row.items() if key != "messages"}


def put_odd_row(stage: Scene, form: Form) -> tuple[list[str], str]:
    """Two good orders with an odd one between them; the answer stands until it is cleared."""
    good = [stage.server.add_order(country="AR"), stage.server.add_order(country="AR")]
    odd = stage.server.add_order(country="AR")
    rows = [
        listed(stage.server, good[0]),
        odd_row(form, listed(stage.server, odd)),
        listed(stage.server, good[1]),
    ]
    stage.server.fault("orders", raw=http(ENVELOPES["as documented"](rows)), times=None)
    return good, odd


def by_id(done: Done) -> dict[str, Any]:
    return {row["id"]: row for row in done.json}


@pytest.mark.parametrize("form", ROWS, ids=str)
def test_one_odd_row_hides_no_other_and_is_read_as_far_as_it_can_be(stage: Scene, form: Form) -> None:
    good, odd = put_odd_row(stage, form)
    expected = listed(stage.server, odd)

    done = stage.run("orders", "list", "--json")
    shown = by_id(done)

    assert done.code == 0
    assert set(good) <= set(shown)
    assert len(shown) == 2 + form.listed
    if form.listed:
        (row,) = (row for order_id, row in shown.items() if order_id not in good)
        assert {name for name in FIELDS if row[name] is None} == form.unreadable
        if "created_at" not in form.unreadable:
            apart = datetime.fromisoformat(row["created_at"]) - datetime.fromisoformat(expected["created_at"])
            assert abs(apart) < timedelta(seconds=1)
        if "price" not in form.unreadable:
            assert row["price"] == 0.8
    assert ("can't be read" in done.err) == form.noticed
    assert ("`vsms doctor` says what differs" in done.err) == form.noticed


@pytest.mark.parametrize("form", ROWS, ids=str)
def test_the_good_orders_are_cancelled_and_the_odd_one_only_where_it_is_certain(
    stage: Scene, form: Form
) -> None:
    good, odd = put_odd_row(stage, form)

    done = stage.run("orders", "cancel", "--all", "--yes", "--json")

    assert done.code == 0
    assert {row["outcome"] for row in done.json} == {"cancelled"}
    assert [stage.server.times_paid(order) for order in (*good, odd)] == [1, 1, int(form.cancelled)]
    if form.listed and not form.cancelled:
        assert "left as it is" in done.err


@pytest.mark.parametrize("form", [form for form in ROWS if form.listed], ids=str)
def test_an_order_in_another_form_is_cancelled_through_a_fault_and_told_truthfully(
    stage: Scene, form: Form
) -> None:
    order = stage.server.add_order(country="AR")
    row = odd_row(form, {**listed(stage.server, order), "order_id": order})
    stage.server.fault("cancel", "500", when="after", order_id=order)
    stage.server.fault(
        "order", raw=http(json.dumps({**row, "id": order, "order_id": order}).encode()), order_id=order
    )

    done = stage.run("orders", "cancel", order, "--yes", "--json")

    assert done.json[0]["outcome"] in {"cancelled", "unknown"}
    assert stage.server.times_paid(order) == 1
    if form.cancelled:
        assert done.json[0]["outcome"] == "cancelled"


@pytest.mark.parametrize("envelope", ENVELOPES)
def test_a_list_in_another_envelope_is_the_list(stage: Scene, envelope: str) -> None:
    orders = [stage.server.add_order() for _ in range(2)]
    rows = [listed(stage.server, order) for order in orders]
    stage.server.fault("orders", raw=http(ENVELOPES[envelope](rows)), times=None)

    assert set(by_id(stage.run("orders", "list", "--json"))) == set(orders)
    done = stage.run("orders", "cancel", "--all", "--yes", "--json")
    assert (done.code, [row["outcome"] for row in done.json]) == (0, ["cancelled"] * 2)


@pytest.mark.parametrize("form", EMPTY)
def test_an_account_without_orders_is_none_in_every_form(stage: Scene, form: str) -> None:
    stage.server.fault("orders", raw=http(EMPTY[form]), times=None)

    done = stage.run("orders", "list", "--json")

    assert (done.code, done.json) == (0, [])
    assert stage.run("orders", "cancel", "--all", "--yes").code == 0


@pytest.mark.parametrize("form", FAILED)
@pytest.mark.parametrize(
    "command", [("orders", "list"), ("balance",), ("transactions", "list"), ("orders", "show")]
)
def test_a_200_that_says_that_it_failed_is_told_in_the_services_words(
    stage: Scene, form: str, command: tuple[str, ...]
) -> None:
    order = stage.server.add_order()
    stage.server.fault("any", raw=http(FAILED[form]), times=None)
    stage.vsms.env["VSMS_TIMEOUT"] = "5"  # nothing is waited for here, but for a busy machine

    done = stage.run(*command, *([order] if "show" in command else []))

    assert done.code == 6
    assert "maintenance until noon" in done.err
    assert "may not be the API" not in done.err


@pytest.mark.parametrize(
    ("answer", "balance"),
    [
        (b'{"balance": "49.39"}', 49.39),
        (b'{"data": {"balance": 1.5}}', 1.5),
        (b'{"balance": 49.389999999999993}', 49.39),
        (b'{"balance_usd": 3, "success": true}', 3),
        (b'{"balance": -0.0}', 0),
    ],
)
def test_a_balance_in_another_form_is_the_balance(stage: Scene, answer: bytes, balance: float) -> None:
    stage.server.fault("balance", raw=http(answer), times=None)

    done = stage.run("balance", "--json")

    assert (done.code, done.json["balance"]) == (0, balance)
    assert "-0" not in stage.run("balance").out


@pytest.mark.parametrize(
    "answer",
    [
        {"success": True, "status": "cancelled", "refund_amount": 0.80},
        {"success": True, "status": "CANCELLED", "refund_amount": "0.80"},
        {"data": {"success": True, "status": "cancelled", "refund_amount": 0.80}, "success": True},
    ],
)
def test_a_cancel_answered_in_another_form_is_believed_and_costs_one_request(
    stage: Scene, answer: dict[str, Any]
) -> None:
    order = stage.server.add_order()
    stage.server.fault("cancel", raw=http(json.dumps(answer).encode()), when="after")

    done = stage.run("orders", "cancel", order, "--yes", "--json")

    assert (done.json[0]["outcome"], done.json[0]["refund_amount"]) == ("cancelled", 0.8)
    assert len(stage.server.requests) == 1


def test_ledger_lines_in_another_form_are_listed_and_one_that_can_not_be_read_hides_none(
    stage: Scene,
) -> None:
    order = stage.server.add_order(status="cancelled", age_s=3600)
    now = datetime.now(UTC)
    lines = [
        {
            "id": 7,
            "type": "purchase",
            "amount": "-0.80",
            "order_id": order,
            "created_at": f"{now:%Y-%m-%d %H:%M:%S}",
        },
        {"id": "t-2", "type": "refund", "amount": "much", "order_id": order, "created_at": None},
        None,
        {
            "id": "t-3",
            "type": "refund",
            "amount": "0.80",
            "order_id": order.upper(),
            "created_at": now.timestamp(),
        },
        {"id": None, "type": "bonus", "amount": 1},
    ]
    stage.server.fault(
        "transactions",
        raw=http(json.dumps({"count": 5, "transactions": lines, "limit": 100}).encode()),
        times=None,
    )

    listing = stage.run("transactions", "list", "--json")
    audited = stage.run("refunds", "audit", "--json")

    assert [row["id"] for row in listing.json] == ["7", "t-2", "t-3", None]
    assert [row["amount"] for row in listing.json] == [-0.8, None, 0.8, 1]
    assert "2 values of the service's answers can't be read" in listing.err
    assert (audited.code, audited.json["orders"][0]["verdict"]) == (0, "refunded")
    assert stage.run("transactions", "list", "-o", "table").code == 0


def test_a_line_whose_amount_can_not_be_read_may_be_the_refund(stage: Scene) -> None:
    order = stage.server.add_order(status="cancelled", age_s=3600, refunds=[])
    line = {"id": "t", "type": "refund", "amount": "much", "order_id": order}
    stage.server.fault(
        "transactions",
        raw=http(json.dumps({"count": 1, "transactions": [line], "limit": 100}).encode()),
        times=None,
    )

    assert stage.run("refunds", "audit", "--json").json["orders"][0]["verdict"] == "unjudged"
    refunded = stage.run("orders", "refund", order, "--yes", "--json")
    assert (refunded.code, refunded.json[0]["outcome"]) == (5, "not_eligible")


def test_ended_orders_without_an_id_are_unjudged_each_and_never_missing(stage: Scene) -> None:
    orders = [stage.server.add_order(status="cancelled", age_s=3600, refunds=[]) for _ in range(2)]
    good = stage.server.add_order(status="cancelled", age_s=3600)
    rows = [
        {**listed(stage.server, order), "id": None, "phone_number": f"+54911{number}"}
        for number, order in enumerate(orders)
    ]
    answer = ENVELOPES["as documented"]([*rows, listed(stage.server, good)])
    stage.server.fault("orders", raw=http(answer), times=None)

    done = stage.run("refunds", "audit", "--json")

    assert done.code == 0
    told = [(row["id"], row["verdict"], row["reason"]) for row in done.json["orders"]]
    assert told.count((None, "unjudged", "id")) == 2
    assert (good, "refunded", None) in told
    assert "missing" not in {verdict for _, verdict, _ in told}
    assert stage.run("refunds", "audit").code == 0
    assert stage.run("orders", "list", "--all", "-q").lines == [good]
    assert stage.run("orders", "list", "--all", "-o", "table").code == 0
    assert stage.run("stats", "--json").code == 0


@pytest.mark.parametrize("envelope", ENVELOPES)
def test_a_ledger_in_another_envelope_is_the_ledger(stage: Scene, envelope: str) -> None:
    order = stage.server.add_order(status="cancelled", age_s=3600)
    at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    lines = [
        {"id": "t-1", "type": "purchase", "amount": -0.8, "order_id": order, "created_at": at},
        {"id": "t-2", "type": "refund", "amount": 0.8, "order_id": order, "created_at": at},
    ]
    answer = ENVELOPES[envelope](lines).replace(b'"orders"', b'"transactions"')
    stage.server.fault("transactions", raw=http(answer), times=None)

    assert [row["id"] for row in stage.run("transactions", "list", "--json").json] == ["t-1", "t-2"]
    assert stage.run("refunds", "audit", "--json").json["orders"][0]["verdict"] == "refunded"


@pytest.mark.parametrize("status", ["", None, "on hold"])
def test_an_order_of_no_known_status_is_cancelled_where_its_id_is_given(
    stage: Scene, status: str | None
) -> None:
    order = stage.server.add_order()
    odd = {**listed(stage.server, order), "order_id": order, "status": status}
    stage.server.fault("order", raw=http(json.dumps(odd).encode()), times=None)
    stage.server.fault("orders", raw=http(ENVELOPES["as documented"]([odd])), times=None)

    foreseen = stage.run("orders", "cancel", order, "--dry-run", "--json")
    filtered = stage.run("orders", "cancel", "--country", "AR", "--yes", "--json")
    done = stage.run("orders", "cancel", order, "--yes", "--json")

    assert foreseen.json[0]["outcome"] == "would_cancel"
    assert (filtered.json, stage.server.posts()) == ([], 1)
    assert "1 order left as it is: the status is not known" in filtered.err
    assert (done.json[0]["outcome"], stage.server.times_paid(order)) == ("cancelled", 1)


@pytest.mark.parametrize("order_id", ["ord_abc", "12345", "../purchase", "%2e%2e", "?"])
def test_an_id_that_is_no_uuid_is_shown_and_never_part_of_a_request(stage: Scene, order_id: str) -> None:
    row = {**listed(stage.server, stage.server.add_order()), "id": order_id}
    stage.server.fault("orders", raw=http(ENVELOPES["as documented"]([row])), times=None)

    assert stage.run("orders", "list", "-q").lines == [order_id]
    for command in (
        ("orders", "cancel", "--all", "--yes"),
        ("orders", "cancel", order_id, "--yes"),
        ("orders", "show", order_id),
        ("orders", "refund", order_id, "--yes"),
        ("orders", "swap", order_id, "--yes"),
        ("refunds", "audit"),
        ("stats",),
    ):
        stage.run(*command)

    assert {request.operation for request in stage.server.requests} == {"orders", "transactions", "rentals"}
