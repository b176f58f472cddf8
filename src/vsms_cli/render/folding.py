"""Sentences on a terminal: folded at blanks, because the terminal itself breaks lines in the middle of a word."""

from __future__ import annotations

import textwrap
from typing import Final

_INDENT: Final = 2  # of continuation lines: what the service said never begins a line


def folded(line: str, width: int | None, *, indent: int | None = None) -> str:
    """The line in as many as it needs; words stay whole. Those that follow the first are indented by so many more
    columns. Without a width it stays as it is.
    """
    if width is None or len(line) <= width:
        return line
    begin = len(line) - len(line.lstrip())
    more = _INDENT if indent is None else indent
    return textwrap.fill(
        line.strip(),
        width,
        initial_indent=" " * begin,
        subsequent_indent=" " * (begin + more),
        break_long_words=False,
        break_on_hyphens=False,
    )
