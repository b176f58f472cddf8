"""What one operation adds to the reconciler: how it is sent, what proves it, and how its outcomes are called.

What else a new operation needs is listed in README.md, "Where to change".
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Self

from vsms_cli.domain.errors import ExitCode, Problem
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.ops.problems import UNKNOWN_HINT

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from decimal import Decimal

    from vsms_cli.domain.journal_entry import JournalEntry
    from vsms_cli.domain.mutation_answers import Answer, Refused
    from vsms_cli.domain.orders import Order
    from vsms_cli.domain.ports import Journal
    from vsms_cli.domain.tickets import Operation, Ticket
    from vsms_cli.ops.context import Context


class Policy(ABC):
    """One operation on one order. It decides nothing about sending again: that is the reconciler's alone.

    `in_doubt`, in every method, is whether a request of ours may have been carried out unseen.
    """

    operation: ClassVar[Operation]
    done: ClassVar[Outcome]
    """How it is called where it was carried out."""
    question: ClassVar[str]
    """What is not known where nothing proves it: `the order was cancelled`."""
    not_done: ClassVar[Problem]
    """Why an earlier request counts as not carried out, where a reading and the ledger show nothing of it."""
    most_requests: ClassVar[int] = 2
    """Requests that may each have been carried out: the first, and one more where it provably was not."""
    order_shows_it: ClassVar[bool] = True
    """Whether a reading of the order can show that it was done; else the ledger alone can."""
    least_wait_s: ClassVar[float] = 0.0
    """Seconds between a request that proved nothing and the next one, at the least."""
    cooldown: ClassVar[timedelta]
    """After a 425 that names no time, and an order that names none."""

    def __init__(self, order_id: str, *, order: Order | None = None, price: Decimal | None = None) -> None:
        """`order` is what was read or listed of it before; `price` in dollars, where that alone is known."""
        self.order_id = order_id
        self.order = order
        self.price = order.price if price is None and order is not None else price

    @classmethod
    @abstractmethod
    def of_entry(cls, entry: JournalEntry) -> Self:
        """The policy by which an earlier request is settled."""

    @property
    def reference(self) -> str | None:
        """What the journal notes beside the intent."""
        return None

    @abstractmethod
    def prior(self, journal: Journal) -> JournalEntry | None:
        """The newest entry of this order that decides whether a request may go out."""

    @abstractmethod
    def settled_before(self, context: Context, entry: JournalEntry) -> Result | None:
        """What a prior entry says that no reading of the order settles; None where a request may go out."""

    def read(self, context: Context) -> Order:
        """The order as the service shows it now. VsmsError where it can't be read."""
        return context.service.order(self.order_id)

    def checked(self, _context: Context) -> Result | None:
        """The last look before the intent is written; None where a request may go out."""
        return None

    @abstractmethod
    def send(self, context: Context, ticket: Ticket) -> Answer: ...

    @abstractmethod
    def accepted(self, context: Context, answer: Answer) -> Result:
        """The result of an answer that says it was done, and is valid."""

    @abstractmethod
    def shown_by_order(self, context: Context, order: Order, *, in_doubt: bool) -> Result | None:
        """What a reading of the order proves; None where it shows that nothing was done yet."""

    @abstractmethod
    def shown_by_ledger(self, context: Context, *, in_doubt: bool) -> Result | None:
        """What the ledger proves; None where it shows nothing. VsmsError where it can't be read."""

    @abstractmethod
    def refused_at_once(self, answer: Refused) -> Result | None:
        """The result of a refusal that needs no reading; None where the order is to be read."""

    @abstractmethod
    def refused(self, answer: Refused, seen: Order | Problem) -> Result:
        """The result of a refusal after which the order still waits, or can't be read."""

    def opens_at(self, _order: Order) -> datetime | None:
        """When a too young order opens, as the order says it."""
        return None

    @abstractmethod
    def too_early(self, retry_at: datetime, *, status: str | None) -> Result: ...

    def learn(self, order: Order) -> None:
        """A reading came: keep what it says."""
        self.order = order
        if self.price is None:
            self.price = order.price

    def result(
        self,
        outcome: Outcome,
        *,
        status: str | None = None,
        refund_amount: Decimal | None = None,
        retry_at: datetime | None = None,
        problem: Problem | None = None,
        read: bool = False,
    ) -> Result:
        """`read` is whether a reading, not the answer, settled it."""
        made = Result(
            operation=self.operation,
            order_id=self.order_id,
            outcome=outcome,
            status=status,
            refund_amount=refund_amount,
            price=self.price,
            retry_at=retry_at,
            problem=problem,
            settled_by_reading=read,
        )
        return self.completed(made)

    def foreseen(self, outcome: Outcome, *, problem: Problem | None = None) -> Result:
        """What becomes of an order that was read or listed, before anything is sent."""
        return self.result(outcome, status=None if self.order is None else self.order.status, problem=problem)

    def completed(self, made: Result) -> Result:
        """With what results of this operation alone say."""
        return made

    def unknown(self, why: Problem, *, status: str | None = None) -> Result:
        """For a request that may have been carried out, where nothing shows whether it was."""
        problem = Problem(
            code="unknown",
            message=f"it is not known whether {self.question}: {why.message}",
            hint=UNKNOWN_HINT,
            exit_code=ExitCode.UNKNOWN,
        )
        return self.result(Outcome.UNKNOWN, status=status, problem=problem)

    @abstractmethod
    def recorded_as(self, entry: JournalEntry, outcome: Outcome) -> Result:
        """The result that a closed entry stands for."""

    def entry_reference(self, _result: Result) -> str | None:
        """What the closed entry names: the service's request, or the number before a swap."""
        return None

    def entry_detail(self, result: Result) -> str | None:
        """The sentence that the closed entry keeps."""
        return None if result.problem is None else result.problem.message
