"""Settling what a cancel came to.

An answer that holds up is believed. Anything else proves nothing, and the order is read:
cancelled → done · still waiting after a whole answer → one more cancel with the same key · still waiting after
an answer that never came → the request may yet be on its way: read on over one more time limit, and only then
one more cancel with the same key · unreadable → unknown.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, assert_never

from vsms_cli.domain.answers import (
    Ambiguous,
    CancelAnswer,
    Cancelled,
    NotCancellable,
    NotSent,
    Refused,
    Throttled,
    TooEarly,
)
from vsms_cli.domain.errors import OrderNotFound, Problem, StopRequested, TokenRefused, VsmsError
from vsms_cli.domain.orders import CANCEL_COOLDOWN, ORDER_LIFE, Order, Phase
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.tickets import Operation
from vsms_cli.ops.reading import read_on, read_once
from vsms_cli.ops.recording import next_turn
from vsms_cli.ops.verdict import STILL_WAITING, too_early_problem, unknown, verdict

if TYPE_CHECKING:
    from decimal import Decimal

    from vsms_cli.domain.tickets import Ticket
    from vsms_cli.ops.desk import Desk

_MOST_CANCELS: Final = 2  # the first, and one more when the order provably still waits
_NOT_FOUND: Final = 404


def cancel_to_the_end(desk: Desk, ticket: Ticket, *, order: Order | None, price: Decimal | None) -> Result:
    """Send the cancel and settle it. VsmsError only where nothing of it is in doubt and the run must stop."""
    return _Settlement(desk, ticket, order, price).run()


def settle_by_reading(desk: Desk, ticket: Ticket, *, price: Decimal | None) -> Result:
    """What one reading of the order shows of an earlier cancel, without sending it again. TokenRefused comes out."""
    order = read_once(desk, ticket.order_id)
    if isinstance(order, Problem):
        return unknown(ticket.order_id, order, price=price)
    ended = verdict(desk, order, price=price, in_doubt=True)
    return ended or Result(
        operation=Operation.CANCEL,
        order_id=order.id,
        outcome=Outcome.FAILED,
        status=order.status,
        price=price,
        problem=STILL_WAITING,
    )


def _any(_order: Order) -> bool:
    return True


def _ended(order: Order) -> bool:
    return order.phase is not Phase.WAITING


class _Settlement:
    """One cancel on its way to one outcome."""

    def __init__(self, desk: Desk, ticket: Ticket, order: Order | None, price: Decimal | None) -> None:
        self._desk = desk
        self._ticket = ticket
        self._order = order
        self._price = price
        self._in_doubt = False  # whether a request of ours may have been carried out unseen
        self._cancels = 0
        self._attempts = desk.attempts()

    def run(self) -> Result:
        try:
            return self._settled()
        except TokenRefused as exc:
            if not self._in_doubt:
                raise
            self._desk.refusal.met(exc)
            return unknown(self._ticket.order_id, exc.as_problem(), price=self._price)

    def _settled(self) -> Result:
        try:
            return self._run()
        except TokenRefused:
            raise
        except StopRequested as exc:
            return self._doubt_or(Outcome.SKIPPED, exc.as_problem())
        except VsmsError as exc:
            if self._in_doubt:
                return self._doubt_or(Outcome.UNKNOWN, exc.as_problem())
            raise

    def _run(self) -> Result:
        while True:
            answer = self._send()
            match answer:
                case Cancelled():
                    self._learn_price(answer.refund_amount)
                    return self._result(
                        Outcome.CANCELLED, status=answer.status, refund_amount=answer.refund_amount
                    )
                case TooEarly():
                    return self._too_early(answer.seconds)
                case NotCancellable():
                    return self._refused_as_ended(answer.problem)
                case Refused():
                    if answer.status == _NOT_FOUND:
                        gone = replace(answer.problem, code=OrderNotFound.code)
                        return self._doubt_or(Outcome.NOT_FOUND, gone)
                    return self._doubt_or(Outcome.FAILED, answer.problem)
                case Throttled():
                    self._go_again("429")
                case NotSent():
                    if answer.hopeless or not self._attempts.another():
                        return self._doubt_or(Outcome.FAILED, answer.problem)
                    self._go_again("not sent")
                case Ambiguous():
                    ended = self._after_doubt(answer)
                    if ended is not None:
                        return ended
                case _:
                    assert_never(answer)

    def _send(self) -> CancelAnswer:
        self._cancels += 1
        answer = self._desk.service.cancel(self._ticket, price=self._price)
        if not isinstance(answer, NotSent):
            self._desk.outage.over()
        return answer

    def _go_again(self, why: str) -> None:
        """The service did nothing, so this was no cancel that counts; wait for the next turn."""
        self._cancels -= 1
        next_turn(self._desk, self._ticket, f"{why}: sending it again")

    def _after_doubt(self, answer: Ambiguous) -> Result | None:
        """Read the order; None where one more cancel may be sent."""
        self._in_doubt = True
        how = "answer proves nothing" if answer.answered else "answer was lost"
        self._desk.journal.note(self._ticket, f"{how}: {answer.problem.message}", in_doubt=True)
        order = read_on(self._desk, self._ticket.order_id, enough=_ended if not answer.answered else _any)
        if isinstance(order, Problem):
            return unknown(self._ticket.order_id, order, price=self._price)
        ended = self._ended(order)
        if ended is not None:
            return ended
        if self._cancels < _MOST_CANCELS and not self._desk.stop.requested:
            next_turn(self._desk, self._ticket, "the order still waits: cancelling once more")
            return None
        if answer.answered:
            return self._result(Outcome.FAILED, status=order.status, problem=answer.problem)
        return unknown(self._ticket.order_id, answer.problem, price=self._price, status=order.status)

    def _ended(self, order: Order) -> Result | None:
        self._order = order
        self._price = order.price if self._price is None else self._price
        return verdict(self._desk, order, price=self._price, in_doubt=self._in_doubt)

    def _learn_price(self, refund: Decimal) -> None:
        """Nothing came back for an order whose price is not known: one read tells whether that is too little."""
        if self._price is None and not refund:
            with contextlib.suppress(TokenRefused):  # what was done is done
                order = read_once(self._desk, self._ticket.order_id)
                self._price = order.price if isinstance(order, Order) else None

    def _refused_as_ended(self, refusal: Problem) -> Result:
        """400: the order tells why, never the sentence."""
        order = read_on(self._desk, self._ticket.order_id, enough=_any)
        if isinstance(order, Problem):
            if self._in_doubt:
                return unknown(self._ticket.order_id, order, price=self._price)
            return self._result(Outcome.FAILED, problem=order)
        return self._ended(order) or self._result(Outcome.FAILED, status=order.status, problem=refusal)

    def _too_early(self, seconds: int | None) -> Result:
        """425: when it opens, from the answer, else from the order, else 120 s from now. It says nothing of an
        earlier request that is in doubt.
        """
        if self._in_doubt:
            order = read_once(self._desk, self._ticket.order_id)
            if isinstance(order, Problem):
                return unknown(self._ticket.order_id, order, price=self._price)
            ended = self._ended(order)
            if ended is not None:
                return ended
        now = self._desk.clock.now()
        retry_at = now + CANCEL_COOLDOWN
        if seconds is not None and 0 < seconds <= ORDER_LIFE.total_seconds():
            retry_at = now + timedelta(seconds=seconds)
        else:
            opens = self._opens_at()
            if opens is not None and now < opens <= now + ORDER_LIFE:
                retry_at = opens
        status = None if self._order is None else self._order.status
        problem = too_early_problem(retry_at)
        return self._result(Outcome.TOO_EARLY, status=status, retry_at=retry_at, problem=problem)

    def _opens_at(self) -> datetime | None:
        if self._order is None:
            order = read_once(self._desk, self._ticket.order_id)
            self._order = order if isinstance(order, Order) else None
        return None if self._order is None else self._order.cancel_opens_at

    def _doubt_or(self, outcome: Outcome, problem: Problem) -> Result:
        """`outcome`, unless an earlier request of ours is in doubt: then what a reading shows."""
        if not self._in_doubt:
            return self._result(outcome, problem=problem)
        order = read_once(self._desk, self._ticket.order_id)
        ended = None if isinstance(order, Problem) else self._ended(order)
        return ended or unknown(self._ticket.order_id, problem, price=self._price)

    def _result(
        self,
        outcome: Outcome,
        *,
        status: str | None = None,
        refund_amount: Decimal | None = None,
        retry_at: datetime | None = None,
        problem: Problem | None = None,
    ) -> Result:
        return Result(
            operation=Operation.CANCEL,
            order_id=self._ticket.order_id,
            outcome=outcome,
            status=status,
            refund_amount=refund_amount,
            price=self._price,
            retry_at=retry_at,
            problem=problem,
        )
