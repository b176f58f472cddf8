"""`vsms rentals`: numbers for hours or days, under the refund rule of orders."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from vsms_cli.cli.command_decorator import command
from vsms_cli.cli.orders.cancel_run import Cancelling
from vsms_cli.cli.orders.filter_options import (
    DryRun,
    Expect,
    Given,
    Verify,
    Yes,
    notify_unjudged,
    resolve,
    statuses_of,
)
from vsms_cli.cli.orders.selection_arguments import Mode, Wanted
from vsms_cli.cli.output_shape import proof_columns, shape_of
from vsms_cli.cli.row_output import print_one, print_rows
from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.errors import ExitCode
from vsms_cli.domain.rentals import STATUSES, Rental
from vsms_cli.ops.rental_policy import EVERY
from vsms_cli.ops.rentals import RENTALS, meant
from vsms_cli.render.details import rental_details
from vsms_cli.render.rows import CANCEL_FIELDS, RENTAL_FIELDS, rental_row

if TYPE_CHECKING:
    from vsms_cli.render.tables import Column


@command(
    "list",
    examples=("vsms rentals list", "vsms rentals list --all --json", "vsms rentals list --service wa -q"),
)
def list_rentals(
    run: Runtime,
    *,
    status: Annotated[
        list[str] | None, typer.Option(metavar="S", help="With this status, instead of the active ones.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Whatever their status.")] = False,
    given: Given,
) -> ExitCode:
    """List rentals: the active ones, unless told otherwise; with the time left for a full refund."""
    shape = shape_of(run, RENTAL_FIELDS)
    filters, statuses = given.filters(), statuses_of(status, STATUSES, everything=all_)
    client = run.client
    listing = RENTALS.every(client, statuses) if all_ or statuses else RENTALS.active(client)
    run.rental_cache.write(listing.orders)
    filters = resolve(run, filters, listing.orders)
    found, unjudged = filters.split((*listing.orders, *listing.odd), now=run.clock.now())
    notify_unjudged(run, unjudged, noun="rental")
    rentals = [rental for rental in found if isinstance(rental, Rental)]
    print_rows(
        run, shape, rentals, row=rental_row, columns=lambda each: _columns(run, each), none="no rentals match"
    )
    return ExitCode.OK


@command("show", examples=("vsms rentals show 5b1e77",))
def show_rental(
    run: Runtime,
    *,
    rental_id: Annotated[str, typer.Argument(metavar="ID", help="The id, or a beginning of 6 characters.")],
) -> ExitCode:
    """Show everything known of a rental, and until when it is refunded in full."""
    shape = shape_of(run, RENTAL_FIELDS)
    wanted = RENTALS.parse([rental_id], True)
    listed = {rental.id: rental for rental in run.client.rentals(status=EVERY)}
    rental = listed[meant(wanted[0], listed, beginnings=True)]
    now, names, surface = run.clock.now(), run.service_names, run.streams.out_surface
    print_one(
        run,
        shape,
        rental_row(rental),
        text=lambda: rental_details(rental, now=now, names=names, surface=surface),
    )
    return ExitCode.OK


@command(
    "cancel",
    examples=(
        "vsms rentals cancel 5b1e77",
        "vsms rentals cancel --service wa --dry-run",
        "vsms rentals list -q | vsms rentals cancel - --yes",
    ),
)
def cancel_rentals(
    run: Runtime,
    *,
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]... | -", help="Rental ids, or - for ids on stdin.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every active rental.")] = False,
    given: Given,
    expect: Expect = None,
    verify: Verify = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> ExitCode:
    """Cancel rentals for a full refund to the balance: by id, by ids on stdin, or by filters.

    That is possible within 20 minutes of the purchase and before the first SMS. Shows each rental and what comes
    back, then asks.
    """
    shape = proof_columns(shape_of(run, CANCEL_FIELDS), verify=verify)
    asks = dry_run or not yes
    wanted = Wanted.from_arguments(ids or [], given.filters(), everything=all_, asks=asks, kind=RENTALS)
    mode = Mode(yes=yes, dry_run=dry_run, wait=False, expect=expect, verify=verify)

    rerun = given.rerun("vsms rentals cancel", everything=all_, yes=yes)
    again = rerun if wanted.ids is None else None
    return Cancelling(run, shape, wanted, mode, again=again, kind=RENTALS).go()


def _columns(run: Runtime, rentals: Sequence[Rental]) -> "Sequence[Column]":
    from vsms_cli.render.order_tables import rental_columns  # noqa: PLC0415 - Rich: for a person alone

    return rental_columns(rentals, now=run.clock.now(), names=run.service_names)
