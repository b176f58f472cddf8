"""When the next request goes out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api.parts import START, NeverStop, Rig, Script, StillClock, WrittenBudget, reply
from vsms_cli.api.rate_limiter import PATIENCE_S, Pacer, seconds_of
from vsms_cli.domain.errors import NoTurn, RateLimited, StopRequested


class Asked(NeverStop):
    requested = True


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def budget(clock: StillClock) -> WrittenBudget:
    return WrittenBudget(clock)


def pacer_of(clock: StillClock, budget: WrittenBudget, stop: NeverStop | None = None) -> Pacer:
    return Pacer(budget=budget, clock=clock, stop=stop or NeverStop(clock), on_wait=lambda *_: None)


def test_a_free_budget_lets_out_at_once(clock: StillClock, budget: WrittenBudget) -> None:
    pacer_of(clock, budget).reserve(until_stop=True)
    assert (budget.taken, clock.passed) == (1, 0)


def test_a_pause_of_another_process_is_waited_out_second_by_second(
    clock: StillClock, budget: WrittenBudget
) -> None:
    pacer = pacer_of(clock, budget)
    budget.pause(3.5)
    pacer.reserve(until_stop=False)
    assert clock.naps == [1, 1, 1, 0.5]
    budget.pause(1.5)
    pacer.reserve(until_stop=True)
    assert clock.naps[4:] == [1, 0.5]


def test_who_is_asked_to_end_sends_nothing_new_but_may_still_read(
    clock: StillClock, budget: WrittenBudget
) -> None:
    pacer = pacer_of(clock, budget, Asked(clock))
    with pytest.raises(StopRequested):
        pacer.reserve(until_stop=True)
    assert budget.taken == 0
    pacer.reserve(until_stop=False)
    assert budget.taken == 1


def test_without_a_retry_after_the_pause_doubles_and_an_answer_resets_it(
    clock: StillClock, budget: WrittenBudget
) -> None:
    pacer = pacer_of(clock, budget)
    for _ in range(4):
        pacer.answered(429, None)
        clock.passed += budget.pauses[-1] + 0.001
    assert [pause // base for pause, base in zip(budget.pauses, (1, 2, 4, 8), strict=True)] == [1, 1, 1, 1]
    pacer.answered(500, None)
    pacer.answered(429, "garbage")
    assert 1 <= budget.pauses[-1] <= 1.25


def test_patience_counts_from_the_first_429_and_an_answer_starts_it_anew(
    clock: StillClock, budget: WrittenBudget
) -> None:
    pacer = pacer_of(clock, budget)
    for _ in range(8):
        pacer.answered(429, "10")
        clock.passed += 10
    pacer.answered(429, "10")
    clock.passed += 1
    with pytest.raises(RateLimited, match="after 81 s of waiting"):
        pacer.answered(429, "10")
    pacer.answered(200, None)
    pacer.answered(429, "10")


def test_patience_ends_while_others_lengthen_the_pause(clock: StillClock, budget: WrittenBudget) -> None:
    pacer = pacer_of(clock, budget)
    pacer.answered(429, "60")
    clock.passed += 30
    budget.pause(85)
    with pytest.raises(RateLimited):
        pacer.reserve(until_stop=False)
    assert budget.taken == 0


@pytest.mark.parametrize("delay", [0.0, 0.001])
def test_a_pause_of_exactly_the_patience_is_waited_and_a_longer_one_is_not(
    clock: StillClock, budget: WrittenBudget, monkeypatch: pytest.MonkeyPatch, delay: float
) -> None:
    note = budget.pause

    def late(seconds: float) -> None:
        clock.passed += delay  # between the answer and its note on disk
        note(seconds)

    monkeypatch.setattr(budget, "pause", late)
    pacer = pacer_of(clock, budget)
    pacer.answered(429, f"{PATIENCE_S:.0f}")
    pacer.reserve(until_stop=False)
    assert clock.passed == pytest.approx(PATIENCE_S + delay)
    assert budget.taken == 1
    pacer.answered(200, None)
    with pytest.raises(RateLimited, match="the service asks for a pause of 91 s"):
        pacer.answered(429, f"{PATIENCE_S + 1:.0f}")


def test_no_worker_waits_out_the_beginning_of_a_pause_that_is_longer_than_all_patience(
    clock: StillClock, budget: WrittenBudget
) -> None:
    pacer = pacer_of(clock, budget)
    with pytest.raises(RateLimited):
        pacer.answered(429, "3600")
    clock.passed += 2
    pacer.answered(200, None)  # another worker's, which was under way
    with pytest.raises(RateLimited):
        pacer.reserve(until_stop=True)
    assert (clock.passed, budget.pauses) == (2, [PATIENCE_S])


def test_a_turn_that_comes_after_all_patience_is_taken_if_nothing_more_is_to_be_waited(
    clock: StillClock, budget: WrittenBudget
) -> None:
    """A busy machine, or one that slept: the last nap was longer than asked."""
    pacer = pacer_of(clock, budget)
    pacer.answered(429, f"{PATIENCE_S:.0f}")
    clock.passed += PATIENCE_S + 30
    pacer.reserve(until_stop=False)
    assert budget.taken == 1


def test_several_429s_that_went_out_together_are_one_pause(clock: StillClock, budget: WrittenBudget) -> None:
    pacer = pacer_of(clock, budget)
    for _ in range(5):
        pacer.answered(429, None)
    assert len(budget.pauses) == 1
    clock.passed += budget.pauses[-1] + 0.001
    pacer.answered(429, None)
    assert [int(pause) for pause in budget.pauses] == [1, 2]


def test_whose_pause_it_is_is_said(clock: StillClock, budget: WrittenBudget) -> None:
    pacer = pacer_of(clock, budget)
    for _ in range(7):
        pacer.answered(429, None)  # 1, 2, 4, 8, 16, 32, and what is left of all patience
        clock.passed += budget.pauses[-1] + 0.001
    assert clock.passed == pytest.approx(PATIENCE_S, abs=0.1)
    words = r"the service does not say for how long, and vsms would try again in 1[2-6]\d s"
    with pytest.raises(RateLimited, match=words):
        pacer.answered(429, None)
    budget.pause(120)
    with pytest.raises(RateLimited, match="this account's requests pause for another 120 s"):
        pacer_of(clock, budget).reserve(until_stop=False)


class Full(WrittenBudget):
    """All of the minute's requests are under way for `seconds`, and a window later there is a turn."""

    def __init__(self, clock: StillClock, *, seconds: float, window: float) -> None:
        super().__init__(clock)
        self._time = clock
        self._seconds = seconds
        self._window = window

    def take(self) -> float:
        if self._time.passed < self._seconds:
            return 0.05
        return max(0.0, self._seconds + self._window - self._time.passed)

    def expected(self) -> float:
        return self._window if self._time.passed < self._seconds else self.take()


def test_a_wait_is_told_with_its_whole_length(clock: StillClock) -> None:
    """In a pipe one line stands for it: "next in 0:01" was told, and the turn came a minute later."""
    told: list[float] = []
    for window, first in ((60.0, 60.0), (0.4, None)):
        told.clear()
        clock.passed = 0.0
        pacer = Pacer(
            budget=Full(clock, seconds=0.2, window=window),
            clock=clock,
            stop=NeverStop(clock),
            on_wait=lambda _why, seconds: told.append(seconds),
        )
        pacer.reserve(until_stop=False)
        assert (told[0] if told else None) == first
    assert told == [], "a moment is not worth a word"


def test_a_turn_that_does_not_come_in_time_is_not_taken(clock: StillClock, budget: WrittenBudget) -> None:
    pacer = pacer_of(clock, budget)
    budget.pause(30)
    with pytest.raises(NoTurn, match="rate limit"):
        pacer.reserve(until_stop=False, until=clock.monotonic() + 2.5)
    assert clock.passed == pytest.approx(2.5)
    assert budget.taken == 0


def test_a_storm_without_end_ends_within_all_patience() -> None:
    rig = Rig(Script(reply(429, b"")))
    with pytest.raises(RateLimited):
        rig.client.balance()
    assert 30 < round(rig.clock.passed, 6) <= PATIENCE_S  # a sum of fractions
    assert rig.budget.taken < 10


def test_a_lost_request_still_counts(clock: StillClock, budget: WrittenBudget) -> None:
    pacer_of(clock, budget).lost()
    assert budget.answers == 1


@given(
    st.text(max_size=40)
    | st.none()
    | st.from_regex(r"[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d+ \d+:\d+:\d+ [+-]?\w*")
)
@example("9" * 400)
@example("-1")
@example("1e9")
@example("٣")
@example("²")
@example("Sat, 01 Jan 0001 00:00:00 +2359")
@example("Fri, 31 Dec 9999 23:59:59 -2359")
@example("99999999999999999999999 May 2026 12:00:00 GMT")
def test_any_retry_after_is_a_positive_number_of_seconds_or_nothing(text: str | None) -> None:
    seconds = seconds_of(text, now=START)
    assert seconds is None or 0 < seconds < 10**12


def test_a_date_is_measured_by_the_service_s_time() -> None:
    said = "Sun, 24 May 2026 12:01:30 GMT"
    assert seconds_of(said, now=START) == 90
    assert seconds_of(said, now=datetime(2027, 1, 1, tzinfo=UTC)) is None
