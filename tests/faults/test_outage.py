"""A network that goes away in the middle costs one time limit, not one for each order."""

import time

from faults.scene import Scene
from support.fault_ports import HOST

MANY = 80


def test_eighty_orders_through_an_outage_take_about_one_time_limit(stage: Scene) -> None:
    orders = [stage.server.add_order() for _ in range(MANY)]
    gone = f"http://{HOST}:{stage.server.closed_port()}/api/v1"

    start = time.monotonic()
    done = stage.cancel(*orders, env={"VSMS_BASE_URL": gone, "VSMS_TIMEOUT": "1"})

    assert time.monotonic() - start < 1 + 5  # 16 rounds of a time limit each would be 16
    assert done.code == 6
    assert {row["outcome"] for row in done.json} == {"failed"}
    assert stage.server.posts() == 0


def test_what_never_left_takes_up_no_turn_of_the_minute(stage: Scene) -> None:
    """Eighty orders and 60 requests a minute: an outage would else be waited out at the rate limit."""
    orders = [stage.server.add_order() for _ in range(8)]
    gone = f"http://{HOST}:{stage.server.closed_port()}/api/v1"
    few = {"VSMS_BASE_URL": gone, "VSMS_RATE_LIMIT": "2"}

    start = time.monotonic()
    done = stage.cancel(*orders, env=few)
    stage.run("balance", env=few)
    back = stage.cancel(orders[0], env={"VSMS_RATE_LIMIT": "2"})

    assert time.monotonic() - start < 10  # one turn of the two would be 60 s
    assert done.code == 6
    assert back.code == 0


def test_a_service_that_falls_silent_in_the_middle_leaves_nothing_wrong(stage: Scene) -> None:
    orders = [stage.server.add_order() for _ in range(12)]
    stage.server.fault("any", "close", skip=8, times=None, when="after")

    done = stage.cancel(*orders)

    outcomes = [row["outcome"] for row in done.json]
    assert done.code == 8
    assert outcomes.count("cancelled") == 8
    assert outcomes.count("unknown") == 4
    stage.server.clear()
    resolved = stage.run("journal", "resolve", "--json")
    assert [row["outcome"] for row in resolved.json] == ["cancelled"] * 4
    assert [stage.server.times_paid(order) for order in orders] == [1] * 12
