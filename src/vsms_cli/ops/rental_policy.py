"""Cancelling a rental: a full refund within 20 minutes of the purchase and before the first SMS (the SDKs).

What a server answers past the window is documented nowhere: a refusal's sentence decides nothing, the list of rentals
does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from vsms_cli.domain.errors import ExitCode, OrderNotFound, Problem
from vsms_cli.domain.orders import Order, Phase
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.rentals import Rental
from vsms_cli.domain.tickets import Operation, Ticket
from vsms_cli.ops.cancel_policy import Cancel

if TYPE_CHECKING:
    from vsms_cli.domain.mutation_answers import Answer
    from vsms_cli.domain.ports import Service
    from vsms_cli.ops.context import Context

EVERY: Final = "all"  # the SDKs' filter for rentals of any status
SMS_CAME: Final = Problem(
    code="sms_received",
    message="an SMS came, so the rental is not refunded any more",
    hint="see `vsms rentals show ID`",
    exit_code=ExitCode.REFUSED,
)
TOO_LATE: Final = Problem(
    code="too_late",
    message="the 20 minutes in which a rental is refunded in full are over",
    hint="it runs to its end: see `vsms rentals show ID`",
    exit_code=ExitCode.REFUSED,
)


def rental_named(service: Service, rental_id: str) -> Rental:
    """The rental as the list shows it. OrderNotFound where the account has no such rental."""
    for rental in service.rentals(status=EVERY):
        if rental.id == rental_id:
            return rental
    raise OrderNotFound(f"the service lists no rental {rental_id}", hint="see `vsms rentals list --all`")


class RentalCancel(Cancel):
    """See `ops.policy`. What differs from an order: the list is read, and what is over is never refunded."""

    operation = Operation.RENTAL
    question: ClassVar = "the rental was cancelled"
    not_done: ClassVar = Problem(
        code="not_cancelled",
        message="the rental still runs: the earlier cancel was not carried out",
        hint="cancel it again: `vsms rentals cancel ID`",
    )
    other_kind: ClassVar = "see `vsms rentals list --all`; an order is cancelled with `vsms orders cancel`"
    early_hint: ClassVar = "type the same command again then"

    def read(self, context: Context) -> Order:
        return rental_named(context.service, self.order_id)

    def send(self, context: Context, ticket: Ticket) -> Answer:
        self.note_sending(context)
        return context.service.cancel_rental(ticket, price=self.price)

    def shown_by_order(self, context: Context, order: Order, *, in_doubt: bool) -> Result | None:
        """A rental that runs, has an SMS or ended may yet have been cancelled where a request of ours is in doubt."""
        if order.phase in {Phase.CANCELLED, Phase.UNKNOWN}:
            return super().shown_by_order(context, order, in_doubt=in_doubt)
        if in_doubt:
            return None
        if order.phase is Phase.COMPLETED:
            return self._ended(order, Outcome.SMS_RECEIVED, problem=SMS_CAME)
        if isinstance(order, Rental) and order.too_late(context.clock.now()):
            return self._ended(order, Outcome.TOO_LATE, problem=TOO_LATE)
        return None
