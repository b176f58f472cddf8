"""Rows 16, 18 to 23, 26 and 27: the service's refusals, one order at a time and for the whole run."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from faults.scene import Scene, posts_of, scene
from support.fault_server import FaultServer
from support.vsms import Vsms


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_stops_the_whole_run(stage: Scene, status: int) -> None:
    orders = [stage.server.add_order() for _ in range(30)]
    stage.server.fault("cancel", str(status), times=None)

    done = stage.cancel(*orders)

    outcomes = [row["outcome"] for row in done.json]
    assert done.code in {1, 4}
    assert outcomes.count("skipped") >= 20
    assert stage.server.posts() <= 10
    assert f"status {status}" in done.err
    assert stage.run("orders", "show", orders[0], env={"VSMS_TOKEN": "vsms_" + "0" * 32}).code == 4


@pytest.mark.parametrize(
    ("status", "outcome", "code"),
    [(402, "failed", 1), (404, "not_found", 5), (405, "failed", 1), (422, "failed", 1)],
)
def test_another_refusal_is_that_orders_only(stage: Scene, status: int, outcome: str, code: int) -> None:
    bad, good = stage.server.add_order(), stage.server.add_order()
    stage.server.fault("cancel", str(status), times=None, order_id=bad)

    alone = stage.cancel(bad)
    both = stage.cancel(bad, good)

    assert (alone.code, alone.json[0]["outcome"]) == (code, outcome)
    assert both.code == 3
    assert [row["outcome"] for row in both.json] == [outcome, "cancelled"]
    assert list(posts_of(stage.server, bad)) == [False, False]


@pytest.mark.parametrize(
    ("status", "outcome", "code"),
    [("cancelled", "already_cancelled", 0), ("expired", "expired", 0), ("completed", "sms_received", 5)],
)
def test_a_400_for_an_ended_order_is_explained_by_reading_it(
    vsms: Vsms, status: str, outcome: str, code: int
) -> None:
    with FaultServer() as server:
        stage = scene(vsms, server)
        order = server.add_order(status=status)
        paid = server.times_paid(order)

        done = stage.run("orders", "cancel", order, "--yes", "--json")

        assert (done.code, done.json[0]["outcome"], done.json[0]["status"]) == (code, outcome, status)
        assert (server.posts(order), server.times_paid(order)) == (1, paid)


@pytest.mark.parametrize("second", ["400", "404"])
def test_a_refusal_after_an_answer_that_proved_nothing_is_settled_by_reading(
    stage: Scene, second: str
) -> None:
    # The first request is taken for lost, takes effect only while the second is under way, and makes that fail.
    order = stage.server.add_order()
    stage.server.fault("cancel", "503", order_id=order)
    stage.server.fault("cancel", second, when="after", order_id=order)

    done = stage.cancel(order)

    assert (done.code, done.json[0]["outcome"], done.json[0]["refund_amount"]) == (0, "cancelled", 0.8)


def test_an_unknown_sentence_is_shown_harmless_and_decides_nothing(stage: Scene) -> None:
    order = stage.server.add_order()
    stage.server.fault("cancel", "400", text="Order was cancelled \x1b[2J\u202e and refunded", times=None)

    done = stage.cancel(order)

    assert (done.code, done.json[0]["outcome"], done.json[0]["status"]) == (1, "failed", "waiting")
    assert "Order was cancelled" in done.json[0]["error"]["message"]


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        ({"form": "json", "fields": {"seconds_remaining": 7}}, 7),
        ({"form": "json", "fields": {"seconds_remaining": 10**9}}, 60),
        ({"form": "json", "fields": {"seconds_remaining": -4}}, 60),
        ({"form": "text", "text": "Zu früh, bitte warten."}, 60),
        ({"form": "html"}, 60),
        ({"form": "empty"}, 60),
    ],
)
def test_425_says_when_it_opens(stage: Scene, fault: dict[str, Any], seconds: int) -> None:
    order = stage.server.add_order(age_s=60)
    stage.server.fault("cancel", "425", **fault)

    done = stage.cancel(order)

    opens = datetime.fromisoformat(done.json[0]["retry_at"])
    assert (done.code, done.json[0]["outcome"]) == (5, "too_early")
    assert abs(opens - datetime.now(UTC) - timedelta(seconds=seconds)) < timedelta(seconds=3)
    assert "--wait" in done.err


def test_wait_waits_for_a_too_young_order(stage: Scene) -> None:
    order = stage.server.add_order(age_s=0, cooldown_s=0.6)

    start = time.monotonic()
    done = stage.cancel(order, args=("--wait",))

    assert (done.code, done.json[0]["outcome"]) == (0, "cancelled")
    assert 0.4 < time.monotonic() - start < 5


@pytest.mark.parametrize("offset", [-86400.0, 86400.0])
def test_a_clock_a_day_off_changes_neither_age_nor_waiting(vsms: Vsms, offset: float) -> None:
    with FaultServer(pays_again=True, clock_offset=offset) as server:
        stage = scene(vsms, server)
        old, young = server.add_order(age_s=300), server.add_order(age_s=0, cooldown_s=0.6)

        listed = stage.run("orders", "list", "--older-than", "4m", "--newer-than", "6m", "-q")
        done = stage.cancel(args=("--all", "--wait"))

        assert listed.lines == [old]
        assert {row["id"]: row["outcome"] for row in done.json} == {old: "cancelled", young: "cancelled"}


def test_the_same_id_twice_is_one_request(stage: Scene) -> None:
    order = stage.server.add_order()
    listed = stage.cancel(order, order.upper())
    piped = stage.server.add_order()
    read = stage.cancel("-", stdin=f"{piped}\n\n# twice\n{piped.upper()}  # the same\n{piped}\n")

    assert len(listed.json) == len(read.json) == 1
    assert (stage.server.posts(order), stage.server.posts(piped)) == (1, 1)


def test_an_order_listed_twice_is_cancelled_once(stage: Scene) -> None:
    order = stage.server.add_order()
    row = json.loads(stage.run("orders", "list", "--json").out)[0]
    doubled = {**row, "price_charged": 0.80, "created_at": row["created_at"]}
    listing = json.dumps({"orders": [doubled, {**doubled, "id": order.upper()}], "count": 2}).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(listing)
    stage.server.fault("orders", raw=head + listing)

    done = stage.cancel(args=("--all",))

    assert [row["id"] for row in done.json] == [order]
    assert stage.server.posts(order) == 1


@pytest.mark.parametrize(
    "kind", ["wrong-content-type", "hostile-text", "answer-then-close", "answer-then-reset"]
)
def test_a_good_answer_in_a_strange_coat_is_taken(stage: Scene, kind: str) -> None:
    orders = [stage.server.add_order() for _ in range(3)]
    stage.server.fault("cancel", kind, when="after", times=None)

    done = stage.cancel(*orders)

    assert [row["outcome"] for row in done.json] == ["cancelled"] * 3
    assert stage.server.posts() == 3


def test_a_wrong_content_type_is_noted_under_debug(stage: Scene) -> None:
    stage.server.fault("balance", "wrong-content-type", times=None)

    done = stage.run("--debug", "balance", "--json")

    assert done.json["balance"] == 50
    assert "text/html" in done.err
