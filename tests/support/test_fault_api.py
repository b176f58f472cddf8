"""Orders and the ledger: the fault server pays as the service does, and the adversary pays again."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from support.fault_client import ask
from support.fault_server import FaultServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as running:
        yield running


def _get(server: FaultServer, path: str) -> Any:
    return json.loads(ask(server, "GET", path).body, parse_float=Decimal)


def _cancel(server: FaultServer, order: str) -> int:
    return ask(server, "POST", f"/customer/cancel/{order}").status


def test_a_cancel_refunds_in_full_and_once(server: FaultServer) -> None:
    order = server.add_order(price=Decimal("1.25"))

    done = json.loads(ask(server, "POST", f"/customer/cancel/{order}").body, parse_float=Decimal)

    assert done == {
        "success": True,
        "order_id": order,
        "status": "cancelled",
        "refund_amount": Decimal("1.25"),
    }
    assert _cancel(server, order) == 400
    assert server.refunded(order) == Decimal("1.25")
    assert server.times_paid(order) == 1
    assert server.posts(order) == 2
    assert _get(server, "/customer/balance")["balance"] == Decimal("50.00")


def test_the_adversary_pays_for_every_post_whatever_its_idempotency_key() -> None:
    with FaultServer(pays_again=True) as server:
        order = server.add_order()
        headers = {"X-API-Key": server.token, "X-Idempotency-Key": "always-the-same"}
        with httpx.Client(base_url=server.base_url, headers=headers) as client:
            answers = [client.post(f"/customer/cancel/{order}").status_code for _ in range(3)]

        assert answers == [200, 200, 200]
        assert server.connections == 1
        assert server.times_paid(order) == server.posts(order) == 3
        assert server.refunded(order) == Decimal("2.40")


def test_an_order_too_young_is_refused_until_the_clock_moves(server: FaultServer) -> None:
    order = server.add_order(age_s=10)

    heard = ask(server, "POST", f"/customer/cancel/{order}")
    assert heard.status == 425
    assert heard.body.startswith(b"Cannot cancel within 120 seconds of purchase. Please wait 1")
    server.advance(111)

    assert _cancel(server, order) == 200


@pytest.mark.parametrize("status", ["cancelled", "expired", "completed"])
def test_an_ended_order_is_a_400_and_an_unknown_one_a_404(server: FaultServer, status: str) -> None:
    order = server.add_order(status=status)
    before = server.refunded(order)

    assert _cancel(server, order) == 400
    assert server.refunded(order) == before == (Decimal(0) if status == "completed" else Decimal("0.80"))
    assert _cancel(server, "00000000-0000-4000-8000-000000000000") == 404


def test_an_order_expires_and_refunds_itself(server: FaultServer) -> None:
    order = server.add_order()
    server.advance(901)

    assert _get(server, f"/customer/order/{order}")["status"] == "expired"
    assert server.times_paid(order) == 1


def test_another_token_is_a_401_and_changes_nothing(server: FaultServer) -> None:
    order = server.add_order()

    answer = httpx.post(f"{server.base_url}/customer/cancel/{order}", headers={"X-API-Key": "vsms_other"})

    assert answer.status_code == 401
    assert server.status(order) == "waiting"


def test_the_list_and_the_detail_name_things_differently(server: FaultServer) -> None:
    older, newer = server.add_order(age_s=400), server.add_order(age_s=200, country="BR")
    server.add_order(status="completed")

    listed = _get(server, "/customer/orders?limit=200&status=waiting")
    assert [row["id"] for row in listed["orders"]] == [newer, older]
    assert listed["orders"][0]["country_id"] == "BR"
    assert listed["orders"][0]["price_charged"] == Decimal("0.80")
    assert _get(server, f"/customer/order/{newer}")["country"] == "BR"
    assert _get(server, "/customer/orders?limit=1")["count"] == 1


def test_the_ledger_comes_in_pages_newest_first(server: FaultServer) -> None:
    for _ in range(130):
        server.add_order(status="cancelled")

    first = _get(server, "/customer/transactions?limit=200&type=refund")
    rest = _get(server, "/customer/transactions?limit=100&type=refund&offset=100")
    assert (first["count"], first["limit"], len(first["transactions"])) == (130, 100, 100)
    assert len(rest["transactions"]) == 30
    assert len({row["id"] for row in first["transactions"] + rest["transactions"]}) == 130
    times = [row["created_at"] for row in first["transactions"]]
    assert times == sorted(times, reverse=True)


def test_a_refund_request_is_taken_once_then_a_409(server: FaultServer) -> None:
    order = server.add_order(status="completed")
    path, body = f"/customer/refund/{order}", b'{"reason": "code-rejected"}'

    assert ask(server, "POST", path, body=body).status == 202
    assert ask(server, "POST", path, body=body).status == 409
    assert server.requests[0].body == body
    assert ask(server, "POST", f"/customer/refund/{server.add_order()}").status == 400


def test_a_deployment_without_a_refund_route_answers_404() -> None:
    with FaultServer(refund_status=404) as server:
        order = server.add_order(status="completed")
        assert ask(server, "POST", f"/customer/refund/{order}").status == 404


def test_a_swap_gives_another_number_for_the_same_order(server: FaultServer) -> None:
    order = server.add_order(phone_number="+1")

    done = json.loads(ask(server, "POST", f"/customer/swap/{order}").body)

    assert done["previous_number"] == "+1"
    assert done["phone_number"] == _get(server, f"/customer/order/{order}")["phone_number"] != "+1"


def test_a_hostile_id_reaches_no_other_operation(server: FaultServer) -> None:
    for path in ("/customer/cancel/../purchase", "/customer/cancel/%2e%2e%2fpurchase", "/customer/cancel/"):
        assert ask(server, "POST", path, body=b'{"service": "wa", "country": "AR"}').status == 404
    assert not server.book.orders()
    assert ask(server, "POST", "/customer/purchase", body=b'{"service": "wa", "country": "AR"}').status == 200
    assert server.posts(operation="purchase") == len(server.book.orders()) == 1
