"""Putting on disk what became of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vsms_cli.domain.errors import JournalUnusable, Problem
from vsms_cli.domain.record_class import replace
from vsms_cli.ops.problems import UNKNOWN_HINT

if TYPE_CHECKING:
    from vsms_cli.domain.outcomes import Result
    from vsms_cli.domain.tickets import Ticket
    from vsms_cli.ops.context import Context
    from vsms_cli.ops.policy import Policy


def recorded(context: Context, ticket: Ticket, policy: Policy, result: Result, *, settled: bool) -> Result:
    """The result, on disk. Where it can't be written it happened all the same, and what is said must be what
    happened: the entry stays open, and the next one meets the same journal before anything is sent.
    """
    try:
        record(context, ticket, policy, result, settled=settled)
    except JournalUnusable as exc:
        message = f"the outcome stands, and could not be written to the journal: {exc.message}"
        unrecorded = Problem(code="unrecorded", message=message, hint=UNKNOWN_HINT)
        return replace(result, problem=result.problem or unrecorded)
    return result


def record(context: Context, ticket: Ticket, policy: Policy, result: Result, *, settled: bool) -> None:
    """Put on disk what became of a ticket. `settled` as in the port."""
    context.journal.close(
        ticket,
        result.outcome.value,
        refund_amount=result.refund_amount,
        reference=policy.entry_reference(result),
        detail=policy.entry_detail(result),
        settled=settled,
    )
