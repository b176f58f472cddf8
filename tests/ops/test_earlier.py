"""What the journal knows of an order, before anything about it is sent; and `journal resolve`."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ops.test_reconcile import EARLY, EMPTY, LOST, WHY
from ops.world import LIMIT, ORDER, PRICE, Say, World, line, order, order_id
from vsms_cli.domain.errors import JournalUnusable, TokenRefused, Unreachable
from vsms_cli.domain.mutation_answers import Answer, Refused
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.tickets import Operation
from vsms_cli.ops.cancel_policy import cancel_order
from vsms_cli.ops.resolve import resolve

OLD = 10 * LIMIT


def cancel(world: World) -> Result:
    return cancel_order(world.context, ORDER, order=None)


@pytest.mark.parametrize("outcome", [None, "unknown"])
def test_an_open_cancel_that_worked_gets_no_second(world: World, outcome: str | None) -> None:
    world.journal.known(Operation.CANCEL, ORDER, outcome=outcome, age_s=OLD)
    world.service.become(ORDER, "cancelled")

    result = cancel(world)

    assert (result.outcome, result.refund_amount) == (Outcome.CANCELLED, PRICE)
    assert world.service.times("cancel") == []
    assert world.outcomes == ["cancelled"]


def test_an_open_cancel_that_is_old_and_did_nothing_is_closed_and_a_new_one_goes_out(world: World) -> None:
    world.journal.known(Operation.CANCEL, ORDER, outcome=None, age_s=OLD)

    assert cancel(world).outcome is Outcome.CANCELLED
    assert [sent.what for sent in world.service.log] == ["read", "ledger", "cancel"]
    assert world.outcomes == ["failed", "cancelled"]


@pytest.mark.parametrize("age_s", [0.0, LIMIT / 2, -86400.0])
def test_a_young_one_is_read_on_until_it_is_one_time_limit_old(world: World, age_s: float) -> None:
    world.journal.known(Operation.CANCEL, ORDER, outcome=None, age_s=age_s)

    assert cancel(world).outcome is Outcome.CANCELLED
    (sent,) = world.service.times("cancel")
    assert LIMIT - max(age_s, 0.0) - 1 <= sent <= LIMIT
    assert len(world.service.times("read")) >= 3


@pytest.mark.parametrize("had", [LIMIT / 8, 3 * LIMIT])
def test_its_request_may_be_on_its_way_for_the_time_limit_that_it_had(world: World, had: float) -> None:
    world.journal.known(Operation.CANCEL, ORDER, outcome=None, time_limit=had)

    assert cancel(world).outcome is Outcome.CANCELLED
    (sent,) = world.service.times("cancel")
    assert max(had, LIMIT) - 1 <= sent <= max(had, LIMIT)


def test_one_that_can_not_be_read_stays_unknown_and_nothing_is_sent(world: World) -> None:
    world.journal.known(Operation.CANCEL, ORDER, outcome=None, age_s=OLD)
    world.service.reads = [Unreachable("down")]

    assert cancel(world).outcome is Outcome.UNKNOWN
    assert world.service.times("cancel") == []


def test_asked_to_end_while_it_may_be_on_its_way_it_stays_unknown(world: World) -> None:
    world.journal.known(Operation.CANCEL, ORDER, outcome=None)
    world.time.stop_at = 2

    assert cancel(world).outcome is Outcome.UNKNOWN
    assert world.outcomes == ["unknown"]


@pytest.mark.parametrize(
    ("shows", "outcome", "posts"),
    [
        ("cancelled", "already_cancelled", 0),
        ("expired", "expired", 0),
        ("completed", "sms_received", 0),
        ("waiting", "cancelled", 1),  # the sandbox was reset: the same id, another life
        (Unreachable("down"), "already_cancelled", 0),
    ],
)
@pytest.mark.parametrize("before", ["cancelled", "already_cancelled"])
def test_an_order_that_the_journal_saw_end_is_read_instead(
    world: World, before: str, shows: str | Unreachable, outcome: str, posts: int
) -> None:
    world.journal.known(Operation.CANCEL, ORDER, outcome=before, age_s=OLD)
    world.service.reads = [shows]

    assert cancel(world).outcome.value == outcome
    assert len(world.service.times("cancel")) == posts


def test_a_refused_token_stops_the_run_there_too(world: World) -> None:
    world.journal.known(Operation.CANCEL, ORDER, outcome="cancelled", age_s=OLD)
    world.service.reads = [TokenRefused("401")]

    with pytest.raises(TokenRefused):
        cancel(world)
    assert world.journal.claimed == []


@pytest.mark.parametrize("outcome", [None, "unknown"])
def test_an_open_one_that_a_refused_token_hides_stays_open_and_nothing_more_is_asked(
    world: World, outcome: str | None
) -> None:
    world.journal.known(Operation.CANCEL, ORDER, outcome=outcome)
    world.service.reads = [TokenRefused("401")] * 9
    context = world.context

    world.journal.known(Operation.CANCEL, order_id(1), outcome="unknown")
    world.journal.known(Operation.CANCEL, order_id(2), outcome="cancelled")

    assert cancel_order(context, ORDER, order=None).outcome is Outcome.UNKNOWN
    assert cancel_order(context, order_id(1), order=None).outcome is Outcome.UNKNOWN
    for number in (2, 3):
        with pytest.raises(TokenRefused):
            cancel_order(context, order_id(number), order=None)
    assert [sent.what for sent in world.service.log] == ["read"]
    assert [row.outcome for row in world.journal.rows] == [outcome, "unknown", "cancelled"]
    assert world.journal.claimed == []


@pytest.mark.parametrize("outcome", ["failed", "skipped", "too_early", "not_found"])
def test_what_did_nothing_costs_no_look_up(world: World, outcome: str) -> None:
    world.journal.known(Operation.CANCEL, ORDER, outcome=outcome)

    cancel(world)

    assert [sent.what for sent in world.service.log] == ["cancel"]


@pytest.mark.parametrize("answers", [(EMPTY, EMPTY), (EMPTY, EARLY), (LOST, EARLY)])
def test_what_was_ever_in_doubt_is_read_before_anything_more_is_sent(
    world: World, answers: tuple[Answer, Answer]
) -> None:
    world.says(*map(Say, answers))
    assert cancel(world).outcome is Outcome.UNKNOWN
    assert world.journal.rows[0].in_doubt
    world.service.become(ORDER, "cancelled")  # the service was slow, and did it after all

    result = cancel(world)

    assert (result.outcome, result.refund_amount) == (Outcome.CANCELLED, PRICE)
    assert len(world.service.times("cancel")) == 2
    assert [row.outcome for row in world.journal.rows] == ["cancelled"]
    assert not world.journal.rows[0].in_doubt


def test_while_it_may_yet_be_carried_out_it_is_read_on_and_only_then_sent_anew(world: World) -> None:
    world.journal.known(Operation.CANCEL, ORDER, outcome="failed", in_doubt=True)

    assert cancel(world).outcome is Outcome.CANCELLED
    (sent,) = world.service.times("cancel")
    assert LIMIT - 1 <= sent <= LIMIT
    assert [row.in_doubt for row in world.journal.rows] == [False, False]


def test_in_doubt_and_not_to_be_read_it_is_unknown(world: World) -> None:
    world.journal.known(Operation.CANCEL, ORDER, outcome="failed", in_doubt=True, age_s=OLD)
    world.service.reads = [Unreachable("down")]

    assert cancel(world).outcome is Outcome.UNKNOWN
    assert world.service.times("cancel") == []
    assert world.outcomes == ["unknown"]


def test_a_doubt_that_its_own_run_settled_is_over(world: World) -> None:
    world.says(Say(EMPTY, makes="cancelled"))

    assert cancel(world).outcome is Outcome.CANCELLED
    assert not world.journal.rows[0].in_doubt


@pytest.mark.parametrize(("status", "outcome"), [("cancelled", "cancelled"), ("waiting", "failed")])
def test_resolve_settles_what_is_in_doubt_too(world: World, status: str, outcome: str) -> None:
    entry = world.journal.known(Operation.CANCEL, ORDER, outcome="failed", in_doubt=True, age_s=OLD)
    world.service.become(ORDER, status)

    result = resolve(world.context, entry, word=None, on_wait=lambda _left: None)

    assert result.outcome.value == outcome
    assert not world.journal.rows[0].in_doubt


def test_while_another_process_has_the_order_it_waits_and_then_asks_nothing(world: World) -> None:
    world.journal.others[ORDER] = 7
    context = world.context
    world.journal.known(Operation.CANCEL, ORDER, outcome="cancelled")  # by the other, by then
    world.service.become(ORDER, "cancelled")

    assert cancel_order(context, ORDER, order=None).outcome is Outcome.ALREADY_CANCELLED
    assert world.service.log == []


@pytest.mark.parametrize(("naps", "told"), [(7, 0), (11, 1), (500, 1)])
def test_a_wait_of_a_second_for_another_process_is_said_once(world: World, naps: int, told: int) -> None:
    world.journal.others[ORDER] = naps
    said: list[str] = []

    assert cancel_order(replace(world.context, notify=said.append), ORDER, order=None).done
    assert len(said) == told
    assert all(f"another process has the order {ORDER}" in text for text in said)


@pytest.mark.parametrize(("age_s", "told"), [(0.0, 1), (LIMIT - 0.5, 0), (OLD, 0)])
def test_reading_on_for_more_than_a_second_is_said_once(world: World, age_s: float, told: int) -> None:
    world.journal.known(Operation.CANCEL, ORDER, outcome=None, age_s=age_s)
    said: list[str] = []

    cancel_order(replace(world.context, notify=said.append), ORDER, order=None)

    assert len(said) == told
    assert all(ORDER in text and "reading the order for 0:" in text for text in said)


# journal resolve


def resolved(world: World, on_wait: Callable[[float], None] = lambda _left: None) -> Result:
    (entry,) = world.journal.entries(unresolved=True)
    return resolve(world.context, entry, word=None, on_wait=on_wait)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("cancelled", "cancelled"),
        ("expired", "expired"),
        ("completed", "sms_received"),
        ("waiting", "failed"),
    ],
)
def test_resolve_reads_what_became_of_a_cancel(world: World, status: str, outcome: str) -> None:
    world.journal.known(Operation.CANCEL, ORDER, outcome=None, age_s=OLD)
    world.service.become(ORDER, status)

    assert resolved(world).outcome.value == outcome
    assert world.outcomes == [outcome]
    assert world.time.seconds == 0


def test_resolve_reads_on_while_it_may_be_on_its_way_and_says_for_how_long(world: World) -> None:
    world.journal.known(Operation.CANCEL, ORDER, outcome=None)
    told: list[float] = []

    assert resolved(world, told.append).outcome is Outcome.FAILED
    assert LIMIT - 1 <= world.time.seconds <= LIMIT
    assert told[0] > told[-1]


def test_resolve_leaves_to_a_live_process_what_it_is_at(world: World) -> None:
    world.journal.known(Operation.CANCEL, ORDER, outcome=None)
    (entry,) = world.journal.entries(unresolved=True)
    ticket = world.journal.ticket_of(entry)
    world.journal.close(ticket, "already_cancelled")  # while resolve waited for the claim

    result = resolve(world.context, entry, word=None, on_wait=lambda _left: None)

    assert result.outcome is Outcome.ALREADY_CANCELLED
    assert world.outcomes == ["already_cancelled"]
    assert world.service.log == []


@pytest.mark.parametrize("operation", Operation)
def test_resolve_stops_at_a_refused_token_and_leaves_the_entry_as_it_is(
    world: World, operation: Operation
) -> None:
    world.journal.known(operation, ORDER, outcome="unknown", age_s=OLD, reference="+541100000000")
    world.service.reads = [TokenRefused("401")]

    with pytest.raises(TokenRefused):
        resolved(world)
    assert world.outcomes == ["unknown"]


@pytest.mark.parametrize(
    ("paid", "outcome"), [(PRICE, "already_refunded"), (PRICE / 2, "unknown"), (None, "unknown")]
)
def test_resolve_believes_the_ledger_alone_of_a_refund_request(
    world: World, paid: object, outcome: str
) -> None:
    world.holds(order("completed"))
    world.journal.known(Operation.REFUND, ORDER, outcome="unknown", age_s=OLD)
    if paid is not None:
        world.service.ledger.append(line(ORDER, PRICE if paid == PRICE else PRICE / 2, "credit"))

    result = resolved(world)

    assert result.outcome.value == outcome
    assert world.outcomes == [outcome]
    assert {sent.what for sent in world.service.log} == {"read", "ledger"}


def test_resolve_leaves_a_refund_request_unknown_when_nothing_can_be_read(world: World) -> None:
    world.journal.known(Operation.REFUND, ORDER, outcome=None)
    world.service.reads = [Unreachable("down")]

    assert resolved(world).outcome is Outcome.UNKNOWN


def test_resolve_tells_of_a_refund_request_as_a_live_process_closed_it(world: World) -> None:
    entry = world.journal.known(Operation.REFUND, ORDER, outcome=None)
    ticket = world.journal.ticket_of(entry)
    world.journal.close(ticket, "requested", reference="r-1", detail="so be it")

    result = resolve(world.context, entry, word=None, on_wait=lambda _left: None)

    assert isinstance(result, Result)
    assert (result.outcome, result.request_id) == (Outcome.REQUESTED, "r-1")


@pytest.mark.parametrize(("status", "outcome"), [("cancelled", "cancelled"), ("completed", "sms_received")])
def test_what_was_read_is_said_also_where_it_cannot_be_written(
    world: World, status: str, outcome: str
) -> None:
    world.holds(order(status))
    world.journal.known(Operation.CANCEL, ORDER, outcome="unknown", age_s=10 * LIMIT)
    world.journal.breaks = {"close": 1}

    result = cancel_order(world.context, ORDER, order=None)

    assert result.outcome == outcome
    assert world.journal.rows[0].unresolved, "the next one reads it again"


def test_nothing_more_is_sent_where_it_cannot_be_written_that_it_still_waits(world: World) -> None:
    world.holds(order())
    world.journal.known(Operation.CANCEL, ORDER, outcome="unknown", age_s=10 * LIMIT)
    world.journal.breaks = {"close": 1}

    with pytest.raises(JournalUnusable):
        cancel_order(world.context, ORDER, order=None)
    assert world.service.times("cancel") == []


def test_after_a_prior_attempt_in_doubt_no_refusal_is_believed_by_itself(world: World) -> None:
    world.journal.known(Operation.CANCEL, ORDER, outcome="unknown", in_doubt=True, age_s=OLD)
    world.says(Say(Refused(status=400, problem=WHY)))

    assert cancel(world).outcome is Outcome.UNKNOWN
    assert world.outcomes == ["failed", "unknown"]


def test_nothing_is_concluded_before_the_ledger_was_read(world: World) -> None:
    world.journal.known(Operation.CANCEL, ORDER, outcome="unknown", age_s=OLD)
    world.service.ledger_fails = 99

    assert resolved(world).outcome is Outcome.UNKNOWN


def test_resolve_believes_the_ledger_where_the_order_lags(world: World) -> None:
    world.journal.known(Operation.CANCEL, ORDER, outcome="unknown", age_s=OLD)
    world.service.pay(ORDER)

    result = resolved(world)

    assert (result.outcome, result.refund_amount) == (Outcome.CANCELLED, PRICE)
