"""`vsms transactions`: the ledger, as the service keeps it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from vsms_cli.cli.command_decorator import command
from vsms_cli.cli.name_hints import unknown_word
from vsms_cli.cli.output_shape import shape_of
from vsms_cli.cli.row_output import print_rows
from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.errors import ExitCode, OrderNotFound, RequestRefused, UsageMistake
from vsms_cli.domain.money import Transaction
from vsms_cli.domain.orders import parse_id_or_beginning
from vsms_cli.domain.times import parse_duration, parse_since
from vsms_cli.ops.ledger import Reading, Since, ago
from vsms_cli.ops.listing import completed
from vsms_cli.ops.rentals import RENTALS
from vsms_cli.render.money_rows import TRANSACTION_FIELDS, transaction_row
from vsms_cli.render.money_text import unshown_remark

if TYPE_CHECKING:
    from vsms_cli.render.tables import Column

_TYPES = ("deposit", "purchase", "refund", "credit", "admin_credit")  # the reference pages' and the SDKs'


@command(
    "list",
    examples=(
        "vsms transactions list --since 7d",
        "vsms transactions list --order 7e44c0",
        "vsms transactions list --type refund --json | jq 'map(.amount) | add * 100 | round / 100'",
    ),
)
def list_lines(
    run: Runtime,
    *,
    type_: Annotated[str | None, typer.Option("--type", metavar="T", help=f"{', '.join(_TYPES)}.")] = None,
    order: Annotated[
        str | None,
        typer.Option("--order", metavar="ID", help="Of this order, by its id or a beginning of it."),
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="D", help="Of the last 5m, 2h, 30d, or since a date: 2026-11-01.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="D", help="Before that long ago, or before a date.")
    ] = None,
    limit: Annotated[int | None, typer.Option(metavar="N", help="The first N that match.")] = None,
) -> ExitCode:
    """List the ledger's lines, newest first: what was paid in, paid for, and paid back.

    The whole ledger is read, each line once.
    """
    shape = shape_of(run, TRANSACTION_FIELDS)
    if limit is not None and limit < 1:
        raise UsageMistake("--limit must be 1 or more", hint="leave it out for all")
    kind = None if type_ is None else _known(type_)
    now = datetime.now(UTC)
    start = None if since is None else parse_since(since, now=now)
    end = None if until is None else parse_since(until, now=now)
    if start is not None and end is not None and end <= start:
        raise UsageMistake("--until is not after --since", hint="--since is the earlier of the two")
    wanted = None if order is None else _whole(run, parse_id_or_beginning(order))
    client = run.client
    since_then: Since = start
    if since is not None and "-" not in since:  # a span, by the service's clock, which the first answer sets
        span = parse_duration(since)
        since_then = lambda: ago(run.clock.now(), span)  # noqa: E731 - as a function that is asked twice
    reading = Reading(client, since_then, type_=kind)
    own = (
        line
        for line in reading.lines()
        if (wanted is None or line.order_id == wanted) and not _is_after(line, end)
    )
    print_rows(
        run, shape, islice(own, limit), row=transaction_row, columns=_columns, none="no transactions match"
    )
    if limit is None and reading.unshown:
        run.notify(unshown_remark(reading.unshown))
    return ExitCode.OK


def _is_after(line: Transaction, end: datetime | None) -> bool:
    return end is not None and line.created_at is not None and line.created_at >= end


def _known(kind: str) -> str:
    if kind.lower() not in _TYPES:
        raise unknown_word("type", kind, _TYPES)
    return kind.lower()


def _whole(run: Runtime, text: str) -> str:
    try:
        return completed(run.client, [text])[0]
    except OrderNotFound:
        try:
            return RENTALS.complete(run.client, [text], True)[0]
        except (OrderNotFound, RequestRefused):  # a deployment without rentals refuses
            pass
        raise


def _columns(lines: Sequence[Transaction]) -> "Sequence[Column]":
    from vsms_cli.render.money_tables import transaction_columns  # noqa: PLC0415 - Rich: for a person alone

    return transaction_columns(lines)
