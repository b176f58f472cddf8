"""Waiting for an order's SMS: reading it again and again within the shared budget, until a code, an end or a limit."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.errors import BadAnswer, ExitCode, NoTurn, Problem, StopRequested, Unreachable, VsmsError
from vsms_cli.domain.orders import Message, Order, Phase
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.record_class import record
from vsms_cli.domain.sms_code import newest

if TYPE_CHECKING:
    from collections.abc import Callable

    from vsms_cli.ops.context import Context

_FIRST_STEP_S: Final = 5.0  # between two reads: most codes come within a minute
_LONGEST_STEP_S: Final = 15.0
_SLOWER_BY: Final = 1 / 30  # seconds more for each second waited: 15 s after five minutes
_LONGEST_PAUSE_S: Final = 30.0  # between two reads that fail
_LAST_READ_S: Final = 2.0  # for the read at the end of a timeout
_TICK_S: Final = 1.0  # a countdown moves so often
_READS_WITHOUT_TEXT: Final = 3  # a completed order may show its message a moment later
_LONG_OVER: Final = timedelta(minutes=5)  # after its end an order that still waits will not be told as ended
_GRACE: Final = timedelta(seconds=1)  # after its time is up the order is read, and should be refunded


class WaitEnd(StrEnum):
    """How waiting ended."""

    CODE = "code"
    REFUNDED = "refunded"
    TIMEOUT = "timeout"
    NOT_CANCELLED = "not_cancelled"


@record
class WaitResult:
    """`message` where a code came; `cancelled` is the result of the cancel at the end, if there was one."""

    end: WaitEnd
    order: Order | None
    message: Message | None = None
    cancelled: Result | None = None
    problem: Problem | None = None


@record
class Limits:
    """From the start: `timeout` ends the waiting, `cancel_after` the order."""

    timeout: timedelta | None = None
    cancel_after: timedelta | None = None


@record
class Watcher:
    """Who is told: of each second that passes, of a read that failed and the pause after it in seconds, and when
    cancelling opens, where the time was up before that.
    """

    tick: Callable[[Order | None], None] = lambda _order: None
    failed: Callable[[VsmsError, float], None] = lambda _error, _pause: None
    held: Callable[[datetime], None] = lambda _opens: None


class Waiting:
    """One order waited for. `cancel` is called when `Limits.cancel_after` is over."""

    def __init__(
        self,
        context: Context,
        order_id: str,
        limits: Limits,
        *,
        watcher: Watcher,
        cancel: Callable[[Order | None], Result],
    ) -> None:
        self._context = context
        self._order_id = order_id
        self._watcher = watcher
        self._cancel = cancel
        self._start = context.clock.monotonic()
        self._timeout = self._at(limits.timeout)
        self._cancel_at = self._at(limits.cancel_after)
        self._order: Order | None = None
        self._error: VsmsError | None = None
        self._failures = 0
        self._textless = 0

    def go(self) -> WaitResult:
        """VsmsError where no reading can help: an unknown order, a refused token, a rate limit past patience."""
        while True:
            # Judged before the read: what is due by then is decided by a read that came after.
            now = self._context.clock.monotonic()
            ended = self._look()
            if ended is not None:
                return ended
            if self._timeout is not None and now >= self._timeout:
                return self._timed_out()
            if self._cancel_at is not None and now >= self._cancel_at:
                ended = self._cancelled()
                if ended is not None:
                    return ended
            self._nap(self._next_look())
            if self._context.stop.requested:
                raise StopRequested("ended while waiting; the order is as it was")

    def _look(self) -> WaitResult | None:
        try:
            order = self._context.service.order(self._order_id, within=self._room())
        except NoTurn:
            return None
        except (Unreachable, BadAnswer) as exc:
            self._error = exc
            self._failures += 1
            self._watcher.failed(exc, self._step())
            return None
        self._order, self._error, self._failures = order, None, 0
        message = newest([message for message in order.messages or () if message.content.strip()])
        if message is not None:
            return WaitResult(end=WaitEnd.CODE, order=order, message=message)
        match order.phase:
            case Phase.CANCELLED | Phase.EXPIRED:
                return WaitResult(end=WaitEnd.REFUNDED, order=order, problem=_refunded(order.phase))
            case Phase.COMPLETED:
                self._look_again("the service says that an SMS came, and does not show its text")
            case Phase.UNKNOWN:
                self._look_again("the service gives the order a status that no documentation names")
            case Phase.WAITING if self._is_long_over(order):
                self._look_again("the service says that the order waits, long after its time was over")
        return None

    def _look_again(self, why: str) -> None:
        """Count a reading that can only be followed by another of its kind; BadAnswer after a few."""
        self._textless += 1
        if self._textless > _READS_WITHOUT_TEXT:
            raise BadAnswer(
                why, hint=f"look again later: `vsms orders show {self._order_id}`, and `vsms refunds audit`"
            )

    def _is_long_over(self, order: Order) -> bool:
        end = order.refunds_itself_at
        return end is not None and self._context.clock.now() > end + _LONG_OVER

    def _room(self) -> float | None:
        """Seconds that a read may take: the timeout holds for a service too that hangs, or asks for a pause."""
        if self._timeout is None:
            return None
        return max(self._timeout - self._context.clock.monotonic(), _LAST_READ_S)

    def _timed_out(self) -> WaitResult:
        if self._order is None and self._error is not None:  # it was never read: that is what there is to say
            raise self._error
        problem = Problem(
            code="timeout",
            message="no code came within the timeout; the order is as it was",
            hint=f"wait on: `vsms orders wait {self._order_id}`",
            exit_code=ExitCode.TIMEOUT,
        )
        return WaitResult(end=WaitEnd.TIMEOUT, order=self._order, problem=problem)

    def _cancelled(self) -> WaitResult | None:
        """Cancel; None where it is too early for that, and waiting goes on. A code that came meanwhile wins."""
        opens = None if self._order is None else self._order.cancel_opens_at
        if opens is not None and opens > self._context.clock.now():
            self._hold(opens)
            return None
        result = self._cancel(self._order)
        if result.outcome is Outcome.TOO_EARLY and result.retry_at is not None:
            self._hold(result.retry_at)
            return None
        if result.outcome in {Outcome.CANCELLED, Outcome.ALREADY_CANCELLED, Outcome.EXPIRED}:
            phase = Phase.EXPIRED if result.outcome is Outcome.EXPIRED else Phase.CANCELLED
            return WaitResult(
                end=WaitEnd.REFUNDED,
                order=self._order,
                cancelled=result,
                problem=_refunded(phase, seen=result.refund_amount is not None),
            )
        for _ in range(_READS_WITHOUT_TEXT):
            ended = self._look()
            if ended is not None:
                return ended
            if result.outcome is not Outcome.SMS_RECEIVED or self._context.stop.wait(_TICK_S):
                break
        return WaitResult(
            end=WaitEnd.NOT_CANCELLED, order=self._order, cancelled=result, problem=result.problem
        )

    def _hold(self, opens: datetime) -> None:
        self._cancel_at = self._moment(opens)
        self._watcher.held(opens)

    def _next_look(self) -> float:
        """When to read next: in a step, or when something is due before that. Monotonic."""
        now = self._context.clock.monotonic()
        due = [self._timeout, self._cancel_at]
        order = self._order
        if order is not None and not self._failures and order.refunds_itself_at is not None:
            end = self._moment(order.refunds_itself_at + _GRACE)
            due.append(end if end > now else None)
        return min([now + self._step(), *(max(moment, now) for moment in due if moment is not None)])

    def _step(self) -> float:
        waited = self._context.clock.monotonic() - self._start
        step = min(_FIRST_STEP_S + waited * _SLOWER_BY, _LONGEST_STEP_S)
        if self._failures:
            return min(step * 2.0 ** min(self._failures - 1, 5), _LONGEST_PAUSE_S)
        return _TICK_S if self._textless else step

    def _nap(self, until: float) -> None:
        self._watcher.tick(self._order)
        while (left := until - self._context.clock.monotonic()) > 0:
            if self._context.stop.wait(min(left, _TICK_S)):
                return
            self._watcher.tick(self._order)

    def _at(self, span: timedelta | None) -> float | None:
        return None if span is None else self._start + span.total_seconds()

    def _moment(self, at: datetime) -> float:
        """A point in the service's time as one of the monotonic clock's."""
        return self._context.clock.monotonic() + (at - self._context.clock.now()).total_seconds()


def _refunded(phase: Phase, *, seen: bool = False) -> Problem:
    """The status says that the order ended so; whether the money came is `seen`, or only the ledger can show."""
    how = "it was cancelled" if phase is Phase.CANCELLED else "its time is up, and it refunds itself"
    return Problem(
        code="refunded",
        message=f"no code came: {how}",
        hint="" if seen else "whether the money is back: `vsms refunds audit`",
        exit_code=ExitCode.REFUSED,
    )
