"""Answers that come twice, or one request late, on a kept connection: never credited to another order."""

import json
from typing import Any

import pytest

from faults.scene import Scene, scene
from support.fault_server import FaultServer
from support.forms import http
from support.repeating_proxy import RepeatingProxy
from support.vsms import Vsms


@pytest.mark.parametrize("delay", [0.0, 0.003, 0.01, 0.03])
@pytest.mark.parametrize("names_the_order", [True, False])
def test_the_amounts_add_up_to_what_came_back(vsms: Vsms, delay: float, *, names_the_order: bool) -> None:
    with FaultServer(latency=0.02) as server, RepeatingProxy(server.port, delay=delay) as proxy:
        stage = scene(vsms, server, timeout=2)
        vsms.env["VSMS_BASE_URL"] = proxy.base_url
        orders = [server.add_order() for _ in range(12)]
        gone = [server.add_order(status="cancelled") for _ in range(3)]
        if not names_the_order:
            server.fault("cancel", "fields", when="after", times=None, fields={"order_id": None})

        done = stage.run("orders", "cancel", *orders, *gone, "--yes", "--json")

        outcomes = {row["id"]: row["outcome"] for row in done.json}
        assert {outcomes[order] for order in orders} == {"cancelled"}, done.err
        assert [server.times_paid(order) for order in orders] == [1] * 12
        assert sum(row["refund_amount"] or 0 for row in done.json if row["id"] in orders) == pytest.approx(
            9.6
        )
        assert proxy.repeated


def test_without_repeats_nothing_is_held_up(stage: Scene) -> None:
    orders = [stage.server.add_order() for _ in range(10)]

    done = stage.cancel(*orders)

    assert (done.code, stage.server.posts()) == (0, 10)
    assert len(stage.server.requests) == 10


ANOTHER = "0f6b5cb2-75bb-4a24-b93d-11f091e46d86"
DONE: dict[str, Any] = {"success": True, "status": "cancelled", "refund_amount": 0.8, "refund": 0.8}
NAMES_ANOTHER: dict[str, dict[str, Any]] = {
    "as id": DONE | {"id": ANOTHER},
    "as order_id": DONE | {"order_id": ANOTHER},
    "as rental_id": DONE | {"rental_id": ANOTHER},
    "as a number": DONE | {"order_id": 7},
    "around the envelope": {"id": ANOTHER, "success": True, "data": DONE},
    "in the envelope": {"success": True, "data": DONE | {"id": ANOTHER}},
    "beside it": DONE | {"order": {"id": ANOTHER}},
    "beside it, as a rental": DONE | {"rental": {"id": ANOTHER}},
}


@pytest.mark.parametrize("kind", ["orders", "rentals"])
@pytest.mark.parametrize("answer", NAMES_ANOTHER.values(), ids=NAMES_ANOTHER)
def test_an_answer_that_names_another_is_not_believed(vsms: Vsms, kind: str, answer: dict[str, Any]) -> None:
    """Whatever gave it, a cache or a proxy: the order is read, still waits, and is cancelled."""
    with FaultServer() as server:
        stage = scene(vsms, server, timeout=2)
        one = server.add_order() if kind == "orders" else server.add_rental()
        server.fault("cancel" if kind == "orders" else "rental-cancel", raw=http(json.dumps(answer).encode()))

        done = stage.run(kind, "cancel", one, "--yes", "--json")

        assert (done.json[0]["outcome"], server.times_paid(one)) == ("cancelled", 1)
        assert stage.server.posts() == 2
