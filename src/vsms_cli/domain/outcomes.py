"""What became of each order, and the exit code that follows from it.

A status or an exit code is always derived from the outcomes here, never set by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from vsms_cli.domain.errors import ExitCode, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from decimal import Decimal


class CancelOutcome(StrEnum):
    """The one way in which cancelling an order ended."""

    CANCELLED = "cancelled"
    ALREADY_CANCELLED = "already_cancelled"
    EXPIRED = "expired"
    SMS_RECEIVED = "sms_received"
    TOO_EARLY = "too_early"
    NOT_FOUND = "not_found"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    WOULD_CANCEL = "would_cancel"

    @property
    def done(self) -> bool:
        return self in _CANCEL_DONE


_CANCEL_DONE = frozenset(
    {
        CancelOutcome.CANCELLED,
        CancelOutcome.ALREADY_CANCELLED,
        CancelOutcome.EXPIRED,
        CancelOutcome.WOULD_CANCEL,  # a dry run's
    }
)


class RefundOutcome(StrEnum):
    """The one way in which asking for an order's money back ended."""

    REQUESTED = "requested"
    ALREADY_REQUESTED = "already_requested"
    ALREADY_REFUNDED = "already_refunded"
    CANCELLED = "cancelled"
    NOT_ELIGIBLE = "not_eligible"
    BY_HAND = "by_hand"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    WOULD_CANCEL = "would_cancel"
    WOULD_REQUEST = "would_request"

    @property
    def done(self) -> bool:
        return self in _REFUND_DONE


_REFUND_DONE = frozenset(
    {
        RefundOutcome.REQUESTED,
        RefundOutcome.ALREADY_REQUESTED,
        RefundOutcome.ALREADY_REFUNDED,
        RefundOutcome.CANCELLED,
        RefundOutcome.WOULD_CANCEL,
        RefundOutcome.WOULD_REQUEST,
    }
)


class SwapOutcome(StrEnum):
    """The one way in which asking for another number ended."""

    SWAPPED = "swapped"
    TOO_EARLY = "too_early"
    NO_REPLACEMENT = "no_replacement"
    SMS_RECEIVED = "sms_received"
    ALREADY_CANCELLED = "already_cancelled"
    EXPIRED = "expired"
    NOT_FOUND = "not_found"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    WOULD_SWAP = "would_swap"

    @property
    def done(self) -> bool:
        return self in {SwapOutcome.SWAPPED, SwapOutcome.WOULD_SWAP}


_EXIT_OF_OUTCOME = {
    "too_early": ExitCode.REFUSED,
    "sms_received": ExitCode.REFUSED,
    "not_found": ExitCode.REFUSED,
    "not_eligible": ExitCode.REFUSED,
    "no_replacement": ExitCode.REFUSED,
    # A swap's; a cancel counts them as done.
    "already_cancelled": ExitCode.REFUSED,
    "expired": ExitCode.REFUSED,
    "by_hand": ExitCode.REFUSED,
    "unknown": ExitCode.UNKNOWN,
    "skipped": ExitCode.INTERRUPTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelResult:
    """How cancelling one order ended.

    `refund_amount` in dollars is what came back, None where that is not proven; `retry_at` is when a too young
    order opens; `settled_by_reading` says that the answer to our request was lost and the order was read.
    """

    order_id: str
    outcome: CancelOutcome
    status: str | None = None
    refund_amount: Decimal | None = None
    price: Decimal | None = None
    retry_at: datetime | None = None
    problem: Problem | None = None
    settled_by_reading: bool = False

    @property
    def short_by(self) -> Decimal | None:
        """How much less than the price came back, where both are known and it is less."""
        if self.refund_amount is None or self.price is None or self.refund_amount >= self.price:
            return None
        return self.price - self.refund_amount


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundResult:
    """How asking for one order's money back ended.

    `request_id` names the service's ticket, `transaction_id` the ledger line that proves a refund,
    `support_message` is what to send by hand where the service has no such endpoint.
    """

    order_id: str
    outcome: RefundOutcome
    status: str | None = None
    refund_amount: Decimal | None = None
    request_id: str | None = None
    transaction_id: str | None = None
    refunded_at: datetime | None = None
    retry_at: datetime | None = None
    support_message: str | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapResult:
    """How asking for another number ended. `phone_number` is the order's own now, as far as it is known."""

    order_id: str
    outcome: SwapOutcome
    status: str | None = None
    phone_number: str | None = None
    previous_number: str | None = None
    retry_at: datetime | None = None
    problem: Problem | None = None


class Ended(Protocol):
    """What the exit code needs to know of one order's end."""

    @property
    def outcome(self) -> CancelOutcome | RefundOutcome | SwapOutcome: ...
    @property
    def problem(self) -> Problem | None: ...


def exit_code_of(results: Sequence[Ended]) -> ExitCode:
    """Any unknown → 8; else all done → 0; some done → 3; none done → the code of the first failure."""
    if any(result.outcome.value == "unknown" for result in results):
        return ExitCode.UNKNOWN
    failures = [result for result in results if not result.outcome.done]
    if not failures:
        return ExitCode.OK
    if len(failures) < len(results):
        return ExitCode.PARTIAL
    # What was skipped only followed from what failed, wherever it stands in the list.
    tried = [result for result in failures if result.outcome.value != "skipped"]
    return _exit_of((tried or failures)[0])


def _exit_of(result: Ended) -> ExitCode:
    known = _EXIT_OF_OUTCOME.get(result.outcome.value)
    if known is not None:
        return known
    return ExitCode.FAILED if result.problem is None else result.problem.exit_code
