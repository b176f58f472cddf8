"""Whatever a service answers and shows, in whatever order: what must never happen does not."""

from hypothesis import given
from hypothesis import strategies as st

from ops.test_reconcile import ABSENT, DOWN, EMPTY, ENDED, LOST, NO, WHY
from ops.world import CANCELLED, LIMIT, ORDER, Say, World, order
from vsms_cli.domain.errors import RateLimited, TokenRefused, Unreachable, VsmsError
from vsms_cli.domain.mutation_answers import Ambiguous, NotSent, Requested, Throttled, TooEarly
from vsms_cli.domain.outcomes import Outcome
from vsms_cli.ops.cancel_policy import cancel_order
from vsms_cli.ops.refund import Ask, carry_out
from vsms_cli.ops.refund_plan import plan_refunds

ANSWERS = st.sampled_from(
    [
        *(CANCELLED, LOST, EMPTY, ENDED, ABSENT, NO, DOWN, Throttled()),
        *(TooEarly(seconds=None), TooEarly(seconds=9), NotSent(problem=WHY, hopeless=True)),
        *(RateLimited("still"), TokenRefused("401")),
    ]
)
POSTS = st.lists(
    st.builds(Say, ANSWERS, makes=st.none(), seconds=st.sampled_from([0.0, 1.0, LIMIT])), max_size=8
)
READS = st.lists(
    st.sampled_from(
        [
            "waiting",
            "pending",
            "cancelled",
            "expired",
            "completed",
            "strange",
            Unreachable("x"),
            TokenRefused("401"),
        ]
    ),
    max_size=12,
)
STOPS = st.one_of(st.none(), st.floats(0, 3 * LIMIT))


@given(
    posts=POSTS,
    reads=READS,
    stop_at=STOPS,
    breaks=st.dictionaries(st.sampled_from(["note", "close"]), st.integers(1, 3)),
)
def test_a_cancel(
    posts: list[Say], reads: list[str | VsmsError], stop_at: float | None, breaks: dict[str, int]
) -> None:
    world = World()
    world.holds(order())
    world.time.stop_at = stop_at
    world.journal.breaks = breaks
    said = list(posts)
    shown = list(reads)
    # Past the script the service is down: nothing is said that nobody wrote.
    world.says(*posts, *[Say(NotSent(problem=WHY, hopeless=True))] * 100)
    world.service.reads = [*reads, *[Unreachable("x")] * 100]

    try:
        result = cancel_order(world.context, ORDER, order=None)
    except VsmsError:
        result = None

    used = said[: len(world.service.times("cancel"))]
    seen = shown[: len(world.service.times("read"))]
    carried_out = [say.answer for say in used if isinstance(say.answer, Ambiguous)]
    assert len(carried_out) <= 2
    if len(carried_out) == 2:  # the second only after a read that showed that it waits
        log = world.service.log
        first = next(n for n, sent in enumerate(log) if sent.what == "cancel"
                     and said[sum(x.what == "cancel" for x in log[:n])].answer is carried_out[0])  # fmt: skip
        later = next(n for n, sent in enumerate(log) if n > first and sent.what == "cancel")
        between = [n for n, sent in enumerate(log) if first < n < later and sent.what == "read"]
        assert between
        shows = shown[sum(x.what == "read" for x in log[: between[-1]])]
        assert shows in {"waiting", "pending"}
        if carried_out[0] is LOST:
            assert len(between) >= 3
            assert log[later].at - log[first].at >= LIMIT
    if result is None:
        assert not carried_out  # what may have been carried out has an outcome, and no exception hides it
    elif result.outcome is Outcome.CANCELLED:
        assert CANCELLED in [say.answer for say in used] or (carried_out and "cancelled" in seen)
    elif result.outcome in {Outcome.SKIPPED, Outcome.NOT_FOUND}:
        assert not carried_out
    if stop_at is not None:
        sent_after = [at for at in world.service.times("cancel") if at >= stop_at]
        assert not sent_after  # asked to end, nothing new goes out
    if not breaks:
        assert "open" not in world.outcomes
        assert result is None or [result.outcome.value] == world.outcomes[-1:] or not world.outcomes


REFUND_ANSWERS = st.sampled_from(
    [
        *(Requested(request_id="r", status=None), LOST, EMPTY, ENDED, ABSENT, NO, DOWN, Throttled()),
        *(RateLimited("still"), TokenRefused("401")),
    ]
)


@given(
    posts=st.lists(st.builds(Say, REFUND_ANSWERS), max_size=8),
    status=st.sampled_from(["completed", "cancelled", "expired"]),
    stop_at=STOPS,
    ledger_fails=st.integers(0, 3),
)
def test_a_refund_request_that_may_have_arrived_is_the_last(
    posts: list[Say], status: str, stop_at: float | None, ledger_fails: int
) -> None:
    world = World()
    world.holds(order(status))
    said = list(posts)
    world.says(*posts, *[Say(NotSent(problem=WHY, hopeless=True))] * 100)
    plan = plan_refunds(world.context, [ORDER])
    world.time.stop_at = stop_at
    world.service.ledger_fails = ledger_fails

    try:
        outcome = carry_out(world.context, plan.items[0], Ask(reason="code-rejected")).outcome
    except VsmsError:
        outcome = None

    used = [say.answer for say in said[: len(world.service.times("refund"))]]
    doubtful = [answer for answer in used if isinstance(answer, Ambiguous | Requested)]
    assert len(doubtful) <= 1
    assert doubtful in ([], used[-1:])
    if doubtful:
        world.service.ledger_fails = 0
        again = plan_refunds(world.context, [ORDER]).items[0]
        expected = {Outcome.REQUESTED: Outcome.ALREADY_REQUESTED}
        assert outcome is not None
        assert again.foreseen.outcome is expected.get(outcome, Outcome.UNKNOWN)
    assert "open" not in world.outcomes
