"""`vsms orders refund`"""

import webbrowser
from typing import Annotated
from urllib.parse import quote

import typer

from vsms_cli.cli.command_decorator import command
from vsms_cli.cli.confirm import ask, choose, require_somebody
from vsms_cli.cli.name_hints import unknown_word
from vsms_cli.cli.orders.filter_options import DryRun, Yes
from vsms_cli.cli.orders.verify_output import prove, tell_proofs, verified_of, wanted_of, with_proof
from vsms_cli.cli.output_shape import Shape, shape_of
from vsms_cli.cli.result_output import Reporter
from vsms_cli.cli.row_output import show_plan
from vsms_cli.cli.runtime import Runtime
from vsms_cli.cli.signals import Signalled
from vsms_cli.domain.errors import ExitCode, StreamClosed, UsageMistake
from vsms_cli.domain.outcomes import Outcome, Result, exit_code_of
from vsms_cli.domain.plans import PlannedRefund, RefundPlan, RefundStep
from vsms_cli.domain.proofs import Proof
from vsms_cli.domain.record_class import replace
from vsms_cli.domain.support_message import SUBJECT, SUPPORT_ADDRESS
from vsms_cli.ops.listing import completed
from vsms_cli.ops.refund import MISSING_REASON, REASONS, Ask, InTurn, carry_out
from vsms_cli.ops.refund_plan import plan_refunds
from vsms_cli.ops.selection import ids_or_beginnings, whole_ids
from vsms_cli.render.details import message_text
from vsms_cli.render.documents import Row
from vsms_cli.render.formats import Format
from vsms_cli.render.questions import refund_facts, refund_question
from vsms_cli.render.results import refund_summary
from vsms_cli.render.rows import REFUND_FIELDS, result_row
from vsms_cli.render.streams import Surface

_LONGEST_NOTE = 1000  # characters; a support form's usual size, as no source names a limit


@command(
    "refund",
    examples=(
        "vsms orders refund 7e44c0",
        'vsms orders refund ID --reason code-rejected --note "WhatsApp said no" --yes',
        "vsms orders refund ID --open",
    ),
)
def app(
    run: Runtime,
    *,
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Order ids.")],
    reason: Annotated[
        str | None, typer.Option(metavar="R", help=f"Why, where a code came: {', '.join(REASONS)}.")
    ] = None,
    note: Annotated[str | None, typer.Option(metavar="TEXT", help="What support should know.")] = None,
    open_: Annotated[
        bool, typer.Option("--open", help="Open a message to support in your mail program.")
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> ExitCode:
    """Get an order's money back in the way its state allows: cancel it, prove its refund, or ask for a credit."""
    shape = shape_of(run, REFUND_FIELDS)
    _check(reason, note)
    wanted = ids_or_beginnings(ids) if dry_run or not yes else whole_ids(ids)
    plan = plan_refunds(run.context, completed(run.client, wanted))
    asked = Ask(reason=reason, note=note)
    if plan.needs_question and dry_run:
        _show(run, plan)
        _say_facts(run, plan, asked)
    elif plan.needs_question:
        asked = _agreed(run, plan, asked, asks=not yes)
    return _Refunding(run, shape, asked, by_mail=open_).go(plan, dry_run=dry_run)


def _check(reason: str | None, note: str | None) -> None:
    if reason is not None and reason not in REASONS:
        raise unknown_word("reason", reason, REASONS)
    if note is not None and len(note) > _LONGEST_NOTE:
        raise UsageMistake(f"the note has {len(note)} characters", hint=f"{_LONGEST_NOTE} at the most")


def _agreed(run: Runtime, plan: RefundPlan, asked: Ask, *, asks: bool) -> Ask:
    """With a reason, where one is needed: the person's own. Declined; UsageMistake where nobody can be asked for it."""
    nameless = plan.needs_reason and asked.reason is None
    if not asks:
        return replace(asked, reason=asked.reason_for(RefundStep.CREDIT)) if nameless else asked
    require_somebody(run)
    _show(run, plan)
    if nameless:
        run.notify("A code came. Why should it be refunded?")
        asked = replace(asked, reason=choose(run, "Reason", REASONS))
    _say_facts(run, plan, asked)
    ask(run, refund_question(plan))
    return asked


def _show(run: Runtime, plan: RefundPlan) -> None:
    from vsms_cli.render.order_tables import refund_plan_columns  # noqa: PLC0415 - Rich: for a person alone

    show_plan(run, refund_plan_columns(plan, names=run.service_names))


def _say_facts(run: Runtime, plan: RefundPlan, asked: Ask) -> None:
    for fact in refund_facts(plan, reason=asked.reason, missing_reason=MISSING_REASON, note=asked.note):
        run.notify(fact)


class _Refunding:
    """One order after the other: each may end in a different way."""

    def __init__(self, run: Runtime, shape: Shape, asked: Ask, *, by_mail: bool) -> None:
        self._run = run
        self._shape = shape
        self._by_mail = by_mail
        self._turns = InTurn(run.stop, lambda item: carry_out(run.context, item, asked))
        self._items: dict[str, PlannedRefund] = {}
        self._proofs: dict[str, Proof] = {}
        self._signalled: Signalled | None = None
        self._reporter: Reporter = Reporter(
            run, shape, row=self._row, holds=lambda r: r.outcome is Outcome.CANCELLED
        )

    def go(self, plan: RefundPlan, *, dry_run: bool) -> ExitCode:
        results: list[Result] = []
        self._items = {item.order_id: item for item in plan.items}
        self._reporter.start(len(plan.items))
        if dry_run and plan.needs_question:
            self._reporter.told_by_plan()
        with self._run.stop.gently(lambda: self._run.notify("stopping after the requests under way")):
            for item in plan.items:
                result = item.foreseen if dry_run else self._turns.one(item)
                results.append(result)
                self._tell(result)
        proved = self._proved(results)
        with self._run.stop.gently(lambda: None):  # what was done is told, whatever comes
            return self._conclude(proved)

    def _row(self, result: Result) -> Row:
        proof = self._proofs.get(result.order_id)
        return result_row(result, verified_of(self._items[result.order_id], result, proof))

    def _proved(self, results: list[Result]) -> list[Result]:
        """With the ledger's word for each order that was cancelled, from one reading of it for all."""
        if not self._run.stop.requested:
            orders = {key: item.order for key, item in self._items.items() if item.order is not None}
            try:
                self._proofs = prove(self._run, wanted_of(results, orders))
            except Signalled as exc:
                self._signalled = exc
                self._run.notify("ended before the refunds were compared with the ledger")
        return [with_proof(result, self._proofs.get(result.order_id)) for result in results]

    def _tell(self, result: Result) -> None:
        try:
            self._reporter.ended(result)
            if result.support_message is not None:
                self._hand_over(result, result.support_message)
        except StreamClosed as exc:
            self._turns.stopped_by = self._turns.stopped_by or exc

    def _hand_over(self, result: Result, message: str) -> None:
        """The message to support: to the mail program, else to stdout, unless somebody chose a format to parse."""
        streams = self._run.streams
        if self._by_mail:
            text = message_text(message, Surface(width=None)).split("\n\n", 1)[1]
            subject = SUBJECT.format(order_id=result.order_id)
            webbrowser.open(f"mailto:{SUPPORT_ADDRESS}?subject={quote(subject)}&body={quote(text)}")
        elif self._shape.for_a_person or self._run.settings.output.value is None:
            streams.out.write(f"\n{message_text(message, streams.out_surface)}\n")
        elif self._shape.format is Format.IDS or "support_message" not in self._shape.fields:
            # stdout is for what was asked for there.
            streams.err.write(f"\n{message_text(message, streams.err_surface)}\n")

    def _conclude(self, results: list[Result]) -> ExitCode:
        try:
            self._reporter.finish(results)
        except StreamClosed as exc:
            self._turns.stopped_by = self._turns.stopped_by or exc
        if self._turns.stopped_by is not None:
            self._run.notifier.report_error(self._turns.stopped_by)
        self._run.notify(refund_summary(results))
        closed = tell_proofs(self._run, self._shape, [*self._proofs.values()])
        self._turns.stopped_by = self._turns.stopped_by or closed
        for hint in dict.fromkeys(
            r.problem.hint for r in results if r.problem is not None and r.problem.hint
        ):
            self._run.notify(f"next: {hint}")
        if isinstance(self._turns.stopped_by, StreamClosed):
            return self._turns.stopped_by.exit_code
        if self._signalled is not None:
            return self._signalled.exit_code
        return self._run.stop.exit_code if self._run.stop.requested else self._exit_code(results)

    def _exit_code(self, results: list[Result]) -> ExitCode:
        code = exit_code_of(results)
        unpaid = any(proof.verified.owed for proof in self._proofs.values())
        return ExitCode.MONEY_MISSING if unpaid and code is ExitCode.OK else code
