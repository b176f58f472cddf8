"""The vendor's SDK, virtualsms 2.0.0, against the served sandbox: a stranger that knows nothing of our code.

Where it relies on what API.md marks older or assumed, or on a path that API.md does not have, the test's name says so.
"""

from decimal import Decimal
from typing import Any

import pytest
import virtualsms
from virtualsms import ApiError, BadApiKeyError, InsufficientBalanceError, NotFoundError, ServerError

from support.served import Served, served
from support.vsms import Vsms

# Other products of the vendor, which API.md leaves out
OUTSIDE = ("proxy", "proxies", "rental", "webhook", "rotate", "session", "check_number")
COVERED = {
    *("list_services", "list_countries", "search_services", "get_price", "find_cheapest"),
    *("create_order", "get_order", "get_sms", "wait_for_sms", "cancel_order", "swap_number", "retry_order"),
    *("list_orders", "order_history", "cancel_all_orders"),
    *("get_balance", "get_profile", "get_transactions", "get_stats"),
}


def test_no_method_of_the_sdk_about_orders_money_or_the_catalogue_is_left_out() -> None:
    public = {
        name
        for name, value in vars(virtualsms.VirtualSMS).items()
        if callable(value) and not name.startswith("_")
    }
    assert {name for name in public if not any(word in name for word in OUTSIDE)} == COVERED


def test_the_catalogue_reads_as_ours_does(sdk: Any) -> None:
    services, countries = sdk.list_services(), sdk.list_countries()
    assert {"code": "wa", "name": "WhatsApp", "icon": None} in services
    assert {"iso": "AR", "name": "Argentina", "flag": None} in countries
    assert sdk.search_services("whatsapp")["matches"][0]["code"] == "wa"
    assert sdk.search_services("no such thing")["matches"] == []


def test_a_price_and_the_stock_read_over_paths_that_the_sdk_alone_names(sdk: Any) -> None:
    price = sdk.get_price("wa", "AR")
    assert price == {"price_usd": 0.8, "currency": "USD", "available": True}
    cheapest = sdk.find_cheapest("wa")["cheapest_options"]
    assert cheapest[0]["price_usd"] <= cheapest[-1]["price_usd"]


def test_buying_reading_and_cancelling_goes_through_and_vsms_sees_the_same(sdk: Any, pointed: Vsms) -> None:
    before = sdk.get_balance()["balance_usd"]
    bought = sdk.create_order("wa", "AR")
    order = sdk.get_order(bought["order_id"])
    assert {name: order[name] for name in bought} == bought
    assert sdk.get_balance()["balance_usd"] == pytest.approx(before - 0.8)

    ours = pointed("orders", "show", bought["order_id"], "--json").json
    assert (ours["status"], ours["country"], ours["service"], ours["price"]) == ("waiting", "AR", "wa", 0.8)
    assert ours["phone_number"] == bought["phone_number"]

    answer = sdk.cancel_order(bought["order_id"])
    assert (answer["status"], answer["refund_amount"]) == ("cancelled", 0.8)
    assert pointed("orders", "cancel", bought["order_id"], "--yes", "--json").json[0]["outcome"] == (
        "already_cancelled"
    )
    with pytest.raises(ApiError, match="Cannot cancel order with status: cancelled"):
        sdk.cancel_order(bought["order_id"])
    assert sdk.get_balance()["balance_usd"] == pytest.approx(before)
    assert pointed("refunds", "audit").code == 0


def test_what_vsms_cancels_is_cancelled_for_the_sdk_and_paid_back_once(sdk: Any, pointed: Vsms) -> None:
    bought = sdk.create_order("tg", "BR")["order_id"]
    done = pointed("orders", "cancel", bought, "--yes", "--verify", "--json").json[0]
    assert (done["outcome"], done["verified"]) == ("cancelled", "posted")
    assert sdk.get_order(bought)["status"] == "cancelled"
    lines = [line for line in sdk.get_transactions()["transactions"] if line.get("order_id") == bought]
    assert [(line["type"], line["amount"]) for line in lines] == [("refund", 0.32), ("purchase", -0.32)]
    assert done["transaction_id"] == lines[0]["id"]


def test_an_sms_arrives_and_the_sdk_calls_the_state_sms_received_an_older_word(
    sdk: Any, pointed: Vsms
) -> None:
    bought = sdk.create_order("go", "GB")["order_id"]
    assert sdk.get_sms(bought)["status"] == "waiting"
    timed_out = sdk.wait_for_sms(bought, timeout_seconds=0)
    assert (timed_out["success"], timed_out["error"]) == (False, "timeout")

    assert pointed("sandbox", "deliver", bought, "G-730418 is your code").code == 0

    waited = sdk.wait_for_sms(bought, timeout_seconds=5)
    assert (waited["success"], waited["code"], waited["status"]) == (True, "730418", "sms_received")
    assert sdk.get_sms(bought)["code"] == "730418"
    assert sdk.get_order(bought)["status"] == "completed"
    with pytest.raises(ApiError, match="completed"):
        sdk.cancel_order(bought)
    assert pointed("orders", "cancel", bought, "--yes", "--json").json[0]["outcome"] == "sms_received"


def test_a_swap_gives_another_number_for_the_same_order(sdk: Any) -> None:
    bought = sdk.create_order("wa", "DE")
    swapped = sdk.swap_number(bought["order_id"])
    assert swapped["order_id"] == bought["order_id"]
    assert swapped["previous_number"] == bought["phone_number"] != swapped["phone_number"]
    assert sdk.get_order(bought["order_id"])["phone_number"] == swapped["phone_number"]


def test_a_retry_needs_orders_id_retry_a_path_that_api_md_does_not_have(sdk: Any) -> None:
    with pytest.raises(NotFoundError):
        sdk.retry_order(sdk.create_order("wa", "AR")["order_id"])


def test_lists_and_history_name_the_same_orders_as_vsms(sdk: Any, pointed: Vsms) -> None:
    waiting = sdk.list_orders("waiting")
    ours = pointed("orders", "list", "--json").json
    assert [(o["order_id"], o["phone_number"], o["service"], o["country"], o["price"]) for o in waiting] == [
        (o["id"], o["phone_number"], o["service"], o["country"], o["price"]) for o in ours
    ]
    history = sdk.order_history(service="wa", country="ar", since_days=30, limit=3)
    assert history["count"] == 3
    assert {(o["service"], o["country"]) for o in history["orders"]} == {("wa", "AR")}
    assert {order["status"] for order in sdk.list_orders()} == {
        "waiting",
        "completed",
        "expired",
        "cancelled",
    }


def test_cancelling_all_works_but_the_sdk_reads_refunded_which_the_live_answer_does_not_have(
    sdk: Any, pointed: Vsms
) -> None:
    before = sdk.get_balance()["balance_usd"]
    prices = [order["price"] for order in pointed("orders", "list", "--json").json]
    swept = sdk.cancel_all_orders()
    assert (swept["cancelled"], swept["failed"]) == (len(prices), 0)
    assert not any(row["refunded"] for row in swept["cancelled_orders"])  # and yet all of them were:
    assert sdk.get_balance()["balance_usd"] == pytest.approx(before + sum(prices))
    assert sdk.cancel_all_orders()["total_active"] == 0
    assert pointed("refunds", "audit").code == 0


def test_the_money_is_the_same_for_both(sdk: Any, pointed: Vsms) -> None:
    balance = pointed("balance", "--json").json["balance"]
    profile = sdk.get_profile()
    assert sdk.get_balance() == {"balance_usd": balance}  # from `balance`; `balance_usd` is the older name
    assert profile["balance_usd"] == balance
    assert profile["total_orders"] == len(sdk.list_orders())
    stats = sdk.get_stats(since_days=30)
    assert stats["balance_usd"] == balance
    assert stats["status_breakdown"]["waiting"] == len(sdk.list_orders("waiting"))
    theirs = sdk.get_transactions(limit=100)["transactions"]
    ours = pointed("transactions", "list", "--json").json
    assert [(line["id"], line["amount"], line["type"]) for line in theirs] == [
        (line["id"], line["amount"], line["type"]) for line in ours
    ]
    assert sum(Decimal(str(line["amount"])) for line in theirs) == Decimal(str(balance))


def test_the_ledger_pages_by_offset_and_a_limit_of_200_that_the_sdk_names_gives_100(sdk: Any) -> None:
    whole = sdk.get_transactions(limit=200)
    assert whole["limit"] == 100
    assert whole["count"] == len(whole["transactions"])
    second = sdk.get_transactions(limit=5, offset=5)
    assert second["transactions"] == whole["transactions"][5:10]
    refunds = sdk.get_transactions(type="refund")
    assert refunds["count"] == sum(line["type"] == "refund" for line in whole["transactions"])
    newest = whole["transactions"][0]["created_at"]
    assert sdk.get_transactions(from_=newest)["count"] >= 1
    assert sdk.get_transactions(to="2020-01-01T00:00:00Z")["count"] == 0


def test_the_sdks_rental_methods_list_show_and_cancel(sdk: Any, pointed: Vsms) -> None:
    active = sdk.list_rentals()
    assert {row["status"] for row in active} == {"active"}
    assert len(sdk.list_rentals(status="all")) > len(active)
    good = next(row for row in active if row["rental_type"] == "full")
    assert sdk.get_rental(good["id"])["price"] == good["price"]
    served = next(row for row in active if row["sms_received"])

    answer = sdk.cancel_rental(good["id"])
    assert (answer["success"], answer["rental_id"], answer["refund"]) == (True, good["id"], good["price"])
    for refused in (good["id"], served["id"]):
        with pytest.raises(ApiError):
            sdk.cancel_rental(refused)
    ours = pointed("rentals", "cancel", good["id"], served["id"], "--yes", "--json").json
    assert [row["outcome"] for row in ours] == ["already_cancelled", "sms_received"]


def test_refusals_become_the_sdks_own_errors(sdk: Any, server: Served) -> None:
    unknown = "00000000-0000-4000-8000-000000000000"
    for call in (sdk.get_order, sdk.get_sms, sdk.cancel_order, sdk.swap_number):
        with pytest.raises(NotFoundError, match="Order not found"):
            call(unknown)
    with pytest.raises(ApiError):
        sdk.create_order("wa", "XX")
    stranger = virtualsms.VirtualSMS("sk_not_of_the_form", base_url=server.base_url)
    with pytest.raises(BadApiKeyError):
        stranger.get_balance()
    stranger.session.close()
    while sdk.get_balance()["balance_usd"] >= 1.2:
        sdk.create_order("wa", "US")
    with pytest.raises(InsufficientBalanceError):
        sdk.create_order("wa", "US")


def test_the_cooldown_stops_the_sdk_before_it_asks_and_the_service_if_it_asks(vsms: Vsms) -> None:
    with served(vsms, "--ephemeral") as server:
        sdk = virtualsms.VirtualSMS("vsms_x", base_url=server.base_url)
        order_id = sdk.create_order("wa", "AR")["order_id"]
        for refused in (sdk.cancel_order(order_id), sdk.swap_number(order_id)):
            assert refused["error"] == "cooldown_active"
            assert 100 < refused["wait_seconds"] <= 121
        with pytest.raises(ApiError, match="Cannot cancel within 120 seconds of purchase"):
            sdk._post(f"/customer/cancel/{order_id}")
        sdk.session.close()
    assert "POST /api/v1/customer/swap" not in server.log


def test_scripted_trouble_reaches_the_sdk_and_vsms_alike(vsms: Vsms) -> None:
    with served(vsms, "--ephemeral", "--fault", "cancel:503-after:2") as server:
        sdk = virtualsms.VirtualSMS("vsms_x", base_url=server.base_url)
        old = sdk.list_orders("waiting")[-2:]
        with pytest.raises(ServerError, match="DO NOT blindly retry"):
            sdk.cancel_order(old[0]["order_id"])
        assert sdk.get_order(old[0]["order_id"])["status"] == "cancelled"
        sdk.session.close()
        env = {"VSMS_TOKEN": "vsms_x", "VSMS_BASE_URL": server.base_url}
        done = vsms("orders", "cancel", old[1]["order_id"], "--yes", "--json", env=env)
        assert done.json[0]["outcome"] == "cancelled"
    assert server.log.count(" [503-after]\n") == 2
