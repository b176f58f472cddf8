"""Asking for an order's money back, in the way its state allows; never twice."""

from decimal import Decimal

import pytest

from ops.test_reconcile import DOWN, EMPTY, ENDED, LOST, WHY
from ops.world import LIMIT, ORDER, PRICE, Say, World, line, order, order_id
from vsms_cli.domain.errors import ExitCode, TokenRefused
from vsms_cli.domain.mutation_answers import Answer, Refused, Requested, Throttled
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.plans import RefundStep
from vsms_cli.domain.tickets import Operation
from vsms_cli.ops.refund import Ask, carry_out
from vsms_cli.ops.refund_plan import plan_refunds

GRANTED = Requested(request_id="r-7", status="pending")


def refund(world: World, ask: Ask | None = None) -> Result:
    (planned,) = plan_refunds(world.context, [ORDER]).items
    return carry_out(world.context, planned, ask or Ask(reason="code-rejected"))


def requests(world: World) -> int:
    return len(world.service.times("refund"))


def test_a_waiting_order_is_cancelled(world: World) -> None:
    result = refund(world)

    assert (result.outcome, result.refund_amount) == (Outcome.CANCELLED, PRICE)
    assert requests(world) == 0


def test_a_waiting_order_that_is_too_young_says_when(world: World) -> None:
    world.holds(order(age_s=10))

    result = refund(world)

    assert result.outcome is Outcome.FAILED
    assert result.retry_at is not None
    assert result.problem is not None
    assert result.problem.exit_code is ExitCode.REFUSED
    assert world.service.times("cancel") == []


@pytest.mark.parametrize("status", ["cancelled", "expired"])
def test_an_ended_order_that_was_refunded_is_proved_by_the_ledger(world: World, status: str) -> None:
    world.holds(order(status))
    world.service.ledger = [line(ORDER, Decimal("0.30"), number=1), line(ORDER, Decimal("0.50"), number=2)]

    result = refund(world)

    assert (result.outcome, result.refund_amount) == (Outcome.ALREADY_REFUNDED, PRICE)
    assert result.transaction_id == "t1"
    assert requests(world) == 0


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [line(ORDER, Decimal("0.30"))],
        [line(ORDER, -PRICE, "purchase", number=1), line(order_id(7), PRICE)],
        [line(ORDER, -PRICE, "purchase")],
        [line(None, PRICE, "deposit")],
    ],
)
def test_a_missing_refund_is_asked_for(world: World, lines: list[object]) -> None:
    world.holds(order("expired"))
    world.service.ledger = lines  # type: ignore[assignment] # a list of Transaction, as parametrize gives it
    world.says(Say(GRANTED))

    result = refund(world)

    assert (result.outcome, result.request_id) == (Outcome.REQUESTED, "r-7")
    assert world.outcomes == ["requested"]


@pytest.mark.parametrize("status", ["cancelled", "expired"])
@pytest.mark.parametrize("of", [None, "order 17", ORDER])
def test_nothing_is_asked_for_where_a_line_might_be_the_refund(
    world: World, status: str, of: str | None
) -> None:
    world.holds(order(status))
    world.service.ledger = [line(of, PRICE, "reversal")]

    result = refund(world)

    assert result.outcome is Outcome.NOT_ELIGIBLE
    assert result.problem is not None
    assert "transaction t0 of $0.80 " in result.problem.message
    assert "might be its refund, so nothing is asked for" in result.problem.message
    assert requests(world) == 0


def test_a_ledger_that_names_no_listed_order_is_held_against_the_list(world: World) -> None:
    """Whether a line's order is another one of the account's, or this one under another name."""
    world.holds(order("expired"))
    world.service.ledger = [line(order_id(7), PRICE)]
    assert refund(world).outcome is Outcome.NOT_ELIGIBLE
    assert len(world.service.times("list")) == 1

    world.holds(order("expired"), order("expired", id_=order_id(7)))
    world.says(Say(GRANTED))
    assert refund(world).outcome is Outcome.REQUESTED


@pytest.mark.parametrize("kind", ["reversal", "deposit"])
def test_a_credit_is_not_asked_for_where_a_line_of_the_order_might_be_it(world: World, kind: str) -> None:
    world.holds(order("completed"))
    world.service.ledger = [line(ORDER, -PRICE, "purchase", number=1), line(ORDER, PRICE, kind)]

    assert refund(world).outcome is Outcome.NOT_ELIGIBLE
    assert requests(world) == 0


def test_what_cost_nothing_is_not_asked_for(world: World) -> None:
    world.holds(order("expired", price=Decimal(0)))

    result = refund(world)

    assert result.outcome is Outcome.NOT_ELIGIBLE
    assert result.problem is not None
    assert "it cost nothing" in result.problem.message


def test_a_manual_credit_of_no_order_may_be_the_one_that_is_asked_for(world: World) -> None:
    world.holds(order("completed"))
    world.service.ledger = [line(None, PRICE, "credit")]

    assert refund(world).outcome is Outcome.NOT_ELIGIBLE


def test_an_orders_refund_that_names_no_order_is_no_reason_to_refuse_a_credit_for_another(
    world: World,
) -> None:
    world.holds(order("completed"))
    world.service.ledger = [line(None, PRICE, "refund")]
    world.says(Say(GRANTED))

    assert refund(world).outcome is Outcome.REQUESTED


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (GRANTED, "requested"),
        (LOST, "unknown"),
        (EMPTY, "unknown"),
        (ENDED, "not_eligible"),
        (Refused(status=409, problem=WHY), "already_requested"),
        (Refused(status=404, problem=WHY), "by_hand"),
        (Refused(status=405, problem=WHY), "by_hand"),
        (Refused(status=501, problem=WHY), "by_hand"),
        (Refused(status=402, problem=WHY), "failed"),
    ],
)
def test_each_answer_ends_it_with_one_request(world: World, answer: Answer, outcome: str) -> None:
    world.holds(order("completed"))
    world.says(Say(answer))

    result = refund(world, Ask(reason="code-invalid", note="no"))

    assert result.outcome.value == outcome
    assert (result.support_message is not None) == (outcome == "by_hand")
    assert requests(world) == 1
    assert world.outcomes == [outcome]


def test_a_lost_answer_that_the_ledger_shows_is_refunded(world: World) -> None:
    world.holds(order("completed"))
    world.says(Say(LOST))
    (planned,) = plan_refunds(world.context, [ORDER]).items
    world.service.pay(ORDER, kind="credit")

    assert carry_out(world.context, planned, Ask(reason="code-rejected")).outcome is Outcome.ALREADY_REFUNDED


def test_a_ledger_that_can_not_be_read_leaves_it_unknown(world: World) -> None:
    world.holds(order("completed"))
    world.says(Say(LOST))
    (planned,) = plan_refunds(world.context, [ORDER]).items
    world.service.ledger_fails = 9

    result = carry_out(world.context, planned, Ask(reason="code-rejected"))

    assert result.outcome is Outcome.UNKNOWN
    assert result.problem is not None
    assert result.problem.exit_code is ExitCode.UNKNOWN


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (None, "unknown"),
        ("unknown", "unknown"),
        ("requested", "already_requested"),
        ("already_requested", "already_requested"),
    ],
)
@pytest.mark.parametrize("when", ["before the plan", "after the plan"])
def test_an_earlier_request_is_never_followed_by_another(
    world: World, outcome: str | None, expected: str, when: str
) -> None:
    world.holds(order("completed"))
    if when == "before the plan":
        world.journal.known(Operation.REFUND, ORDER, outcome=outcome)
    (planned,) = plan_refunds(world.context, [ORDER]).items
    if when == "after the plan":  # another process, while the question was on the screen
        world.journal.known(Operation.REFUND, ORDER, outcome=outcome)

    result = carry_out(world.context, planned, Ask(reason="code-rejected"))

    assert result.outcome.value == expected
    assert requests(world) == 0
    assert (planned.step is RefundStep.NOTHING) == (when == "before the plan")


@pytest.mark.parametrize("outcome", ["failed", "not_eligible", "by_hand", "skipped"])
def test_a_request_that_was_refused_may_be_made_again(world: World, outcome: str) -> None:
    world.holds(order("completed"))
    world.journal.known(Operation.REFUND, ORDER, outcome=outcome)
    world.says(Say(GRANTED))

    assert refund(world).outcome is Outcome.REQUESTED


def test_what_was_not_sent_goes_again_and_a_429_too(world: World) -> None:
    world.holds(order("completed"))
    world.says(Say(DOWN), Say(Throttled()), Say(DOWN), Say(GRANTED))

    assert refund(world).outcome is Outcome.REQUESTED
    assert requests(world) == 4


def test_what_is_never_sent_fails_within_the_time_limit(world: World) -> None:
    world.holds(order("completed"))
    world.says(*[Say(DOWN)] * 1000)

    assert refund(world).outcome is Outcome.FAILED
    assert world.time.seconds <= LIMIT


@pytest.mark.parametrize("stop_at", [0.0, 0.1])
def test_asked_to_end_before_it_was_sent_it_is_skipped(world: World, stop_at: float) -> None:
    world.holds(order("completed"))
    world.says(*[Say(DOWN)] * 9)
    (planned,) = plan_refunds(world.context, [ORDER]).items
    world.time.stop_at = stop_at

    assert carry_out(world.context, planned, Ask(reason="code-rejected")).outcome is Outcome.SKIPPED
    assert set(world.outcomes) <= {"skipped"}


def test_a_refused_token_stops_the_run_and_closes_the_entry(world: World) -> None:
    world.holds(order("completed"))
    world.says(Say(TokenRefused("401")))

    with pytest.raises(TokenRefused):
        refund(world)
    assert world.outcomes == ["failed"]


@pytest.mark.parametrize(
    ("status", "paid", "outcome"),
    [
        ("cancelled", True, "already_refunded"),
        ("expired", False, "not_eligible"),
        ("completed", False, "failed"),
        ("strange", False, "failed"),
    ],
)
def test_an_order_that_ends_between_the_look_and_the_cancel(
    world: World, *, status: str, paid: bool, outcome: str
) -> None:
    (planned,) = plan_refunds(world.context, [ORDER]).items
    world.says(Say(ENDED))
    world.holds(order(status))
    if paid:
        world.service.pay(ORDER)

    assert carry_out(world.context, planned, Ask(reason="code-rejected")).outcome.value == outcome


@pytest.mark.parametrize(("status", "outcome"), [("strange", "not_eligible"), (None, "failed")])
def test_what_is_not_to_be_had_needs_no_request(world: World, status: str | None, outcome: str) -> None:
    if status is None:
        world.service.orders_by_id.clear()
    else:
        world.holds(order(status))

    result = refund(world)

    assert result.outcome.value == outcome
    assert {sent.what for sent in world.service.log} == {"read"}


def test_a_cancel_in_doubt_is_a_refund_in_doubt(world: World) -> None:
    (planned,) = plan_refunds(world.context, [ORDER]).items
    world.says(Say(LOST))
    world.service.orders_by_id.clear()

    assert carry_out(world.context, planned, Ask(reason="code-rejected")).outcome is Outcome.UNKNOWN
