"""What an order that was read, or could not be read, says of a swap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vsms_cli.domain.errors import ExitCode, Problem
from vsms_cli.domain.orders import Order, Phase, same_number
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.tickets import Operation
from vsms_cli.domain.times import rfc3339
from vsms_cli.ops.verdict import UNKNOWN_HINT

if TYPE_CHECKING:
    from datetime import datetime

NO_REPLACEMENT: Final = Problem(
    code="no_replacement",
    message="the service has no other number for this service and country now",
    hint="try again in a moment, or cancel it: `vsms orders cancel ID`",
    exit_code=ExitCode.REFUSED,
)
STILL_THE_SAME: Final = Problem(
    code="not_swapped",
    message="the order still has the same number: the earlier swap was not carried out",
    hint="swap it again: `vsms orders swap ID`",
)
_NO_NUMBER: Final = Problem(
    code="no_number",
    message="the service names no number for this order, so nothing could tell whether it was swapped",
    hint="see `vsms orders show ID`",
)
_ENDED: Final = {
    Phase.COMPLETED: (Outcome.SMS_RECEIVED, "a code came: the number stays"),
    Phase.CANCELLED: (Outcome.ALREADY_CANCELLED, "the order is cancelled, so it keeps its number"),
    Phase.EXPIRED: (Outcome.EXPIRED, "the order has ended: its time was up"),
}
_HINTS: Final = {
    Phase.COMPLETED: "if the platform refused the code: `vsms orders refund ID`",
}


def verdict(order: Order, *, number: str, in_doubt: bool) -> Result | None:
    """Swapped, where the number is not `number` any more; how the order ended; None while it waits unchanged.

    `in_doubt` is whether a swap of ours may have been carried out.
    """
    if order.phone_number is not None and not same_number(order.phone_number, number):
        return _result(order, Outcome.SWAPPED, number=number)
    if order.phone_number is None:
        if in_doubt:
            return unknown(order.id, _NO_NUMBER, number=number, status=order.status)
        return _result(order, Outcome.FAILED, number=number, problem=_NO_NUMBER)
    return _ended(order, number=number)


def foresee(order: Order, *, now: datetime) -> Result | None:
    """The outcome that needs no request; None where a swap is to be sent. The server judges an unknown age."""
    if order.phone_number is None:
        return _result(order, Outcome.FAILED, number=None, problem=_NO_NUMBER)
    opens = order.swap_available_at
    if order.phase is Phase.WAITING and opens is not None and opens > now:
        return too_early(order.id, opens, number=order.phone_number, status=order.status)
    return _ended(order, number=order.phone_number)


def too_early(order_id: str, retry_at: datetime, *, number: str, status: str) -> Result:
    problem = Problem(
        code="too_early",
        message=f"swapping opens at {rfc3339(retry_at.replace(microsecond=0))}",
        hint="run the same command again then",
        exit_code=ExitCode.REFUSED,
    )
    return Result(
        operation=Operation.SWAP,
        order_id=order_id,
        outcome=Outcome.TOO_EARLY,
        status=status,
        phone_number=number,
        previous_number=number,
        retry_at=retry_at,
        problem=problem,
    )


def unknown(order_id: str, why: Problem, *, number: str | None, status: str | None = None) -> Result:
    """For a swap that may have been carried out, where no reading tells."""
    return Result(
        operation=Operation.SWAP,
        order_id=order_id,
        outcome=Outcome.UNKNOWN,
        status=status,
        previous_number=number,
        problem=Problem(
            code="unknown",
            message=f"it is not known whether the number was swapped: {why.message}",
            hint=UNKNOWN_HINT,
            exit_code=ExitCode.UNKNOWN,
        ),
    )


def _ended(order: Order, *, number: str) -> Result | None:
    if order.phase is Phase.WAITING:
        return None
    if order.phase not in _ENDED:
        problem = Problem(code="unknown_status", message="the order has a status that no documentation names")
        return _result(order, Outcome.FAILED, number=number, problem=problem)
    outcome, sentence = _ENDED[order.phase]
    problem = Problem(
        code=outcome.value,
        message=sentence,
        hint=_HINTS.get(order.phase, ""),
        exit_code=ExitCode.REFUSED,
    )
    return _result(order, outcome, number=number, problem=problem)


def _result(order: Order, outcome: Outcome, *, number: str | None, problem: Problem | None = None) -> Result:
    return Result(
        operation=Operation.SWAP,
        order_id=order.id,
        outcome=outcome,
        status=order.status,
        phone_number=order.phone_number,
        previous_number=number,
        problem=problem,
    )
