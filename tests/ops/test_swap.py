"""Settling a swap: the number tells, and a second request never follows one that worked."""

import pytest

from ops.world import LIMIT, ORDER, START, Say, World, order
from vsms_cli.domain.errors import OrderNotFound, Problem, TokenRefused, Unreachable
from vsms_cli.domain.mutation_answers import Ambiguous, NotSent, Refused, Swapped, Throttled, TooEarly
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.record_class import replace
from vsms_cli.domain.tickets import Operation
from vsms_cli.ops.mutation import carry_out_once
from vsms_cli.ops.resolve import resolve
from vsms_cli.ops.swap_policy import SWAP_COOLDOWN, Swap

OLD, NEW = "+5491100000000", "5491100000001"
WHY = Problem(code="c", message="m")
LOST = Ambiguous(answered=False, status=None, problem=WHY)
NONSENSE = Ambiguous(answered=True, status=500, problem=WHY)
DONE = Say(Swapped(phone_number=NEW), number=NEW)


@pytest.fixture
def world() -> World:
    made = World()
    made.holds(order(phone_number=OLD))
    return made


def swap(world: World) -> Result:
    return carry_out_once(world.context, Swap(ORDER, order=order(phone_number=OLD), number=OLD))


def swaps(world: World) -> int:
    return len(world.service.times("swap"))


def test_an_answer_that_holds_up_is_believed(world: World) -> None:
    world.says(DONE)

    result = swap(world)

    assert result.outcome is Outcome.SWAPPED
    assert (result.phone_number, result.previous_number) == (NEW, OLD)
    assert world.outcomes == ["swapped"]
    assert world.journal.rows[0].reference == OLD
    assert world.journal.rows[0].detail == f"the number is now {NEW}"


@pytest.mark.parametrize("doubt", [LOST, NONSENSE])
def test_an_answer_that_proves_nothing_is_read_and_a_changed_number_is_swapped(
    world: World, doubt: Ambiguous
) -> None:
    world.says(Say(doubt, number=NEW))

    result = swap(world)

    assert (result.outcome, result.phone_number) == (Outcome.SWAPPED, NEW)
    assert swaps(world) == 1


def test_a_plus_sign_makes_no_other_number(world: World) -> None:
    world.says(Say(NONSENSE, number=OLD.removeprefix("+")), DONE)

    assert swap(world).phone_number == NEW
    assert swaps(world) == 2


@pytest.mark.parametrize("limit", [1.0, LIMIT])
def test_the_same_number_after_a_whole_answer_is_swapped_once_more_after_sixteen_seconds(
    world: World, limit: float
) -> None:
    world.service.time_limit = limit
    world.says(Say(NONSENSE), DONE)

    assert swap(world).outcome is Outcome.SWAPPED
    first, second = world.service.times("swap")
    assert second - first == 16


@pytest.mark.parametrize("lag", [0.0, 3.0, 9.0])
@pytest.mark.parametrize("doubt", [LOST, NONSENSE])
def test_reads_that_lag_behind_a_swap_make_no_second(world: World, lag: float, doubt: Ambiguous) -> None:
    world.service.time_limit = 1.0
    world.service.lag = lag
    world.says(Say(doubt, number=NEW))

    result = swap(world)

    assert (result.outcome, result.phone_number, result.previous_number) == (Outcome.SWAPPED, NEW, OLD)
    assert swaps(world) == 1


def test_after_a_lost_answer_it_is_read_on_over_one_time_limit_first(world: World) -> None:
    world.says(Say(LOST), DONE)

    assert swap(world).outcome is Outcome.SWAPPED
    first, second = world.service.times("swap")
    assert second - first >= LIMIT
    assert len(world.service.times("read")) >= 4


def test_what_stays_lost_is_unknown_and_never_sent_a_third_time(world: World) -> None:
    world.says(Say(LOST), Say(LOST))

    assert swap(world).outcome is Outcome.UNKNOWN
    assert swaps(world) == 2
    assert world.outcomes == ["unknown"]
    assert world.journal.rows[0].reference == OLD


def test_what_can_not_be_read_is_unknown(world: World) -> None:
    world.says(Say(LOST))
    world.service.reads = ["waiting", *[Unreachable("no answer")] * 9]

    assert swap(world).outcome is Outcome.UNKNOWN
    assert swaps(world) == 1


def test_a_404_for_an_order_that_is_known_means_no_replacement(world: World) -> None:
    world.says(Say(Refused(status=404, problem=WHY)))

    result = swap(world)

    assert result.outcome is Outcome.NO_REPLACEMENT
    assert result.phone_number == OLD


def test_a_404_for_an_order_that_is_not_known_is_not_found(world: World) -> None:
    world.says(Say(Refused(status=404, problem=WHY)))
    world.service.reads = ["waiting", OrderNotFound("none")]

    assert swap(world).outcome is Outcome.NOT_FOUND


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("completed", "sms_received"),
        ("cancelled", "already_cancelled"),
        ("expired", "expired"),
        ("waiting", "failed"),
        ("strange", "failed"),
    ],
)
def test_a_400_is_told_by_the_order(world: World, status: str, outcome: str) -> None:
    world.says(Say(Refused(status=400, problem=WHY), makes=status))

    assert swap(world).outcome == outcome


def test_too_early_says_when_it_opens(world: World) -> None:
    world.says(Say(TooEarly(seconds=87)), Say(TooEarly(seconds=None)))

    first, second = swap(world), swap(world)

    assert first.retry_at is not None
    assert (first.retry_at - START).total_seconds() == 87
    assert second.retry_at == START + SWAP_COOLDOWN
    assert {first.outcome, second.outcome} == {Outcome.TOO_EARLY}


def test_a_429_and_what_was_not_sent_go_again(world: World) -> None:
    world.says(Say(Throttled()), Say(NotSent(problem=WHY, hopeless=False)), DONE)

    assert swap(world).outcome is Outcome.SWAPPED


def test_a_refused_token_stops_and_is_journalled(world: World) -> None:
    world.says(Say(TokenRefused("no")))

    with pytest.raises(TokenRefused):
        swap(world)
    assert world.outcomes == ["failed"]


def test_a_refused_token_hides_no_doubt(world: World) -> None:
    world.says(Say(LOST))
    world.service.reads = ["waiting", TokenRefused("no")]

    assert swap(world).outcome is Outcome.UNKNOWN
    assert world.outcomes == ["unknown"]
    assert len(world.service.times("read")) == 2


def test_who_waited_for_another_process_says_what_that_one_did(world: World) -> None:
    world.journal.others[ORDER] = 3
    world.holds(order(phone_number=NEW))

    assert swap(world).phone_number == NEW
    assert swaps(world) == 0


def test_asked_to_end_before_it_was_sent_it_is_skipped(world: World) -> None:
    world.time.stop_at = 0

    assert swap(world).outcome is Outcome.SKIPPED
    assert swaps(world) == 0


def test_an_open_swap_that_worked_gets_no_second(world: World) -> None:
    world.journal.known(Operation.SWAP, ORDER, outcome="unknown", age_s=10 * LIMIT, reference=OLD)
    world.holds(order(phone_number=NEW))

    result = carry_out_once(world.context, Swap(ORDER, order=order(phone_number=NEW), number=NEW))

    assert (result.outcome, result.phone_number, result.previous_number) == (Outcome.SWAPPED, NEW, OLD)
    assert swaps(world) == 0
    assert world.outcomes == ["swapped"]


def test_an_open_swap_that_did_not_work_is_closed_and_another_sent(world: World) -> None:
    world.journal.known(Operation.SWAP, ORDER, outcome=None, age_s=10 * LIMIT, reference=OLD)
    world.says(DONE)

    assert swap(world).outcome is Outcome.SWAPPED
    assert world.outcomes == ["failed", "swapped"]


def test_a_swap_that_was_in_doubt_is_read_before_another_is_sent(world: World) -> None:
    world.says(Say(NONSENSE), Say(NONSENSE))
    assert swap(world).outcome is Outcome.UNKNOWN
    world.holds(order(phone_number=NEW))  # the service was slow, and did it after all

    result = carry_out_once(world.context, Swap(ORDER, order=order(phone_number=NEW), number=NEW))

    assert (result.outcome, result.phone_number) == (Outcome.SWAPPED, NEW)
    assert swaps(world) == 2
    assert [(row.outcome, row.in_doubt) for row in world.journal.rows] == [("swapped", False)]


def test_a_swap_that_was_in_doubt_and_may_yet_come_is_read_on(world: World) -> None:
    world.journal.known(Operation.SWAP, ORDER, outcome="failed", reference=OLD, in_doubt=True)
    world.says(DONE)

    assert swap(world).outcome is Outcome.SWAPPED
    (sent,) = world.service.times("swap")
    assert LIMIT - 1 <= sent <= LIMIT


@pytest.mark.parametrize(("number", "outcome"), [(NEW, "swapped"), (OLD, "failed")])
@pytest.mark.parametrize("age_s", [0.0, 10 * LIMIT])
def test_resolve_compares_the_number_with_the_one_noted_before(
    world: World, number: str, outcome: str, age_s: float
) -> None:
    world.holds(order(phone_number=number))
    entry = world.journal.known(Operation.SWAP, ORDER, outcome=None, age_s=age_s, reference=OLD)

    result = resolve(world.context, entry, word=None, on_wait=lambda _left: None)

    assert result.outcome == outcome
    assert world.outcomes == [outcome]
    assert swaps(world) == 0
    assert (len(world.service.times("read")) >= 4) == (age_s == 0 and number == OLD)


def test_resolve_leaves_unknown_what_can_not_be_read(world: World) -> None:
    world.service.reads = [Unreachable("no answer")]
    entry = world.journal.known(Operation.SWAP, ORDER, outcome=None, age_s=10 * LIMIT, reference=OLD)

    result = resolve(world.context, entry, word=None, on_wait=lambda _left: None)

    assert result.outcome is Outcome.UNKNOWN
    assert world.outcomes == ["unknown"]


def test_resolve_says_what_the_process_that_sent_it_wrote_meanwhile(world: World) -> None:
    entry = world.journal.known(Operation.SWAP, ORDER, outcome=None, reference=OLD)
    world.journal.rows[0] = replace(entry, outcome="swapped")

    result = resolve(world.context, entry, word=None, on_wait=lambda _left: None)

    assert result.outcome is Outcome.SWAPPED
    assert world.service.log == []
