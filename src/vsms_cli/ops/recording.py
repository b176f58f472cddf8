"""Putting on disk what became of a request, and what comes next of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vsms_cli.domain.errors import JournalUnusable, Problem
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.tickets import Operation
from vsms_cli.ops.verdict import UNKNOWN_HINT

if TYPE_CHECKING:
    from vsms_cli.domain.tickets import Ticket
    from vsms_cli.ops.desk import Desk


def recorded(desk: Desk, ticket: Ticket, result: Result, *, settled: bool) -> Result:
    """The result, on disk. Where it can't be written it happened all the same, and what is said must be what
    happened: the entry stays open, and the next one meets the same journal before anything is sent.
    """
    try:
        record(desk, ticket, result, settled=settled)
    except JournalUnusable as exc:
        return replace(result, problem=result.problem or _unrecorded(exc))
    return result


def record(desk: Desk, ticket: Ticket, result: Result, *, settled: bool) -> None:
    """Put on disk what became of a ticket. `settled` as in the port."""
    detail = None if result.problem is None else result.problem.message
    if result.operation is Operation.SWAP:
        if result.outcome is Outcome.SWAPPED and detail is None:
            detail = f"the number is now {result.phone_number}"
        desk.journal.close(
            ticket, result.outcome.value, reference=result.previous_number, detail=detail, settled=settled
        )
        return
    desk.journal.close(
        ticket,
        result.outcome.value,
        refund_amount=result.refund_amount,
        reference=result.request_id,
        detail=detail,
        settled=settled,
    )


def next_turn(desk: Desk, ticket: Ticket, why: str) -> None:
    """Wait for another request's turn, and note on disk what it is for: an entry is as young as its last request."""
    desk.service.reserve()
    try:
        desk.journal.note(ticket, why)
    except BaseException:
        desk.service.give_back()
        raise


def _unrecorded(exc: JournalUnusable) -> Problem:
    return Problem(
        code="unrecorded",
        message=f"the outcome stands, and could not be written to the journal: {exc.message}",
        hint=UNKNOWN_HINT,
    )
