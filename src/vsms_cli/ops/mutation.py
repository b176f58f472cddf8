"""The choke point: intent on disk → request → outcome on disk → only then talk."""

from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

from vsms_cli.domain.errors import StopRequested, VsmsError
from vsms_cli.domain.orders import Order
from vsms_cli.domain.outcomes import CancelOutcome, CancelResult, RefundResult
from vsms_cli.domain.tickets import Operation, Ticket
from vsms_cli.ops.desk import Desk
from vsms_cli.ops.reconcile import cancel_to_the_end

_Result = TypeVar("_Result", CancelResult, RefundResult)


def cancel_order(desk: Desk, order_id: str, *, order: Order | None) -> CancelResult:
    """Cancel one order, journalled. VsmsError only where the whole run must stop."""
    price = None if order is None else order.price
    try:
        return _journalled(
            desk,
            Operation.CANCEL,
            order_id,
            price,
            lambda ticket: cancel_to_the_end(desk, ticket, order=order),
        )
    except StopRequested as exc:
        return CancelResult(order_id=order_id, outcome=CancelOutcome.SKIPPED, problem=exc.as_problem())


def request_refund(
    desk: Desk, order_id: str, *, price: Decimal | None, send: Callable[[Ticket], RefundResult]
) -> RefundResult:
    """Ask for one order's money, journalled. VsmsError only where the whole run must stop."""
    return _journalled(desk, Operation.REFUND, order_id, price, send)


def _journalled(
    desk: Desk,
    operation: Operation,
    order_id: str,
    price: Decimal | None,
    send: Callable[[Ticket], _Result],
) -> _Result:
    desk.service.reserve()
    ticket = desk.journal.begin(operation, order_id, price=price)
    try:
        result = send(ticket)
    except VsmsError as exc:
        # Only what is not in doubt comes as an exception: the service refused before it did anything.
        desk.journal.close(ticket, "failed", detail=exc.message)
        raise
    record(desk, ticket, result)
    return result


def record(desk: Desk, ticket: Ticket, result: CancelResult | RefundResult) -> None:
    """Put on disk what became of a ticket."""
    desk.journal.close(
        ticket,
        result.outcome.value,
        refund_amount=result.refund_amount,
        reference=result.request_id if isinstance(result, RefundResult) else None,
        detail=None if result.problem is None else result.problem.message,
    )
