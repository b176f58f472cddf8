"""`vsms orders watch`"""

from typing import Annotated

import typer

from vsms_cli.cli.command_decorator import command
from vsms_cli.cli.orders.filter_options import Bell, Given, duration_or_seconds, notify_unjudged, resolve
from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.errors import ExitCode, UsageMistake
from vsms_cli.ops.listing import active_orders

_SHORTEST = 1.0  # seconds: the API takes 60 requests a minute, from all processes together


@command(
    "watch",
    examples=("vsms orders watch", "vsms orders watch --country AR --service wa --interval 10s"),
    rows=False,
)
def app(
    run: Runtime,
    *,
    given: Given,
    interval: Annotated[
        str, typer.Option(metavar="D", help="Read so often: 5, 10s, 1m; 1 second at the least.")
    ] = "5s",
    bell: Bell = False,
) -> ExitCode:
    """Watch the active orders on a live table, least time left on top: codes as they come, countdowns, keys.

    q leaves, up and down select an order, c cancels it after a question.
    """
    filters, seconds = given.filters(), duration_or_seconds(interval).total_seconds()
    if seconds < _SHORTEST:
        raise UsageMistake("--interval must be 1 second or more")
    if not run.streams.out.is_terminal or run.env.get("TERM") == "dumb":
        raise UsageMistake(
            "watch needs a terminal that can be drawn on",
            hint="in a script: `vsms orders list`, or `vsms orders wait ID` for a code",
        )
    from vsms_cli.cli.orders.watch_screen import Watching  # noqa: PLC0415 - Rich: terminals only

    if filters.need_catalogue:
        orders = active_orders(run.client).orders
        filters = resolve(run, filters, orders)
        notify_unjudged(run, filters.split(orders, now=run.clock.now())[1])
    return Watching(run, filters, interval=seconds, bell=bell).go()
