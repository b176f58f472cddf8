"""The sandbox's dialects, held against the tests' own table of forms and against what other clients read."""

import copy
import json
from decimal import Decimal
from typing import Any

import pytest

from sandbox.caller import Caller
from support.fault_answers import dumps
from support.forms import ROWS
from vsms_cli.sandbox.database import Database
from vsms_cli.sandbox.dialects import DIALECTS, ROW_FORMS, told
from vsms_cli.sandbox.routing import Sandbox

ROW: dict[str, Any] = {
    "id": "7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11",
    "phone_number": "+5491100000000",
    "service_id": "wa",
    "country_id": "AR",
    "status": "waiting",
    "price_charged": Decimal("0.80"),
    "created_at": "2026-05-24T12:00:00.250000Z",
    "rules": {"cancel_cooldown_seconds": 120},
}
TABLE = {form.name: form.change for form in ROWS}


def as_json(value: Any) -> Any:
    return json.loads(dumps(value), parse_float=Decimal)


@pytest.mark.parametrize("name", ROW_FORMS)
def test_each_form_is_one_of_the_table_and_means_the_same(name: str) -> None:
    ours = as_json(ROW_FORMS[name](copy.deepcopy(ROW)))
    theirs = as_json(TABLE[name](as_json(ROW)))

    for each in (ours, theirs):  # which noise a float has is not the point, nor how much of a second is kept
        for field in ("price_charged", "price"):
            if isinstance(each.get(field), Decimal):
                each[field] = round(each[field], 6)
    if "time" in name and name != "time as microseconds":
        ours["created_at"], theirs["created_at"] = (
            str(each["created_at"]).replace(".250000", "").rstrip("0Z") for each in (ours, theirs)
        )
    assert ours == theirs


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_dialect_changes_the_form_of_an_answer_and_not_what_is_done(dialect: str) -> None:
    book = Database.in_memory()
    documented = Caller(sandbox=Sandbox(book), book=book)
    other = Caller(sandbox=Sandbox(book, dialect=dialect), book=book)

    one, two = (caller.ask("GET", "/customer/orders") for caller in (documented, other))
    assert (one.status, two.status) == (200, 200)
    assert one.body != two.body
    missing = other.ask("GET", "/customer/order/7e44c0de-1f3a-4c57-9a51-0f2d6a9b8c11")
    assert (missing.status, json.loads(missing.body)["error"]) == (404, "Order not found")


def test_legacy_is_what_the_vendors_go_client_decodes() -> None:
    """`[]Order`, with `order_id`, `service`, `country`, a `price` that is a number; `balance_usd`; `refunded`."""
    rows = as_json(told("legacy", {"count": 1, "orders": [ROW]}, status=200))

    assert isinstance(rows, list)
    assert {"order_id", "service", "country", "price", "status"} <= set(rows[0])
    assert isinstance(rows[0]["price"], Decimal)
    assert told("legacy", {"balance": Decimal(1), "success": True}, status=200) == {"balance_usd": Decimal(1)}
    cancelled = told("legacy", {"success": True, "refund_amount": Decimal(1)}, status=200)
    assert isinstance(cancelled, dict)
    assert cancelled["refunded"] is True


def test_go_leaves_order_id_out_of_a_cancel_and_sends_null_for_an_empty_list() -> None:
    assert told("go", {"success": True, "order_id": "x", "refund_amount": Decimal("0.80")}, status=200) == {
        "success": True,
        "refund_amount": Decimal("0.80000000000000008"),
    }
    assert told("go", {"count": 0, "orders": []}, status=200) == {"count": 0, "orders": None}
