"""`vsms stats`"""

from typing import Annotated

import typer

from vsms_cli.cli.command_decorator import command
from vsms_cli.cli.orders.filter_options import span_since
from vsms_cli.cli.output_shape import Shape, shape_of
from vsms_cli.cli.row_output import print_one, print_rows
from vsms_cli.cli.runtime import Runtime
from vsms_cli.domain.errors import ExitCode
from vsms_cli.domain.stats import Stats
from vsms_cli.ops.stats import stats
from vsms_cli.render.formats import Format
from vsms_cli.render.money_rows import STATS_FIELDS, STATS_KEYS, stats_object, stats_rows
from vsms_cli.render.money_text import stats_remarks


@command("stats", examples=("vsms stats", "vsms stats --since 7d --json | jq .net"))
def app(
    run: Runtime,
    *,
    since: Annotated[str, typer.Option(metavar="D", help="Of the last 12h, 30d, or since a date.")] = "30d",
) -> ExitCode:
    """Show what was spent and what came back, how often a code came, and how long it took.

    Spent are the ledger's purchases, returned what came back for orders, less what was taken back. Orders are
    the newest 200 of the account that were bought in that time. The success rate is the completed ones among
    those that ended; the time to the code is a median over at most 20 completed orders.
    """
    as_object = run.format(ids=False) is Format.JSON
    shape = shape_of(run, STATS_KEYS if as_object else STATS_FIELDS, ids=False)
    found = stats(run.context, since=span_since(since))
    _print(run, shape, found)
    for remark in stats_remarks(found):
        run.notify(remark)
    return ExitCode.OK


def _print(run: Runtime, shape: Shape, found: Stats) -> None:
    if shape.format is Format.JSON:
        print_one(run, shape, stats_object(found), text=str)
    elif shape.for_a_person and not shape.chosen:
        from vsms_cli.render.charts import stats_chart  # noqa: PLC0415 - Rich: for a person alone

        run.streams.out.write(stats_chart(found, run.streams.out_surface, names=run.service_names))
    else:
        print_rows(run, shape, stats_rows(found), row=lambda each: each)
