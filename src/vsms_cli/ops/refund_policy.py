"""A refund request for an order that ended. It is sent once: a lost answer is settled by the ledger, or by a person."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final, Self

from vsms_cli.domain.errors import ExitCode, Problem
from vsms_cli.domain.mutation_answers import Answer, Refused, Requested
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.record_class import replace
from vsms_cli.domain.support_message import support_message
from vsms_cli.domain.tickets import Operation, Ticket
from vsms_cli.ops.ledger import dossiers_of
from vsms_cli.ops.policy import Policy
from vsms_cli.ops.problems import UNKNOWN_HINT

if TYPE_CHECKING:
    from datetime import datetime

    from vsms_cli.domain.journal_entry import JournalEntry
    from vsms_cli.domain.orders import Order
    from vsms_cli.domain.ports import Journal
    from vsms_cli.domain.refund_verdicts import Dossier
    from vsms_cli.ops.context import Context

_NO_SUCH_ROUTE: Final = frozenset({404, 405, 501})  # for an order that was just read
_CONFLICT: Final = 409
_BAD_REQUEST: Final = 400
BY_HAND: Final = Problem(
    code="by_hand",
    message="the service has no endpoint for refund requests",
    hint="send the message to support; --open opens it in your mail program",
    exit_code=ExitCode.REFUSED,
)
_LOST_BEFORE: Final = Problem(
    code="unknown",
    message="no answer to an earlier refund request is known, so none is sent again",
    hint=UNKNOWN_HINT,
    exit_code=ExitCode.UNKNOWN,
)
_NOT_IN_LEDGER: Final = Problem(code="unknown", message="the ledger shows no refund yet")


class RefundRequest(Policy):
    """See `ops.policy`. `reason` and `note` are what the person says of it; both None for one that is only settled."""

    operation = Operation.REFUND
    done = Outcome.REQUESTED
    question: ClassVar = "the refund request arrived"
    not_done: ClassVar = _NOT_IN_LEDGER
    most_requests: ClassVar = 1
    order_shows_it: ClassVar = False
    cooldown: ClassVar = timedelta()

    def __init__(
        self, order_id: str, *, order: Order | None, reason: str | None = None, note: str | None = None
    ) -> None:
        super().__init__(order_id, order=order)
        self._reason = reason or ""
        self._note = note

    @classmethod
    def of_entry(cls, entry: JournalEntry) -> Self:
        return cls(entry.order_id, order=None)

    def prior(self, journal: Journal) -> JournalEntry | None:
        return journal.last_refund_request(self.order_id)

    def settled_before(self, _context: Context, entry: JournalEntry) -> Result | None:
        """No second request is ever sent: not after one that arrived, and not after one that may have."""
        return requested_before(entry)

    def send(self, context: Context, ticket: Ticket) -> Answer:
        return context.service.request_refund(ticket, reason=self._reason, note=self._note)

    def accepted(self, _context: Context, answer: Answer) -> Result:
        assert isinstance(answer, Requested)  # noqa: S101 - for mypy: no other answer to a request says so
        return replace(self.foreseen(Outcome.REQUESTED), request_id=answer.request_id)

    def shown_by_order(self, _context: Context, _order: Order, *, in_doubt: bool) -> Result | None:
        """An order's status says nothing of a request."""
        del in_doubt
        return None

    def shown_by_ledger(self, context: Context, *, in_doubt: bool) -> Result | None:
        """Refunded, where the ledger shows the whole price: granted by this request or by itself."""
        del in_doubt
        order = self.order or context.service.order(self.order_id)
        self.learn(order)
        dossier = dossiers_of(context.service, [order])[order.id]
        if not dossier.whole:
            return None
        return with_refund(self.foreseen(Outcome.ALREADY_REFUNDED), dossier)

    def refused_at_once(self, answer: Refused) -> Result | None:
        if answer.status == _BAD_REQUEST:
            problem = replace(answer.problem, code="not_eligible", exit_code=ExitCode.REFUSED)
            return self.foreseen(Outcome.NOT_ELIGIBLE, problem=problem)
        if answer.status == _CONFLICT:
            return self.foreseen(Outcome.ALREADY_REQUESTED)
        if answer.status in _NO_SUCH_ROUTE and self.order is not None:
            message = support_message(self.order, reason=self._reason, note=self._note)
            return replace(self.foreseen(Outcome.BY_HAND, problem=BY_HAND), support_message=message)
        return self.foreseen(Outcome.FAILED, problem=answer.problem)

    def refused(self, answer: Refused, seen: Order | Problem) -> Result:
        del seen
        return self.foreseen(Outcome.FAILED, problem=answer.problem)

    def too_early(self, _retry_at: datetime, *, status: str | None) -> Result:
        """No source names a 425 for a refund request: the client calls it a refusal."""
        problem = Problem(code="too_early", message="the service says that it is too early")
        return self.result(Outcome.FAILED, status=status, problem=problem)

    def recorded_as(self, entry: JournalEntry, outcome: Outcome) -> Result:
        return replace(self.result(outcome, refund_amount=entry.refund_amount), request_id=entry.reference)

    def entry_reference(self, result: Result) -> str | None:
        return result.request_id


def with_refund(result: Result, dossier: Dossier) -> Result:
    """With what the ledger shows of the refund."""
    line = dossier.first_refund
    return replace(
        result,
        refund_amount=dossier.refunded,
        transaction_id=None if line is None else line.id,
        refunded_at=None if line is None else line.created_at,
    )


def requested_before(entry: JournalEntry) -> Result:
    """What an earlier refund request means for another one: none is sent."""
    policy = RefundRequest.of_entry(entry)
    if entry.unresolved:
        return policy.result(Outcome.UNKNOWN, problem=_LOST_BEFORE)
    return policy.recorded_as(entry, Outcome.ALREADY_REQUESTED)
