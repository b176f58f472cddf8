"""What holds for every answer, and what the operator can do."""

from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest

from sandbox.caller import KEY, Caller, Wristwatch, assert_adds_up, decoded
from vsms_cli.sandbox.errors import OrderUnknown, SandboxError
from vsms_cli.sandbox.routing import BODY_LIMIT, Request


@pytest.mark.parametrize("key", [None, "", "vsms_", "sk_live", " vsms_x", "vsms_ x", "vsms_é", "vsms_x\n"])
def test_a_key_that_is_missing_or_of_the_wrong_form_is_a_401(caller: Caller, key: str | None) -> None:
    answer = caller.ask("GET", "/customer/balance", key=key)
    assert (answer.status, decoded(answer)) == (401, {"error": "Invalid or missing API key"})


def test_the_keys_header_may_be_written_in_any_case(caller: Caller) -> None:
    for name in ("X-API-Key", "x-api-key", "X-Api-Key"):
        request = Request.to("GET", "/api/v1/customer/balance", {"Accept": "*/*", name: KEY}, b"")
        assert caller.sandbox.handle(request).status == 200


@pytest.mark.parametrize(
    "path",
    ["", "/", "*", "/api/v1", "/api/v1/", "/api/v1/customer", "/api/v2/customer/balance", "/customer/balance",
     "/api/v1/numbers/rent", "/api/v1/webhooks", "/api/v1/customer/order/{id}/more", "/api/v1//price",
     "/api/v1/customer/balance/"],
)  # fmt: skip
def test_an_unknown_path_is_a_404(caller: Caller, path: str) -> None:
    answer = caller.sandbox.handle(Request.to("GET", path, {"X-API-Key": KEY}, b""))
    assert answer.status == 404


def test_a_known_path_with_another_method_is_a_405_that_names_the_right_one(caller: Caller) -> None:
    answer = caller.ask("GET", "/customer/purchase")
    assert answer.status == 405
    assert answer.headers["Allow"] == "POST"
    assert caller.ask("HEAD", "/customer/orders").status == 200
    assert caller.ask("HEAD", "/customer/purchase").status == 405
    assert caller.ask("get", "/customer/orders").status == 405


def test_a_body_beyond_64_kib_is_a_413(caller: Caller) -> None:
    assert caller.ask("POST", "/customer/purchase", b" " * (BODY_LIMIT + 1)).status == 413
    assert caller.ask("POST", "/customer/purchase", b" " * BODY_LIMIT).status == 400


def test_every_answer_carries_the_date_of_the_sandboxs_own_clock(caller: Caller, watch: Wristwatch) -> None:
    assert caller.ask("GET", "/customer/balance").headers["Date"] == "Sun, 24 May 2026 12:00:00 GMT"
    caller.sandbox.advance(timedelta(hours=30))
    watch.pass_(seconds=61.5)
    for path, key in (("/customer/balance", KEY), ("/customer/balance", None), ("/nowhere", None)):
        answer = caller.ask("GET", path, key=key)
        assert answer.headers["Date"] == "Mon, 25 May 2026 18:01:01 GMT"


def test_time_runs_on_by_itself_and_an_order_expires_and_is_refunded_at_that_time(
    caller: Caller, watch: Wristwatch
) -> None:
    order = caller.buy()
    before = caller.balance()
    watch.pass_(minutes=19, seconds=59.999)
    assert caller.get(f"/customer/order/{order['order_id']}")["status"] == "waiting"
    watch.pass_(seconds=0.001)
    assert caller.get(f"/customer/order/{order['order_id']}")["status"] == "expired"
    refunds = [line for line in caller.ledger(type="refund") if line.get("order_id") == order["order_id"]]
    assert [(line["amount"], line["created_at"]) for line in refunds] == [
        (order["price"], order["expires_at"]),
    ]
    assert caller.balance() > before
    assert_adds_up(caller.book)


def test_advancing_the_clock_expires_what_is_due_and_each_order_once(caller: Caller) -> None:
    waiting = caller.orders(status="waiting")
    due = sum(order["price_charged"] for order in waiting)
    before = caller.balance()
    caller.sandbox.advance(timedelta(minutes=20))
    caller.sandbox.advance(timedelta(days=1))
    assert caller.orders(status="waiting") == []
    assert caller.balance() - before == due
    assert_adds_up(caller.book)


def test_the_clock_only_goes_forward_and_not_past_the_calendar(caller: Caller, watch: Wristwatch) -> None:
    for span in (timedelta(microseconds=-1), timedelta.max, timedelta(days=3651), timedelta.min):
        with pytest.raises(SandboxError, match="forward"):
            caller.sandbox.advance(span)
    assert caller.sandbox.advance(timedelta(days=3650)) == watch.time + timedelta(days=3650)
    with pytest.raises(SandboxError, match="forward"):
        caller.sandbox.advance(timedelta(seconds=1))
    assert parsedate_to_datetime(caller.ask("GET", "/x").headers["Date"]).year == 2036


def test_a_delivered_sms_completes_its_order(caller: Caller) -> None:
    order_id = caller.buy()["order_id"]
    assert caller.sandbox.deliver(order_id, "code 1\x1b[2J\x00 \u202e") == order_id
    shown = caller.get(f"/customer/order/{order_id}")
    assert shown["status"] == "completed"
    assert shown["messages"] == [
        {"sender": "WhatsApp", "content": "code 1\x1b[2J\x00 \u202e", "received_at": shown["created_at"]}
    ]
    caller.sandbox.advance(timedelta(hours=1))
    assert caller.get(f"/customer/order/{order_id}")["status"] == "completed"
    assert_adds_up(caller.book)


def test_an_sms_may_come_from_a_named_sender_to_the_beginning_of_an_id(caller: Caller) -> None:
    order_id = caller.buy()["order_id"]
    assert caller.sandbox.deliver(order_id[:6].upper(), "9", sender="VERIFY") == order_id
    assert caller.get(f"/customer/order/{order_id}")["messages"][0]["sender"] == "VERIFY"


def test_an_sms_comes_only_to_an_order_that_waits(caller: Caller) -> None:
    for status in ("completed", "expired", "cancelled"):
        with pytest.raises(SandboxError, match=f"is {status}: only a waiting order"):
            caller.sandbox.deliver(caller.orders(status=status)[0]["id"], "late")


@pytest.mark.parametrize(
    "order_id", ["", "abc12", "zzzzzz", "%%%%%%", "00000000-0000-4000-8000-000000000000"]
)
def test_an_sms_for_an_unknown_order_is_an_error_and_a_lookup_error(caller: Caller, order_id: str) -> None:
    with pytest.raises(OrderUnknown, match="no order has the id") as caught:
        caller.sandbox.deliver(order_id, "hello")
    assert isinstance(caught.value, SandboxError)
    assert isinstance(caught.value, LookupError)


def test_the_beginning_of_two_ids_is_refused(caller: Caller) -> None:
    with caller.book.turn() as page:
        order = page.rows("SELECT * FROM orders LIMIT 1")[0]
        twin = order["id"][:9] + "0000" + order["id"][13:]
        page.write(
            "INSERT INTO orders SELECT NULL, ?, '1', 'wa', 'AR', 'waiting', '1', created_at, expires_at"
            " FROM orders WHERE id = ?",
            (twin, order["id"]),
        )
    with pytest.raises(SandboxError, match="2 orders begin with"):
        caller.sandbox.deliver(order["id"][:8], "for whom?")


def test_an_sms_that_is_no_text_is_refused_and_the_order_still_waits(caller: Caller) -> None:
    order_id = caller.buy()["order_id"]
    with pytest.raises(SandboxError, match="Unicode"):
        caller.sandbox.deliver(order_id, "half \udc80")
    assert caller.get(f"/customer/order/{order_id}")["status"] == "waiting"


def test_a_book_that_can_not_be_used_is_a_503_and_no_exception(caller: Caller) -> None:
    caller.book.close()
    answer = caller.ask("GET", "/customer/balance")
    assert (answer.status, decoded(answer)) == (503, {"error": "Sandbox database unavailable"})
    assert "Date" in answer.headers
    assert caller.sandbox.refuse(400, "Bad Request").status == 400
