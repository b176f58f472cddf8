"""Prior attempts: what the journal knows of an order, before anything about it is sent; and settling an open entry.

A request that was killed, or whose outcome is unknown or was ever in doubt, may have been carried out. It is read, and
never sent again on suspicion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vsms_cli.domain.errors import Problem, StopRequested, TokenRefused, VsmsError
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.ops.polling import HOPELESS, OFTEN, said_once
from vsms_cli.ops.reconcile import DOUBT_S, settle_by_reading
from vsms_cli.ops.recording import record, recorded

if TYPE_CHECKING:
    from collections.abc import Callable

    from vsms_cli.domain.journal_entry import JournalEntry
    from vsms_cli.domain.orders import Order
    from vsms_cli.ops.context import Context
    from vsms_cli.ops.policy import Policy

_NAP_S = 1.0  # at the least, between two reads of an order whose request may still be on its way


def settle_prior(context: Context, policy: Policy) -> Result | bool:
    """How a prior attempt ended, or why nothing may be sent now; else whether one may yet have been carried out
    unseen, and a request may go out.
    """
    entry = policy.prior(context.journal)
    if entry is None:
        return False
    if not entry.unsettled or not policy.order_shows_it:
        context.token_rejection.check()
        return policy.settled_before(context, entry) or False
    earlier = policy.of_entry(entry)
    try:
        context.token_rejection.check()
        result = settle_open(context, entry, earlier, on_wait=said_once(context, entry.order_id))
    except TokenRefused as exc:
        context.token_rejection.met(exc)
        return earlier.unknown(exc.as_problem())
    ticket = context.journal.ticket_of(entry)
    if result.outcome is Outcome.FAILED:  # another may go out, and nothing does where this can't be written
        record(context, ticket, earlier, result, settled=True)
        return True
    return recorded(context, ticket, earlier, result, settled=result.outcome is not Outcome.UNKNOWN)


def settle_open(
    context: Context,
    entry: JournalEntry,
    policy: Policy,
    *,
    on_wait: Callable[[float], None] = lambda _left: None,
) -> Result:
    """What became of it. FAILED only where neither the order nor the ledger shows anything, both were read, and the
    request can't be on its way any more. `on_wait` is told for how long it may yet be, in seconds. TokenRefused comes
    out.
    """
    if not policy.order_shows_it:
        return _by_ledger(context, policy) or policy.unknown(policy.not_done)
    seen, final = _read_until_old(context, entry, policy, on_wait)
    if isinstance(seen, Result):
        return seen
    if isinstance(seen, Problem):
        shown = None if seen.exit_code in HOPELESS else _by_ledger(context, policy)
        return shown if shown is not None and shown.outcome is not Outcome.UNKNOWN else policy.unknown(seen)
    if not final:
        why = StopRequested("ended while it may still be on its way").as_problem()
        return policy.unknown(why, status=seen.status)
    failed = policy.result(Outcome.FAILED, status=seen.status, problem=policy.not_done)
    return _by_ledger(context, policy) or failed


def _by_ledger(context: Context, policy: Policy) -> Result | None:
    """What the ledger shows; UNKNOWN where it can't be read: half of the evidence proves nothing undone."""
    try:
        return policy.shown_by_ledger(context, in_doubt=True)
    except TokenRefused:
        raise
    except VsmsError as exc:
        return policy.unknown(exc.as_problem())


def _read_until_old(
    context: Context, entry: JournalEntry, policy: Policy, on_wait: Callable[[float], None]
) -> tuple[Result | Order | Problem, bool]:
    """The last reading, and whether the entry is so old by then that its request can't be on its way any more. It is
    not where we were asked to end before.

    That is after as long as a run waits for one that proved nothing. The time limit is this run's or the one that the
    request had, whichever is longer.
    """
    clock = context.clock
    limit = max(context.service.time_limit, entry.time_limit or 0.0, policy.least_wait_s, DOUBT_S)
    end = clock.monotonic() + limit - min(context.journal.age_of(entry), limit)
    while True:
        started = clock.monotonic()
        seen = settle_by_reading(context, policy)
        if isinstance(seen, Result | Problem) or started >= end:
            return seen, True
        left = max(0.0, end - clock.monotonic())
        on_wait(left)
        if context.stop.wait(min(left, max(_NAP_S, limit / (len(OFTEN) - 1)))):
            return seen, False
