"""The reconciler: one request that moves money, from the first sending to its one outcome.

Its rules, the same for every operation, are in README.md; `ops.policy` has what differs. A refused token stops the run:
an order that is in doubt by then is `unknown`, and no exception hides it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, assert_never

from vsms_cli.domain.errors import Problem, StopRequested, TokenRefused, VsmsError
from vsms_cli.domain.mutation_answers import (
    Ambiguous,
    Answer,
    Cancelled,
    NotSent,
    Refused,
    Requested,
    Swapped,
    Throttled,
    TooEarly,
)
from vsms_cli.domain.orders import ORDER_LIFE, Order
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.record_class import replace
from vsms_cli.ops.context import Attempts
from vsms_cli.ops.polling import HOPELESS, NO_USE, OFTEN, ONCE, read_once, read_over

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from vsms_cli.domain.tickets import Ticket
    from vsms_cli.ops.context import Context
    from vsms_cli.ops.policy import Policy

# Seconds that reads may lag behind writes, or a commit behind its answer (replicas, gateways).
LAG_S: Final = 6.0
DOUBT_S: Final = 10.0  # at the least, before a request that proved nothing is given up: caches keep that long
SHED_PATIENCE_S: Final = 90.0  # as for 429: a service that sheds load with 503 is asked again for so long
_LONGEST_BACKOFF_S: Final = 16.0  # seconds between two requests of an order while the service sheds load
_REFUSED_AGAIN: Final = (0.0, 1 / 4, 1.0)
"""When the order is read after a first 400, as shares of `DOUBT_S`: somebody else may have ended it a moment ago."""
_BAD_REQUEST: Final = 400
_TOO_EARLY: Final = 425
_UNAVAILABLE: Final = 503


class Settlement:
    """One request on its way to one outcome."""

    def __init__(self, context: Context, ticket: Ticket, policy: Policy, *, in_doubt: bool) -> None:
        """`in_doubt` is whether an earlier request may have been carried out unseen."""
        self._context = context
        self._ticket = ticket
        self._policy = policy
        self._in_doubt = in_doubt
        self._requests = 0
        self._sheds = 0
        self._attempts = Attempts(context)

    def run(self) -> Result:
        """Send the request and settle it. VsmsError only where nothing is in doubt and the run must stop."""
        try:
            return self._run()
        except TokenRefused as exc:
            if not self._in_doubt:
                raise
            self._context.token_rejection.met(exc)
            return self._policy.unknown(exc.as_problem())

    def _run(self) -> Result:
        try:
            while True:
                ended = self._step()
                if ended is not None:
                    return ended
        except TokenRefused:
            raise
        except StopRequested as exc:
            return self._not_done(self._policy.result(Outcome.SKIPPED, problem=exc.as_problem()))
        except VsmsError as exc:
            if not self._in_doubt:
                raise
            return self._conclude(exc.as_problem())

    def _step(self) -> Result | None:
        """Send it once; None where it is to be sent again."""
        answer = self._send()
        match answer:
            case Cancelled() | Requested() | Swapped():
                return self._policy.accepted(self._context, answer)
            case TooEarly():
                return self._too_early(answer)
            case Refused():
                return self._refused(answer)
            case Throttled():
                self._go_again("429")
            case NotSent():
                if answer.hopeless or not self._attempts.another():
                    return self._not_done(self._policy.result(Outcome.FAILED, problem=answer.problem))
                self._go_again("not sent")
            case Ambiguous():
                return self._after_doubt(answer)
            case _:
                assert_never(answer)
        return None

    def _send(self) -> Answer:
        self._requests += 1
        answer = self._policy.send(self._context, self._ticket)
        if not isinstance(answer, NotSent):
            self._context.outage.over()
            if not _sheds_load(answer):
                self._context.shedding.over()
        return answer

    def _go_again(self, why: str) -> None:
        """The service did nothing, so this was no request that counts; wait for the next turn."""
        self._requests -= 1
        next_turn(self._context, self._ticket, f"{why}: sending it again")

    def _after_doubt(self, answer: Ambiguous) -> Result | None:
        """Read the order; None where one more request may go out."""
        self._in_doubt = True
        how = "answer proves nothing" if answer.answered else "answer was lost"
        self._context.journal.note(self._ticket, f"{how}: {answer.problem.message}", in_doubt=True)
        shed = self._is_shed(answer)
        if not shed and self._requests >= self._policy.most_requests:
            return self._conclude(answer.problem)
        seen = self._read_over(self._wait_before_another(answer))
        if isinstance(seen, Result):
            return seen
        if isinstance(seen, Problem) or self._context.stop.requested:
            return self._by_ledger(seen, answer.problem)
        if shed:
            self._requests -= 1
        next_turn(self._context, self._ticket, "the order shows nothing of it: sending it once more")
        return None

    def _is_shed(self, answer: Ambiguous) -> bool:
        """Whether it is the 503 of a service that sheds load: that one is asked again as after a 429, for as long."""
        if not _sheds_load(answer) or self._policy.most_requests == 1:
            return False
        now = self._context.clock.monotonic()
        self._sheds += 1
        return now < self._context.shedding.patience_until(now=now, limit=SHED_PATIENCE_S)

    def _wait_before_another(self, answer: Ambiguous) -> float:
        limit = self._context.service.time_limit
        wait = min(LAG_S, limit) if answer.answered else limit
        if not answer.answered and answer.status is not None:
            # A gateway that gave up says nothing of how long the origin will yet take.
            wait = max(LAG_S, limit)
        backoff = min(2.0 ** (self._sheds - 1), _LONGEST_BACKOFF_S) if self._sheds else 0.0
        return max(wait, backoff, self._policy.least_wait_s)

    def _read_over(self, seconds: float, moments: Sequence[float] = OFTEN) -> Result | Order | Problem:
        return read_over(self._context, self._policy, seconds, moments=moments, shown=self._shown_by_order)

    def _shown_by_order(self, order: Order) -> Result | None:
        self._policy.learn(order)
        return self._policy.shown_by_order(self._context, order, in_doubt=self._in_doubt)

    def _refused(self, answer: Refused) -> Result:
        """A 4xx in the API's own form. A reading of the order decides, never the error's text."""
        if self._in_doubt:
            return self._conclude(answer.problem)
        at_once = self._policy.refused_at_once(answer)
        if at_once is not None:
            return at_once
        ended = answer.status == _BAD_REQUEST  # it may have ended a moment ago
        seen = self._read_over(
            min(DOUBT_S, self._context.service.time_limit), _REFUSED_AGAIN if ended else ONCE
        )
        if isinstance(seen, Result):
            return seen
        if ended and isinstance(seen, Order):
            shown = self._in_ledger()
            if isinstance(shown, Result):
                return shown
        return self._policy.refused(answer, seen)

    def _too_early(self, answer: TooEarly) -> Result | None:
        """425: when it opens, from the answer, else from the order, else one cooldown from now. A web page counts only
        where the order is too young indeed. None where it is to be sent again.
        """
        if self._in_doubt:
            return self._conclude(_EARLY_AFTER_DOUBT)
        now = self._context.clock.now()
        seconds = answer.seconds
        told = seconds is not None and 0 < seconds <= ORDER_LIFE.total_seconds()
        opens = self._opens_after(now)
        if opens is None and (answer.web_page or not told or self._policy.order is not None):
            self._in_doubt = answer.web_page
            seen = self._read_over(0.0, ONCE)
            if isinstance(seen, Result):
                return seen
            opens = self._opens_after(now)
            if answer.web_page and opens is None:
                problem = replace(_EARLY_AFTER_DOUBT, message="a web page says that it is too early")
                return self._after_doubt(Ambiguous(answered=True, status=_TOO_EARLY, problem=problem))
            self._in_doubt = False
        retry_at = opens or now + self._policy.cooldown
        if seconds is not None and told:
            retry_at = now + timedelta(seconds=seconds)
        order = self._policy.order
        return self._policy.too_early(retry_at, status=None if order is None else order.status)

    def _opens_after(self, now: datetime) -> datetime | None:
        """When the order opens, as it says; None where it says nothing, or a time that is over or absurd."""
        order = self._policy.order
        opens = None if order is None else self._policy.opens_at(order)
        return opens if opens is not None and now < opens <= now + ORDER_LIFE else None

    def _not_done(self, result: Result) -> Result:
        """`result`, which says that nothing was done, unless a request of ours is in doubt."""
        if not self._in_doubt:
            return result
        assert result.problem is not None  # noqa: S101 - for mypy: whatever was not done has a reason
        return self._conclude(result.problem)

    def _conclude(self, why: Problem) -> Result:
        """In doubt, and nothing more is sent: read on, then the ledger, else it is unknown."""
        if not self._policy.order_shows_it:
            return self._in_ledger() or self._policy.unknown(why)
        if why.exit_code in NO_USE or self._context.stop.requested:
            seen = self._read_over(0.0, ONCE)
        else:
            seen = self._read_over(max(self._context.service.time_limit, DOUBT_S))
        return seen if isinstance(seen, Result) else self._by_ledger(seen, why)

    def _by_ledger(self, seen: Order | Problem, why: Problem) -> Result:
        readable = isinstance(seen, Order) or seen.exit_code not in HOPELESS
        shown = self._in_ledger() if readable else None
        if isinstance(shown, Result):
            return shown
        status = seen.status if isinstance(seen, Order) else None
        return self._policy.unknown(seen if isinstance(seen, Problem) else why, status=status)

    def _in_ledger(self) -> Result | None:
        try:
            return self._policy.shown_by_ledger(self._context, in_doubt=self._in_doubt)
        except TokenRefused:
            raise
        except VsmsError:
            return None


def _sheds_load(answer: Answer) -> bool:
    return isinstance(answer, Ambiguous) and answer.status == _UNAVAILABLE


def settle_by_reading(context: Context, policy: Policy) -> Result | Order | Problem:
    """What one reading of the order shows of an earlier request, without sending it again. Raises TokenRefused."""
    order = read_once(context, policy)
    if isinstance(order, Problem):
        return order
    policy.learn(order)
    return policy.shown_by_order(context, order, in_doubt=True) or order


def next_turn(context: Context, ticket: Ticket, why: str) -> None:
    """Wait for another request's turn, and note on disk what it is for: its age counts from its last request."""
    context.service.reserve()
    try:
        context.journal.note(ticket, why)
    except BaseException:
        context.service.release_turn()
        raise


_EARLY_AFTER_DOUBT: Final = Problem(
    code="too_early", message="the service says that it is too early, after a request that proved nothing"
)
