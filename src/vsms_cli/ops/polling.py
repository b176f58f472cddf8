"""Reading an order until it shows what became of a request whose answer proves nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.errors import ExitCode, Problem, TokenRefused, VsmsError
from vsms_cli.domain.orders import Order
from vsms_cli.domain.times import short_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vsms_cli.domain.outcomes import Result
    from vsms_cli.ops.context import Context
    from vsms_cli.ops.policy import Policy

OFTEN: Final = (0.0, 1 / 12, 1 / 4, 1 / 2, 1.0)
"""When an order is read, as shares of the time over which it is: soon at first, as most commits come soon."""
ONCE: Final = (0.0,)
_WORTH_SAYING_S: Final = 1.0  # a wait of seconds in silence looks like a hang
HOPELESS: Final = frozenset({ExitCode.AUTH, ExitCode.RATE_LIMITED})  # to read anything
NO_USE: Final = HOPELESS | {ExitCode.REFUSED}  # to read the order once more


def read_once(context: Context, policy: Policy) -> Order | Problem:
    """Raises TokenRefused, which ends the whole run."""
    try:
        return policy.read(context)
    except TokenRefused:
        raise
    except VsmsError as exc:
        return exc.as_problem()


def read_over(
    context: Context,
    policy: Policy,
    seconds: float,
    *,
    moments: Sequence[float] = OFTEN,
    shown: Callable[[Order], Result | None],
) -> Result | Order | Problem:
    """Read the order at `moments`, shares of `seconds` from now, until `shown` makes a result of one reading; else
    the last reading. Asked to end, the reading under way is the last. TokenRefused as from `read_once`.
    """
    start = context.clock.monotonic()
    last: Order | Problem | None = None
    for number, moment in enumerate(moments):
        ahead = start + seconds * moment - context.clock.monotonic()
        if last is not None:
            if ahead <= 0 and number < len(moments) - 1:  # a slow reading took this moment's place
                continue
            if context.stop.wait(max(0.0, ahead)):
                return last
        last = read_once(context, policy)
        if isinstance(last, Order):
            result = shown(last)
            if result is not None:
                return result
        elif last.exit_code in NO_USE:
            return last
        if context.stop.requested:
            return last
    assert last is not None  # noqa: S101 - for mypy: `moments` is never empty
    return last


def said_once(context: Context, order_id: str) -> Callable[[float], None]:
    """An `on_wait` for a run that was meant to send."""
    said = False

    def on_wait(left: float) -> None:
        nonlocal said
        if not said and left >= _WORTH_SAYING_S:
            said = True
            span = short_duration(timedelta(seconds=left))
            context.notify(
                f"an earlier request about {order_id} may yet be on its way: reading the order for {span}"
            )

    return on_wait
