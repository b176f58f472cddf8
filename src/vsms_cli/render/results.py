"""How each order ended: a line for a person, the sum of a run, and what to type next."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, assert_never

from vsms_cli.domain.money import dollars
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.proofs import Proof, Verified
from vsms_cli.domain.tickets import Operation
from vsms_cli.domain.times import rfc3339, short_duration
from vsms_cli.render import order_text
from vsms_cli.render.line_wrapping import folded
from vsms_cli.render.plural import plural
from vsms_cli.render.safe import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from vsms_cli.render.streams import Surface


_GOOD, _BAD, _SAME = "✓", "✗", "·"
_ASCII: Final[Mapping[str, str]] = {_GOOD: "+", _BAD: "x", _SAME: "-", "…": "..."}
_STYLES: Final[Mapping[str, str]] = {_GOOD: "\x1b[32m", _BAD: "\x1b[31m", _SAME: "\x1b[2m"}
_RESET: Final = "\x1b[0m"
_IDS_IN_A_HINT: Final = 3  # more would not fit the eye; then the same filters are to be run again
_IDS_TO_COPY: Final = 20  # more would not be copied; then the same ids are to be given again
_GOOD_OUTCOMES: Final = frozenset({Outcome.CANCELLED, Outcome.REQUESTED, Outcome.SWAPPED})


def styled(mark: str, line: str, surface: Surface) -> str:
    """A line behind its mark, as this terminal can show it."""
    shown_mark = mark if surface.unicode else _ASCII[mark]
    text = folded(f"{shown_mark} {line}", surface.width)
    return f"{_STYLES[mark]}{shown_mark}{_RESET}{text[len(shown_mark) :]}" if surface.colour else text


def outcome_words(outcome: Outcome) -> str:
    return outcome.value.replace("_", " ").replace("sms", "SMS")


def result_line(result: Result, *, now: datetime) -> tuple[str, str]:
    """The mark and the line of any operation's result, on a terminal."""
    match result.operation:
        case Operation.CANCEL | Operation.RENTAL:
            details = _cancel_details(result, now)
        case Operation.REFUND:
            details = _refund_details(result)
        case Operation.SWAP:
            details = _swap_details(result, now)
        case _:
            assert_never(result.operation)
    mark = _GOOD if result.outcome in _GOOD_OUTCOMES else _SAME if result.done else _BAD
    return mark, f"{result.order_id}  {outcome_words(result.outcome)}{details}"


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


def _swap_details(result: Result, now: datetime) -> str:
    match result.outcome:
        case Outcome.SWAPPED:
            return f"  {order_text.number(result.phone_number)} (was {order_text.number(result.previous_number)})"
        case Outcome.WOULD_SWAP:
            return f"  {order_text.number(result.phone_number)} for another number"
        case Outcome.TOO_EARLY if result.retry_at is not None:
            opens = result.retry_at.replace(microsecond=0)
            return f"  opens in {short_duration(result.retry_at - now)} ({rfc3339(opens)})"
    return "" if result.problem is None else f"  {shown(result.problem.message)}"


def _noun(results: Sequence[Result]) -> str:
    return results[0].operation.noun if results else "order"


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
        for outcome in Outcome
        if outcome is not done_kind and (count := sum(result.outcome is outcome for result in results))
    ]
    return f"{text}; {', '.join(others)}" if others else text


def refund_summary(results: Sequence[Result]) -> str:
    counts = [
        f"{count} {outcome_words(outcome)}"
        for outcome in Outcome
        if (count := sum(result.outcome is outcome for result in results))
    ]
    returned = sum(
        (result.refund_amount or Decimal(0) for result in results if result.outcome is Outcome.CANCELLED),
        Decimal(0),
    )
    back = f"; {dollars(returned)} returned to the balance" if returned else ""
    return f"{plural(len(results), 'order')}: {', '.join(counts)}{back}"


def proof_line(proof: Proof) -> tuple[str, str]:
    """The mark and the line of one refund, compared with the ledger."""
    mark = _GOOD if proof.verified is Verified.POSTED else _BAD
    return mark, f"{proof.order_id}  {proof.verified.value}{_proof_details(proof)}"


def _proof_details(proof: Proof) -> str:
    if proof.why is not None:
        return f"  {shown(proof.why)}"
    line = proof.transaction
    if line is None:
        return f"  the ledger shows nothing of {dollars(proof.price)}"
    when = "" if line.created_at is None else f" at {rfc3339(line.created_at)}"
    held = "" if proof.verified is Verified.POSTED else f" for a price of {dollars(proof.price)}"
    return f"  {dollars(proof.amount)}{held}, transaction {shown(line.id)}{when}"


def proof_summary(proofs: Sequence[Proof]) -> str:
    """`ledger: 5 of 5 refunds posted`."""
    posted = sum(proof.verified is Verified.POSTED for proof in proofs)
    others = [
        f"{count} {kind.value}"
        for kind in (Verified.MISSING, Verified.SHORT, Verified.TWICE, Verified.UNJUDGED)
        if (count := sum(proof.verified is kind for proof in proofs))
    ]
    return "; ".join([f"ledger: {posted} of {plural(len(proofs), 'refund')} posted", *others])


def cancel_next(
    results: Sequence[Result],
    *,
    wait: bool = False,
    again: Callable[[bool, int], str | None] = lambda _wait, _done: None,
) -> list[str]:
    """What to type next for what is left; `wait` is whether the run was to wait for orders too young. `again` is the
    whole command, with or without --wait and after so many that are done, where filters chose the orders.
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
    if noun == "rental":  # nothing waits for one
        early, left = [], [*early, *left]
    elif wait:  # what was left may be too young as well
        early, left = [*early, *left], []
    count = len(early) + len(left)
    whole = again(bool(early), len(results) - count) if count > _IDS_IN_A_HINT else None
    if whole is not None:
        lines.append(f"{whole}   (what is done counts as done)")
    elif count > _IDS_TO_COPY:
        waiting = ", with --wait" if early else ""
        lines.append(f"the same command again{waiting}   (what is done counts as done)")
    else:
        lines += [f"vsms {noun}s cancel {' '.join(early)} --wait"] if early else []
        lines += [f"vsms {noun}s cancel {' '.join(left)}"] if left else []
    return lines
