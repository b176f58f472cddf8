"""Cancelling an order: a full refund to the balance, at once (the vendor's help page)."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Final, Self, assert_never

from vsms_cli.domain.errors import OrderNotFound, Problem, RateLimited, RouteMissing, TokenRefused, VsmsError
from vsms_cli.domain.mutation_answers import Answer, Cancelled, Refused
from vsms_cli.domain.orders import CANCEL_COOLDOWN, Order, Phase
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.record_class import replace
from vsms_cli.domain.tickets import Operation, Ticket
from vsms_cli.ops.ledger import dossiers_of
from vsms_cli.ops.mutation import carry_out_once
from vsms_cli.ops.policy import Policy
from vsms_cli.ops.polling import read_once
from vsms_cli.ops.problems import SMS_CAME, UNKNOWN_HINT, too_early_problem, undocumented_status

if TYPE_CHECKING:
    from decimal import Decimal

    from vsms_cli.domain.journal_entry import JournalEntry
    from vsms_cli.domain.ports import Journal
    from vsms_cli.domain.refund_verdicts import Dossier
    from vsms_cli.ops.context import Context

_BAD_REQUEST: Final = 400
_NOT_FOUND: Final = 404
_LEDGER_READS: Final = 3  # it may show a refund a moment after the order shows the cancel
_LEDGER_PAUSE_S: Final = 0.5
_RECENT: Final = timedelta(hours=1)  # an order that can be cancelled was bought less than its 20 minutes ago
# Between the clock that dates answers and the one that dates the ledger.
_CLOCKS_APART: Final = timedelta(seconds=10)
_CANCELLED: Final = frozenset({Outcome.CANCELLED.value, Outcome.ALREADY_CANCELLED.value})


def cancel_order(
    context: Context, order_id: str, *, order: Order | None, price: Decimal | None = None
) -> Result:
    """Cancel one order, journalled. VsmsError only where the whole run must stop. `price` is what is known of it
    where the order itself is not.
    """
    return carry_out_once(context, Cancel(order_id, order=order, price=price))


class Cancel(Policy):
    """See `ops.policy`."""

    operation = Operation.CANCEL
    done = Outcome.CANCELLED
    question: ClassVar = "the order was cancelled"
    not_done: ClassVar = Problem(
        code="not_cancelled",
        message="the order still waits: the earlier cancel was not carried out",
        hint="cancel it again: `vsms orders cancel ID`",
    )
    cooldown: ClassVar = CANCEL_COOLDOWN
    other_kind: ClassVar = "see `vsms orders list --all`; a rental is cancelled with `vsms rentals cancel`"
    """What to do where the service does not know the id."""
    early_hint: ClassVar = "add --wait to wait for it"
    _first_sent: datetime | None = None  # by the service's clock
    _was_seen = False  # before that

    @classmethod
    def of_entry(cls, entry: JournalEntry) -> Self:
        return cls(entry.order_id, price=entry.price)

    def prior(self, journal: Journal) -> JournalEntry | None:
        return journal.last_cancel(self.order_id, self.operation)

    def settled_before(self, context: Context, entry: JournalEntry) -> Result | None:
        """What another process found while this one ran is taken without a request: all share 60 a minute. Else the
        order is read, instead of sending a request after one that worked.
        """
        if entry.updated_at >= context.started and entry.outcome in _CANCELLED:
            return self.result(Outcome.ALREADY_CANCELLED, status=Phase.CANCELLED.value)
        try:
            order = self.read(context)
        except (TokenRefused, RateLimited):
            raise
        except VsmsError as exc:
            if entry.outcome in _CANCELLED:  # the journal's word is as good
                return self.result(Outcome.ALREADY_CANCELLED, status=Phase.CANCELLED.value)
            return self.result(Outcome.FAILED, problem=exc.as_problem())
        self.learn(order)
        return self.shown_by_order(context, order, in_doubt=False)

    def send(self, context: Context, ticket: Ticket) -> Answer:
        self.note_sending(context)
        return context.service.cancel(ticket, price=self.price)

    def note_sending(self, context: Context) -> None:
        """When the first request left: what the ledger paid before it was not ours."""
        if self._first_sent is None:
            self._first_sent, self._was_seen = context.clock.now(), self.order is not None

    def accepted(self, context: Context, answer: Answer) -> Result:
        assert isinstance(answer, Cancelled)  # noqa: S101 - for mypy: no other answer to a cancel says so
        if self.price is None and not answer.refund_amount:
            # Nothing came back for an order whose price is not known: one reading tells whether that is too little.
            with contextlib.suppress(TokenRefused):  # what was done is done
                order = read_once(context, self)
                self.price = order.price if isinstance(order, Order) else None
        return self.result(Outcome.CANCELLED, status=answer.status, refund_amount=answer.refund_amount)

    def shown_by_order(self, context: Context, order: Order, *, in_doubt: bool) -> Result | None:
        match order.phase:
            case Phase.WAITING:
                return None
            case Phase.CANCELLED if in_doubt:
                return self._cancelled_in_doubt(context, order)
            case Phase.CANCELLED:
                return self._ended(order, Outcome.ALREADY_CANCELLED)
            case Phase.EXPIRED:
                return self._ended(order, Outcome.EXPIRED)
            case Phase.COMPLETED:
                return self._ended(order, Outcome.SMS_RECEIVED, problem=SMS_CAME)
            case Phase.UNKNOWN if in_doubt:
                return self._of_undocumented_status(context, order)
            case Phase.UNKNOWN:
                return self._ended(order, Outcome.FAILED, problem=undocumented_status(self.operation))
            case _:
                assert_never(order.phase)

    def shown_by_ledger(self, context: Context, *, in_doubt: bool) -> Result | None:
        refunded = self._refunded(context)
        if refunded is None:
            return None
        outcome = Outcome.CANCELLED if in_doubt else Outcome.ALREADY_CANCELLED
        amount = refunded.refunded if in_doubt else None
        return self.result(outcome, status=Phase.CANCELLED.value, refund_amount=amount, read=True)

    def refused_at_once(self, _answer: Refused) -> Result | None:
        return None

    def refused(self, answer: Refused, seen: Order | Problem) -> Result:
        """A 404 is believed of an order that was neither listed nor read before it was sent."""
        missing = answer.status == _NOT_FOUND
        if missing and (
            not self._was_seen or (isinstance(seen, Problem) and seen.code == OrderNotFound.code)
        ):
            return self._not_found(answer)
        if isinstance(seen, Order):
            return self.result(Outcome.FAILED, status=seen.status, problem=answer.problem)
        if answer.status == _BAD_REQUEST:  # it may be because it is cancelled already
            return self.unknown(seen)
        return self.result(Outcome.FAILED, problem=seen)

    def opens_at(self, order: Order) -> datetime | None:
        return order.cancel_opens_at

    def too_early(self, retry_at: datetime, *, status: str | None) -> Result:
        problem = too_early_problem(retry_at, hint=self.early_hint)
        return self.result(Outcome.TOO_EARLY, status=status, retry_at=retry_at, problem=problem)

    def recorded_as(self, entry: JournalEntry, outcome: Outcome) -> Result:
        return self.result(outcome, refund_amount=entry.refund_amount)

    def _not_found(self, answer: Refused) -> Result:
        problem = replace(answer.problem, code=OrderNotFound.code, hint=self.other_kind)
        return self.result(Outcome.NOT_FOUND, problem=problem)

    def _ended(self, order: Order, outcome: Outcome, *, problem: Problem | None = None) -> Result:
        return self.result(outcome, status=order.status, problem=problem, read=True)

    def _cancelled_in_doubt(self, context: Context, order: Order) -> Result:
        """Ours, with what the ledger says came back; unless the ledger paid it clearly before our first request."""
        refunded: Dossier | None = None
        for count in range(_LEDGER_READS):
            if count and context.stop.wait(_LEDGER_PAUSE_S):
                break
            # The order shows that it is done: only the amount is not known.
            with contextlib.suppress(VsmsError):
                refunded = self._refunded(context)
            if refunded is not None:
                break
        if refunded is not None and self._was_paid_before(order, refunded):
            return self._ended(order, Outcome.ALREADY_CANCELLED)
        amount = None if refunded is None else refunded.refunded
        return self.result(Outcome.CANCELLED, status=order.status, refund_amount=amount, read=True)

    def _of_undocumented_status(self, context: Context, order: Order) -> Result:
        """The ledger alone tells what became of it."""
        with contextlib.suppress(VsmsError):
            shown = self.shown_by_ledger(context, in_doubt=True)
            if shown is not None:
                return replace(shown, status=order.status)
        why = undocumented_status(self.operation, hint=UNKNOWN_HINT)
        return self.unknown(why, status=order.status)

    def _was_paid_before(self, order: Order, refunded: Dossier) -> bool:
        """Whether the ledger paid clearly before our first request. A line that is dated before the purchase is dated
        by another clock, or in another time zone, and tells nothing.
        """
        times = [line.created_at for line in refunded.refunds if line.created_at is not None]
        if not times or self._first_sent is None or order.created_at is None:
            return False
        return order.created_at <= max(times) < self._first_sent - _CLOCKS_APART

    def _refunded(self, context: Context) -> Dossier | None:
        """What the ledger has of it, where its price or a part of it is back; None also where the deployment has no
        ledger: then the order alone tells.
        """
        order = self.order or Order(id=self.order_id, status="", created_at=context.clock.now() - _RECENT)
        try:
            dossier = dossiers_of(context.service, [order], listed=())[order.id]
        except RouteMissing:
            return None
        return dossier if dossier.refunded > 0 else None
