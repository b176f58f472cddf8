"""The lines and sentences a person reads: one line an order, the summary, the question, an error."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.money import dollars
from vsms_cli.domain.outcomes import OUTCOMES, Outcome, Result
from vsms_cli.domain.plans import CancelPlan, RefundPlan, RefundStep
from vsms_cli.domain.tickets import Operation
from vsms_cli.domain.times import rfc3339, short_duration
from vsms_cli.render.documents import to_json
from vsms_cli.render.folding import folded
from vsms_cli.render.plural import plural
from vsms_cli.render.rows import problem_row
from vsms_cli.render.safe import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from vsms_cli.domain.errors import Problem, VsmsError
    from vsms_cli.render.streams import Surface

SERVICE_RULE: Final = (
    "The service's rule: a code that the platform accepted and that was used is not refunded."
)

_GOOD, _BAD, _SAME = "✓", "✗", "·"
_ASCII: Final[Mapping[str, str]] = {_GOOD: "+", _BAD: "x", _SAME: "-", "…": "..."}
_STYLES: Final[Mapping[str, str]] = {_GOOD: "\x1b[32m", _BAD: "\x1b[31m", _SAME: "\x1b[2m"}
_RESET: Final = "\x1b[0m"
_IDS_IN_A_HINT: Final = 3  # more would not fit the eye; then the same filters are to be run again
_IDS_TO_COPY: Final = 20  # more would not be copied; then the same ids are to be given again


def dressed(mark: str, line: str, surface: Surface) -> str:
    """A line behind its mark, as this terminal can show it."""
    shown_mark = mark if surface.unicode else _ASCII[mark]
    text = folded(f"{shown_mark} {line}", surface.width)
    return f"{_STYLES[mark]}{shown_mark}{_RESET}{text[len(shown_mark) :]}" if surface.colour else text


def outcome_words(outcome: Outcome) -> str:
    return outcome.value.replace("_", " ").replace("sms", "SMS")


def cancel_line(result: Result, *, now: datetime) -> tuple[str, str]:
    """The mark and the line of one order, on a terminal."""
    mark = _GOOD if result.outcome is Outcome.CANCELLED else _SAME if result.done else _BAD
    return mark, f"{result.order_id}  {outcome_words(result.outcome)}{_cancel_details(result, now)}"


def _cancel_details(result: Result, now: datetime) -> str:
    match result.outcome:
        case Outcome.CANCELLED:
            if result.refund_amount is None:
                return "  (the amount is to be seen in the ledger)"
            return f"  {dollars(result.refund_amount)} returned{_beside_its_price(result)}"
        case Outcome.WOULD_CANCEL:
            return f"  {dollars(result.price)} would return"
        case Outcome.TOO_EARLY if result.retry_at is not None:
            opens = result.retry_at.replace(microsecond=0)
            return f"  opens in {short_duration(result.retry_at - now)} ({rfc3339(opens)})"
        case Outcome.EXPIRED:
            return "  its time was up: it refunds itself"
    return "" if result.problem is None else f"  {shown(result.problem.message)}"


def _beside_its_price(result: Result) -> str:
    """What is odd about the amount that came back; empty where it is the price."""
    if result.short_by is not None:
        return f", {dollars(result.short_by)} less than its price"
    return "" if result.over_by is None else f", {dollars(result.over_by)} more than its price"


def cancel_summary(results: Sequence[Result], *, dry_run: bool) -> str:
    """`3 of 5 orders cancelled, $2.40 returned to the balance; 2 too early`."""
    done_word = "would be cancelled" if dry_run else "cancelled"
    done_kind = Outcome.WOULD_CANCEL if dry_run else Outcome.CANCELLED
    done = [result for result in results if result.outcome is done_kind]
    amounts = [result.price if dry_run else result.refund_amount for result in done]
    money = sum((amount for amount in amounts if amount is not None), Decimal(0))
    unseen = sum(amount is None for amount in amounts)
    text = f"{len(done)} of {plural(len(results), _noun(results))} {done_word}"
    if len(amounts) > unseen:
        text += f", {dollars(money)} {'would return' if dry_run else 'returned'} to the balance"
    if unseen:
        text += f", the amount of {unseen} not known" + ("" if dry_run else " (see the ledger)")
    short = [result for result in done if result.short_by is not None]
    if short:
        text += f" - {plural(len(short), 'refund')} smaller than the price"
    others = [
        f"{count} {outcome_words(outcome)}"
        for outcome in OUTCOMES[results[0].operation if results else Operation.CANCEL]
        if outcome is not done_kind and (count := sum(result.outcome is outcome for result in results))
    ]
    return f"{text}; {', '.join(others)}" if others else text


def _noun(results: Sequence[Result]) -> str:
    return results[0].operation.noun if results else "order"


def _what(plan: CancelPlan) -> str:
    return plural(len(plan.sending), plan.sending[0].foreseen.operation.noun if plan.sending else "order")


def cancel_next(
    results: Sequence[Result], *, wait: bool = False, again: Callable[[bool], str | None] = lambda _wait: None
) -> list[str]:
    """What to type next for what is left; `wait` is whether the run was to wait for orders too young. `again` is the
    whole command, with or without --wait, where filters chose the orders.
    """
    lines = []
    if any(result.outcome is Outcome.UNKNOWN for result in results):
        lines.append("vsms journal resolve")
    came = [result.order_id for result in results if result.outcome is Outcome.SMS_RECEIVED]
    noun = _noun(results)
    if came and noun == "order":
        some = f"; {len(came)} orders in all" if len(came) > _IDS_IN_A_HINT else ""
        ids = " ".join(came[:_IDS_IN_A_HINT])
        lines.append(f"vsms orders refund {ids}   (if the platform refused the code{some})")
    early = [result.order_id for result in results if result.outcome is Outcome.TOO_EARLY]
    left = [r.order_id for r in results if r.outcome in {Outcome.SKIPPED, Outcome.FAILED}]
    if wait:  # what was left may be too young as well
        early, left = [*early, *left], []
    whole = again(bool(early)) if len(early) + len(left) > _IDS_IN_A_HINT else None
    if whole is not None:
        lines.append(f"{whole}   (what is done counts as done)")
    elif len(early) + len(left) > _IDS_TO_COPY:
        waiting = ", with --wait" if early else ""
        lines.append(f"the same command again{waiting}   (what is done counts as done)")
    else:
        lines += [f"vsms {noun}s cancel {' '.join(early)} --wait"] if early else []
        lines += [f"vsms {noun}s cancel {' '.join(left)}"] if left else []
    return lines


def cancel_announcement(plan: CancelPlan) -> str:
    """What the question would have asked, where nobody is asked."""
    amount = dollars(plan.total) if plan.total_is_known else f"at least {dollars(plan.total)}"
    return f"cancelling {_what(plan)}: {amount} returns to the balance"


def cancel_question(plan: CancelPlan) -> str:
    amount = dollars(plan.total) if plan.total_is_known else f"at least {dollars(plan.total)}"
    return f"Cancel {_what(plan)} and return {amount} to your balance? [y/N] "


def refund_line(result: Result) -> tuple[str, str]:
    mark = _GOOD if result.outcome in _GOOD_REFUNDS else _SAME if result.done else _BAD
    return mark, f"{result.order_id}  {outcome_words(result.outcome)}{_refund_details(result)}"


_GOOD_REFUNDS: Final = frozenset({Outcome.CANCELLED, Outcome.REQUESTED})


def _refund_details(result: Result) -> str:
    match result.outcome:
        case Outcome.CANCELLED if result.refund_amount is not None:
            return f"  {dollars(result.refund_amount)} returned{_beside_its_price(result)}"
        case Outcome.REQUESTED:
            return f"  request {shown(result.request_id or '?')}"
        case Outcome.ALREADY_REQUESTED:
            return "" if result.request_id is None else f"  request {shown(result.request_id)}"
        case Outcome.ALREADY_REFUNDED:
            when = "" if result.refunded_at is None else f" at {rfc3339(result.refunded_at)}"
            odd = _beside_its_price(result)
            return f"  {dollars(result.refund_amount)}{odd}, transaction {shown(result.transaction_id or '?')}{when}"
        case Outcome.WOULD_CANCEL:
            return "  it still waits: cancelling refunds it in full"
        case Outcome.WOULD_REQUEST:
            paid = (
                "" if result.refund_amount is None else f" ({dollars(result.refund_amount)} came back so far)"
            )
            return f"  a refund would be asked for{paid}"
    return "" if result.problem is None else f"  {shown(result.problem.message)}"


def refund_summary(results: Sequence[Result]) -> str:
    counts = [
        f"{count} {outcome_words(outcome)}"
        for outcome in OUTCOMES[Operation.REFUND]
        if (count := sum(result.outcome is outcome for result in results))
    ]
    returned = sum(
        (result.refund_amount or Decimal(0) for result in results if result.outcome is Outcome.CANCELLED),
        Decimal(0),
    )
    back = f"; {dollars(returned)} returned to the balance" if returned else ""
    return f"{plural(len(results), 'order')}: {', '.join(counts)}{back}"


def refund_facts(
    plan: RefundPlan, *, reason: str | None, missing_reason: str, note: str | None
) -> Iterator[str]:
    """What to know before saying yes: what is asked for, why, and what is written to the service."""
    if count := plan.count(RefundStep.CANCEL):
        yield f"{plural(count, 'order')} still waiting: cancelling returns the full price, with no request."
    if count := plan.count(RefundStep.MISSING):
        yield (
            f"{plural(count, 'order')} ended, and the ledger shows no full refund. Reason given: {missing_reason}."
        )
    if plan.count(RefundStep.CREDIT):
        yield SERVICE_RULE
        yield f"Reason given for the credit: {reason or 'none yet, --reason names one'}."
    if note is not None and plan.count(RefundStep.CREDIT) + plan.count(RefundStep.MISSING):
        yield f"Note: {shown(note)}"


def refund_question(plan: RefundPlan) -> str:
    parts: list[str] = []
    if count := plan.count(RefundStep.CANCEL):
        parts.append(
            f"cancel {plural(count, 'order')} and return {dollars(plan.cancel_total)} to your balance"
        )
    if count := plan.count(RefundStep.MISSING):
        parts.append(f"ask for the missing refund of {plural(count, 'order')}")
    if count := plan.count(RefundStep.CREDIT):
        parts.append(f"ask for a manual credit for {plural(count, 'order')}")
    sentence = " and ".join(parts)
    return f"{sentence[:1].upper()}{sentence[1:]}? [y/N] "


def error_lines(error: VsmsError, *, as_json: bool) -> list[str]:
    """How an error that stops the command is told: to a person, or as one line to a script."""
    if as_json:
        return [to_json({"error": problem_row(error.as_problem())})]
    return problem_lines(error.as_problem())


def problem_lines(problem: Problem) -> list[str]:
    lines = [f"vsms: {shown(problem.message)}"]
    if problem.hint:
        lines.append(f"      {shown(problem.hint)}")
    return lines
