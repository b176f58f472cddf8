"""Reading what became of every entry whose outcome is not known. Nothing that moves money is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vsms_cli.domain.errors import ExitCode, Problem
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.record_class import replace
from vsms_cli.ops.cancel_policy import Cancel
from vsms_cli.ops.mutation import claimed
from vsms_cli.ops.prior_attempts import settle_open
from vsms_cli.ops.recording import recorded
from vsms_cli.ops.refund_policy import RefundRequest
from vsms_cli.ops.rental_policy import RentalCancel
from vsms_cli.ops.swap_policy import Swap

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vsms_cli.domain.journal_entry import JournalEntry
    from vsms_cli.domain.tickets import Operation
    from vsms_cli.ops.context import Context
    from vsms_cli.ops.policy import Policy

_POLICIES: Final[Mapping[Operation, type[Policy]]] = {
    policy.operation: policy for policy in (Cancel, RefundRequest, RentalCancel, Swap)
}


def manual_outcomes(operation: Operation) -> tuple[str, str]:
    """What the user may say of an entry that nothing shows: that it was carried out, or that it was not."""
    return _POLICIES[operation].done.value, Outcome.FAILED.value


def resolve(
    context: Context, entry: JournalEntry, *, word: str | None, on_wait: Callable[[float], None]
) -> Result:
    """The outcome, on disk too. UNKNOWN where neither the order nor the ledger says it yet, and the user gave no `word`
    (one of `manual_outcomes`): it closes what stays unknown, and after `failed` the same may be sent again.

    StopRequested if asked to end while another process has the order, TokenRefused where the service refuses the token:
    both leave it as it is.
    """
    ticket = context.journal.ticket_of(entry)
    with claimed(context, entry.order_id):
        now = context.journal.entry(entry.entry) or entry  # as it is now that no other process is at it
        policy = _POLICIES[now.operation].of_entry(now)
        if now.outcome is not None and not now.unsettled:  # the process that sent it was still at work
            recorded_before = policy.recorded_as(now, Outcome(now.outcome))
            problem = None if now.detail is None else Problem(code="recorded", message=now.detail)
            return replace(recorded_before, problem=problem)
        result = settle_open(context, now, policy, on_wait=on_wait)
        seen = recorded(context, ticket, policy, result, settled=result.outcome is not Outcome.UNKNOWN)
        if word is None or seen.outcome is not Outcome.UNKNOWN:
            return seen
        problem = Problem(code="by_word", message="nothing showed it: closed by hand", exit_code=ExitCode.OK)
        said = replace(seen, outcome=Outcome(word), problem=problem)
        return recorded(context, ticket, policy, said, settled=True)
