"""Another number for an order, settled like a cancel: an answer that holds up is believed, anything else is read.

The order's number is another than before → swapped · the same after a whole answer → one more with the same key ·
the same after an answer that never came → the request may yet be on its way: read on over one more time limit, and
only then one more · unreadable → unknown.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, assert_never

from vsms_cli.domain.answers import Ambiguous, NotCancellable, NotSent, Refused, Swapped, Throttled, TooEarly
from vsms_cli.domain.errors import OrderNotFound, Problem, StopRequested, TokenRefused, VsmsError
from vsms_cli.domain.orders import ORDER_LIFE, Order, Phase
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.tickets import Operation, Ticket
from vsms_cli.ops.earlier_swap import settle_before
from vsms_cli.ops.mutation import claimed, journalled
from vsms_cli.ops.reading import read_on, read_once
from vsms_cli.ops.recording import next_turn
from vsms_cli.ops.swap_verdict import NO_REPLACEMENT, too_early, unknown, verdict

if TYPE_CHECKING:
    from vsms_cli.ops.desk import Desk

SWAP_COOLDOWN: Final = timedelta(seconds=120)  # the reference pages: a hold of two minutes
_MOST_SWAPS: Final = 2  # the first, and one more when the number is provably the same
_NOT_FOUND: Final = 404


def swap_order(desk: Desk, order: Order, *, number: str) -> Result:
    """Get another number than `number`, journalled. VsmsError only where the whole run must stop."""
    try:
        with claimed(desk, order.id):
            return settle_before(desk, order, number=number) or journalled(
                desk,
                Operation.SWAP,
                order.id,
                order.price,
                lambda ticket: _swap_to_the_end(desk, ticket, number=number),
                reference=number,
            )
    except StopRequested as exc:
        return Result(
            operation=Operation.SWAP, order_id=order.id, outcome=Outcome.SKIPPED, problem=exc.as_problem()
        )


def _swap_to_the_end(desk: Desk, ticket: Ticket, *, number: str) -> Result:
    """Send the swap and settle it. VsmsError only where nothing of it is in doubt and the run must stop."""
    return _Settlement(desk, ticket, number).run()


class _Settlement:
    """One swap on its way to one outcome."""

    def __init__(self, desk: Desk, ticket: Ticket, number: str) -> None:
        self._desk = desk
        self._ticket = ticket
        self._number = number
        self._in_doubt = False  # whether a request of ours may have been carried out unseen
        self._swaps = 0
        self._attempts = desk.attempts()

    def run(self) -> Result:
        try:
            return self._settled()
        except TokenRefused as exc:
            if not self._in_doubt:
                raise
            return unknown(self._ticket.order_id, exc.as_problem(), number=self._number)

    def _settled(self) -> Result:
        try:
            while True:
                ended = self._step()
                if ended is not None:
                    return ended
        except TokenRefused:
            raise
        except StopRequested as exc:
            return self._doubt_or(Outcome.SKIPPED, exc.as_problem())
        except VsmsError as exc:
            if self._in_doubt:
                return self._doubt_or(Outcome.UNKNOWN, exc.as_problem())
            raise

    def _step(self) -> Result | None:
        """Send it once; None where it is to be sent again."""
        self._swaps += 1
        answer = self._desk.service.swap(self._ticket, number=self._number)
        if not isinstance(answer, NotSent):
            self._desk.outage.over()
        match answer:
            case Swapped():
                return self._result(Outcome.SWAPPED, status="waiting", phone_number=answer.phone_number)
            case TooEarly():
                return self._too_early(answer.seconds)
            case NotCancellable():
                return self._refused(answer.problem)
            case Refused():
                return self._refused(answer.problem, missing=answer.status == _NOT_FOUND)
            case Throttled():
                self._go_again("429")
            case NotSent():
                if answer.hopeless or not self._attempts.another():
                    return self._doubt_or(Outcome.FAILED, answer.problem)
                self._go_again("not sent")
            case Ambiguous():
                return self._after_doubt(answer)
            case _:
                assert_never(answer)
        return None

    def _go_again(self, why: str) -> None:
        """The service did nothing, so this was no swap that counts; wait for the next turn."""
        self._swaps -= 1
        next_turn(self._desk, self._ticket, f"{why}: sending it again")

    def _after_doubt(self, answer: Ambiguous) -> Result | None:
        """Read the order; None where one more swap may be sent."""
        self._in_doubt = True
        how = "answer proves nothing" if answer.answered else "answer was lost"
        self._desk.journal.note(self._ticket, f"{how}: {answer.problem.message}", in_doubt=True)
        order = self._read_on(until_changed=not answer.answered)
        if isinstance(order, Problem):
            return unknown(self._ticket.order_id, order, number=self._number)
        ended = verdict(order, number=self._number, in_doubt=True)
        if ended is not None:
            return ended
        if self._swaps < _MOST_SWAPS and not self._desk.stop.requested:
            next_turn(self._desk, self._ticket, "the number is still the same: swapping once more")
            return None
        if answer.answered:
            return self._result(Outcome.FAILED, status=order.status, problem=answer.problem)
        return unknown(self._ticket.order_id, answer.problem, number=self._number, status=order.status)

    def _read_on(self, *, until_changed: bool) -> Order | Problem:
        """Read on until it can be read, or until the number is another."""
        return read_on(
            self._desk,
            self._ticket.order_id,
            enough=lambda order: (
                not until_changed or verdict(order, number=self._number, in_doubt=True) is not None
            ),
        )

    def _read(self) -> Order | Problem:
        return read_once(self._desk, self._ticket.order_id)

    def _refused(self, refusal: Problem, *, missing: bool = False) -> Result:
        """A 4xx: the order tells why, never the sentence. `missing` is a 404, which for an order that the service
        knows means that no other number is to be had.
        """
        order = self._read_on(until_changed=False)
        if isinstance(order, Problem):
            if self._in_doubt:
                return unknown(self._ticket.order_id, order, number=self._number)
            gone = missing and order.code == OrderNotFound.code
            return self._result(Outcome.NOT_FOUND if gone else Outcome.FAILED, problem=order)
        ended = verdict(order, number=self._number, in_doubt=self._in_doubt)
        if ended is not None:
            return ended
        if missing:
            return self._result(Outcome.NO_REPLACEMENT, status=order.status, problem=NO_REPLACEMENT)
        return self._result(Outcome.FAILED, status=order.status, problem=refusal)

    def _too_early(self, seconds: int | None) -> Result:
        """When it opens, from the answer, else from the order, else 120 s from now."""
        order = self._read() if self._in_doubt or seconds is None else None
        if isinstance(order, Order):
            ended = verdict(order, number=self._number, in_doubt=self._in_doubt)
            if ended is not None:
                return ended
        elif self._in_doubt and order is not None:
            return unknown(self._ticket.order_id, order, number=self._number)
        now = self._desk.clock.now()
        retry_at = now + SWAP_COOLDOWN
        opens = order.swap_available_at if isinstance(order, Order) else None
        if seconds is not None and 0 < seconds <= ORDER_LIFE.total_seconds():
            retry_at = now + timedelta(seconds=seconds)
        elif opens is not None and now < opens <= now + ORDER_LIFE:
            retry_at = opens
        return too_early(self._ticket.order_id, retry_at, number=self._number, status=Phase.WAITING.value)

    def _doubt_or(self, outcome: Outcome, problem: Problem) -> Result:
        """`outcome`, unless an earlier request of ours is in doubt: then what a reading shows."""
        if not self._in_doubt:
            return self._result(outcome, problem=problem)
        order = self._read()
        ended = None if isinstance(order, Problem) else verdict(order, number=self._number, in_doubt=True)
        return ended or unknown(self._ticket.order_id, problem, number=self._number)

    def _result(
        self,
        outcome: Outcome,
        *,
        status: str | None = None,
        phone_number: str | None = None,
        problem: Problem | None = None,
    ) -> Result:
        return Result(
            operation=Operation.SWAP,
            order_id=self._ticket.order_id,
            outcome=outcome,
            status=status,
            phone_number=phone_number or self._number,
            previous_number=self._number,
            problem=problem,
        )
