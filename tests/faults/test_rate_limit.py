"""Rows 24 and 25: 429 in every form; every order ends well, or the run stops and says so."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from faults.scene import Scene, scene
from support.fault_server import FaultServer
from support.vsms import Vsms


def in_seconds(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    "retry_after",
    ["1", "soon", "past"],  # the rest is in tests/api
)
def test_a_429_is_waited_out_and_the_cancel_is_sent_again(stage: Scene, retry_after: str) -> None:
    order = stage.server.add_order()
    said = in_seconds(-3600) if retry_after == "past" else retry_after
    stage.server.fault("cancel", "429", retry_after=said)

    start = time.monotonic()
    done = stage.cancel(order)

    assert (done.code, done.json[0]["outcome"]) == (0, "cancelled")
    assert 0.8 < time.monotonic() - start < 5


@pytest.mark.parametrize("retry_after", ["3600", "1e9", "1000000000", "99999999999999999999999", "date"])
def test_beyond_the_cap_it_stops_with_exit_7_and_says_what_was_asked(stage: Scene, retry_after: str) -> None:
    orders = [stage.server.add_order() for _ in range(12)]
    stage.server.fault(
        "cancel", "429", times=None, retry_after=in_seconds(7200) if retry_after == "date" else retry_after
    )

    start = time.monotonic()
    done = stage.cancel(*orders)

    assert time.monotonic() - start < 5
    assert done.code == 7
    assert "rate-limited" in done.err
    assert stage.server.posts() <= 6
    assert stage.run("journal", "list", "--unresolved", "--json").json == []


def test_in_a_storm_every_order_ends_well(vsms: Vsms) -> None:
    with FaultServer(pays_again=True, rate_limit=8, window=1.0) as server:
        stage = scene(vsms, server, timeout=2)
        orders = [server.add_order() for _ in range(14)]

        done = stage.cancel(*orders)

        assert done.code == 0
        assert {row["outcome"] for row in done.json} == {"cancelled"}
        assert server.max_in_window.accepted <= 8
