"""Whatever is asked, in any order: the ledger adds up, no order is refunded twice, no answer is a 5xx."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.caller import Caller, Wristwatch, assert_adds_up
from vsms_cli.sandbox.database import Database
from vsms_cli.sandbox.errors import SandboxError
from vsms_cli.sandbox.response_bodies import written
from vsms_cli.sandbox.routing import Request, Sandbox


@contextmanager
def new_caller() -> Iterator[Caller]:
    with tempfile.TemporaryDirectory() as directory:
        book = Database.open(Path(directory) / "sandbox.db", clock=Wristwatch())
        try:
            yield Caller(sandbox=Sandbox(book, seed=7), book=book)
        finally:
            book.close()


ANY_TEXT = st.text(st.characters(), max_size=40)  # lone surrogates too
STEPS = st.one_of(
    st.tuples(st.sampled_from(["cancel", "swap", "refund", "order", "deliver"]), st.integers(0, 25)),
    st.tuples(st.just("purchase"), st.sampled_from(["AR", "US", "AU", "XX"])),
    st.tuples(st.just("advance"), st.integers(0, 900)),
)


def take(caller: Caller, verb: str, value: Any) -> None:
    orders = caller.orders()
    match verb:
        case "advance":
            caller.sandbox.advance(timedelta(seconds=value))
        case "purchase":
            body = json.dumps({"service": "wa", "country": value}).encode()
            assert caller.ask("POST", "/customer/purchase", body).status in {200, 400, 402, 404}
        case "deliver":
            try:
                caller.sandbox.deliver(orders[value % len(orders)]["id"], "123")
            except SandboxError:
                return
        case _:
            method = "GET" if verb == "order" else "POST"
            path = f"/customer/{verb}/{orders[value % len(orders)]['id']}"
            assert caller.ask(method, path).status in {200, 202, 400, 404, 409, 425}


@settings(max_examples=40, deadline=None)
@given(steps=st.lists(STEPS, max_size=25))
def test_after_any_sequence_of_requests_the_ledger_adds_up_and_nothing_was_refunded_twice(
    steps: list[tuple[str, Any]],
) -> None:
    with new_caller() as caller:
        for verb, value in steps:
            take(caller, verb, value)
        assert_adds_up(caller.book)
        assert caller.balance() == caller.get("/customer/profile")["balance_usd"]


KNOWN = st.sampled_from(
    ["/customer/orders", "/customer/order/", "/customer/purchase", "/customer/cancel/", "/customer/refund/",
     "/customer/swap/", "/customer/balance", "/customer/transactions", "/price", "/customer/profile"]
)  # fmt: skip
PATHS = st.one_of(ANY_TEXT, st.builds("/api/v1{}{}".format, KNOWN, st.one_of(st.just(""), ANY_TEXT)))
FIELDS = st.dictionaries(
    st.sampled_from(
        ["service", "country", "reason", "note", "limit", "offset", "from", "to", "type", "status"]
    ),
    st.one_of(ANY_TEXT, st.integers().map(str), st.sampled_from(["wa", "AR", "2026-01-01", "9999-12-31"])),
)
QUERIES = st.one_of(ANY_TEXT, FIELDS.map(lambda fields: "&".join(f"{k}={v}" for k, v in fields.items())))
BODIES = st.one_of(st.binary(max_size=80), FIELDS.map(lambda fields: json.dumps(fields).encode()))
HEADERS = st.one_of(
    st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=3),
    st.just({"X-API-Key": "vsms_x"}),
)


def test_no_request_whatever_is_answered_with_a_5xx_or_an_exception() -> None:
    with new_caller() as caller:
        ids = [order["id"] for order in caller.orders()]

        @settings(max_examples=250, deadline=None)
        @given(
            method=st.one_of(st.sampled_from(["GET", "POST", "PUT"]), ANY_TEXT),
            path=PATHS,
            order_id=st.sampled_from(["", *ids]),
            query=QUERIES,
            headers=HEADERS,
            body=BODIES,
        )
        def ask_anything(
            *, method: str, path: str, order_id: str, query: str, headers: dict[str, str], body: bytes
        ) -> None:
            request = Request(method=method, path=path + order_id, query=query, headers=headers, body=body)
            answer = caller.sandbox.handle(request)
            assert answer.status in {200, 202, 400, 401, 402, 404, 405, 409, 413, 425}
            assert answer.headers["Date"].endswith(" GMT")
            answer.body.decode()

        ask_anything()
        assert_adds_up(caller.book)


JSON_VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.decimals(allow_nan=False, allow_infinity=False, places=2),
        st.text(),
    ),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=12,
)


@given(value=JSON_VALUES)
def test_written_json_reads_back_as_the_same_value_with_the_same_digits(value: Any) -> None:
    read = json.loads(written(value), parse_float=Decimal)
    assert read == value
    assert written(read) == written(value)
