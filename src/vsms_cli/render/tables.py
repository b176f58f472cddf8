"""Tables for a person, laid out for this terminal. Into a pipe or a file every column goes, uncut.

On a terminal that is too narrow the ids are shortened first, then long cells are cut, then columns are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, set_cell_size

from vsms_cli.domain.orders import is_whole_id
from vsms_cli.domain.record_class import record, replace
from vsms_cli.render.line_wrapping import broken
from vsms_cli.render.order_text import NOTHING
from vsms_cli.render.safe import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vsms_cli.render.streams import Surface

EMPTY: Final = frozenset({"", NOTHING})  # cells that say nothing
_GAP: Final = "  "  # between two columns
_SHORT_ID: Final = 8  # characters, more where two ids would look alike
_ANY: Final = 10_000  # columns: more than any terminal has
ALWAYS: Final = 100  # `keep` of a column that was asked for by name
NUMBER: Final = 16  # columns: a plus and 15 digits (E.164)
NAME: Final = 36  # columns: "Democratic Republic of the Congo" takes 32
WORD: Final = 16  # columns: the longest known status takes 9
_LONGEST_CELL: Final = 24  # columns, where there is no room for more
_SHORTEST_TEXT: Final = 8  # columns to which free text may be cut
_STYLES: Final = {
    "bold": "1", "red": "31", "green": "32", "yellow": "33", "cyan": "36", "bold green": "1;32",
}  # fmt: skip


@record
class Column:
    """A column of text. Where there is no room for all, the column with the lowest `keep` goes first.

    `ids` are order ids, which may be shortened; `text` is free text, of which a few characters do. `most` is what an
    honest cell of the service's text takes: on a terminal a longer one is cut, whatever room there is. `styles` colour
    single cells, `style` all of them.
    """

    title: str
    cells: tuple[str, ...]
    keep: int
    style: str = ""
    styles: tuple[str, ...] = ()
    right: bool = False
    ids: bool = False
    text: bool = False
    most: int = _ANY

    @property
    def width(self) -> int:
        return max(cell_len(text) for text in (self.title, *self.cells))

    @property
    def least(self) -> int:
        """To how many columns it may be cut."""
        if self.keep == ALWAYS:
            return self.width
        return min(self.width, max(cell_len(self.title), _SHORTEST_TEXT if self.text else _LONGEST_CELL))

    @property
    def empty(self) -> bool:
        return EMPTY.issuperset(self.cells)


def column(
    title: str,
    cells: Iterable[str],
    *,
    keep: int,
    style: str = "",
    right: bool = False,
    ids: bool = False,
    text: bool = False,
    most: int = _ANY,
) -> Column:
    """A column of one style."""
    return Column(
        title=title, cells=tuple(cells), keep=keep, style=style, right=right, ids=ids, text=text, most=most
    )


@record
class Table:
    """`left_out` are the titles of the columns for which there was no room."""

    text: str
    left_out: tuple[str, ...] = ()


def layout(columns: Sequence[Column], surface: Surface) -> Table:
    """The table as this terminal can show it. What was asked for by name stays whole, on as many lines as
    it takes.
    """
    fitting = list(columns)
    left_out: list[Column] = []
    width = surface.width
    if width is not None:
        ellipsis = "…" if surface.unicode else "..."
        fitting = [column for column in fitting if column.keep == ALWAYS or not column.empty] or fitting[:1]
        fitting = [_cut_to(column, column.most, ellipsis) for column in fitting]
        if _room(column.width for column in fitting) > width:
            fitting = [_with_short_ids(column) for column in fitting]
        while len(fitting) > 1 and _room(column.least for column in fitting) > width:
            first = min(fitting, key=lambda column: column.keep)
            if first.keep == ALWAYS:
                break
            fitting.remove(first)
            left_out.append(first)
        fitting = _cut(fitting, width, ellipsis)
    asked_for = all(column.keep == ALWAYS for column in fitting)
    if width is not None and asked_for and _room(column.width for column in fitting) > width:
        lines = [broken(line, width) for line in _lines(fitting, replace(surface, colour=False))]
    else:
        lines = [*_lines(fitting, surface)]
    gone = {column.title for column in left_out if column.title}
    return Table(
        text="".join(f"{line}\n" for line in lines),
        left_out=tuple(column.title for column in columns if column.title in gone),
    )


def left_out_words(titles: Sequence[str], see: str = "widen the terminal") -> str:
    """Which columns had no room, and how to see them; empty where all had."""
    return f"no room for {', '.join(titles)}: {see}" if titles else ""


def field_columns(fields: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Column]:
    """The columns of --fields: what was asked for, all of it, whatever the terminal's width."""
    return [
        column(name.upper(), (shown(row[index]) for row in rows), keep=ALWAYS)
        for index, name in enumerate(fields)
    ]


def short_ids(ids: Sequence[str]) -> tuple[str, ...]:
    """Beginnings by which the ids can still be told apart; an id that is no UUID stays whole."""
    whole = {text for text in ids if is_whole_id(text)}
    length = _SHORT_ID
    while len({text[:length] for text in whole}) < len(whole):
        length += 1
    return tuple(text[:length] if text in whole else text for text in ids)


def _with_short_ids(column: Column) -> Column:
    return replace(column, cells=short_ids(column.cells)) if column.ids else column


def _cut(columns: Sequence[Column], width: int, ellipsis: str) -> list[Column]:
    """The widest columns first, and no more than is needed."""
    fitting = list(columns)
    for column in sorted(columns, key=lambda each: each.width - each.least, reverse=True):
        too_much = _room(each.width for each in fitting) - width
        if too_much > 0:
            most = max(column.least, column.width - too_much)
            fitting[fitting.index(column)] = _cut_to(column, most, ellipsis)
    return fitting


def _cut_to(column: Column, most: int, ellipsis: str) -> Column:
    return replace(column, cells=tuple(_cut_text(text, most, ellipsis) for text in column.cells))


def _cut_text(text: str, most: int, ellipsis: str) -> str:
    if cell_len(text) <= most:
        return text
    return set_cell_size(text, most - len(ellipsis)).rstrip() + ellipsis


def _room(widths: Iterable[int]) -> int:
    return sum(width + len(_GAP) for width in widths) - len(_GAP)


def _lines(columns: Sequence[Column], surface: Surface) -> Iterator[str]:
    """Without blanks at their ends."""
    widths = [column.width for column in columns]
    last = len(columns) - 1

    def line(texts: Sequence[str], styles: Sequence[str]) -> str:
        cells = []
        for index, (text, style) in enumerate(zip(texts, styles, strict=True)):
            blanks = " " * (widths[index] - cell_len(text))
            drawn = f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if style and text and surface.colour else text
            after = "" if index == last else blanks
            cells.append(f"{blanks}{drawn}" if columns[index].right else f"{drawn}{after}")
        return _GAP.join(cells).rstrip(" ")

    yield line([column.title for column in columns], ["bold"] * len(columns))
    for row in range(len(columns[0].cells)):
        styles = [column.styles[row] if column.styles else column.style for column in columns]
        yield line([column.cells[row] for column in columns], styles)
