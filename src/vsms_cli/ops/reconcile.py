"""Settling what a request that moves money came to.

An answer that holds up is believed. Anything else proves nothing, and the order is read:
cancelled → done · still waiting after a whole answer → one more cancel with the same key · still waiting after
an answer that never came → the request may yet be on its way: read on over one more time limit, and only then
one more cancel with the same key · unreadable → unknown. A refund request is never sent twice.
"""

import random
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, assert_never

from vsms_cli.domain.answers import (
    Ambiguous,
    Cancelled,
    NotCancellable,
    NotSent,
    Refused,
    Throttled,
    TooEarly,
)
from vsms_cli.domain.errors import ExitCode, Problem, StopRequested, VsmsError
from vsms_cli.domain.orders import CANCEL_COOLDOWN, ORDER_LIFE, Order, Phase
from vsms_cli.domain.outcomes import CancelOutcome, CancelResult
from vsms_cli.domain.tickets import Ticket
from vsms_cli.domain.times import rfc3339
from vsms_cli.ops.desk import Desk
from vsms_cli.ops.ledger import refunds_of, total_of

_READS: Final = 4  # over one time limit: at its start, its thirds and its end
_MOST_CANCELS: Final = 2  # the first, and one more when the order provably still waits
_NOT_FOUND: Final = 404
_FIRST_PAUSE_S: Final = 0.2  # before a request that was provably not sent goes again
_LONGEST_PAUSE_S: Final = 2.0

UNKNOWN_HINT: Final = "`vsms journal resolve` reads what became of it"
SMS_CAME: Final = Problem(
    code="sms_received",
    message="a code came before it could be cancelled",
    hint="if the platform refused the code: `vsms orders refund ID`",
    exit_code=ExitCode.REFUSED,
)
_NOT_READ: Final = Problem(code="unread", message="the order was not read", hint=UNKNOWN_HINT)
_STILL_WAITING: Final = Problem(
    code="not_cancelled",
    message="the order still waits: the earlier cancel was not carried out",
    hint="cancel it again: `vsms orders cancel ID`",
)


def too_early_problem(retry_at: datetime) -> Problem:
    return Problem(
        code="too_early",
        message=f"cancelling opens at {rfc3339(retry_at.replace(microsecond=0))}",
        hint="add --wait to wait for it",
        exit_code=ExitCode.REFUSED,
    )


def cancel_to_the_end(desk: Desk, ticket: Ticket, *, order: Order | None) -> CancelResult:
    """Send the cancel and settle it. VsmsError only where nothing of it is in doubt and the run must stop."""
    price = None if order is None else order.price
    return _Settlement(desk, ticket, price=price, order=order).run()


def settle_by_reading(desk: Desk, ticket: Ticket, *, price: Decimal | None) -> CancelResult:
    """What became of an earlier cancel, without sending it again."""
    return _Settlement(desk, ticket, price=price, in_doubt=True).conclude()


class _Settlement:
    """One cancel on its way to one outcome."""

    def __init__(
        self,
        desk: Desk,
        ticket: Ticket,
        *,
        price: Decimal | None,
        order: Order | None = None,
        in_doubt: bool = False,
    ) -> None:
        self._desk = desk
        self._ticket = ticket
        self._price = price
        self._order = order
        self._in_doubt = in_doubt  # whether a request of ours may have been carried out unseen
        self._cancels = 0
        self._pause = _FIRST_PAUSE_S

    def run(self) -> CancelResult:
        try:
            return self._run()
        except StopRequested as exc:
            return self._doubt_or(CancelOutcome.SKIPPED, exc.as_problem())
        except VsmsError as exc:
            if self._in_doubt:
                return self._result(CancelOutcome.UNKNOWN, problem=exc.as_problem())
            raise

    def conclude(self) -> CancelResult:
        """The outcome that one reading of the order allows, for a cancel that may have been carried out."""
        try:
            order = self._desk.service.order(self._ticket.order_id)
        except VsmsError as exc:
            return self._result(CancelOutcome.UNKNOWN, problem=exc.as_problem())
        return self._ended(order) or self._failed(_STILL_WAITING, status=order.status)

    def _run(self) -> CancelResult:
        clock = self._desk.clock
        unsent_until = clock.monotonic() + self._desk.service.time_limit
        while True:
            self._cancels += 1
            answer = self._desk.service.cancel(self._ticket, price=self._price)
            match answer:
                case Cancelled():
                    return self._result(
                        CancelOutcome.CANCELLED, status=answer.status, refund_amount=answer.refund_amount
                    )
                case TooEarly():
                    return self._too_early(answer.seconds)
                case NotCancellable():
                    return self._refused_as_ended(answer.problem)
                case Refused():
                    if answer.status == _NOT_FOUND:
                        return self._doubt_or(CancelOutcome.NOT_FOUND, answer.problem)
                    return self._doubt_or(CancelOutcome.FAILED, answer.problem)
                case Throttled():
                    self._go_again()
                case NotSent():
                    if answer.hopeless or clock.monotonic() + self._pause >= unsent_until:
                        return self._doubt_or(CancelOutcome.FAILED, answer.problem)
                    self._desk.stop.wait(self._pause * random.uniform(0.75, 1.25))  # noqa: S311 - jitter
                    self._pause = min(self._pause * 2, _LONGEST_PAUSE_S)
                    self._go_again()
                case Ambiguous():
                    ended = self._after_doubt(answer)
                    if ended is not None:
                        return ended
                    self._desk.service.reserve()
                case _:
                    assert_never(answer)

    def _go_again(self) -> None:
        """The service did nothing, so this was no cancel that counts; wait for the next turn."""
        self._cancels -= 1
        self._desk.service.reserve()

    def _after_doubt(self, answer: Ambiguous) -> CancelResult | None:
        """Read the order; None where one more cancel may be sent."""
        self._in_doubt = True
        how = "answer proves nothing" if answer.answered else "answer was lost"
        self._desk.journal.note(self._ticket, f"{how}: {answer.problem.message}")
        order = self._read_on(until_ended=not answer.answered)
        if isinstance(order, Problem):
            return self._result(CancelOutcome.UNKNOWN, problem=order)
        ended = self._ended(order)
        if ended is not None:
            return ended
        if self._cancels < _MOST_CANCELS and not self._desk.stop.requested:
            self._desk.journal.note(self._ticket, "the order still waits: cancelling once more")
            return None
        if answer.answered:
            return self._failed(answer.problem, status=order.status)
        return self._result(CancelOutcome.UNKNOWN, status=order.status, problem=answer.problem)

    def _read_on(self, *, until_ended: bool) -> Order | Problem:
        """Read the order up to four times over one time limit: until it can be read, or until it has ended."""
        clock, stop = self._desk.clock, self._desk.stop
        pause = self._desk.service.time_limit / (_READS - 1)
        last: Order | Problem = _NOT_READ
        for count in range(_READS):
            if count and not stop.requested:
                self._desk.stop.wait(pause)
            started = clock.monotonic()
            try:
                last = self._desk.service.order(self._ticket.order_id)
            except VsmsError as exc:
                last = exc.as_problem()
            if isinstance(last, Order) and (last.phase is not Phase.WAITING or not until_ended):
                return last
            if stop.requested:
                break
            pause = max(0.0, pause - (clock.monotonic() - started)) or pause
        return last

    def _ended(self, order: Order) -> CancelResult | None:
        """What an order that was read shows; None while it waits."""
        self._order = order
        self._price = order.price if self._price is None else self._price
        match order.phase:
            case Phase.WAITING:
                return None
            case Phase.CANCELLED if self._in_doubt:
                return self._result(
                    CancelOutcome.CANCELLED,
                    status=order.status,
                    refund_amount=self._refund_in_ledger(order),
                    read=True,
                )
            case Phase.CANCELLED:
                return self._result(CancelOutcome.ALREADY_CANCELLED, status=order.status, read=True)
            case Phase.EXPIRED:
                return self._result(CancelOutcome.EXPIRED, status=order.status, read=True)
            case Phase.COMPLETED:
                return self._result(
                    CancelOutcome.SMS_RECEIVED, status=order.status, problem=SMS_CAME, read=True
                )
            case Phase.UNKNOWN:
                problem = Problem(
                    code="unknown_status",
                    message="the order has a status that no documentation names",
                    hint=UNKNOWN_HINT,
                )
                outcome = CancelOutcome.UNKNOWN if self._in_doubt else CancelOutcome.FAILED
                return self._result(outcome, status=order.status, problem=problem, read=True)
            case _:
                assert_never(order.phase)

    def _refund_in_ledger(self, order: Order) -> Decimal | None:
        """What the ledger says came back; None where it can't be read or shows nothing yet."""
        try:
            lines = refunds_of(self._desk.service, order)
        except VsmsError:
            return None
        return total_of(lines) if lines else None

    def _refused_as_ended(self, refusal: Problem) -> CancelResult:
        """400: the order tells why, never the sentence."""
        order = self._read_on(until_ended=False)
        if isinstance(order, Problem):
            return self._doubt_or(CancelOutcome.FAILED, order)
        return self._ended(order) or self._failed(refusal, status=order.status)

    def _too_early(self, seconds: int | None) -> CancelResult:
        """425: when it opens, from the answer, else from the order, else 120 s from now."""
        now = self._desk.clock.now()
        retry_at: datetime | None = None
        if seconds is not None and 0 < seconds <= ORDER_LIFE.total_seconds():
            retry_at = now + timedelta(seconds=seconds)
        else:
            order = self._order or self._read_quietly()
            opens = None if order is None else order.cancel_opens_at
            if opens is not None and now < opens <= now + ORDER_LIFE:
                retry_at = opens
        return self._too_early_at(retry_at or now + CANCEL_COOLDOWN)

    def _too_early_at(self, retry_at: datetime) -> CancelResult:
        problem = too_early_problem(retry_at)
        status = None if self._order is None else self._order.status
        return self._result(CancelOutcome.TOO_EARLY, status=status, retry_at=retry_at, problem=problem)

    def _read_quietly(self) -> Order | None:
        try:
            return self._desk.service.order(self._ticket.order_id)
        except VsmsError:
            return None

    def _doubt_or(self, outcome: CancelOutcome, problem: Problem) -> CancelResult:
        """`outcome`, unless an earlier request of ours is in doubt: then what a reading shows."""
        if self._in_doubt:
            order = self._read_quietly()
            ended = None if order is None else self._ended(order)
            return ended or self._result(CancelOutcome.UNKNOWN, problem=problem)
        return self._result(outcome, problem=problem)

    def _failed(self, problem: Problem, *, status: str) -> CancelResult:
        return self._result(CancelOutcome.FAILED, status=status, problem=problem)

    def _result(
        self,
        outcome: CancelOutcome,
        *,
        status: str | None = None,
        refund_amount: Decimal | None = None,
        retry_at: datetime | None = None,
        problem: Problem | None = None,
        read: bool = False,
    ) -> CancelResult:
        if outcome is CancelOutcome.UNKNOWN and problem is not None:
            problem = Problem(
                code="unknown",
                message=f"it is not known whether the order was cancelled: {problem.message}",
                hint=UNKNOWN_HINT,
                exit_code=ExitCode.UNKNOWN,
            )
        return CancelResult(
            order_id=self._ticket.order_id,
            outcome=outcome,
            status=status,
            refund_amount=refund_amount,
            price=self._price,
            retry_at=retry_at,
            problem=problem,
            settled_by_reading=read,
        )
