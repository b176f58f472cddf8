"""What an order that was read, or could not be read, says of a cancel."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, assert_never

from vsms_cli.domain.errors import ExitCode, Problem, VsmsError
from vsms_cli.domain.orders import Order, Phase
from vsms_cli.domain.outcomes import Outcome, Result
from vsms_cli.domain.tickets import Operation
from vsms_cli.domain.times import rfc3339
from vsms_cli.ops.ledger import refunds_of, total_of

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from vsms_cli.ops.desk import Desk

_LEDGER_READS: Final = 3  # it may show a refund a moment after the order shows the cancel
_LEDGER_PAUSE_S: Final = 0.5

UNKNOWN_HINT: Final = "`vsms journal resolve` reads what became of it"
SMS_CAME: Final = Problem(
    code="sms_received",
    message="a code came before it could be cancelled",
    hint="if the platform refused the code: `vsms orders refund ID`",
    exit_code=ExitCode.REFUSED,
)
STILL_WAITING: Final = Problem(
    code="not_cancelled",
    message="the order still waits: the earlier cancel was not carried out",
    hint="cancel it again: `vsms orders cancel ID`",
)
_STRANGE_STATUS: Final = Problem(
    code="unknown_status",
    message="the order has a status that no documentation names",
    hint=UNKNOWN_HINT,
)


def too_early_problem(retry_at: datetime) -> Problem:
    return Problem(
        code="too_early",
        message=f"cancelling opens at {rfc3339(retry_at.replace(microsecond=0))}",
        hint="add --wait to wait for it",
        exit_code=ExitCode.REFUSED,
    )


def unknown(order_id: str, why: Problem, *, price: Decimal | None, status: str | None = None) -> Result:
    """For a cancel that may have been carried out, where no reading tells."""
    return Result(
        operation=Operation.CANCEL,
        order_id=order_id,
        outcome=Outcome.UNKNOWN,
        status=status,
        price=price,
        problem=Problem(
            code="unknown",
            message=f"it is not known whether the order was cancelled: {why.message}",
            hint=UNKNOWN_HINT,
            exit_code=ExitCode.UNKNOWN,
        ),
    )


def verdict(desk: Desk, order: Order, *, price: Decimal | None, in_doubt: bool) -> Result | None:
    """How the order ended; None while it waits. `in_doubt` is whether a cancel of ours may have ended it."""
    outcome: Outcome
    problem: Problem | None = None
    refund: Decimal | None = None
    match order.phase:
        case Phase.WAITING:
            return None
        case Phase.CANCELLED if in_doubt:
            outcome, refund = Outcome.CANCELLED, _refund_in_ledger(desk, order)
        case Phase.CANCELLED:
            outcome = Outcome.ALREADY_CANCELLED
        case Phase.EXPIRED:
            outcome = Outcome.EXPIRED
        case Phase.COMPLETED:
            outcome, problem = Outcome.SMS_RECEIVED, SMS_CAME
        case Phase.UNKNOWN if in_doubt:
            return unknown(order.id, _STRANGE_STATUS, price=price, status=order.status)
        case Phase.UNKNOWN:
            outcome, problem = (
                Outcome.FAILED,
                replace(_STRANGE_STATUS, hint="see `vsms orders show ID`"),
            )
        case _:
            assert_never(order.phase)
    return Result(
        operation=Operation.CANCEL,
        order_id=order.id,
        outcome=outcome,
        status=order.status,
        refund_amount=refund,
        price=order.price if price is None else price,
        problem=problem,
        settled_by_reading=True,
    )


def _refund_in_ledger(desk: Desk, order: Order) -> Decimal | None:
    """What the ledger says came back; None where it can't be read, or shows nothing after three reads."""
    for count in range(_LEDGER_READS):
        if count and desk.stop.wait(_LEDGER_PAUSE_S):
            break
        try:
            lines = refunds_of(desk.service, order)
        except VsmsError:
            continue
        if lines:
            return total_of(lines)
    return None
