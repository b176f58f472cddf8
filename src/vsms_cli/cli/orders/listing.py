"""`vsms orders list`"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from vsms_cli.cli.command_decorator import command
from vsms_cli.cli.orders.filter_options import Given, notify_unjudged, resolve, statuses_of
from vsms_cli.cli.output_shape import shape_of
from vsms_cli.cli.row_output import print_rows
from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.errors import ExitCode
from vsms_cli.domain.orders import KNOWN_STATUSES, Order
from vsms_cli.ops.listing import active_orders, orders_with, with_messages
from vsms_cli.render.plural import plural
from vsms_cli.render.rows import ORDER_FIELDS, ORDER_FIELDS_ON_REQUEST, order_row

if TYPE_CHECKING:
    from vsms_cli.render.tables import Column


@command(
    "list",
    examples=(
        "vsms orders list --country AR --older-than 10m",
        "vsms orders list --status completed --status expired --json",
        "vsms orders list --all --fields id,code",
        "vsms orders list -q | head -3",
    ),
)
def app(
    run: Runtime,
    *,
    status: Annotated[
        list[str] | None, typer.Option(metavar="S", help="With this status, instead of the active ones.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="The newest 200, whatever their status.")] = False,
    given: Given,
) -> ExitCode:
    """List orders: the active ones, unless told otherwise.

    Different filters mean "and", repeating one means "or".
    """
    shape = shape_of(run, ORDER_FIELDS, on_request=ORDER_FIELDS_ON_REQUEST)
    filters, statuses = given.filters(), statuses_of(status, KNOWN_STATUSES, everything=all_)
    client = run.client
    listing = orders_with(client, statuses) if all_ or statuses else active_orders(client)
    run.order_cache.write(listing.orders)
    now = run.clock.now()
    filters = resolve(run, filters, listing.orders)
    orders, unjudged = filters.split((*listing.orders, *listing.maybe_active(now)), now=now)
    notify_unjudged(run, unjudged)
    print_rows(
        run,
        shape,
        (with_messages(run.client, order) for order in orders) if "code" in shape.fields else orders,
        row=order_row,
        columns=lambda each: _columns(run, each),
        none="no orders match",
    )
    if listing.full:
        run.notify(listing.more_may_exist)
    if running := run.rentals_running:
        run.notify(f"{plural(running, 'rental')} beside them: `vsms rentals list`")
    return ExitCode.OK


def _columns(run: Runtime, orders: Sequence[Order]) -> "Sequence[Column]":
    from vsms_cli.render.order_tables import order_columns  # noqa: PLC0415 - Rich: for a person alone

    return order_columns(orders, now=run.clock.now(), names=run.service_names)
