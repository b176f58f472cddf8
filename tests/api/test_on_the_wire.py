"""What each method puts on the wire."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from api.parts import BASE_URL, CANCEL, KEY, ORDER, REFUND, TOKEN, Rig
from vsms_cli import __version__
from vsms_cli.domain.errors import UsageMistake
from vsms_cli.domain.mutation_answers import Cancelled, Requested
from vsms_cli.domain.tickets import Operation, Ticket

if TYPE_CHECKING:
    from collections.abc import Callable

    import respx

    from vsms_cli.api.client import Client

ROW = {"order_id": ORDER, "status": "waiting"}
SINCE = datetime(2026, 5, 24, 14, tzinfo=timezone(timedelta(hours=2)))

Read = tuple[str, "Callable[[Client], object]", str, dict[str, str], Any]
READS: list[Read] = [
    ("all orders", lambda c: c.orders(status=None), "/customer/orders", {"limit": "200"}, {"orders": []}),
    (
        "orders by status",
        lambda c: c.orders(status="waiting"),
        "/customer/orders",
        {"limit": "200", "status": "waiting"},
        [],
    ),
    ("one order", lambda c: c.order(ORDER.upper()), f"/customer/order/{ORDER}", {}, ROW),
    ("balance", lambda c: c.balance(), "/customer/balance", {}, {"balance": 1, "success": True}),
    ("account", lambda c: c.account(), "/customer/profile", {}, {"email": "a@example.com"}),
    (
        "ledger",
        lambda c: c.transactions(),
        "/customer/transactions",
        {"limit": "100", "offset": "0"},
        {"count": 0, "transactions": []},
    ),
    (
        "ledger by type and time",
        lambda c: c.transactions(type_="refund", since=SINCE, offset=100),
        "/customer/transactions",
        {"limit": "100", "offset": "100", "type": "refund", "from": "2026-05-24T12:00:00Z"},
        {"count": 0, "transactions": []},
    ),
]


def sole_request(api: respx.MockRouter) -> httpx.Request:
    assert len(api.calls) == 1
    request = api.calls.last.request
    assert isinstance(request, httpx.Request)
    return request


def check_common_headers(request: httpx.Request) -> None:
    assert request.headers["x-api-key"] == TOKEN
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["accept"] == "application/json"
    assert request.headers["user-agent"] == f"vsms/{__version__}"
    assert "cookie" not in request.headers
    assert TOKEN not in str(request.url)


@pytest.mark.parametrize("row", READS, ids=lambda row: row[0])
def test_a_read_is_one_get_with_its_parameters_and_the_key_in_its_header_alone(
    api: respx.MockRouter,
    rig: Rig,
    row: Read,
) -> None:
    _, call, path, params, answer = row
    api.get(path).respond(json=answer)
    call(rig.client)
    request = sole_request(api)
    assert (request.method, request.url.path) == ("GET", f"/api/v1{path}")
    assert dict(request.url.params) == params
    assert request.content == b""
    assert "x-idempotency-key" not in request.headers
    check_common_headers(request)
    assert (rig.budget.taken, rig.budget.answers) == (1, 1)


def test_the_catalogue_is_two_reads(api: respx.MockRouter, rig: Rig) -> None:
    api.get("/customer/countries").respond(
        json={"countries": [{"country_id": "AR", "country_name": "Argentina"}]}
    )
    api.get("/customer/services").respond(json={"services": [{"service_id": "wa"}]})
    catalogue = rig.client.catalogue()
    assert (catalogue.country("argentina"), catalogue.service("WA")) == ("AR", "wa")
    assert len(api.calls) == rig.budget.taken == 2


def test_a_cancel_is_one_post_without_body_with_its_tickets_own_key(api: respx.MockRouter, rig: Rig) -> None:
    answer = {"success": True, "order_id": ORDER, "status": "cancelled", "refund_amount": 0.80}
    api.post(f"/customer/cancel/{ORDER}").respond(json=answer)
    assert rig.client.cancel(CANCEL, price=Decimal("0.80")) == Cancelled(
        status="cancelled", refund_amount=Decimal("0.8")
    )
    request = sole_request(api)
    assert str(request.url) == f"{BASE_URL}/customer/cancel/{ORDER}"
    assert request.content == b""
    assert request.headers["content-length"] == "0"
    assert "content-type" not in request.headers
    assert request.headers["x-idempotency-key"] == KEY
    check_common_headers(request)


@pytest.mark.parametrize("note", [None, 'he said "no"\n\udcff'])
def test_a_refund_request_is_one_post_of_json(api: respx.MockRouter, rig: Rig, note: str | None) -> None:
    answer = {"success": True, "order_id": ORDER, "status": "pending", "request_id": "r-1"}
    api.post(f"/customer/refund/{ORDER}").respond(202, json=answer)
    assert rig.client.request_refund(REFUND, reason="code-rejected", note=note) == Requested(
        request_id="r-1", status="pending"
    )
    request = sole_request(api)
    assert json.loads(request.content) == {"reason": "code-rejected"} | ({"note": note} if note else {})
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-idempotency-key"] == KEY
    check_common_headers(request)


def test_what_moves_money_takes_no_turn_by_itself(api: respx.MockRouter, rig: Rig) -> None:
    api.post(f"/customer/cancel/{ORDER}").respond(404)
    rig.client.cancel(CANCEL, price=None)
    assert rig.budget.taken == 0, "its caller reserves before the intent is on disk"
    rig.client.reserve()
    assert rig.budget.taken == 1
    assert rig.client.time_limit == 5


@pytest.mark.parametrize(
    "order_id", ["", ".", "..", "../purchase", "%2e%2e%2fpurchase", f"{ORDER}/../x", f"{ORDER}?x"]
)
def test_no_request_leaves_for_an_id_that_is_no_uuid(api: respx.MockRouter, rig: Rig, order_id: str) -> None:
    ticket = Ticket(entry=1, operation=Operation.CANCEL, order_id=order_id, idempotency_key=KEY)
    with pytest.raises(UsageMistake):
        rig.client.cancel(ticket, price=None)
    with pytest.raises(UsageMistake):
        rig.client.request_refund(ticket, reason="other", note=None)
    with pytest.raises(UsageMistake):
        rig.client.order(order_id)
    assert not api.calls


def test_the_clock_is_told_the_date_of_every_answer(api: respx.MockRouter, rig: Rig) -> None:
    said = "Sun, 24 May 2026 12:00:00 GMT"
    api.get("/customer/balance").respond(json={"balance": 1}, headers={"Date": said})
    api.post(f"/customer/cancel/{ORDER}").respond(500, headers={"Date": said})
    rig.client.balance()
    rig.client.cancel(CANCEL, price=None)
    assert rig.clock.observed == [said, said]
