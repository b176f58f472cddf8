"""The live table of `orders watch` on the terminal's alternate screen."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from vsms_cli.domain.codes import code_in
from vsms_cli.domain.errors import StreamClosed
from vsms_cli.domain.money import dollars
from vsms_cli.render.countdowns import opens, refunds_itself
from vsms_cli.render.safe import shown
from vsms_cli.render.tables import Column, layout

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from vsms_cli.domain.orders import Message, Order
    from vsms_cli.render.streams import Out

# Alternate screen, cursor hidden, no wrapping: a line too long is cut by the terminal, never spilled over the next.
_ENTER: Final = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[H\x1b[2J"
_LEAVE: Final = "\x1b[?7h\x1b[?25h\x1b[?1049l"
_HOME: Final = "\x1b[H"
_TO_END_OF_LINE: Final = "\x1b[K"
_TO_END: Final = "\x1b[J"
_CODE_SHOWN: Final = 16  # characters of an SMS without a code: the table must not give way to it
_AROUND: Final = 5  # lines: the title, the table's head, a blank, the note, the keys


class Screen:
    """Inside, the alternate screen; afterwards the terminal as it was, whatever ended the block."""

    def __init__(self, out: Out) -> None:
        self._out = out

    def __enter__(self) -> Self:
        self._out.write(_ENTER)
        return self

    def __exit__(self, *_exc: object) -> None:
        with suppress(StreamClosed):  # it must not hide why the block ended
            self._out.write(_LEAVE)

    @staticmethod
    def give_back() -> None:
        """Leave from within a signal's handler, where a buffered stream may be in the middle of a write."""
        os.write(1, _LEAVE.encode())

    def draw(self, lines: Sequence[str]) -> None:
        """In one write, so that it does not flicker."""
        _, height = size()
        body = "\r\n".join(f"{line}{_TO_END_OF_LINE}" for line in lines[:height])
        self._out.write(f"{_HOME}{body}{_TO_END}")


def size() -> tuple[int, int]:
    """Columns and lines as they are now: a window may be resized."""
    try:
        found = os.get_terminal_size(1)
    except (OSError, ValueError):
        return 80, 24
    return found.columns or 80, found.lines or 24


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRow:
    order: Order
    message: Message | None = None
    selected: bool = False


def frame(
    rows: Sequence[LiveRow], *, title: str, note: str, keys: str, now: datetime, colour: bool
) -> list[str]:
    """The whole screen. Of more rows than fit, those around the selected one are shown."""
    width, height = size()
    room = max(1, height - _AROUND)
    at = next((index for index, row in enumerate(rows) if row.selected), 0)
    first = max(0, min(at - room // 2, len(rows) - room))
    table = live_table(rows[first : first + room], now=now, width=width, colour=colour, marks=True)
    return [shown(title), *(table.splitlines() if rows else ["", "nothing to watch"]), "", shown(note), keys]


def live_table(
    rows: Sequence[LiveRow], *, now: datetime, width: int, colour: bool, marks: bool = False
) -> str:
    orders = [row.order for row in rows]
    columns = [
        Column(title="ID", cells=tuple(_text(order.id or None) for order in orders), keep=10, style="cyan"),
        Column(title="NUMBER", cells=tuple(_text(order.phone_number) for order in orders), keep=4),
        Column(title="COUNTRY", cells=tuple(_text(order.country) for order in orders), keep=5),
        Column(title="SERVICE", cells=tuple(_text(order.service) for order in orders), keep=3),
        Column(title="STATUS", cells=tuple(_text(order.status or None) for order in orders), keep=7),
        Column(title="PRICE", cells=tuple(dollars(order.price) for order in orders), keep=2, right=True),
        Column(title="CANCEL", cells=tuple(opens(order, now) for order in orders), keep=1),
        Column(title="REFUND", cells=tuple(refunds_itself(order, now) for order in orders), keep=8),
    ]
    if any(row.message is not None for row in rows):
        codes = tuple(_code(row.message) for row in rows)
        columns.append(Column(title="CODE", cells=codes, keep=9, style="bold green"))
    if marks:
        columns.insert(
            0, Column(title=" ", cells=tuple(">" if row.selected else " " for row in rows), keep=11)
        )
    return layout(columns, width=width, colour=colour)


def _text(value: str | None) -> str:
    return "?" if value is None else shown(value)


def _code(message: Message | None) -> str:
    return "" if message is None else shown(code_in(message.content) or message.content[:_CODE_SHOWN])
