"""Tables for a person: Rich, laid out for this terminal, written as plain text through `Out` or `Talk`.

Rich prints into a string, never to the stream: on a closed pipe its own print raises SystemExit, which once ended
a bulk run after 2 of 2,000 orders.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from vsms_cli.domain.money import dollars
from vsms_cli.domain.times import rfc3339
from vsms_cli.render.countdowns import age, opens, refunds_itself
from vsms_cli.render.safe import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from vsms_cli.domain.entries import JournalEntry
    from vsms_cli.domain.orders import Order

_GAP: Final = 2  # spaces between two columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of text. Where the terminal is too narrow, the column with the lowest `keep` goes first."""

    title: str
    cells: tuple[str, ...]
    keep: int
    style: str = ""
    right: bool = False

    @property
    def width(self) -> int:
        return max(cell_len(text) for text in (self.title, *self.cells))

    @property
    def aligned(self) -> tuple[str, ...]:
        """The cells; padded to the right edge here, because not every Rich justifies what may overflow."""
        if not self.right:
            return self.cells
        return tuple(" " * (self.width - cell_len(text)) + text for text in self.cells)


def layout(columns: Sequence[Column], *, width: int, colour: bool) -> str:
    """The table as text. Columns go until it fits; ids are never shortened, a too narrow terminal wraps."""
    fitting = list(columns)
    while len(fitting) > 1 and sum(column.width + _GAP for column in fitting) - _GAP > width:
        fitting.remove(min(fitting, key=lambda column: column.keep))
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold", show_edge=False)
    for column in fitting:
        table.add_column(
            Text(column.title),
            style=column.style,
            no_wrap=True,
            overflow="ignore",
            min_width=column.width,
        )
    for row in zip(*(column.aligned for column in fitting), strict=True):
        table.add_row(*(Text(text) for text in row))
    needed = sum(column.width + _GAP for column in fitting)
    buffer = io.StringIO()
    console = Console(
        file=buffer,
        width=max(width, needed),
        force_terminal=colour,
        color_system="standard" if colour else None,
        markup=False,
        highlight=False,
        emoji=False,
        legacy_windows=False,
    )
    console.print(table)
    return "".join(f"{line.rstrip()}\n" for line in buffer.getvalue().splitlines())


def orders_table(orders: Sequence[Order], *, now: datetime, width: int, colour: bool) -> str:
    """`orders list`: the two countdowns say when cancelling opens and when the refund comes by itself.

    The titles are short so that 80 columns hold all that differs from one waiting order to the next.
    """
    statuses = _texts(order.status or None for order in orders)
    columns = (
        Column(title="ID", cells=_texts(order.id or None for order in orders), keep=9, style="cyan"),
        Column(title="NUMBER", cells=_texts(order.phone_number for order in orders), keep=3),
        Column(title="COUNTRY", cells=_texts(order.country for order in orders), keep=6),
        Column(title="SERVICE", cells=_texts(order.service for order in orders), keep=4),
        Column(title="STATUS", cells=statuses, keep=2 if len(set(statuses)) == 1 else 7),
        Column(title="PRICE", cells=tuple(dollars(order.price) for order in orders), keep=5, right=True),
        Column(title="AGE", cells=tuple(age(order, now) for order in orders), keep=1, right=True),
        Column(title="CANCEL", cells=tuple(opens(order, now) for order in orders), keep=7),
        Column(title="REFUND", cells=tuple(refunds_itself(order, now) for order in orders), keep=8),
    )
    return layout(columns, width=width, colour=colour)


def journal_table(entries: Sequence[JournalEntry], *, width: int, colour: bool) -> str:
    columns = (
        Column(title="ENTRY", cells=tuple(str(entry.entry) for entry in entries), keep=9, right=True),
        Column(
            title="AT",
            cells=tuple(rfc3339(entry.at.replace(microsecond=0)) for entry in entries),
            keep=5,
        ),
        Column(title="WHAT", cells=tuple(entry.operation.value for entry in entries), keep=6),
        Column(title="ORDER", cells=tuple(entry.order_id for entry in entries), keep=8, style="cyan"),
        Column(title="OUTCOME", cells=tuple(entry.outcome or "unfinished" for entry in entries), keep=7),
        Column(
            title="RETURNED",
            cells=tuple("" if e.refund_amount is None else dollars(e.refund_amount) for e in entries),
            keep=4,
            right=True,
        ),
    )
    return layout(columns, width=width, colour=colour)


def fields_table(fields: Sequence[str], rows: Sequence[Sequence[str]], *, width: int, colour: bool) -> str:
    """--fields on a terminal: what was asked for, all of it."""
    columns = tuple(
        Column(title=name.upper(), cells=tuple(shown(row[index]) for row in rows), keep=len(fields) - index)
        for index, name in enumerate(fields)
    )
    return layout(columns, width=max(width, sum(column.width + _GAP for column in columns)), colour=colour)


def _texts(values: Iterable[str | None]) -> tuple[str, ...]:
    return tuple("?" if value is None else shown(value) for value in values)
