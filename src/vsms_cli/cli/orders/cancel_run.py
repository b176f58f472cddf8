"""A cancel, page after page: shown, asked about, carried out, summed up."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from vsms_cli.cli.confirm import ask, require_somebody
from vsms_cli.cli.orders.filter_options import notify_unjudged, resolve
from vsms_cli.cli.signals import Signalled
from vsms_cli.domain.errors import Declined, ExitCode, StreamClosed, UsageMistake, VsmsError
from vsms_cli.domain.orders import Phase
from vsms_cli.domain.outcomes import Result, exit_code_of
from vsms_cli.domain.plans import CancelPlan
from vsms_cli.domain.record_class import replace
from vsms_cli.domain.times import short_duration
from vsms_cli.ops.cancel_plan import (
    ORDERS,
    Cancellable,
    plan_for_ids,
    plan_for_orders,
    plan_unseen,
    targets_of,
)
from vsms_cli.ops.dispatcher import ENDED_BEFORE, cancel_all, pass_over, skipped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import timedelta

    from vsms_cli.cli.orders.cancel_output import CancelOutput
    from vsms_cli.cli.orders.filter_options import Rerun
    from vsms_cli.cli.orders.selection_arguments import Mode, Wanted
    from vsms_cli.cli.output_shape import Shape
    from vsms_cli.cli.runtime import Runtime
    from vsms_cli.domain.orders import Order
    from vsms_cli.ops.listing import Listing
    from vsms_cli.ops.selection import Filters


class Cancelling:
    """Page after page: show, ask, cancel. One page unless more orders match than a page of the API holds."""

    def __init__(
        self,
        run: Runtime,
        shape: Shape,
        wanted: Wanted,
        mode: Mode,
        *,
        again: Rerun | None,
        kind: Cancellable = ORDERS,
    ) -> None:
        """`again` is what to type to go on, with or without --wait, where many orders are left; None for ids."""
        self._run = run
        self._kind = kind
        self._wanted = wanted
        self._mode = mode
        self._again = again or (lambda _wait, _done: None)
        self._results: list[Result] = []
        self._stopped_by: VsmsError | None = None
        self._shape = shape
        self._signalled: Signalled | None = None
        self._orders: dict[str, Order] = {}

    @cached_property
    def _output(self) -> CancelOutput:
        from vsms_cli.cli.orders.cancel_output import CancelOutput  # noqa: PLC0415 - see there

        return CancelOutput(self._run, self._shape, self._mode, self._kind)

    def go(self) -> ExitCode:
        if self._mode.asks:
            require_somebody(self._run)
        try:
            for plan in self._pages():
                if not self._agreed(plan):
                    break
                self._carry_out(plan)
                if self._stopped_by is not None or self._run.stop.requested:
                    break
        except VsmsError as exc:  # a later page: the results of the earlier ones are told all the same
            if not self._results:
                raise
            self._stopped_by = exc
        except Signalled as exc:
            if not self._results:
                raise
            self._signalled = exc
        return self._conclude()

    def _agreed(self, plan: CancelPlan) -> bool:
        """Show it and ask, where somebody is to be asked. Declined, if no page was carried out before."""
        if not plan.items:
            return True
        if not self._mode.asks or not plan.sending:
            if plan.is_known:
                self._output.announce(plan)
            return True
        try:
            ask(self._run, self._output.question(plan))
        except Declined:
            if not self._results:
                raise
            left = f"{len(plan.sending)} of this page left as they were"
            self._stopped_by = Declined(f"declined; {left}")
            return False
        return True

    def _pages(self) -> Iterator[CancelPlan]:
        """What is to be shown, confirmed and done, each page by itself. Nothing is listed again in between."""
        filters = self._wanted.filters
        if self._wanted.ids is not None:
            plan = self._plan_ids(self._wanted.ids, filters)
            self._check_expected(len(plan.items))
            yield plan
            return
        yield from self._pages_of_the_api(replace(filters, limit=None), limit=filters.limit)

    def _pages_of_the_api(self, filters: Filters, *, limit: int | None) -> Iterator[CancelPlan]:
        """A full page hides older orders, until its own have left the active state."""
        seen: set[str] = set()
        resolved: Filters | None = None
        while True:
            listing = self._kind.active(self._run.client)
            now = self._run.clock.now()
            if resolved is None:
                resolved = resolve(self._run, filters, listing.orders)
                self._check_clock(filters)
            chosen, unjudged = resolved.split(listing.orders, now=now)
            # What a filter or --all may cancel waits, no code came for it, and a request can name it.
            may_be = [order for order in chosen if order.phase is Phase.WAITING and order.nameable]
            fitting = [order for order in may_be if order.id not in seen]
            if not seen:
                notify_unjudged(self._run, unjudged, noun=self._kind.noun)
                self._say_left_out(chosen, listing)
            matching = fitting if limit is None else fitting[: limit - len(seen)]
            if not seen:
                enough = limit is not None and len(matching) == limit  # then the count is what was asked for
                self._check_expected(len(matching), full=listing.full and not enough)
            elif not matching:
                break
            seen.update(order.id for order in matching)
            yield plan_for_orders(self._kind, matching, now=now, wait=self._mode.wait)
            if not listing.full or len(seen) == limit or self._mode.dry_run:
                break
        if listing.full and len(seen) != limit:
            self._run.notify(listing.more_may_exist)

    def _say_left_out(self, chosen: Sequence[Order], listing: Listing) -> None:
        """What neither a filter nor --all cancels, with the reason."""
        came = sum(order.phase is Phase.COMPLETED for order in chosen)
        unnamed = sum(not order.nameable for order in chosen)
        odd = len(listing.maybe_active(self._run.clock.now()))
        for count, why in (
            (came, self._kind.sms_came),
            (unnamed, "no request can name one by such an id: ask support@virtualsms.io"),
            (odd, f"the status is not known: `vsms {self._kind.group} cancel ID` leaves it to the service"),
        ):
            if count:
                from vsms_cli.render.plural import plural  # noqa: PLC0415 - rarely needed

                left = "it is" if count == 1 else "they are"
                self._run.notify(f"{plural(count, self._kind.noun)} left as {left}: {why}")

    def _check_clock(self, filters: Filters) -> None:
        """UsageMistake where nobody is asked, and an age would be judged by a clock that can't be trusted."""
        apart = self._run.clock.apart
        if filters.by_age and self._mode.yes and not self._mode.dry_run and apart is not None:
            raise UsageMistake(
                f"this machine's clock and the service's are {short_duration(apart)} apart, so an age can't be told;"
                " nothing was sent",
                hint="set the clock, or run it without --yes and look at the plan",
            )

    def _plan_ids(self, given: tuple[str, ...], filters: Filters) -> CancelPlan:
        mode, client = self._mode, self._run.client
        ids = tuple(self._kind.complete(client, given, mode.asks or mode.dry_run))
        if mode.yes and not mode.dry_run and not filters.given:
            return plan_unseen(self._kind, ids, wait=mode.wait, prices=self._run.order_cache.prices())
        plan = plan_for_ids(self._kind, client, ids, now=self._run.clock.now, wait=mode.wait)
        if not filters.given:
            return plan
        orders = [item.order for item in plan.items if item.order is not None]
        self._check_clock(filters)
        matching, unjudged = resolve(self._run, filters, orders).split(orders, now=self._run.clock.now())
        notify_unjudged(self._run, unjudged, noun=self._kind.noun)
        fitting = {order.id for order in matching}
        for item in plan.items:
            if item.order is None:  # of no country and no service, so that no filter matches it
                self._run.notify(f"{item.order_id} is no {self._kind.noun} of this account")
        items = tuple(item for item in plan.items if item.order_id in fitting)
        return CancelPlan(items=items, wait=mode.wait)

    def _check_expected(self, count: int, *, full: bool = False) -> None:
        from vsms_cli.render.plural import plural  # noqa: PLC0415 - for --expect alone

        expected = self._mode.expect
        if expected is None or (expected == count and not full):
            return
        if full:
            raise UsageMistake(
                f"{count} {self._kind.group} match on a page that came back full, so more may: --expect {expected}"
                " can't be held against that; nothing was sent",
                hint="narrow the filters, or give --limit, until the page that the API shows is all there is",
            )
        raise UsageMistake(
            f"{plural(count, self._kind.noun)} match{'es' if count == 1 else ''}, and --expect says {expected};"
            " nothing was sent",
            hint="look at them with --dry-run",
        )

    def _carry_out(self, plan: CancelPlan) -> None:
        targets = [] if self._mode.dry_run else targets_of(plan)
        sending = {target.order_id for target in targets}
        results = {item.order_id: item.foreseen for item in plan.items if item.order_id not in sending}
        begun = bool(results) or not targets
        try:
            if begun:
                self._start(plan)
            for result in results.values():
                self._ended(result)
        except StreamClosed as exc:
            self._stopped_by = exc
            pass_over(self._run.context, targets, why=ENDED_BEFORE, operation=self._kind.policy.operation)
            results |= {
                target.order_id: skipped(target, why=ENDED_BEFORE, operation=self._kind.policy.operation)
                for target in targets
            }
            targets = []
        if targets:
            with self._run.stop.gently(self._say_ending):
                report = cancel_all(
                    self._run.context,
                    targets,
                    wait=self._mode.wait,
                    on_end=self._ended,
                    on_wait=self._waiting,
                    policy=self._kind.policy,
                    meanwhile=(lambda: None) if begun else (lambda: self._start(plan)),
                )
            results |= {result.order_id: result for result in report.results}
            self._stopped_by = report.stopped_by
        self._orders |= {item.order_id: item.order for item in plan.items if item.order is not None}
        self._results += [results[item.order_id] for item in plan.items if item.order_id in results]

    def _conclude(self) -> ExitCode:
        """JSON, summary, what to type next; and the exit code that follows from the results."""
        ended_early = self._run.stop.requested or self._signalled is not None
        if self._mode.verify and not self._mode.dry_run and not ended_early:
            try:
                self._output.prove(self._results, self._orders)
            except Signalled as exc:
                self._signalled = exc
                self._run.notify("ended before the refunds were compared with the ledger")
        with self._run.stop.gently(lambda: None):  # what was done is told, whatever comes
            self._tell_all()
        return self._exit_code()

    def _tell_all(self) -> None:
        try:
            self._output.reporter.finish(self._results)
        except StreamClosed as exc:
            self._stopped_by = self._stopped_by or exc
        if self._stopped_by is not None:
            self._run.notifier.report_error(self._stopped_by)
        named = self._wanted.ids is not None and not self._wanted.filters.given
        # By an error, rather than a person or a reader that left.
        cut_short = self._stopped_by is not None and not isinstance(self._stopped_by, Declined | StreamClosed)
        self._output.summarise(self._results, again=self._again, named=named, cut_short=cut_short)
        self._stopped_by = self._output.tell_proofs() or self._stopped_by

    def _exit_code(self) -> ExitCode:
        if isinstance(self._stopped_by, StreamClosed):
            return self._stopped_by.exit_code
        if isinstance(self._stopped_by, Declined):
            return ExitCode.PARTIAL
        if self._signalled is not None:
            return self._signalled.exit_code
        if self._run.stop.requested:
            return self._run.stop.exit_code
        code = exit_code_of(self._results)
        if code is ExitCode.OK and self._stopped_by is not None:  # all of the pages that could be listed
            return ExitCode.PARTIAL
        if code is ExitCode.OK and self._output.money_missing:
            return ExitCode.MONEY_MISSING
        # With none done the run's own end is the first failure, wherever in the order of the input it came.
        nothing_done = code not in {ExitCode.OK, ExitCode.PARTIAL, ExitCode.UNKNOWN}
        return self._stopped_by.exit_code if self._stopped_by is not None and nothing_done else code

    def _start(self, plan: CancelPlan) -> None:
        self._output.reporter.start(len(plan.items))

    def _ended(self, result: Result) -> None:
        self._output.reporter.ended(result)

    def _waiting(self, count: int, span: timedelta) -> None:
        self._output.reporter.waiting(count, span)

    def _say_ending(self) -> None:
        self._run.streams.err.line("\nstopping after the requests under way; once more stops at once")
