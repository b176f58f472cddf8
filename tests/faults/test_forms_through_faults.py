"""A service that answers in another form: what is said of a mutation through a fault is true all the same."""

from collections.abc import Iterator

import pytest

from faults.scene import Scene, scene
from support.fault_server import FaultServer
from support.vsms import Vsms
from vsms_cli.sandbox.dialects import DIALECTS

HOUR = 3600


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def stage(vsms: Vsms, dialect: str) -> Iterator[Scene]:
    with FaultServer(pays_again=True, dialect=dialect) as server:
        yield scene(vsms, server)


@pytest.mark.parametrize(
    ("kind", "when", "outcome"),
    [
        ("500", "after", "cancelled"),
        ("reset", "after", "cancelled"),
        ("409", "after", "cancelled"),
        ("empty-200", "after", "cancelled"),
        ("captive-portal", "after", "cancelled"),
        ("500", "before", "cancelled"),
        ("success-false", "before", "cancelled"),
        ("404", "before", "not_found"),
    ],
)
def test_a_cancel_through_a_fault_is_told_truthfully(
    stage: Scene, kind: str, when: str, outcome: str
) -> None:
    order, other = stage.server.add_order(), stage.server.add_order()
    stage.server.fault("cancel", kind, when=when, order_id=order)

    rows = {row["id"]: row for row in stage.cancel(order, other).json}

    assert rows[other]["outcome"] == "cancelled"
    assert rows[order]["outcome"] == outcome
    assert stage.server.times_paid(order) == int(outcome == "cancelled")


def test_what_ended_is_told_as_the_order_has_it(stage: Scene) -> None:
    ended = {status: stage.server.add_order(status=status) for status in ("expired", "completed")}
    for order in ended.values():
        stage.server.fault("cancel", "400", order_id=order)

    done = stage.run("orders", "cancel", *ended.values(), "--yes", "--json")

    assert {row["id"]: row["outcome"] for row in done.json} == {
        ended["expired"]: "expired",
        ended["completed"]: "sms_received",
    }


def test_too_early_says_when_it_opens(stage: Scene) -> None:
    young = stage.server.add_order(age_s=10)

    done = stage.cancel(young)

    assert (done.code, done.json[0]["outcome"]) == (5, "too_early")
    assert done.json[0]["retry_at"] is not None


def test_a_swap_whose_answer_is_lost_is_told_truthfully(stage: Scene) -> None:
    order, other = stage.server.add_order(), stage.server.add_order()
    stage.server.fault("swap", "500", when="after", order_id=order)

    for each in (order, other):
        done = stage.run("orders", "swap", each, "--yes", "--json")
        assert (done.code, done.json["outcome"]) == (0, "swapped")
        kept = stage.server.order(each)
        assert kept is not None
        assert (kept.swaps, done.json["phone_number"].strip("+")) == (1, kept.phone_number.strip("+"))


def test_a_refund_request_is_made_once_and_found_again(vsms: Vsms, dialect: str) -> None:
    with FaultServer(dialect=dialect) as server:
        stage = scene(vsms, server)
        order = server.add_order(status="completed", age_s=HOUR)
        words = ("orders", "refund", order, "--reason", "code-rejected", "--yes", "--json")

        first, second = stage.run(*words), stage.run(*words)

        assert [done.json[0]["outcome"] for done in (first, second)] == ["requested", "already_requested"]
        assert sum(request.operation == "refund" for request in server.requests) == 1


def test_the_audit_tells_what_is_missing_and_nothing_else(vsms: Vsms, dialect: str) -> None:
    with FaultServer(dialect=dialect) as server:
        stage = scene(vsms, server)
        wrong = server.add_order(status="cancelled", age_s=HOUR, refunds=[])
        right = server.add_order(status="cancelled", age_s=HOUR)

        done = stage.run("refunds", "audit", "--json")

        verdicts = {row["id"]: row["verdict"] for row in done.json["orders"]}
        assert (done.code, verdicts[wrong], verdicts[right]) == (9, "missing", "refunded")
