"""What a command is about to do, as it is shown before the question. What was shown is what is done."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.record_class import record

if TYPE_CHECKING:
    from vsms_cli.domain.orders import Order
    from vsms_cli.domain.proofs import Verified


@record
class PlannedCancel:
    """One order of a cancel. `order` is None where it was given by id and nothing was asked about it.

    `foreseen` is the outcome that needs no request; WOULD_CANCEL means that a cancel is to be sent.
    """

    order_id: str
    order: Order | None
    foreseen: Result

    @property
    def to_send(self) -> bool:
        return self.foreseen.outcome is Outcome.WOULD_CANCEL

    @property
    def too_early(self) -> bool:
        return self.foreseen.outcome is Outcome.TOO_EARLY


@record
class CancelPlan:
    """A cancel as a whole. `wait` is whether too young orders are waited for."""

    items: tuple[PlannedCancel, ...]
    wait: bool = False

    @property
    def sending(self) -> tuple[PlannedCancel, ...]:
        return tuple(item for item in self.items if item.to_send or (self.wait and item.too_early))

    @property
    def is_known(self) -> bool:
        """Whether the orders were looked at: with --yes a whole id costs no look-up."""
        return any(item.order is not None for item in self.items)

    @property
    def total(self) -> Decimal:
        """Dollars that come back, as far as prices are known."""
        prices = (item.order.price for item in self.sending if item.order is not None)
        return sum((price for price in prices if price is not None), Decimal(0))

    @property
    def total_is_known(self) -> bool:
        return all(item.order is not None and item.order.price is not None for item in self.sending)


class RefundStep(StrEnum):
    """What asking for an order's money back takes."""

    CANCEL = "cancel"  # it still waits: cancelling refunds it in full
    CREDIT = "credit"  # a code came: a manual credit
    MISSING = "missing"  # it ended, and the ledger shows no full refund
    NOTHING = "nothing"  # already settled, or not to be had


@record
class PlannedRefund:
    """One order of a refund. `foreseen` says what becomes of it without, or as, a request; `verified` what the ledger
    says of a refund that is due, or that came though it was not.
    """

    order_id: str
    order: Order | None
    step: RefundStep
    foreseen: Result
    verified: Verified | None = None


@record
class RefundPlan:
    items: tuple[PlannedRefund, ...]

    def count(self, step: RefundStep) -> int:
        return sum(item.step is step for item in self.items)

    @property
    def needs_question(self) -> bool:
        return any(item.step is not RefundStep.NOTHING for item in self.items)

    @property
    def needs_reason(self) -> bool:
        """Whether a person has to say why: a code came, and nobody else can tell that it was refused."""
        return any(item.step is RefundStep.CREDIT for item in self.items)

    @property
    def cancel_total(self) -> Decimal:
        prices = (i.order.price for i in self.items if i.step is RefundStep.CANCEL and i.order is not None)
        return sum((price for price in prices if price is not None), Decimal(0))
