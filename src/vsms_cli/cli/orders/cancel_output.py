"""What is said of a cancel: the plan, a line an order, the proofs, the summary, what to type next.

Loaded while the first request is under way: before that a cancel needs none of it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from vsms_cli.cli.orders.verify_output import prove, tell_proofs, wanted_of, with_proof
from vsms_cli.cli.result_output import Reporter
from vsms_cli.cli.row_output import show_plan
from vsms_cli.domain.times import rfc3339
from vsms_cli.render.questions import cancel_announcement, cancel_question
from vsms_cli.render.results import cancel_next, cancel_summary
from vsms_cli.render.rows import result_row

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from vsms_cli.cli.orders.selection_arguments import Mode
    from vsms_cli.cli.output_shape import Shape
    from vsms_cli.cli.runtime import Runtime
    from vsms_cli.domain.errors import StreamClosed
    from vsms_cli.domain.orders import Order
    from vsms_cli.domain.outcomes import Result
    from vsms_cli.domain.plans import CancelPlan
    from vsms_cli.domain.proofs import Proof
    from vsms_cli.ops.cancel_plan import Cancellable
    from vsms_cli.render.documents import Row


class CancelOutput:
    """For one run."""

    def __init__(self, run: Runtime, shape: Shape, mode: Mode, kind: Cancellable) -> None:
        self._kind = kind
        self._run = run
        self._shape = shape
        self._mode = mode
        self._proofs: dict[str, Proof] = {}
        self.reporter: Reporter = Reporter(run, shape, row=self._row, holds=lambda _result: mode.verify)

    def _row(self, result: Result) -> Row:
        proof = self._proofs.get(result.order_id)
        return result_row(with_proof(result, proof), None if proof is None else proof.verified)

    def question(self, plan: CancelPlan) -> str:
        """The plan is shown; this is what to ask about it."""
        self._show(plan)
        self._run.notify(self._kind.rule)
        return cancel_question(plan)

    def announce(self, plan: CancelPlan) -> None:
        """With --yes or --dry-run, and where nothing is to be sent: the same plan, and no question."""
        self._show(plan)
        if self._mode.dry_run:
            self.reporter.told_by_plan()
        elif plan.sending:
            self._run.notify(self._stamped(cancel_announcement(plan)))

    def _show(self, plan: CancelPlan) -> None:
        from vsms_cli.render.order_tables import cancel_plan_columns  # noqa: PLC0415 - Rich: for a person alone

        run = self._run
        show_plan(run, cancel_plan_columns(plan, now=run.clock.now(), names=run.service_names))

    def prove(self, results: Sequence[Result], orders: Mapping[str, Order]) -> None:
        """Read what the ledger says of each refund: `orders` are those that were looked at before the run."""
        self._proofs = prove(self._run, wanted_of(results, orders))

    def tell_proofs(self) -> StreamClosed | None:
        """What kept them from being read, if it was."""
        return tell_proofs(self._run, self._shape, [*self._proofs.values()])

    @property
    def money_missing(self) -> bool:
        """Whether the ledger was read and lacks a refund, or a part of one."""
        return any(proof.verified.owed for proof in self._proofs.values())

    def summarise(
        self,
        results: Sequence[Result],
        *,
        again: Callable[[bool, int], str | None],
        named: bool,
        cut_short: bool,
    ) -> None:
        """How many, how much came back, what to type next. `named`: ids were given, and no filters; `cut_short`: what
        stopped the run may have left more than the results tell.
        """
        if not results:
            nothing = "no ids were given" if named else f"no {self._kind.noun} matches"
            text = f"{nothing}: nothing to cancel"
        else:
            text = cancel_summary(results, dry_run=self._mode.dry_run)
        self._run.notify(self._stamped(text))
        if self._mode.dry_run:
            return
        lines = cancel_next(results, wait=self._mode.wait, again=again)
        if cut_short and not lines:
            lines = [
                f"{again(False, len(results)) or 'the same command again'}   (what is done counts as done)"
            ]
        for line in lines:
            self._run.notify_next(line)

    def _stamped(self, text: str) -> str:
        """With the time, where it goes to a log that is read later."""
        if self._run.streams.err.is_terminal:
            return text
        return f"{rfc3339(datetime.now(UTC).replace(microsecond=0))} {text}"
