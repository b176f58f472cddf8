"""The choke point: intent on disk → request → outcome on disk → only then talk.

Before that, the order is claimed, so that of several processes one sends; and where the journal knows of an
earlier request that may have been carried out, the order is read first: no request follows one that worked.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.errors import ExitCode, JournalUnusable, Problem, StopRequested, VsmsError
from vsms_cli.domain.outcomes import (
    Outcome,
    Result,
)
from vsms_cli.domain.tickets import Operation, Ticket
from vsms_cli.ops.earlier import settle_earlier_cancel
from vsms_cli.ops.reconcile import cancel_to_the_end
from vsms_cli.ops.recording import recorded
from vsms_cli.ops.verdict import UNKNOWN_HINT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from decimal import Decimal

    from vsms_cli.domain.entries import JournalEntry
    from vsms_cli.domain.orders import Order
    from vsms_cli.ops.desk import Desk


_REQUEST_STILL_UNKNOWN: Final = Problem(
    code="unknown",
    message="an earlier refund request's answer was lost, so none is sent again",
    hint=UNKNOWN_HINT,
    exit_code=ExitCode.UNKNOWN,
)
_AS_BEFORE: Final = frozenset({"failed", "skipped", "too_early", "not_found", "no_replacement"})
"""Outcomes that leave an order as it was: what was in doubt before them may yet be carried out."""
_CLAIM_NAP_S: Final = 0.1  # between two looks at an order that another process is settling
_SILENCE_S: Final = 1.0  # most are done by then; one that was stopped (Ctrl-Z) never is


def cancel_order(desk: Desk, order_id: str, *, order: Order | None, price: Decimal | None = None) -> Result:
    """Cancel one order, journalled. VsmsError only where the whole run must stop. `price` is what is known of it
    where the order itself is not.
    """
    price = price if order is None else order.price
    try:
        with claimed(desk, order_id):
            return settle_earlier_cancel(desk, order_id) or journalled(
                desk,
                Operation.CANCEL,
                order_id,
                price,
                lambda ticket: cancel_to_the_end(desk, ticket, order=order, price=price),
            )
    except StopRequested as exc:
        return Result(
            operation=Operation.CANCEL, order_id=order_id, outcome=Outcome.SKIPPED, problem=exc.as_problem()
        )


def request_refund(
    desk: Desk, order_id: str, *, price: Decimal | None, send: Callable[[Ticket], Result]
) -> Result:
    """Ask for one order's money, journalled. VsmsError only where the whole run must stop."""
    try:
        with claimed(desk, order_id):
            earlier = desk.journal.last_refund_request(order_id)
            if earlier is not None:  # another process's, since this one looked
                return requested_before(earlier)
            return journalled(desk, Operation.REFUND, order_id, price, send)
    except StopRequested as exc:
        return Result(
            operation=Operation.REFUND, order_id=order_id, outcome=Outcome.SKIPPED, problem=exc.as_problem()
        )


def requested_before(earlier: JournalEntry) -> Result:
    """What an earlier refund request means for another one: none is sent."""
    if earlier.unresolved:
        return Result(
            operation=Operation.REFUND,
            order_id=earlier.order_id,
            outcome=Outcome.UNKNOWN,
            problem=_REQUEST_STILL_UNKNOWN,
        )
    return Result(
        operation=Operation.REFUND,
        order_id=earlier.order_id,
        outcome=Outcome.ALREADY_REQUESTED,
        request_id=earlier.reference,
    )


@contextlib.contextmanager
def claimed(desk: Desk, order_id: str) -> Iterator[None]:
    """Inside, no other process sends anything about this order. StopRequested if asked to end while waiting."""
    since, told = desk.clock.monotonic(), False
    while not desk.journal.claim(order_id):
        if desk.stop.wait(_CLAIM_NAP_S):
            raise StopRequested("ended before this was sent: another process has the order")
        if not told and desk.clock.monotonic() - since >= _SILENCE_S:
            told = True
            desk.say(f"another process has the order {order_id}: waiting until it is done, or Ctrl-C")
    try:
        yield
    finally:
        desk.journal.release(order_id)


def journalled(
    desk: Desk,
    operation: Operation,
    order_id: str,
    price: Decimal | None,
    send: Callable[[Ticket], Result],
    *,
    reference: str | None = None,
) -> Result:
    """Intent on disk, `send`, outcome on disk. For an order that is claimed. `reference` as in the port."""
    desk.refusal.check()
    desk.service.reserve()
    try:
        ticket = desk.journal.begin(
            operation, order_id, price=price, time_limit=desk.service.time_limit, reference=reference
        )
    except BaseException:
        desk.service.give_back()
        raise
    try:
        result = send(ticket)
    except VsmsError as exc:
        # Only what is not in doubt comes as an exception: the service refused before it did anything.
        with contextlib.suppress(JournalUnusable):  # it must not hide why the run stops
            outcome = "skipped" if isinstance(exc, StopRequested) else "failed"
            desk.journal.close(ticket, outcome, detail=exc.message)
        raise
    return recorded(desk, ticket, result, settled=result.outcome.value not in _AS_BEFORE)
