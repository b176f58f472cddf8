"""The service's paths as a client meets them: what API.md and the vendor's live run say, word for word."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from sandbox.caller import KEY, Caller, Wristwatch, assert_adds_up, decoded
from vsms_cli.sandbox.routing import Request


def a_waiting_order(caller: Caller, watch: Wristwatch) -> dict[str, Any]:
    order = caller.buy()
    watch.pass_(seconds=121)
    return order


def test_the_listing_and_the_detail_name_the_same_facts_differently(caller: Caller) -> None:
    for row in caller.orders():
        detail = caller.get(f"/customer/order/{row['id']}")
        assert row["id"] == detail["order_id"]
        assert row["service_id"] == detail["service"]
        assert row["country_id"] == detail["country"]
        assert row["price_charged"] == detail["price"]
        shared = set(row) & set(detail)
        assert shared >= {
            "phone_number",
            "status",
            "created_at",
            "expires_at",
            "cancel_available_at",
            "rules",
        }
        assert all(row[name] == detail[name] for name in shared)


def test_sms_received_is_false_even_beside_a_message(caller: Caller) -> None:
    order = caller.get(f"/customer/order/{caller.orders(status='completed')[0]['id']}")
    assert order["sms_received"] is False
    assert set(order["messages"][0]) == {"sender", "content", "received_at"}


def test_an_order_is_found_by_its_id_in_any_case_and_percent_encoded(caller: Caller) -> None:
    order_id = caller.orders()[0]["id"]
    assert caller.get(f"/customer/order/{order_id.upper()}")["order_id"] == order_id
    assert caller.get(f"/customer/order/%{ord(order_id[0]):x}{order_id[1:]}")["order_id"] == order_id


def test_the_listing_has_the_newest_first_and_counts_its_rows(caller: Caller) -> None:
    page = caller.get("/customer/orders", limit=3)
    times = [order["created_at"] for order in page["orders"]]
    assert page["count"] == 3
    assert times == sorted(times, reverse=True)
    assert [order["id"] for order in page["orders"]] == [order["id"] for order in caller.orders()][:3]


def test_the_listings_limit_is_1_to_200_and_50_by_default(caller: Caller) -> None:
    caller.deposit(Decimal(200))
    for _ in range(190):
        caller.buy()
    for limit in (1, 200):
        assert caller.get("/customer/orders", limit=limit)["count"] == limit
    for limit in (0, -4, 201, 10**30):
        for path in ("/customer/orders", "/customer/transactions"):
            assert caller.ask("GET", f"{path}?limit={limit}").status == 400
    assert caller.get("/customer/orders")["count"] == 50


def test_a_status_that_nobody_has_lists_nothing(caller: Caller) -> None:
    assert caller.get("/customer/orders", status="received") == {"count": 0, "orders": []}


def test_a_cancel_is_too_early_for_120_seconds_in_the_live_services_own_words(
    caller: Caller, watch: Wristwatch
) -> None:
    order = caller.buy()
    watch.pass_(seconds=2)
    answer = caller.ask("POST", f"/customer/cancel/{order['order_id']}")
    assert answer.status == 425
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.body == b"Cannot cancel within 120 seconds of purchase. Please wait 118 seconds."
    watch.pass_(seconds=117.9)
    assert b"wait 1 seconds" in caller.ask("POST", f"/customer/cancel/{order['order_id']}").body
    watch.pass_(seconds=0.1)
    assert caller.ask("POST", f"/customer/cancel/{order['order_id']}").status == 200


def test_the_cooldown_can_be_set_in_the_book(caller: Caller, watch: Wristwatch) -> None:
    with caller.book.turn() as page:
        page.set("cooldown_seconds", "5")
    order = caller.buy()
    assert order["rules"] == {"cancel_cooldown_seconds": 5, "swap_cooldown_seconds": 5}
    watch.pass_(seconds=5)
    assert caller.post(f"/customer/cancel/{order['order_id']}")[0] == 200


def test_a_cancelled_order_gives_its_price_back_at_once(caller: Caller, watch: Wristwatch) -> None:
    order = a_waiting_order(caller, watch)
    before = caller.balance()
    answer = caller.ask("POST", f"/customer/cancel/{order['order_id']}")
    assert answer.status == 200
    assert b'"refund_amount":0.80' in answer.body
    assert decoded(answer)["status"] == "cancelled"
    assert caller.balance() - before == Decimal("0.80")
    newest = caller.ledger()[0]
    assert (newest["type"], newest["order_id"], newest["amount"]) == (
        "refund",
        order["order_id"],
        Decimal("0.80"),
    )


@pytest.mark.parametrize("status", ["completed", "expired", "cancelled"])
@pytest.mark.parametrize("verb", ["cancel", "swap"])
def test_an_order_that_ended_is_neither_cancelled_nor_swapped(caller: Caller, verb: str, status: str) -> None:
    order = caller.orders(status=status)[0]
    before = caller.balance()
    answer = caller.post(f"/customer/{verb}/{order['id']}")
    assert answer == (400, {"error": f"Cannot {verb} order with status: {status}"})
    assert caller.balance() == before


def test_an_idempotency_key_is_ignored_so_a_second_cancel_is_refused(
    caller: Caller, watch: Wristwatch
) -> None:
    path = f"/api/v1/customer/cancel/{a_waiting_order(caller, watch)['order_id']}"
    request = Request.to("POST", path, {"X-API-Key": KEY, "X-Idempotency-Key": "the same"}, b"")
    assert [caller.sandbox.handle(request).status for _ in range(2)] == [200, 400]
    assert_adds_up(caller.book)


def test_a_swap_keeps_the_order_and_changes_its_number_at_no_charge(
    caller: Caller, watch: Wristwatch
) -> None:
    order = caller.buy("wa", "GB")
    refused = caller.post(f"/customer/swap/{order['order_id']}")
    assert refused == (
        425,
        {"error": "Swap not allowed within 2 minute hold period", "seconds_remaining": 120},
    )
    watch.pass_(seconds=120)
    before = caller.balance()
    status, swapped = caller.post(f"/customer/swap/{order['order_id']}")
    assert status == 200
    assert swapped["order_id"] == order["order_id"]
    assert swapped["previous_number"] == order["phone_number"]
    assert swapped["phone_number"] != order["phone_number"]
    assert swapped["phone_number"].startswith("+") is order["phone_number"].startswith("+")
    shown = caller.get(f"/customer/order/{order['order_id']}")
    assert shown["phone_number"] == swapped["phone_number"]
    assert caller.balance() == before


def test_a_country_can_run_out_of_numbers(caller: Caller, watch: Wristwatch) -> None:
    numbers = {caller.buy("wa", "AU")["phone_number"].removeprefix("+") for _ in range(6)}
    assert len(numbers) == 6
    none_left = caller.post("/customer/purchase", service="wa", country="AU")
    assert none_left == (404, {"error": "No numbers available"})
    watch.pass_(minutes=3)
    order = caller.orders(status="waiting")[0]
    assert order["country_id"] == "AU"
    answer = caller.post(f"/customer/swap/{order['id']}")
    assert answer == (404, {"error": "No replacement available"})


def test_a_purchase_is_paid_at_once_and_answers_in_the_details_shape(caller: Caller) -> None:
    before = caller.balance()
    assert caller.ask("POST", "/customer/purchase", b'{"service": "wa", "country": "ar"}').status == 400
    order = caller.buy("WA", "AR")
    assert order["success"] is True
    assert order["status"] == "waiting"
    assert str(order["price"]) == "0.80"
    assert order == caller.get(f"/customer/order/{order['order_id']}")
    assert before - caller.balance() == Decimal("0.80")


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, "service and country are required"),
        ({"service": "wa"}, "service and country are required"),
        ({"service": "whatsapp", "country": "AR"}, "Invalid service"),
        ({"service": 7, "country": "AR"}, "Invalid service"),
        ({"service": "wa", "country": "XX"}, "Invalid country"),
        ({"service": "wa", "country": ["AR"]}, "Invalid country"),
    ],
)
def test_a_purchase_of_nothing_known_is_refused(caller: Caller, fields: dict[str, Any], error: str) -> None:
    assert caller.post("/customer/purchase", **fields) == (400, {"error": error})


def test_a_purchase_beyond_the_balance_is_refused_with_the_figures(caller: Caller) -> None:
    while caller.balance() >= Decimal("1.40"):
        caller.buy("wa", "JP")
    left = caller.balance()
    status, answer = caller.post("/customer/purchase", service="wa", country="JP")
    assert status == 402
    assert answer == {"error": "Insufficient balance", "required": Decimal("1.40"), "current": left}
    assert caller.balance() == left


def test_a_price_needs_no_key(caller: Caller) -> None:
    answer = caller.ask("GET", "/price?service=wa&country=AR", key=None)
    assert answer.status == 200
    assert answer.body == (
        b'{"success":true,"service":"wa","country":"AR","service_name":"WhatsApp",'
        b'"country_name":"Argentina","price":0.80}'
    )
    assert caller.ask("GET", "/price?service=wa", key=None).status == 400


def test_the_catalogue_offers_a_few_dozen_services_and_countries(caller: Caller) -> None:
    services = caller.get("/customer/services")["services"]
    countries = caller.get("/customer/countries")["countries"]
    assert len(services) >= 36
    assert len(countries) >= 36
    codes = {service["service_id"] for service in services}
    assert {"wa", "tg", "go", "aws"} <= codes
    assert all(set(country["services"]) == codes for country in countries)
    for country in countries:
        price = caller.get("/price", service="tw", country=country["country_id"])["price"]
        assert country["min_price"] <= price


def test_balance_and_profile_agree_with_the_ledger(caller: Caller) -> None:
    profile = caller.get("/customer/profile")
    lines = caller.ledger()
    assert caller.get("/customer/balance") == {"balance": profile["balance_usd"], "success": True}
    assert lines[0]["balance_after"] == profile["balance_usd"]
    spent = sum(line["amount"] for line in lines if line["type"] == "purchase")
    assert profile["total_spent_usd"] == -spent
    assert profile["total_orders"] == len(caller.orders())
    assert profile["email"].endswith("@example.com")


def test_transactions_come_in_pages_with_the_count_of_all(caller: Caller) -> None:
    whole = caller.ledger()
    assert all(("order_id" in line) is (line["type"] in {"purchase", "refund"}) for line in whole)
    pages = [caller.get("/customer/transactions", limit=7, offset=start) for start in range(0, 42, 7)]
    assert [line for page in pages for line in page["transactions"]] == whole
    assert {(page["count"], page["limit"]) for page in pages} == {(len(whole), 7)}
    assert caller.get("/customer/transactions", offset=10**30)["transactions"] == []
    assert caller.get("/customer/transactions", offset=-1)["offset"] == 0
    assert caller.get("/customer/transactions", limit=101)["limit"] == 100
    assert caller.get("/customer/transactions")["limit"] == 50


def test_transactions_are_narrowed_by_type_and_time(caller: Caller, watch: Wristwatch) -> None:
    refunds = caller.ledger(type="refund")
    assert {line["type"] for line in refunds} == {"refund"}
    assert caller.ledger(type="nothing") == []
    whole = caller.ledger()
    middle = whole[9]["created_at"]
    assert caller.ledger(**{"from": middle})[-1]["created_at"] == middle
    assert caller.ledger(to=middle)[0]["created_at"] == middle
    today = str(watch.time.date())
    assert caller.ledger(**{"from": today}) == [line for line in whole if line["created_at"] >= today]
    yesterday = str((watch.time - timedelta(days=1)).date())
    expected = [line for line in whole if line["created_at"].startswith(yesterday)]
    assert expected
    assert caller.ledger(**{"from": yesterday, "to": yesterday}) == expected
    blank_for_plus = caller.ask("GET", "/customer/transactions?from=2020-01-01T00:00:00+02:00")
    assert blank_for_plus.status == 200


@pytest.mark.parametrize(
    "query",
    ["limit=ten", "limit=", "limit=1.5", "limit=" + "9" * 5000, "limit=%D9%A3", "offset=x", "from=yesterday",
     "to=2026-13-01", "from=0001-01-01T00:00:00%2B14:00"],
)  # fmt: skip
def test_a_malformed_query_is_a_400(caller: Caller, query: str) -> None:
    answer = caller.ask("GET", f"/customer/transactions?{query}")
    assert answer.status == 400
    assert set(decoded(answer)) == {"error"}


def test_a_completed_order_can_be_asked_back_once(caller: Caller) -> None:
    order_id = caller.orders(status="completed")[0]["id"]
    before = caller.balance()
    path = f"/customer/refund/{order_id}"
    status, answer = caller.post(path, reason="code-rejected", note="the platform said no")
    assert status == 202
    assert answer == {
        "success": True, "request_id": answer["request_id"], "order_id": order_id, "status": "pending",
    }  # fmt: skip
    assert caller.post(path, reason="code-rejected") == (409, {"error": "Refund already requested"})
    assert caller.balance() == before


@pytest.mark.parametrize("status", ["waiting", "expired", "cancelled"])
def test_what_waits_or_was_refunded_can_not_be_asked_back(caller: Caller, status: str) -> None:
    order_id = caller.orders(status=status)[0]["id"]
    answer = caller.post(f"/customer/refund/{order_id}", reason="not-refunded")
    assert answer == (400, {"error": "Order not eligible for refund"})


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'"text"', b"\xff", b"[" * 60_000, b'{"reason": NaN}', b'{"reason": 7}', b"9" * 5000,
     b'{"note": "\\ud800"}', b'{"reason": "' + b"x" * 65 + b'"}', b'{"note": "' + b"x" * 2001 + b'"}'],
)  # fmt: skip
def test_a_malformed_refund_request_is_a_400(caller: Caller, body: bytes) -> None:
    order_id = caller.orders(status="completed")[0]["id"]
    assert caller.ask("POST", f"/customer/refund/{order_id}", body).status == 400
    assert caller.ask("POST", f"/customer/refund/{order_id}", b" {} ").status == 202


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/customer/order"), ("POST", "/customer/cancel"), ("POST", "/customer/swap"),
     ("POST", "/customer/refund")],
)  # fmt: skip
@pytest.mark.parametrize(
    "order_id", ["00000000-0000-4000-8000-000000000000", "x", "", "%00", "..%2Fpurchase", "٣" * 36, "\ud800"]
)
def test_an_order_that_is_not_there_is_a_404(caller: Caller, method: str, path: str, order_id: str) -> None:
    answer = caller.ask(method, f"{path}/{order_id}")
    assert (answer.status, decoded(answer)) == (404, {"error": "Order not found"})
