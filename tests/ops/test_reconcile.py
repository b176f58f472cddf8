"""The settling table of FAULTS.md: every answer, by what the read shows and by what came before."""

from datetime import timedelta
from decimal import Decimal

import pytest

from ops.world import LIMIT, ORDER, PRICE, START, Say, World, order
from vsms_cli.domain.errors import (
    BadAnswer,
    ExitCode,
    Problem,
    RateLimited,
    TokenRefused,
    Unreachable,
    VsmsError,
)
from vsms_cli.domain.mutation_answers import (
    Ambiguous,
    Answer,
    Cancelled,
    NotSent,
    Refused,
    Throttled,
    TooEarly,
)
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.ops.cancel_policy import cancel_order
from vsms_cli.ops.polling import OFTEN
from vsms_cli.ops.reconcile import DOUBT_S, LAG_S, SHED_PATIENCE_S

WHY = Problem(code="x", message="why", exit_code=ExitCode.UNREACHABLE)
LOST = Ambiguous(answered=False, status=None, problem=WHY)
EMPTY = Ambiguous(answered=True, status=500, problem=WHY)
SHED = Ambiguous(answered=True, status=503, problem=WHY)
GATEWAY = Ambiguous(answered=False, status=522, problem=WHY)
ENDED = Refused(status=400, problem=WHY)
ABSENT = Refused(status=404, problem=WHY)
NO = Refused(status=402, problem=WHY)
EARLY = TooEarly(seconds=30)
DOWN = NotSent(problem=WHY, hopeless=False)
UNREAD = Unreachable("no answer")
READS = len(OFTEN)


def cancel(world: World) -> Result:
    return cancel_order(world.context, ORDER, order=None)


def posts(world: World) -> int:
    return len(world.service.times("cancel"))


def test_a_whole_and_good_answer_is_believed(world: World) -> None:
    result = cancel(world)

    assert (result.outcome, result.refund_amount) == (Outcome.CANCELLED, PRICE)
    assert [sent.what for sent in world.service.log] == ["cancel"]
    assert world.outcomes == ["cancelled"]


SHOWN = [  # answer, what the read shows → outcome, POSTs
    (LOST, "cancelled", "cancelled", 1),
    (LOST, "expired", "expired", 1),
    (LOST, "completed", "sms_received", 1),
    (LOST, "strange", "unknown", 1),
    (LOST, UNREAD, "unknown", 1),
    (LOST, "waiting", "cancelled", 2),
    (LOST, "pending", "cancelled", 2),
    (EMPTY, "cancelled", "cancelled", 1),
    (EMPTY, "expired", "expired", 1),
    (EMPTY, "completed", "sms_received", 1),
    (EMPTY, "strange", "unknown", 1),
    (EMPTY, UNREAD, "unknown", 1),
    (EMPTY, "waiting", "cancelled", 2),
    (ENDED, "cancelled", "already_cancelled", 1),
    (ENDED, "expired", "expired", 1),
    (ENDED, "completed", "sms_received", 1),
    (ENDED, "strange", "failed", 1),
    (ENDED, UNREAD, "unknown", 1),
    (ENDED, "waiting", "failed", 1),
    (ABSENT, "waiting", "not_found", 1),
    (NO, "waiting", "failed", 1),
]


@pytest.mark.parametrize(("answer", "shows", "outcome", "count"), SHOWN)
def test_a_first_answer_and_what_the_read_shows(
    world: World, answer: Answer, shows: str | VsmsError, outcome: str, count: int
) -> None:
    world.says(Say(answer))
    world.service.reads = [shows] * READS

    result = cancel(world)

    assert result.outcome.value == outcome
    assert posts(world) == count
    assert world.outcomes == [outcome]
    if outcome == "unknown":
        assert result.problem is not None
        assert "not known whether" in result.problem.message
        assert result.problem.exit_code is ExitCode.UNKNOWN


SECOND = [  # the second answer after a first that was in doubt, what the read then shows → outcome
    *[(second, "cancelled", "cancelled") for second in (LOST, EMPTY, ENDED, ABSENT, NO, EARLY)],
    *[(second, "expired", "expired") for second in (LOST, EMPTY, ENDED, ABSENT, NO, EARLY)],
    *[(second, "completed", "sms_received") for second in (LOST, EMPTY, ENDED, ABSENT, NO, EARLY)],
    *[(second, UNREAD, "unknown") for second in (LOST, EMPTY, ENDED, ABSENT, NO, EARLY)],
    *[(second, "strange", "unknown") for second in (LOST, EMPTY, ENDED, ABSENT, NO, EARLY)],
    (LOST, "waiting", "unknown"),
    *[(second, "waiting", "unknown") for second in (EMPTY, ENDED, ABSENT, NO, EARLY)],
]


@pytest.mark.parametrize("first", [LOST, EMPTY])
@pytest.mark.parametrize(("second", "shows", "outcome"), SECOND)
def test_a_second_answer_after_a_first_in_doubt(
    world: World, first: Answer, second: Answer, shows: str | VsmsError, outcome: str
) -> None:
    world.says(Say(first), Say(second))
    world.service.reads = [*["waiting"] * READS, *[shows] * READS]

    assert cancel(world).outcome.value == outcome
    assert posts(world) == 2
    assert world.outcomes == [outcome]


def test_after_a_lost_answer_the_reads_cover_one_more_time_limit(world: World) -> None:
    world.service.read_seconds = LIMIT / 12  # slow reads must not shorten it
    world.says(Say(LOST, seconds=LIMIT))

    cancel(world)

    first, second = world.service.times("cancel")
    reads = [at for at in world.service.times("read") if at < second]
    assert len(reads) >= 3
    assert reads[0] == first + LIMIT
    assert reads[-1] >= first + 2 * LIMIT  # the last one began when the time limit was over
    assert second >= reads[-1]


def test_an_order_that_ends_while_it_is_read_on_gets_no_second_request(world: World) -> None:
    world.says(Say(LOST))
    world.service.reads = ["waiting", UNREAD, "cancelled"]

    assert cancel(world).outcome is Outcome.CANCELLED
    assert posts(world) == 1


@pytest.mark.parametrize(
    ("answer", "limit", "seconds"),
    [(EMPTY, LIMIT, LAG_S), (EMPTY, 2.0, 2.0), (LOST, LIMIT, LIMIT), (LOST, 2.0, 2.0), (GATEWAY, 2.0, LAG_S)],
)
def test_the_second_request_waits_until_the_first_can_not_be_on_its_way(
    world: World, answer: Answer, limit: float, seconds: float
) -> None:
    world.service.time_limit = limit
    world.says(Say(answer))

    assert cancel(world).outcome is Outcome.CANCELLED
    first, second = world.service.times("cancel")
    assert second - first == seconds
    assert len([at for at in world.service.times("read") if at < second]) >= 3


@pytest.mark.parametrize("lag", [0.0, 1.0, 3.0, 9.0])
@pytest.mark.parametrize("first", [EMPTY, LOST, GATEWAY])
@pytest.mark.parametrize("second", [ENDED, EMPTY, EARLY, ABSENT, LOST])
def test_reads_that_lag_behind_what_was_done_never_make_it_failed(
    world: World, lag: float, first: Answer, second: Answer
) -> None:
    world.service.time_limit = 2.0
    world.service.lag = lag
    world.says(Say(first, makes="cancelled"), Say(second))

    result = cancel(world)

    assert (result.outcome, result.refund_amount) == (Outcome.CANCELLED, PRICE)


def test_what_the_order_never_shows_the_ledger_may(world: World) -> None:
    world.service.lag = 10**6  # a cache in front of the order, and none in front of the ledger
    world.says(Say(EMPTY, makes="cancelled"), Say(ENDED))

    result = cancel(world)

    assert (result.outcome, result.refund_amount, result.status) == (Outcome.CANCELLED, PRICE, "cancelled")


def test_after_the_last_request_it_is_read_for_at_least_ten_seconds(world: World) -> None:
    world.service.time_limit = 2.0
    world.says(Say(EMPTY), Say(ENDED))

    assert cancel(world).outcome is Outcome.UNKNOWN
    assert world.time.seconds >= 2.0 + DOUBT_S
    assert world.service.times("ledger")[-1] >= world.service.times("read")[-1]


def test_a_first_400_for_an_order_that_still_waits_is_read_again_and_the_ledger_too(world: World) -> None:
    world.says(Say(ENDED))
    world.service.reads = ["waiting", "waiting", "cancelled"]

    assert cancel(world).outcome is Outcome.ALREADY_CANCELLED
    assert posts(world) == 1


def test_a_first_400_that_the_ledger_explains_is_already_cancelled(world: World) -> None:
    world.says(Say(ENDED))
    world.service.pay(ORDER)

    assert cancel(world).outcome is Outcome.ALREADY_CANCELLED


def test_what_was_paid_before_our_first_request_is_not_counted_as_ours(world: World) -> None:
    world.service.become(ORDER, "cancelled")
    world.time.seconds = 60.0
    world.says(Say(EMPTY))

    result = cancel(world)

    assert (result.outcome, result.refund_amount) == (Outcome.ALREADY_CANCELLED, None)


def test_a_404_about_an_order_that_was_listed_is_read_first(world: World) -> None:
    world.says(Say(ABSENT))

    result = cancel_order(world.context, ORDER, order=order())

    assert (result.outcome, result.status) == (Outcome.FAILED, "waiting")


def test_503_is_sent_again_as_often_as_patience_allows(world: World) -> None:
    world.says(*[Say(SHED)] * 9)

    assert cancel(world).outcome is Outcome.CANCELLED
    assert posts(world) == 10


def test_503_past_all_patience_is_unknown(world: World) -> None:
    world.says(*[Say(SHED)] * 1000)

    assert cancel(world).outcome is Outcome.UNKNOWN
    assert SHED_PATIENCE_S <= world.time.seconds <= SHED_PATIENCE_S + 3 * LIMIT


def test_an_order_that_can_not_be_read_at_once_is_read_again(world: World) -> None:
    world.says(Say(EMPTY, makes="cancelled"))
    world.service.reads = [UNREAD, BadAnswer("html"), UNREAD]

    result = cancel(world)

    assert (result.outcome, result.refund_amount) == (Outcome.CANCELLED, PRICE)


def test_a_refused_token_ends_the_reading_at_once(world: World) -> None:
    world.says(Say(LOST))
    world.service.reads = [TokenRefused("401")] * 4

    assert cancel(world).outcome is Outcome.UNKNOWN
    assert len(world.service.times("read")) == 1


@pytest.mark.parametrize(
    ("fails", "paid", "amount"), [(0, True, PRICE), (2, True, PRICE), (3, True, None), (0, False, None)]
)
def test_the_amount_is_unknown_only_where_the_ledger_never_shows_it(
    world: World, *, fails: int, paid: bool, amount: Decimal | None
) -> None:
    world.holds(order("cancelled"))
    world.says(Say(LOST))
    if paid:
        world.service.pay(ORDER)
    world.service.ledger_fails = fails

    assert cancel(world).refund_amount == amount


@pytest.mark.parametrize(
    ("seconds", "known", "expected"),
    [
        (7, {}, 7),
        (None, {"cancel_available_at": START + timedelta(seconds=33)}, 33),
        (None, {"cancel_cooldown": timedelta(seconds=200)}, 140),
        (None, {}, 60),
        (0, {}, 60),
        (-5, {}, 60),
        (10**9, {}, 60),
        (None, {"cancel_available_at": START - timedelta(seconds=1)}, 120),
        (None, {"cancel_available_at": START + timedelta(days=9)}, 120),
        (None, {"created_at": None}, 120),
        (None, "unreadable", 120),
    ],
)
def test_425_opens_by_the_answer_else_the_order_else_in_120_seconds(
    world: World, seconds: int | None, known: object, expected: int
) -> None:
    if isinstance(known, dict):
        world.holds(order(age_s=60, **known))
    else:
        world.service.reads = [UNREAD]
    world.says(Say(TooEarly(seconds=seconds)))

    result = cancel(world)

    assert (result.outcome, result.retry_at) == (
        Outcome.TOO_EARLY,
        START + timedelta(seconds=expected),
    )
    assert world.outcomes == ["too_early"]


def test_a_429_goes_again_and_counts_for_nothing(world: World) -> None:
    world.says(Say(Throttled()), Say(Throttled()), Say(EMPTY), Say(Throttled()))

    assert cancel(world).outcome is Outcome.CANCELLED
    assert posts(world) == 5


def test_past_all_patience_the_run_stops_and_the_entry_is_closed(world: World) -> None:
    world.says(Say(RateLimited("still")))

    with pytest.raises(RateLimited):
        cancel(world)
    assert world.outcomes == ["failed"]


@pytest.mark.parametrize("error", [RateLimited("still"), TokenRefused("401")])
def test_what_stops_the_run_after_a_doubt_is_settled_first(world: World, error: VsmsError) -> None:
    world.says(Say(EMPTY), Say(error))

    assert cancel(world).outcome is Outcome.UNKNOWN
    assert world.outcomes == ["unknown"]


def test_what_was_not_sent_goes_again_until_the_time_limit(world: World) -> None:
    world.says(*[Say(DOWN)] * 1000)

    result = cancel(world)

    assert result.outcome is Outcome.FAILED
    assert LIMIT - 3 <= world.time.seconds <= LIMIT
    assert 10 < posts(world) < 40
    assert world.outcomes == ["failed"]


def test_what_was_not_sent_and_then_gets_through_is_cancelled(world: World) -> None:
    world.says(Say(DOWN), Say(DOWN))

    assert cancel(world).outcome is Outcome.CANCELLED


def test_what_can_not_help_is_not_tried_again(world: World) -> None:
    world.says(Say(NotSent(problem=WHY, hopeless=True)))

    assert cancel(world).outcome is Outcome.FAILED
    assert posts(world) == 1


def test_not_sent_after_a_doubt_is_no_proof_for_the_first(world: World) -> None:
    world.says(Say(LOST), *[Say(DOWN)] * 1000)
    world.service.reads = ["waiting"] * READS + [UNREAD] * READS

    assert cancel(world).outcome is Outcome.UNKNOWN


def test_a_refund_beyond_the_price_is_not_the_settlements_to_judge(world: World) -> None:
    # `api.wire` believes no amount above the price; without a price the ledger is not asked.
    world.says(Say(Cancelled(status="cancelled", refund_amount=Decimal("0.50")), makes="cancelled"))

    result = cancel_order(world.context, ORDER, order=order())

    assert (result.refund_amount, result.short_by) == (Decimal("0.50"), Decimal("0.30"))
