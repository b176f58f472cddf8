"""The one way in which anything that moves money is sent: intent on disk, request, outcome on disk, report.

Before that, the order is locked, so that of several processes one sends; and where the journal knows of a prior attempt
that may have been carried out, the order is read first: no request follows one that worked.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.errors import JournalUnusable, OrderLocked, StopRequested, VsmsError
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.ops.prior_attempts import settle_prior
from vsms_cli.ops.reconcile import DOUBT_S, Settlement
from vsms_cli.ops.recording import recorded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vsms_cli.ops.context import Context
    from vsms_cli.ops.policy import Policy

_UNSETTLED: Final = frozenset(
    {
        Outcome.FAILED,
        Outcome.SKIPPED,
        Outcome.TOO_EARLY,
        Outcome.NOT_FOUND,
        Outcome.NO_REPLACEMENT,
        Outcome.UNKNOWN,
    }
)
"""Outcomes that leave an order as it was, or leave open what became of it: they settle no earlier doubt."""
_LOCK_NAP_S: Final = 0.1  # between two looks at an order that another process is settling
_TURN_S: Final = 60.0  # the holder may wait for a whole minute's requests first
_SILENCE_S: Final = 1.0  # most are done by then; one that was stopped (Ctrl-Z) never is


def carry_out_once(context: Context, policy: Policy) -> Result:
    """One operation on one order, journalled. VsmsError only where the whole run must stop."""
    try:
        with claimed(context, policy.order_id):
            before = settle_prior(context, policy)
            if isinstance(before, Result):
                return before
            return policy.checked(context) or _journalled(context, policy, in_doubt=before)
    except StopRequested as exc:
        return policy.result(Outcome.SKIPPED, problem=exc.as_problem())
    except OrderLocked as exc:
        return policy.result(Outcome.FAILED, problem=exc.as_problem())


@contextlib.contextmanager
def claimed(context: Context, order_id: str) -> Iterator[None]:
    """Inside, no other process sends anything about this order. StopRequested if asked to end while waiting;
    OrderLocked where it is held for longer than the wait for the rate limit, a request and its settling can take.
    """
    since, told = context.clock.monotonic(), False
    limit = _TURN_S + context.service.time_limit + DOUBT_S
    while not context.journal.acquire(order_id):
        if context.stop.wait(_LOCK_NAP_S):
            raise StopRequested("ended before this was sent: another process has the order")
        if context.clock.monotonic() - since >= limit:
            raise OrderLocked(
                f"another process has held the order for {limit:.0f} s; nothing was sent",
                hint="end that process (a stopped one holds it too), then run the same command again",
            )
        if not told and context.clock.monotonic() - since >= _SILENCE_S:
            told = True
            context.notify(f"another process has the order {order_id}: waiting until it is done, or Ctrl-C")
    try:
        yield
    finally:
        context.journal.release(order_id)


def _journalled(context: Context, policy: Policy, *, in_doubt: bool) -> Result:
    """Intent on disk, the request settled, outcome on disk. For an order that is locked."""
    context.token_rejection.check()
    context.service.reserve()
    try:
        ticket = context.journal.begin(
            policy.operation,
            policy.order_id,
            price=policy.price,
            time_limit=context.service.time_limit,
            reference=policy.reference,
        )
    except BaseException:
        context.service.release_turn()
        raise
    try:
        result = Settlement(context, ticket, policy, in_doubt=in_doubt).run()
    except VsmsError as exc:
        # Only what is not in doubt comes as an exception: the service refused before it did anything.
        with contextlib.suppress(JournalUnusable):  # it must not hide why the run stops
            outcome = Outcome.SKIPPED if isinstance(exc, StopRequested) else Outcome.FAILED
            context.journal.close(ticket, outcome.value, detail=exc.message)
        raise
    return recorded(context, ticket, policy, result, settled=result.outcome not in _UNSETTLED)
