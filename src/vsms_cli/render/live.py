"""The live table of `orders watch` on the terminal's alternate screen."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Self

from vsms_cli.domain.errors import StreamClosed
from vsms_cli.domain.record_class import replace
from vsms_cli.render.line_wrapping import folded
from vsms_cli.render.order_tables import live_columns
from vsms_cli.render.safe import shown
from vsms_cli.render.streams import BELL
from vsms_cli.render.tables import ALWAYS, Table, column, layout, left_out_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from vsms_cli.domain.orders import Order
    from vsms_cli.render.streams import Out, Surface

# Alternate screen, cursor hidden, no wrapping: a line too long is cut by the terminal, never spilled over the next.
_ENTER: Final = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[H\x1b[2J"
_LEAVE: Final = "\x1b[?7h\x1b[?25h\x1b[?1049l"
_HOME: Final = "\x1b[H"
_ERASE_LINE: Final = "\x1b[2K"  # before the line: behind one that is full it would erase the last column
_ERASE_BELOW: Final = "\r\n\x1b[J"
_AROUND: Final = 3  # lines: the table's head, and which columns it lacks


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

    def leave(self) -> None:
        """For a while: `enter` comes back."""
        self._out.write(_LEAVE)

    def enter(self) -> None:
        self._out.write(_ENTER)

    @staticmethod
    def restore() -> None:
        """Leave from within a signal's handler, where a buffered stream may be in the middle of a write."""
        os.write(1, _LEAVE.encode())

    def draw(self, lines: Sequence[str]) -> None:
        """In one write, so that it does not flicker."""
        _, height = size()
        body = "\r\n".join(f"{_ERASE_LINE}{line}" for line in lines[:height])
        self._out.write(f"{_HOME}{body}{_ERASE_BELOW if len(lines) < height else ''}")

    def ring(self) -> None:
        self._out.write(BELL)


def size() -> tuple[int, int]:
    """Columns and lines as they are now: a window may be resized."""
    try:
        found = os.get_terminal_size(1)
    except (OSError, ValueError):
        return 80, 24
    return found.columns or 80, found.lines or 24


def screen_lines(
    orders: Sequence[Order],
    *,
    title: str,
    note: str,
    keys: str,
    selected: str | None,
    now: datetime,
    names: Mapping[str, str],
    surface: Surface,
) -> list[str]:
    """The whole screen. Of more orders than fit, those around the selected one, an id, are shown. `note` may be a
    question, and is shown whole.
    """
    width, height = size()
    surface = replace(surface, width=width)
    above = folded(shown(title), width).splitlines()
    notes = folded(shown(note), width).splitlines() or [""]
    below = folded(keys, width).splitlines()
    room = max(1, height - len(above) - len(notes) - len(below) - _AROUND)
    at = next((index for index, order in enumerate(orders) if order.id == selected), 0)
    first = max(0, min(at - room // 2, len(orders) - room))
    table = live_table(orders[first : first + room], now=now, names=names, surface=surface, selected=selected)
    rows = table.text.splitlines() if orders else ["", "nothing to watch"]
    hidden = f"{len(orders) - room} more, up and down" if len(orders) > room else ""
    notice = "; ".join(part for part in (hidden, left_out_words(table.left_out)) if part)
    left_out = folded(notice, width).splitlines() or [""]
    return [*above, *rows, *left_out, *notes, *below]


def live_table(
    orders: Sequence[Order],
    *,
    now: datetime,
    names: Mapping[str, str],
    surface: Surface,
    selected: str | None = None,
) -> Table:
    """With a mark at the selected order, where there is one."""
    columns = live_columns(orders, now=now, names=names)
    if selected is not None:
        marks = (">" if order.id == selected else " " for order in orders)
        columns.insert(0, column(" ", marks, keep=ALWAYS))
    return layout(columns, surface)
