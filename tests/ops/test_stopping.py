"""Asked to end, or without a journal, at each moment of a cancel: settled or unknown, nothing new is sent."""

import pytest

from ops.test_reconcile import DOWN, EMPTY, LOST
from ops.world import LIMIT, ORDER, PRICE, Say, World
from vsms_cli.domain.errors import JournalUnusable
from vsms_cli.domain.mutation_answers import Answer, Throttled
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.ops.cancel_policy import cancel_order
from vsms_cli.ops.reconcile import LAG_S


def cancel(world: World) -> Result:
    return cancel_order(world.context, ORDER, order=None)


def test_before_the_request_it_is_skipped_and_no_intent_is_left(world: World) -> None:
    world.time.stop_at = 0

    assert cancel(world).outcome is Outcome.SKIPPED
    assert (world.service.log, world.outcomes) == ([], [])


@pytest.mark.parametrize("answer", [Throttled(), DOWN])
def test_between_two_attempts_that_did_nothing_it_is_skipped(world: World, answer: Answer) -> None:
    world.time.stop_at = 0.01
    world.says(Say(answer, seconds=0.02), Say(answer))

    assert cancel(world).outcome is Outcome.SKIPPED
    assert (len(world.service.log), world.outcomes) == (1, ["skipped"])


@pytest.mark.parametrize(
    ("answer", "makes", "outcome"),
    [
        (LOST, "cancelled", "cancelled"),
        (LOST, None, "unknown"),
        (EMPTY, "cancelled", "cancelled"),
        (EMPTY, None, "unknown"),
    ],
)
def test_in_flight_it_is_read_once_and_never_sent_again(
    world: World, answer: Answer, makes: str | None, outcome: str
) -> None:
    world.time.stop_at = 1
    world.says(Say(answer, makes=makes, seconds=2))

    assert cancel(world).outcome.value == outcome
    assert len(world.service.times("cancel")) == len(world.service.times("read")) == 1
    assert world.time.seconds < 5
    assert world.outcomes == [outcome]


@pytest.mark.parametrize("moment", [1, LIMIT / 3 + 1, LIMIT - 1])
def test_while_reading_on_one_more_read_is_the_last(world: World, moment: float) -> None:
    world.time.stop_at = moment
    world.says(Say(LOST))

    assert cancel(world).outcome is Outcome.UNKNOWN
    assert world.time.seconds == moment
    assert len(world.service.times("cancel")) == 1


def test_a_good_answer_that_comes_after_the_wish_to_end_is_taken(world: World) -> None:
    world.time.stop_at = LAG_S + 1
    world.says(Say(EMPTY), Say(LOST, seconds=2, makes="cancelled"))

    assert cancel(world).outcome is Outcome.CANCELLED


def test_while_another_process_has_the_order_it_is_skipped(world: World) -> None:
    world.journal.others[ORDER] = 10**6
    world.time.stop_at = 5

    assert cancel(world).outcome is Outcome.SKIPPED
    assert world.service.log == []


def test_without_an_intent_on_disk_nothing_is_sent(world: World) -> None:
    world.journal.breaks = {"begin": 1}

    with pytest.raises(JournalUnusable):
        cancel(world)
    assert (world.service.log, world.outcomes) == ([], [])
    assert world.service.turns == 0, "what is not sent counts towards no limit"


def test_an_outcome_that_the_journal_can_not_take_is_told_as_it_was(world: World) -> None:
    world.journal.breaks = {"close": 1}

    result = cancel(world)

    assert (result.outcome, result.refund_amount) == (Outcome.CANCELLED, PRICE)
    assert result.problem is not None
    assert "could not be written" in result.problem.message
    assert world.outcomes == ["open"]  # `resolve` will find it


@pytest.mark.parametrize(("makes", "outcome"), [("cancelled", "cancelled"), (None, "unknown")])
@pytest.mark.parametrize("answer", [LOST, EMPTY])
def test_a_journal_that_breaks_after_the_request_does_not_make_it_a_failure(
    world: World, answer: Answer, makes: str | None, outcome: str
) -> None:
    world.journal.breaks = {"note": 1, "close": 1}
    world.says(Say(answer, makes=makes))

    assert cancel(world).outcome.value == outcome
    assert len(world.service.times("cancel")) == 1


def test_a_journal_that_breaks_while_nothing_happened_stops_the_run(world: World) -> None:
    world.journal.breaks = {"note": 1, "close": 1}
    world.says(Say(DOWN), Say(DOWN))

    with pytest.raises(JournalUnusable):
        cancel(world)
    assert len(world.service.times("cancel")) == 1
