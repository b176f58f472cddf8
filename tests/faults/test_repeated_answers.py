"""Answers that come twice, or one request late, on a kept connection: never credited to another order."""

import pytest

from faults.scene import Scene, scene
from support.fault_server import FaultServer
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
