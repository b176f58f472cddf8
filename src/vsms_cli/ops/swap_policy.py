"""Another number for an order, at no charge (the vendor's reference pages). Its number tells whether it was done."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Final, Self

from vsms_cli.domain.errors import ExitCode, OrderNotFound, Problem
from vsms_cli.domain.mutation_answers import Answer, Refused, Swapped
from vsms_cli.domain.orders import Order, Phase, same_number
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.record_class import replace
from vsms_cli.domain.tickets import Operation, Ticket
from vsms_cli.ops.policy import Policy
from vsms_cli.ops.problems import too_early_problem, undocumented_status

if TYPE_CHECKING:
    from vsms_cli.domain.journal_entry import JournalEntry
    from vsms_cli.domain.ports import Journal
    from vsms_cli.ops.context import Context

SWAP_COOLDOWN: Final = timedelta(seconds=120)  # the reference pages: a hold of two minutes
_NOT_FOUND: Final = 404
_NO_REPLACEMENT: Final = Problem(
    code="no_replacement",
    message="the service has no other number for this service and country now",
    hint="try again in a moment, or cancel it: `vsms orders cancel ID`",
    exit_code=ExitCode.REFUSED,
)
_NO_NUMBER: Final = Problem(
    code="no_number",
    message="the service names no number for this order, so nothing could tell whether it was swapped",
    hint="see `vsms orders show ID`",
)
_STALE: Final = Problem(
    code="stale",
    message="another process has swapped it, and the service still shows the number before; nothing was sent",
    hint="run the same command again in a minute",
)
_STALE_S: Final = 60.0  # after a swap; a number that is shown later has come back
_STALE_READS: Final = 3
_STALE_PAUSE_S: Final = 2.0
_ENDED: Final = {
    Phase.COMPLETED: (Outcome.SMS_RECEIVED, "a code came: the number stays"),
    Phase.CANCELLED: (Outcome.ALREADY_CANCELLED, "the order is cancelled, so it keeps its number"),
    Phase.EXPIRED: (Outcome.EXPIRED, "the order has ended: its time was up"),
}
_REFUND_HINT: Final = "if the platform refused the code: `vsms orders refund ID`"


def _shows(order: Order, number: str) -> bool:
    return order.phone_number is not None and same_number(order.phone_number, number)


def foresee_swap(order: Order, *, now: datetime) -> Result | None:
    """The outcome that needs no request; None where a swap is to be sent. The server judges an unknown age."""
    policy = Swap(order.id, order=order, number=order.phone_number)
    if order.phone_number is None:
        return policy.numbered(Outcome.FAILED, order, problem=_NO_NUMBER)
    opens = order.swap_available_at
    if order.phase is Phase.WAITING and opens is not None and opens > now:
        return policy.too_early(opens, status=order.status)
    return policy.ended(order)


class Swap(Policy):
    """See `ops.policy`. `number` is the one before our first request; None where the journal does not name it."""

    operation = Operation.SWAP
    done = Outcome.SWAPPED
    question: ClassVar = "the number was swapped"
    not_done: ClassVar = Problem(
        code="not_swapped",
        message="the order still has the same number: the earlier swap was not carried out",
        hint="swap it again: `vsms orders swap ID`",
    )
    # A second swap takes yet another number, and no ledger shows the first: a late commit and a late read together.
    least_wait_s: ClassVar = 16.0
    cooldown: ClassVar = SWAP_COOLDOWN

    def __init__(self, order_id: str, *, number: str | None, order: Order | None = None) -> None:
        super().__init__(order_id, order=order)
        self._number = number

    @classmethod
    def of_entry(cls, entry: JournalEntry) -> Self:
        return cls(entry.order_id, number=entry.reference)

    @property
    def reference(self) -> str | None:
        return self._number

    def prior(self, journal: Journal) -> JournalEntry | None:
        return journal.open_swap(self.order_id)

    def settled_before(self, _context: Context, _entry: JournalEntry) -> Result | None:
        return None

    def checked(self, context: Context) -> Result | None:
        """Another process may have had the order until now: one other number is enough for both. The number of a
        swap that the journal knows is waited for where reads lag behind it.
        """
        order = self.read(context)
        before = context.journal.last_swap(self.order_id)
        if before is not None and before.reference and context.journal.age_of(before) < _STALE_S:
            order = self._read_until_other(context, order, than=before.reference)
            # Of an earlier run: what was read for the question may have been stale.
            if before.updated_at < context.started:
                self._number = order.phone_number
            elif _shows(order, before.reference):
                return self.numbered(Outcome.FAILED, order, problem=_STALE)
        self.learn(order)
        return self.shown_by_order(context, order, in_doubt=False) or foresee_swap(
            order, now=context.clock.now()
        )

    def _read_until_other(self, context: Context, order: Order, *, than: str) -> Order:
        """The last reading."""
        for _ in range(_STALE_READS):
            if not _shows(order, than) or context.stop.wait(_STALE_PAUSE_S):
                break
            order = self.read(context)
        return order

    def send(self, context: Context, ticket: Ticket) -> Answer:
        return context.service.swap(ticket, number=self._number or "")

    def accepted(self, _context: Context, answer: Answer) -> Result:
        assert isinstance(answer, Swapped)  # noqa: S101 - for mypy: no other answer to a swap says so
        return replace(
            self.result(Outcome.SWAPPED, status=Phase.WAITING.value),
            phone_number=answer.phone_number,
            previous_number=self._number,
        )

    def shown_by_order(self, _context: Context, order: Order, *, in_doubt: bool) -> Result | None:
        """Swapped, where the number is another than before; how the order ended; None while it waits unchanged."""
        if self._number is None:  # the journal of an early version: nothing to compare with
            return self.unknown(self.not_done)
        if order.phone_number is None:
            if in_doubt:
                return self.unknown(_NO_NUMBER, status=order.status)
            return self.numbered(Outcome.FAILED, order, problem=_NO_NUMBER)
        if not same_number(order.phone_number, self._number):
            return self.numbered(Outcome.SWAPPED, order)
        return self.ended(order)

    def shown_by_ledger(self, _context: Context, *, in_doubt: bool) -> Result | None:
        """A swap moves no money, so the ledger shows nothing of it."""
        del in_doubt
        return None

    def refused_at_once(self, _answer: Refused) -> Result | None:
        return None

    def refused(self, answer: Refused, seen: Order | Problem) -> Result:
        # Of an order that the service knows: no other number is to be had.
        missing = answer.status == _NOT_FOUND
        if isinstance(seen, Order):
            if missing:
                return self.numbered(Outcome.NO_REPLACEMENT, seen, problem=_NO_REPLACEMENT)
            return self.numbered(Outcome.FAILED, seen, problem=answer.problem)
        gone = missing and seen.code == OrderNotFound.code
        return self.result(Outcome.NOT_FOUND if gone else Outcome.FAILED, problem=seen)

    def opens_at(self, order: Order) -> datetime | None:
        return order.swap_available_at

    def too_early(self, retry_at: datetime, *, status: str | None) -> Result:
        problem = too_early_problem(retry_at, what="swapping", hint="run the same command again then")
        return self.result(
            Outcome.TOO_EARLY, status=status or Phase.WAITING.value, retry_at=retry_at, problem=problem
        )

    def completed(self, made: Result) -> Result:
        now = None if made.outcome is Outcome.UNKNOWN else self._number
        return replace(made, phone_number=now, previous_number=self._number)

    def numbered(self, outcome: Outcome, order: Order, *, problem: Problem | None = None) -> Result:
        """A result that a reading showed: the order's number as it was read."""
        made = self.result(outcome, status=order.status, problem=problem, read=True)
        return replace(made, phone_number=order.phone_number)

    def ended(self, order: Order) -> Result | None:
        if order.phase is Phase.WAITING:
            return None
        if order.phase not in _ENDED:
            return self.numbered(Outcome.FAILED, order, problem=undocumented_status(self.operation))
        outcome, sentence = _ENDED[order.phase]
        problem = Problem(
            code=outcome.value,
            message=sentence,
            hint=_REFUND_HINT if order.phase is Phase.COMPLETED else "",
            exit_code=ExitCode.REFUSED,
        )
        return self.numbered(outcome, order, problem=problem)

    def recorded_as(self, entry: JournalEntry, outcome: Outcome) -> Result:
        return replace(self.result(outcome), phone_number=None, previous_number=entry.reference)

    def entry_reference(self, result: Result) -> str | None:
        return result.previous_number

    def entry_detail(self, result: Result) -> str | None:
        if result.outcome is Outcome.SWAPPED and result.problem is None:
            return f"the number is now {result.phone_number}"
        return super().entry_detail(result)
