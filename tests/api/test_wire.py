"""The service's words as they come in: every name that a source gives, and nothing hostile gets past."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from api.parts import ORDER
from vsms_cli.api import wire
from vsms_cli.api.deviation_collector import Deviations
from vsms_cli.domain.catalogue import Entry
from vsms_cli.domain.errors import BadAnswer
from vsms_cli.domain.money import Account, dollars
from vsms_cli.domain.orders import Message, Order, Phase

if TYPE_CHECKING:
    from collections.abc import Callable

OTHER = "0a44c0de-1f3a-4c57-9a51-0f2d6a9b8c11"
LISTED = {
    "id": ORDER.upper(),
    "phone_number": "+5491100000000",
    "service_id": "wa",
    "country_id": "AR",
    "status": "waiting",
    "price_charged": Decimal("0.80"),
    "created_at": "2026-05-24T12:00:00Z",
    "expires_at": "2026-05-24T14:20:00+02:00",
    "cancel_available_at": "2026-05-24T12:02:00.5Z",
    "rules": {"cancel_cooldown_seconds": 90},
}
DETAILED = {
    "order_id": ORDER,
    "phone_number": "+5491100000000",
    "service": "wa",
    "country": "AR",
    "status": "waiting",
    "price": Decimal("0.80"),
    "created_at": "2026-05-24T12:00:00Z",
    "expires_at": "2026-05-24T12:20:00Z",
    "cancel_available_at": "2026-05-24T12:02:00.500Z",
    "rules": {"cancel_cooldown_seconds": 90, "swap_cooldown_seconds": 120},
}


def body(value: object) -> bytes:
    return json.dumps(value, default=float).encode()


def read(reader: Callable[..., Any], data: bytes, *rest: Any, **more: Any) -> Any:
    """What a reader makes of an answer, whatever it notes."""
    return reader(data, *rest, Deviations(), **more)


def at(hour: int, minute: int, second: int = 0, microsecond: int = 0) -> datetime:
    return datetime(2026, 5, 24, hour, minute, second, microsecond, tzinfo=UTC)


def test_the_listing_and_the_detail_are_the_same_order_under_other_names() -> None:
    expected = Order(
        id=ORDER,
        status="waiting",
        phone_number="+5491100000000",
        country="AR",
        service="wa",
        price=Decimal("0.8"),
        created_at=at(12, 0),
        expires_at=at(12, 20),
        cancel_available_at=at(12, 2, 0, 500_000),
        cancel_cooldown=timedelta(seconds=90),
        messages=None,
    )
    assert read(wire.read_orders, body({"count": 1, "orders": [LISTED]})).orders == (expected,)
    assert read(wire.read_order, body(DETAILED), ORDER) == expected


def test_an_older_deployment_s_bare_array_is_a_listing_too() -> None:
    page = read(wire.read_orders, body([LISTED, DETAILED | {"order_id": OTHER}]))
    assert [order.id for order in page.orders] == [ORDER, OTHER]
    assert not page.full


@pytest.mark.parametrize(
    ("rows", "count", "full"),
    [
        (0, 0, False), (1, 1, False), (199, 199, False), (199, 3, False),
        (200, 3, True), (201, 201, True), (200, None, True),
        (2, 3, True), (0, 1, True),  # shorter than its own count
        (50, 50, True), (100, None, True),  # as long as the API's default page, or a common cap
        (2, None, False), (2, "3", True), (2, "2", False), (2, -1, False), (2, True, False),
    ],
)  # fmt: skip
def test_a_page_that_may_hide_orders_says_so(rows: int, count: object, *, full: bool) -> None:
    listed = [LISTED | {"id": f"{number:08d}{ORDER[8:]}"} for number in range(rows)]

    page = read(wire.read_orders, body({"count": count, "orders": listed}))

    assert (page.full, len(page.orders)) == (full, rows)


def test_an_order_that_is_listed_twice_is_one() -> None:
    assert len(read(wire.read_orders, body([LISTED, LISTED | {"id": ORDER}])).orders) == 1


def test_what_the_service_does_not_say_is_none() -> None:
    bare = {"id": ORDER, "status": "waiting"}
    assert read(wire.read_order, body(bare), ORDER) == Order(id=ORDER, status="waiting")
    nulls = dict.fromkeys([*LISTED, *DETAILED, "messages", "sms_code", "sms_text"]) | bare
    assert read(wire.read_order, body(nulls), ORDER) == Order(id=ORDER, status="waiting", messages=())
    empty = bare | {"created_at": "", "expires_at": ""}
    assert read(wire.read_order, body(empty), ORDER) == Order(id=ORDER, status="waiting")


def test_an_unknown_status_is_kept_as_it_is() -> None:
    order = read(wire.read_order, body(DETAILED | {"status": "on_hold"}), ORDER)
    assert (order.status, order.phase) == ("on_hold", Phase.UNKNOWN)


SMS = {"sender": "WhatsApp", "content": "Code 123-456", "received_at": "2026-05-24T12:01:00Z"}
READ_SMS = Message(sender="WhatsApp", content="Code 123-456", received_at=at(12, 1))


@pytest.mark.parametrize(
    ("fields", "messages"),
    [
        ({}, None),
        ({"messages": []}, ()),
        ({"messages": [SMS], "sms_received": False}, (READ_SMS,)),
        ({"messages": [SMS], "sms_received": "hostile"}, (READ_SMS,)),
        ({"messages": [{}, SMS]}, (Message(sender="", content="", received_at=None), READ_SMS)),
        ({"sms_text": "Code 1", "sms_code": "1"}, (Message(sender="", content="Code 1", received_at=None),)),
        ({"sms_code": "1"}, (Message(sender="", content="1", received_at=None),)),
        ({"sms_code": "", "sms_text": ""}, None),
        ({"messages": [], "sms_code": "1"}, (Message(sender="", content="1", received_at=None),)),
        ({"messages": [SMS], "sms_code": "1"}, (READ_SMS,)),
    ],
)
def test_messages_come_under_new_and_old_names(fields: dict[str, Any], messages: Any) -> None:
    assert read(wire.read_order, body(DETAILED | fields), ORDER).messages == messages


@pytest.mark.parametrize("cooldown", [-1, 86401, True, "2 minutes", None, [120]])
def test_an_absurd_cooldown_is_passed_over(cooldown: object) -> None:
    order = read(wire.read_order, body(DETAILED | {"rules": {"cancel_cooldown_seconds": cooldown}}), ORDER)
    assert order.cancel_cooldown is None


@pytest.mark.parametrize(("said", "seconds"), [("120", 120), (120.5, 121), (0, 0)])
def test_a_cooldown_in_another_form_is_the_cooldown(said: object, seconds: int) -> None:
    order = read(wire.read_order, body(DETAILED | {"rules": {"cancel_cooldown_seconds": said}}), ORDER)
    assert order.cancel_cooldown == timedelta(seconds=seconds)


def test_rules_that_are_no_object_are_passed_over_and_a_cooldown_of_none_is_one() -> None:
    assert read(wire.read_order, body(DETAILED | {"rules": [1]}), ORDER).cancel_cooldown is None
    none = read(wire.read_order, body(DETAILED | {"rules": {"cancel_cooldown_seconds": 0}}), ORDER)
    assert none.cancel_cooldown == timedelta(0)


@pytest.mark.parametrize(
    "change",
    [
        {"order_id": None},
        {"order_id": ""},
        {"order_id": "../purchase"},
        {"order_id": 7},
        {"order_id": OTHER},
        {"order_id": ORDER.replace("7", "\u0667")},
    ],
)
def test_an_answer_about_another_order_or_none_is_a_bad_answer(change: dict[str, Any]) -> None:
    with pytest.raises(BadAnswer) as caught:
        read(wire.read_order, body(DETAILED | change), ORDER)
    assert caught.value.hint


def test_the_service_s_words_do_not_stand_in_the_complaint_about_them() -> None:
    for change in ({"order_id": "\x1b[31m"}, {"order_id": {"\x1b": 1}}):
        with pytest.raises(BadAnswer) as caught:
            read(wire.read_order, body(DETAILED | change), ORDER)
        assert "\x1b" not in caught.value.message


HOSTILE: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**18, -1, 2**63, 10**60, 1e308, 5e-324, -0.0, 1e65])
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from([ORDER, "", "\x00", "cancelled", "2026-05-24T12:00:00Z", "9999-12-31T23:59:60Z"])
    | st.sampled_from(["0001-01-01T00:00:00+23:59", "2026-02-30T00:00:00Z", "2026-05-24T12:00:00+99:99"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = sorted({*LISTED, *DETAILED, "messages", "sms_text", "sms_code", "sms_received", "success", "count"})
READERS: dict[str, Callable[[bytes], object]] = {
    "orders": lambda data: read(wire.read_orders, data),
    "order": lambda data: read(wire.read_order, data, ORDER),
    "cancelled": lambda data: read(wire.read_cancelled, data, ORDER, price=Decimal("0.80")),
    "cancelled, price unknown": lambda data: read(wire.read_cancelled, data, ORDER, price=None),
    "requested": lambda data: read(wire.read_requested, data, ORDER),
    "balance": lambda data: read(wire.read_balance, data),
    "account": lambda data: read(wire.read_account, data),
    "ledger": lambda data: read(wire.read_ledger, data),
    "countries": lambda data: read(wire.read_countries, data),
    "services": lambda data: read(wire.read_services, data),
}
LINE = {"id": "t-1", "amount": 0.80, "type": "refund", "description": "d", "order_id": ORDER.upper()}
LINE |= {"balance_before": 1, "balance_after": 1.80, "created_at": "2026-05-24T12:00:00Z"}
GOOD: dict[str, dict[str, Any]] = {
    "orders": {"orders": [LISTED]},
    "order": DETAILED | {"messages": [SMS]},
    "cancelled": {"success": True, "order_id": ORDER, "status": "cancelled", "refund_amount": 0.80},
    "requested": {"success": True, "order_id": ORDER, "status": "pending", "request_id": "r"},
    "balance": {"balance": 5, "success": True},
    "account": {"email": "a@example.com"},
    "ledger": {"count": 1, "transactions": [LINE]},
    "countries": {"countries": [{"country_id": "AR", "country_name": "Argentina"}]},
    "services": {"services": [{"service_id": "wa", "service_name": "WhatsApp"}]},
}
GOOD["cancelled, price unknown"] = GOOD["cancelled"]


def use(value: object) -> None:
    """What every command does with what came in: sums with times, money as text."""
    if isinstance(value, Order):
        assert value.cancel_opens_at is None or value.too_young(at(12, 0)) in {True, False}
        assert value.refunds_itself_at is None or isinstance(value.refunds_itself_at - at(12, 0), timedelta)
        assert dollars(value.price)


def check(read: Callable[[bytes], object], data: bytes) -> None:
    try:
        found = read(data)
    except BadAnswer:
        return
    for each in getattr(found, "orders", (found,)):
        use(each)


@pytest.mark.parametrize("name", READERS)
def test_a_good_answer_is_read(name: str) -> None:
    assert READERS[name](body(GOOD[name]))


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=40)
@given(data=st.data())
def test_a_hostile_value_in_any_field_is_a_bad_answer_at_worst(name: str, data: st.DataObject) -> None:
    good = GOOD[name]
    spots: list[tuple[Any, ...]] = [(key,) for key in good]
    for key, value in good.items():
        if isinstance(value, list):
            spots += [(key, 0)] + [(key, 0, inner) for inner in value[0]]
        elif isinstance(value, dict):
            spots += [(key, inner) for inner in value]
    changed = json.loads(body(good))
    spot = data.draw(st.sampled_from(spots))
    place = changed
    for step in spot[:-1]:
        place = place[step]
    place[spot[-1]] = data.draw(HOSTILE)
    check(READERS[name], json.dumps(changed).encode())


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=40)
@given(value=HOSTILE | st.dictionaries(st.sampled_from(NAMES), HOSTILE), cut=st.integers(0, 3))
def test_any_json_at_all_is_a_bad_answer_at_worst(name: str, value: Any, cut: int) -> None:
    text = json.dumps(value).encode()
    check(READERS[name], text[: len(text) - cut])


@given(st.binary(max_size=300))
@example(b'{"seconds_remaining": 1e999999999}')
@example(b"[" * 100_000)
def test_the_readers_of_refusals_never_fail(data: bytes) -> None:
    seconds = wire.read_seconds_remaining(data)
    assert seconds is None or 0 <= seconds <= 86400
    assert len(wire.read_error(data)) <= 200
    for read in READERS.values():
        check(read, data)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b'{"error": "Nope"}', "Nope"),
        (b'{"error": "Nope", "message": "Never"}', "Nope: Never"),
        (b'{"error": "Nope", "message": "Nope"}', "Nope"),
        (b'{"error": 5, "message": null}', ""),
        (b'{"error": {"deep": 1}}', ""),
        (b'{"title": "Busy", "detail": "Come back", "status": 503}', "Busy: Come back"),  # RFC 7807
        (b'["Nope"]', ""),
        (b"Cannot cancel", "Cannot cancel"),
        (b" <html>", ""),
        (b"", ""),
        (b"\xff", "\ufffd"),
        (b'{"error": "' + b"x" * 1000 + b'"}', "x" * 200),
        (b"y" * 5000, "y" * 200),
    ],
)
def test_a_refusal_s_words_are_taken_where_there_are_some(said: bytes, words: str) -> None:
    assert wire.read_error(said) == words


@pytest.mark.parametrize(
    ("answer", "amount"),
    [
        (b'{"balance": 49.39, "success": true}', "49.39"),
        (b'{"balance_usd": 49.390}', "49.390"),
        (b'{"balance": "49.39"}', "49.39"),
        (b'{"balance": " 4.9390e1 "}', "49.390"),
        (b'{"data": {"balance": 1.5}}', "1.5"),
        (b'\xef\xbb\xbf{"balance": 1.5}', "1.5"),
        (b'{"balance": -0.0}', "0.0"),
        (b'{"balance": 49.389999999999993}', "49.39"),
        (b'{"balance": 0.30000000000000004}', "0.30"),
        (b'{"balance": 0, "balance_usd": 5}', "0"),
        (b'{"balance": -1.5}', "-1.5"),
        (b'{"balance": 0.12400000000000001}', "0.124"),
        (b'{"balance": 0.000000000001}', "0.00"),
        (b'{"balance": 1000000000}', "1000000000"),
    ],
)
def test_the_balance_keeps_its_digits(answer: bytes, amount: str) -> None:
    assert str(read(wire.read_balance, answer).amount) == amount


@pytest.mark.parametrize(
    "answer",
    [
        b'{"balance": 5, "success": false}',
        b"{}",
        b'{"balance": null}',
        b'{"balance": "five"}',
        b'{"balance": [5]}',
        b'{"error": "maintenance"}',
        b'{"balance": true}',
        b'{"balance": 1000000000.01}',
        b'{"balance": 1e1000000}',
        b"5",
        b"",
        b"<html>",
    ],
)
def test_a_balance_that_is_no_money_is_a_bad_answer(answer: bytes) -> None:
    with pytest.raises(BadAnswer):
        read(wire.read_balance, answer)


@given(st.decimals(-(10**9), 10**9, allow_nan=False, places=5))
def test_every_amount_of_money_comes_through_digit_by_digit(amount: Decimal) -> None:
    assert str(read(wire.read_balance, f'{{"balance": {amount}}}'.encode()).amount) == str(
        amount or abs(amount)
    )


def test_a_web_page_and_emptiness_are_told_apart_from_broken_json() -> None:
    for said, words in ((b" <!DOCTYPE", "web page"), (b"\n", "empty"), (b"{", "broken")):
        with pytest.raises(BadAnswer, match=words):
            read(wire.read_balance, said)


def test_the_profile_may_lack_its_email() -> None:
    assert read(wire.read_account, b"{}") == Account(email=None)


def test_a_line_of_the_ledger_is_read_with_a_number_for_an_id_and_without_an_order() -> None:
    page = read(
        wire.read_ledger,
        body({"count": 250, "transactions": [LINE, {"id": 7, "amount": -1, "order_id": ""}]}),
    )
    first, second = page.transactions
    assert page.total == 250
    assert (first.order_id, first.amount, first.type) == (ORDER, Decimal("0.8"), "refund")
    assert (second.id, second.order_id, second.type, second.created_at) == ("7", None, "", None)


@pytest.mark.parametrize(
    "answer",
    [
        {"count": 1},
        {"count": 1, "transactions": "none"},
        {"error": "maintenance"},
        {"success": False, "transactions": [LINE]},
    ],
)
def test_a_ledger_that_can_t_be_meant_is_a_bad_answer(answer: dict[str, Any]) -> None:
    with pytest.raises(BadAnswer):
        read(wire.read_ledger, body(answer))


def test_the_catalogue_s_rows_need_a_code_and_may_lack_a_name() -> None:
    (entry,) = read(wire.read_countries, body({"countries": [{"country_id": "AR"}]}))
    assert (entry.code, entry.name) == ("AR", "AR")
    rows_without_a_code: list[object] = [{"country_id": ""}, {"country_name": "x"}, {"country_id": {}}, 7]
    for row in rows_without_a_code:
        notes = Deviations()
        rows = body({"countries": [row, {"country_id": "BR", "country_name": "Brazil"}]})
        assert wire.read_countries(rows, notes) == (Entry(code="BR", name="Brazil"),)
        assert notes.unreadable >= 1
    assert wire.read_countries(b'["AR"]', Deviations()) == (Entry(code="AR", name="AR"),)
