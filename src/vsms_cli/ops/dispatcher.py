"""Many cancels at once: the main thread assigns work and waits; a few workers only send.

Orders too young to cancel wait here for their moment. After Ctrl-C nothing new goes out; what is under way is
allowed to finish. Everything is reported from the main thread, each order the moment it ends.
"""

from __future__ import annotations

import heapq
import queue
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.errors import ExitCode, JournalUnusable, NoThread, Problem, VsmsError
from vsms_cli.domain.orders import ORDER_LIFE, Order
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.record_class import record, replace
from vsms_cli.domain.tickets import Operation
from vsms_cli.ops.cancel_policy import Cancel
from vsms_cli.ops.mutation import carry_out_once

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal

    from vsms_cli.ops.context import Context

ENDED_BEFORE: Final = "ended before this was sent"
WORKERS: Final = 5  # 50 orders at 50 ms each take half a second; a burst of more would look like abuse
_HEAD_START_S: Final = 0.01  # for the first requests to go out, before this thread has other work
_NAP_S: Final = 0.25  # how soon a Ctrl-C is noticed while nothing happens


@record
class Target:
    """An order to cancel. `opens_at` is when it is old enough, None where that is not known or long past; `price` in
    dollars, which is known of an order that was listed before too.
    """

    order_id: str
    order: Order | None = None
    price: Decimal | None = None
    opens_at: datetime | None = None


@record
class BulkReport:
    """Every target's result in the order of the targets, and what stopped the run, if anything did."""

    results: tuple[Result, ...]
    stopped_by: VsmsError | None


def cancel_all(
    context: Context,
    targets: Sequence[Target],
    *,
    wait: bool,
    on_end: Callable[[Result], None],
    on_wait: Callable[[int, timedelta], None],
    meanwhile: Callable[[], None] = lambda: None,
    policy: type[Cancel] = Cancel,
) -> BulkReport:
    """Cancel each target once. `on_end` is called with each result as it ends, `on_wait` how many orders are waited
    for and how long for the next. Whatever `on_end` raises stops the run; it comes back as `stopped_by`.

    `meanwhile` is called once, before either: while the first requests are under way, if they take long enough.
    """
    return _Run(context, targets, policy, wait=wait, on_end=on_end, on_wait=on_wait, meanwhile=meanwhile).go()


def pass_over(
    context: Context, targets: Sequence[Target], *, why: str, operation: Operation = Operation.CANCEL
) -> None:
    """Account in the journal for orders that nothing was sent for. They are reported all the same where it can't be."""
    if targets:
        with suppress(JournalUnusable):
            context.journal.pass_over(
                operation, [(target.order_id, target.price) for target in targets], why=why
            )


def skipped(target: Target, *, why: str, operation: Operation = Operation.CANCEL) -> Result:
    return Result(
        operation=operation,
        order_id=target.order_id,
        outcome=Outcome.SKIPPED,
        price=target.price,
        problem=Problem(code="skipped", message=why, hint="run the same command again"),
    )


class _Run:
    def __init__(
        self,
        context: Context,
        targets: Sequence[Target],
        policy: type[Cancel],
        *,
        wait: bool,
        on_end: Callable[[Result], None],
        on_wait: Callable[[int, timedelta], None],
        meanwhile: Callable[[], None],
    ) -> None:
        self._policy = policy
        self._context = context
        self._targets = targets
        self._wait = wait
        self._on_end = on_end
        self._on_wait = on_wait
        self._meanwhile: Callable[[], None] | None = meanwhile
        self._results: list[Result | None] = [None] * len(targets)
        self._ended: queue.SimpleQueue[tuple[int, Result | BaseException]] = queue.SimpleQueue()
        self._early: dict[int, Result] = {}  # answered 425, and waiting for their moment
        self._running = 0
        self._stopped_by: VsmsError | None = None
        start = context.clock.monotonic()
        # An order that nobody looked at was bought before now, so it has ended by then.
        self._last_end = context.clock.now() + ORDER_LIFE
        self._due = [(self._moment(target.opens_at, start), index) for index, target in enumerate(targets)]
        heapq.heapify(self._due)

    def go(self) -> BulkReport:
        self._drop_hopeless()
        with ThreadPoolExecutor(max_workers=min(WORKERS, len(self._targets)) or 1) as pool:
            while self._running or (self._due and not self._ending):
                self._deal(pool)
                self._collect()
        self._stopped_by = self._stopped_by or self._context.token_rejection.met_before
        left = [index for index, result in enumerate(self._results) if result is None]
        unsent = [self._targets[index] for index in left if index not in self._early]
        pass_over(self._context, unsent, why=self._why_skipped(), operation=self._policy.operation)
        for index in left:
            # One that was asked for and is too young ends as what was answered, with the time when it opens.
            early = self._early.get(index)
            self._end(index, early or self._skipped(index))
        return BulkReport(
            results=tuple(result for result in self._results if result is not None),
            stopped_by=self._stopped_by,
        )

    @property
    def _ending(self) -> bool:
        return self._stopped_by is not None or self._context.stop.requested

    def _drop_hopeless(self) -> None:
        """End at once what refunds itself before cancelling opens."""
        for moment, index in sorted(self._due):
            opens_at = self._targets[index].opens_at
            if opens_at is not None and opens_at >= self._end_of(index):
                self._due.remove((moment, index))
                self._end(index, self._never_opens(self._targets[index], opens_at))
        heapq.heapify(self._due)

    def _deal(self, pool: ThreadPoolExecutor) -> None:
        now = self._context.clock.monotonic()
        while self._due and self._due[0][0] <= now and self._running < WORKERS and not self._ending:
            _, index = heapq.heappop(self._due)
            target = self._targets[index]
            policy = self._policy(target.order_id, order=target.order, price=target.price)
            try:
                pool.submit(self._carry_out, index, policy)
            except RuntimeError:  # no thread can be started
                if not self._running:  # so nobody takes it
                    self._stopped_by = NoThread()
                    return
            self._running += 1

    def _carry_out(self, index: int, policy: Cancel) -> None:
        """In a worker."""
        ended: Result | BaseException
        try:
            ended = carry_out_once(self._context, policy)
        except BaseException as exc:  # noqa: BLE001 - it is raised in the main thread
            ended = exc
        self._ended.put((index, ended))

    def _collect(self) -> None:
        """Take one result, or nap until something is due."""
        try:
            index, ended = self._ended.get(timeout=self._nap())
        except queue.Empty:
            self._get_ready()
            return
        self._running -= 1
        if isinstance(ended, VsmsError):
            self._stopped_by = self._stopped_by or ended
            ended = Result(
                operation=self._policy.operation,
                order_id=self._targets[index].order_id,
                outcome=Outcome.FAILED,
                problem=ended.as_problem(),
            )
        elif isinstance(ended, BaseException):
            raise ended
        result = ended
        if self._wait and result.outcome is Outcome.TOO_EARLY and self._can_wait(index, result):
            self._early[index] = result
            heapq.heappush(self._due, (self._moment(result.retry_at, self._context.clock.monotonic()), index))
            return
        self._end(index, result)

    def _nap(self) -> float:
        if self._running or not self._due:
            return _NAP_S if self._meanwhile is None else _HEAD_START_S
        ahead = self._due[0][0] - self._context.clock.monotonic()
        if ahead > 0:
            self._get_ready()
            self._on_wait(len(self._due), timedelta(seconds=ahead))
        return min(max(ahead, 0.0), _NAP_S)

    def _get_ready(self) -> None:
        if self._meanwhile is not None:
            meanwhile, self._meanwhile = self._meanwhile, None
            meanwhile()

    def _can_wait(self, index: int, result: Result) -> bool:
        """Whether the order is still alive when it opens."""
        return result.retry_at is not None and result.retry_at < self._end_of(index)

    def _end_of(self, index: int) -> datetime:
        """When the order refunds itself at the latest: whatever the service says, no order lives longer."""
        order = self._targets[index].order
        end = None if order is None else order.refunds_itself_at
        return self._last_end if end is None else min(end, self._last_end)

    def _moment(self, at: datetime | None, now: float) -> float:
        """A point in the service's time as one of the monotonic clock's."""
        if at is None:
            return now
        return now + max(0.0, (at - self._context.clock.now()).total_seconds())

    def _end(self, index: int, result: Result) -> None:
        price = self._targets[index].price
        if result.price is None and price is not None:
            result = replace(result, price=price)
        self._results[index] = result
        self._get_ready()
        try:
            self._on_end(result)
        except VsmsError as exc:  # whoever reads our stdout is gone: journalled already, so only stop
            self._stopped_by = self._stopped_by or exc

    def _skipped(self, index: int) -> Result:
        return skipped(self._targets[index], why=self._why_skipped(), operation=self._policy.operation)

    def _never_opens(self, target: Target, opens_at: datetime) -> Result:
        problem = Problem(
            code="too_early",
            message="it refunds itself before cancelling opens",
            hint="wait for it: it costs nothing",
            exit_code=ExitCode.REFUSED,
        )
        return Result(
            operation=self._policy.operation,
            order_id=target.order_id,
            outcome=Outcome.TOO_EARLY,
            retry_at=opens_at,
            problem=problem,
        )

    def _why_skipped(self) -> str:
        if self._stopped_by is None:
            return ENDED_BEFORE
        return f"not tried, because the run stopped: {self._stopped_by.message}"
