"""Sentences on a terminal: folded at blanks, because the terminal itself breaks lines in the middle of a word."""

from __future__ import annotations

import textwrap


def folded(line: str, width: int) -> str:
    """The line in as many as it needs, each beginning where its first one does. Words stay whole."""
    if len(line) <= width:
        return line
    indent = " " * (len(line) - len(line.lstrip()))
    return textwrap.fill(
        line.strip(),
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
