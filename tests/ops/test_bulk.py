"""Many cancels at once: the order of things, what stops them, and what one outage costs."""

import threading
from datetime import timedelta

import pytest

from ops.test_reconcile import DOWN, EMPTY, LOST
from ops.world import LIMIT, START, Say, World, order, order_id
from vsms_cli.domain.errors import JournalUnusable, RateLimited, StreamClosed, TokenRefused, VsmsError
from vsms_cli.domain.mutation_answers import Ambiguous, TooEarly
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.ops.dispatcher import WORKERS, BulkReport, Target, cancel_all


class Run:
    """A run over so many orders; time passes while it only waits."""

    def __init__(self, world: World, count: int) -> None:
        self.world = world
        self.ids = [order_id(number) for number in range(count)]
        self.targets = [Target(order_id=known) for known in self.ids]
        self.told: list[Result] = []
        self.waits: list[tuple[int, timedelta]] = []
        self.closes_after: int | None = None
        world.holds(*(order(id_=known) for known in self.ids))

    def young(self, number: int, *, opens_s: float, ends_s: float = 900) -> None:
        """That order opens, and ends, so many seconds after the start."""
        known = order(
            id_=self.ids[number], age_s=0, expires_at=START + timedelta(seconds=ends_s),
            cancel_available_at=START + timedelta(seconds=opens_s),
        )  # fmt: skip
        self.world.holds(known)
        self.targets[number] = Target(order_id=known.id, order=known, opens_at=known.cancel_opens_at)

    def go(self, *, wait: bool = False) -> BulkReport:
        return cancel_all(
            self.world.context, self.targets, wait=wait, on_end=self._ended, on_wait=self._waiting
        )

    def _ended(self, result: Result) -> None:
        self.told.append(result)
        if self.closes_after is not None and len(self.told) >= self.closes_after:
            raise StreamClosed("gone")

    def _waiting(self, count: int, span: timedelta) -> None:
        self.waits.append((count, span))
        self.world.time.wait(span.total_seconds())

    def outcomes(self, report: BulkReport) -> list[str]:
        assert [result.order_id for result in report.results] == self.ids
        assert sorted(result.order_id for result in self.told) == self.ids
        return [result.outcome.value for result in report.results]


@pytest.fixture
def empty() -> World:
    return World()


def test_results_come_in_the_order_of_the_input_and_each_is_told_once(empty: World) -> None:
    run = Run(empty, 23)

    report = run.go()

    assert run.outcomes(report) == ["cancelled"] * 23
    assert report.stopped_by is None
    assert empty.outcomes == ["cancelled"] * 23


def test_as_many_as_there_are_workers_send_at_a_time(empty: World) -> None:
    run = Run(empty, WORKERS)
    met = threading.Barrier(WORKERS)
    empty.service.on_post = lambda _order: met.wait(timeout=10)  # with fewer at it, it breaks

    assert run.outcomes(run.go()) == ["cancelled"] * WORKERS


def test_no_orders_are_no_trouble(empty: World) -> None:
    assert Run(empty, 0).go() == BulkReport(results=(), stopped_by=None)


def test_young_orders_are_cancelled_as_they_open(empty: World) -> None:
    run = Run(empty, 3)
    run.young(0, opens_s=50)
    run.young(2, opens_s=20)

    report = run.go(wait=True)

    assert run.outcomes(report) == ["cancelled"] * 3
    assert [result.order_id for result in run.told] == [run.ids[1], run.ids[2], run.ids[0]]
    assert empty.service.times("cancel", run.ids[2]) == [20]
    assert empty.service.times("cancel", run.ids[0]) == [50]
    assert run.waits[0] == (2, timedelta(seconds=20))


def test_an_order_that_ends_before_it_opens_is_not_waited_for(empty: World) -> None:
    run = Run(empty, 2)
    run.young(0, opens_s=50, ends_s=40)

    report = run.go(wait=True)

    assert run.outcomes(report) == ["too_early", "cancelled"]
    assert "refunds itself" in str(report.results[0].problem)
    assert empty.time.seconds == 0


def test_425_is_waited_for_again_and_no_longer_than_the_order_lives(empty: World) -> None:
    run = Run(empty, 1)
    empty.says(*[Say(TooEarly(seconds=300))] * 100, order=run.ids[0])

    report = run.go(wait=True)

    assert run.outcomes(report) == ["too_early"]
    assert 600 < empty.time.seconds <= 1200
    assert empty.service.times("cancel") == [0, 300, 600, 900]


@pytest.mark.parametrize("first", [EMPTY, LOST])
def test_425_after_a_doubt_is_no_reason_to_send_a_third(empty: World, first: Ambiguous) -> None:
    run = Run(empty, 1)
    empty.says(Say(first), Say(TooEarly(seconds=30)), order=run.ids[0])

    report = run.go(wait=True)

    assert run.outcomes(report) == ["unknown"]
    assert len(empty.service.times("cancel")) == 2


def test_without_wait_425_is_the_end(empty: World) -> None:
    run = Run(empty, 1)
    empty.says(Say(TooEarly(seconds=3)), order=run.ids[0])

    assert run.outcomes(run.go()) == ["too_early"]


@pytest.mark.parametrize("error", [TokenRefused("401"), RateLimited("still")])
def test_a_fatal_error_in_the_middle_stops_the_rest(empty: World, error: VsmsError) -> None:
    run = Run(empty, 40)
    empty.says(Say(error), order=run.ids[10])

    report = run.go()

    outcomes = run.outcomes(report)
    assert report.stopped_by is error
    assert outcomes[10] == "failed"
    assert outcomes[:5] == ["cancelled"] * 5
    assert outcomes[-1] == "skipped"
    assert str(error) in str(report.results[-1].problem)


@pytest.mark.parametrize("first", [EMPTY, LOST])
def test_a_token_refused_while_a_doubt_is_settled_stops_the_rest_and_hides_no_doubt(
    empty: World, first: Ambiguous
) -> None:
    run = Run(empty, 40)
    for known in run.ids:
        empty.says(Say(first), order=known)
    empty.service.reads = [TokenRefused("401")] * 100

    report = run.go()

    outcomes = run.outcomes(report)
    assert isinstance(report.stopped_by, TokenRefused)
    sent = len(empty.service.times("cancel"))
    assert 1 <= sent <= WORKERS
    assert outcomes.count("unknown") == sent
    assert [outcome for outcome in empty.outcomes if outcome != "skipped"] == ["unknown"] * sent


def test_a_journal_that_fills_up_in_the_middle_stops_the_rest_and_no_one_is_lost(empty: World) -> None:
    run = Run(empty, 40)
    empty.journal.breaks = {"begin": 11, "close": 9}

    report = run.go()

    outcomes = run.outcomes(report)
    assert isinstance(report.stopped_by, JournalUnusable)
    assert len(empty.service.times("cancel")) == 10
    assert outcomes.count("cancelled") == 10  # two of them not on disk as such, and told all the same
    assert empty.outcomes.count("open") == 2


def test_asked_to_end_nothing_new_goes_out(empty: World) -> None:
    run = Run(empty, 30)
    for known in run.ids:
        empty.says(Say(EMPTY, makes="cancelled", seconds=1), order=known)
    empty.time.stop_at = 5

    outcomes = run.outcomes(run.go())

    assert set(outcomes) == {"cancelled", "skipped"}
    assert len(empty.service.times("cancel")) == outcomes.count("cancelled") <= 5 + WORKERS


def test_asked_to_end_while_waiting_the_young_are_skipped(empty: World) -> None:
    run = Run(empty, 2)
    run.young(1, opens_s=100)
    empty.time.stop_at = 50

    assert run.outcomes(run.go(wait=True)) == ["cancelled", "skipped"]


def test_nobody_reads_any_more_so_nothing_new_goes_out_and_all_is_journalled(empty: World) -> None:
    run = Run(empty, 40)
    run.closes_after = 3

    report = run.go()

    sent = len(empty.service.times("cancel"))
    assert isinstance(report.stopped_by, StreamClosed)
    assert 3 <= sent <= 3 + WORKERS
    assert run.outcomes(report).count("cancelled") == sent
    assert sorted(outcome or "" for outcome in empty.outcomes) == ["cancelled"] * sent + ["skipped"] * (
        40 - sent
    )


def test_one_outage_costs_one_time_limit_and_not_one_for_each_order(empty: World) -> None:
    run = Run(empty, 80)
    for known in run.ids:
        empty.says(*[Say(DOWN)] * 1000, order=known)

    report = run.go()

    assert run.outcomes(report) == ["failed"] * 80
    # In this world the workers' last pauses, of 2.5 s at the most, come one after the other.
    assert empty.time.seconds <= LIMIT + WORKERS * 2.5
    assert min(len(empty.service.times("cancel", known)) for known in run.ids) == 1
    assert len(empty.service.times("cancel")) < 80 + 200


def test_what_gets_through_ends_the_outage(empty: World) -> None:
    run = Run(empty, 30)
    for known in run.ids[:10]:
        empty.says(*[Say(DOWN)] * 1000, order=known)
    empty.says(Say(DOWN), Say(DOWN), order=run.ids[29])

    outcomes = run.outcomes(run.go())

    assert outcomes[10:] == ["cancelled"] * 20


def test_an_outage_in_the_middle_leaves_the_orders_in_flight_unknown_and_the_rest_failed(
    empty: World,
) -> None:
    run = Run(empty, 12)
    for known in run.ids[:3]:
        empty.says(Say(LOST), *[Say(DOWN)] * 1000, order=known)
    for known in run.ids[3:]:
        empty.says(*[Say(DOWN)] * 1000, order=known)
    empty.service.reads = [VsmsError("down")] * 1000

    outcomes = run.outcomes(run.go())

    assert outcomes == ["unknown"] * 3 + ["failed"] * 9


def test_a_price_that_is_known_from_the_listing_is_told(empty: World) -> None:
    run = Run(empty, 1)
    known = order(id_=run.ids[0])
    run.targets = [Target(order_id=known.id, order=known, price=known.price)]
    empty.time.stop_at = 0

    report = run.go()

    assert report.results[0].price == known.price
    assert report.results[0].outcome is Outcome.SKIPPED


def test_one_that_was_answered_425_is_no_order_that_nothing_was_sent_for(empty: World) -> None:
    run = Run(empty, 1)
    empty.says(Say(TooEarly(seconds=60)), order=run.ids[0])
    empty.time.stop_at = 5

    report = run.go(wait=True)

    assert [(result.outcome, result.retry_at is None) for result in report.results] == [("too_early", False)]
    assert empty.outcomes == ["too_early"]
