"""What became of each order, and the exit code that follows from it.

A status or an exit code is always derived from the outcomes here, never set by hand.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.errors import ExitCode, Problem
from vsms_cli.domain.money import CENT
from vsms_cli.domain.record_class import record
from vsms_cli.domain.tickets import Operation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal


class Outcome(StrEnum):
    """The one way in which an operation on an order ended, in the order of a summary. Which of them belong to which
    operation `vsms help outcomes` says (`cli.reference`).
    """

    REQUESTED = "requested"
    ALREADY_REQUESTED = "already_requested"
    ALREADY_REFUNDED = "already_refunded"
    CANCELLED = "cancelled"
    SWAPPED = "swapped"
    ALREADY_CANCELLED = "already_cancelled"
    EXPIRED = "expired"
    SMS_RECEIVED = "sms_received"
    TOO_LATE = "too_late"
    TOO_EARLY = "too_early"
    NOT_FOUND = "not_found"
    NOT_ELIGIBLE = "not_eligible"
    NO_REPLACEMENT = "no_replacement"
    BY_HAND = "by_hand"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    WOULD_CANCEL = "would_cancel"
    WOULD_REQUEST = "would_request"
    WOULD_SWAP = "would_swap"


_DONE: Final[Mapping[Operation, frozenset[Outcome]]] = {
    Operation.CANCEL: frozenset(
        {Outcome.CANCELLED, Outcome.ALREADY_CANCELLED, Outcome.EXPIRED, Outcome.WOULD_CANCEL}
    ),
    Operation.REFUND: frozenset(
        {
            Outcome.REQUESTED,
            Outcome.ALREADY_REQUESTED,
            Outcome.ALREADY_REFUNDED,
            Outcome.CANCELLED,
            Outcome.WOULD_CANCEL,
            Outcome.WOULD_REQUEST,
        }
    ),
    Operation.RENTAL: frozenset({Outcome.CANCELLED, Outcome.ALREADY_CANCELLED, Outcome.WOULD_CANCEL}),
    Operation.SWAP: frozenset({Outcome.SWAPPED, Outcome.WOULD_SWAP}),
}

_REFUSED: Final = frozenset(
    {
        *(Outcome.TOO_EARLY, Outcome.TOO_LATE, Outcome.SMS_RECEIVED, Outcome.NOT_FOUND, Outcome.NOT_ELIGIBLE),
        *(Outcome.NO_REPLACEMENT, Outcome.BY_HAND),
        *(Outcome.ALREADY_CANCELLED, Outcome.EXPIRED),  # a swap's; a cancel counts them as done
    }
)


@record
class Result:
    """How one operation on one order ended. What is not known, or does not belong to the operation, is None.

    `refund_amount` in dollars is what came back, None where that is not proven; `retry_at` is when a too young order
    opens; `settled_by_reading` says that the answer to our request proved nothing and the order was read.
    `request_id` names the service's ticket for a refund request, `transaction_id` the ledger line that proves a refund,
    `support_message` is what to send by hand where the service has no endpoint for refund requests.
    `phone_number` is the order's own after a swap, `previous_number` the one before our first request.
    """

    operation: Operation
    order_id: str
    outcome: Outcome
    status: str | None = None
    refund_amount: Decimal | None = None
    price: Decimal | None = None
    retry_at: datetime | None = None
    problem: Problem | None = None
    settled_by_reading: bool = False
    request_id: str | None = None
    transaction_id: str | None = None
    refunded_at: datetime | None = None
    support_message: str | None = None
    phone_number: str | None = None
    previous_number: str | None = None

    @property
    def done(self) -> bool:
        """Whether a script may count it as success."""
        return self.outcome in _DONE[self.operation]

    @property
    def short_by(self) -> Decimal | None:
        """How much less than the price came back, where both are known and it is a cent or more."""
        if self.refund_amount is None or self.price is None or self.refund_amount > self.price - CENT:
            return None
        return self.price - self.refund_amount

    @property
    def over_by(self) -> Decimal | None:
        """How much more than the price came back, where both are known and it is a cent or more."""
        if self.refund_amount is None or self.price is None or self.refund_amount < self.price + CENT:
            return None
        return self.refund_amount - self.price


def exit_code_of(results: Sequence[Result]) -> ExitCode:
    """Any unknown → 8; else all done → 0; some done → 3; none done → the code of the first failure."""
    if any(result.outcome is Outcome.UNKNOWN for result in results):
        return ExitCode.UNKNOWN
    failures = [result for result in results if not result.done]
    if not failures:
        return ExitCode.OK
    if len(failures) < len(results):
        return ExitCode.PARTIAL
    # What was skipped only followed from what failed, wherever it stands in the list.
    tried = [result for result in failures if result.outcome is not Outcome.SKIPPED]
    return _exit_of((tried or failures)[0])


def _exit_of(failure: Result) -> ExitCode:
    if failure.outcome in _REFUSED:
        return ExitCode.REFUSED
    if failure.outcome is Outcome.SKIPPED:
        return ExitCode.INTERRUPTED
    return ExitCode.FAILED if failure.problem is None else failure.problem.exit_code
