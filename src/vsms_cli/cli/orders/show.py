"""`vsms orders show`"""

from typing import Annotated

import typer

from vsms_cli.cli.command_decorator import command
from vsms_cli.cli.output_shape import shape_of
from vsms_cli.cli.row_output import print_one
from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.errors import ExitCode
from vsms_cli.ops.advice import advice_for
from vsms_cli.ops.listing import completed
from vsms_cli.ops.selection import ids_or_beginnings
from vsms_cli.render.details import order_details
from vsms_cli.render.rows import ORDER_DETAIL_FIELDS, order_detail_row


@command(
    "show",
    examples=("vsms orders show 7e44c0", "vsms orders show 7e44c0 --json | jq -r '.messages[].content'"),
)
def app(
    run: Runtime,
    *,
    order_id: Annotated[str, typer.Argument(metavar="ID", help="The id, or a beginning of 6 characters.")],
) -> ExitCode:
    """Show everything known of an order, its messages, and what can be done with it now, and why."""
    shape = shape_of(run, ORDER_DETAIL_FIELDS)
    wanted = ids_or_beginnings([order_id])
    order = run.client.order(completed(run.client, wanted)[0])
    now = run.clock.now()
    advice = advice_for(order, now=now)
    row = order_detail_row(order, advice)
    print_one(
        run,
        shape,
        row,
        text=lambda: order_details(
            order, advice, now=now, names=run.service_names, surface=run.streams.out_surface
        ),
    )
    return ExitCode.OK
