"""Waiting for a code: how often it reads, what ends it, and what wins when two things come at once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise

import pytest

from ops.world import CANCELLED, ORDER, START, FakeService, Say, World, order
from vsms_cli.domain.errors import BadAnswer, OrderNotFound, Problem, StopRequested, Unreachable, VsmsError
from vsms_cli.domain.mutation_answers import Refused, TooEarly
from vsms_cli.domain.orders import Message, Order
from vsms_cli.domain.outcomes import Outcome
from vsms_cli.domain.record_class import replace
from vsms_cli.domain.sms_code import code_in, newest
from vsms_cli.ops.cancel_policy import cancel_order
from vsms_cli.ops.waiting import Limits, WaitEnd, Waiting, WaitResult, Watcher

SMS = Message(sender="WhatsApp", content="Your code is 123-456", received_at=START)
NO = Problem(code="c", message="m")


@dataclass(slots=True)
class Scheduled(FakeService):
    """What happens at the service, and when in seconds from the start."""

    events: list[tuple[float, Callable[[Order], Order]]] = field(default_factory=list)

    def order(self, order_id: str, *, within: float | None = None) -> Order:
        self.happen()
        return FakeService.order(self, order_id, within=within)

    def happen(self) -> None:
        while self.events and self.events[0][0] <= self.time.seconds:
            _, change = self.events.pop(0)
            self.orders_by_id[ORDER] = change(self.orders_by_id[ORDER])


def arrives(known: Order) -> Order:
    return replace(known, status="completed", messages=(SMS,))


def scene(*events: tuple[float, Callable[[Order], Order]], **fields: object) -> World:
    world = World()
    world.service = Scheduled(world.time, events=list(events))
    world.holds(order(**fields))  # type: ignore[arg-type] # the fields of Order, by name
    return world


def wait(world: World, timeout: float | None = None, cancel_after: float | None = None) -> WaitResult:
    context = world.context
    return Waiting(
        context,
        ORDER,
        Limits(
            timeout=None if timeout is None else timedelta(seconds=timeout),
            cancel_after=None if cancel_after is None else timedelta(seconds=cancel_after),
        ),
        watcher=Watcher(),
        cancel=lambda known: cancel_order(context, ORDER, order=known),
    ).go()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Your code is 123456", "123456"),
        ("G-482913 is your code", "482913"),
        ("123-456 is your WhatsApp code", "123456"),
        ("use 12 or 1234 or 99999", "1234"),
        ("12345678 fits, 123456789 does not", "12345678"),
        ("123456789 does not", None),
        ("call 555-123-4567", "4567"),
        ("no digits", None),
        ("٤٥٦٧", None),
        ("", None),
    ],
)
def test_the_code_is_the_first_run_of_four_to_eight_digits(text: str, code: str | None) -> None:
    assert code_in(text) == code


def test_the_newest_message_counts_and_the_later_of_two_at_once() -> None:
    old, new, timeless = (
        Message(sender=name, content="", received_at=at)
        for name, at in (("old", START), ("new", START + timedelta(seconds=1)), ("timeless", None))
    )
    assert newest([new, old, timeless]) == new
    assert newest([old, replace(old, sender="twin")]) == replace(old, sender="twin")
    assert newest([]) is None


def test_a_code_that_is_there_is_told_at_once() -> None:
    world = scene((0, arrives))

    result = wait(world)

    assert (result.end, result.message) == (WaitEnd.CODE, SMS)
    assert world.service.times("read") == [0]


def test_it_reads_every_five_seconds_at_first_and_never_less_often_than_every_fifteen() -> None:
    world = scene((700, arrives), age_s=10)

    assert wait(world).end is WaitEnd.CODE
    times = world.service.times("read")
    steps = [later - earlier for earlier, later in pairwise(times)]
    assert steps[0] == pytest.approx(5)
    assert steps == sorted(steps)
    assert steps[-1] == pytest.approx(15)


def test_the_timeout_ends_it_after_a_last_read() -> None:
    world = scene((7, arrives))

    assert wait(world, timeout=6).end is WaitEnd.TIMEOUT
    assert world.service.times("read")[-1] == pytest.approx(6)


def test_a_code_that_the_last_read_shows_is_taken() -> None:
    assert wait(scene((6, arrives)), timeout=6).end is WaitEnd.CODE


@pytest.mark.parametrize("status", ["cancelled", "expired"])
def test_a_refund_instead_of_a_code_ends_it(status: str) -> None:
    world = scene((20, lambda known: replace(known, status=status)))

    result = wait(world)

    assert result.end is WaitEnd.REFUNDED
    assert result.problem is not None
    assert result.problem.exit_code == 5


def test_the_refund_is_seen_as_it_comes() -> None:
    world = scene((601, lambda known: replace(known, status="expired")), age_s=600)

    assert wait(world).end is WaitEnd.REFUNDED
    assert world.service.times("read")[-1] <= 603


def test_failed_reads_are_told_and_waited_out() -> None:
    world = scene((60, arrives))
    world.service.reads = [Unreachable("gone"), BadAnswer("html"), Unreachable("gone")]
    told: list[tuple[VsmsError, float]] = []
    context = world.context

    result = Waiting(
        context,
        ORDER,
        Limits(),
        watcher=Watcher(failed=lambda error, pause: told.append((error, pause))),
        cancel=lambda known: cancel_order(context, ORDER, order=known),
    ).go()

    assert result.end is WaitEnd.CODE
    assert len(told) == 3
    assert [pause for _, pause in told] == sorted(pause for _, pause in told)
    assert told[0][1] >= 5


def test_what_no_reading_can_help_ends_it() -> None:
    world = scene()
    world.service.reads = [OrderNotFound("none")]
    with pytest.raises(OrderNotFound):
        wait(world)
    world.service.reads = [Unreachable("gone")] * 9
    with pytest.raises(Unreachable):
        wait(world, timeout=8)


def test_completed_without_a_message_is_read_on_a_few_times() -> None:
    with pytest.raises(BadAnswer, match="does not show it"):
        wait(scene(status="completed"))
    late = scene((2, arrives), status="completed")
    assert wait(late).message == SMS


def test_it_cancels_when_the_time_is_up() -> None:
    world = scene()

    result = wait(world, cancel_after=10)

    assert result.end is WaitEnd.REFUNDED
    assert result.cancelled is not None
    assert result.cancelled.outcome is Outcome.CANCELLED
    assert world.service.times("cancel") == [pytest.approx(10)]
    assert world.outcomes == ["cancelled"]


def test_a_code_that_the_last_read_shows_keeps_it_from_being_cancelled() -> None:
    world = scene((10, arrives))

    assert wait(world, cancel_after=10).end is WaitEnd.CODE
    assert world.service.times("cancel") == []


def test_a_code_that_comes_while_it_cancels_wins() -> None:
    world = scene()
    world.says(Say(Refused(status=400, problem=NO), makes="completed"))
    world.service.on_post = lambda _id: world.holds(replace(order(), messages=(SMS,)))

    result = wait(world, cancel_after=1)

    assert (result.end, result.message) == (WaitEnd.CODE, SMS)
    assert world.outcomes == ["sms_received"]


def test_an_order_too_young_is_cancelled_when_it_opens() -> None:
    world = scene(age_s=100)
    world.says(Say(TooEarly(seconds=4)), Say(CANCELLED, makes="cancelled"))

    assert wait(world, cancel_after=1).end is WaitEnd.REFUNDED
    assert world.service.times("cancel") == [pytest.approx(20), pytest.approx(24)]


def test_a_cancel_that_fails_is_told() -> None:
    world = scene()
    world.says(Say(Refused(status=400, problem=NO)))

    result = wait(world, cancel_after=1)

    assert result.end is WaitEnd.NOT_CANCELLED
    assert result.problem == NO


def test_asked_to_end_it_ends() -> None:
    world = scene()
    world.time.stop_at = 12
    with pytest.raises(StopRequested):
        wait(world, cancel_after=60)
    assert world.service.times("cancel") == []
