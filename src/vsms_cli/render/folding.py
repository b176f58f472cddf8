"""Sentences on a terminal: folded at blanks, because the terminal itself breaks lines in the middle of a word."""

from __future__ import annotations

import re
import textwrap
from typing import Final

_WORD: Final = re.compile(r"""(?:'[^']*'|"[^"]*"|[^ '"])+""")  # as shlex quotes it
_QUOTED: Final = re.compile(r"`[^`]{,40}`")  # a command in a sentence stays on one line
_NO_BREAK: Final = "\0"  # no text for a person holds one
_INDENT: Final = 2  # of continuation lines: what the service said never begins a line


def folded(line: str, width: int | None, *, indent: int | None = None) -> str:
    """The line in as many as it needs; words stay whole. Those that follow the first are indented by so many more
    columns. Without a width it stays as it is.
    """
    if width is None or len(line) <= width:
        return line
    begin = len(line) - len(line.lstrip())
    more = _INDENT if indent is None else indent
    kept = _QUOTED.sub(lambda found: found[0].replace(" ", _NO_BREAK), line.strip())
    return textwrap.fill(
        kept,
        width,
        initial_indent=" " * begin,
        subsequent_indent=" " * (begin + more),
        break_long_words=False,
        break_on_hyphens=False,
    ).replace(_NO_BREAK, " ")


def folded_command(line: str, width: int) -> str:
    """A command in as many lines as it needs, each but the last with the backslash that lets it be copied whole."""
    lines: list[str] = []
    for word in _WORD.findall(line):
        if lines and len(lines[-1]) + len(word) + len("  \\") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(f"      {word}" if lines else word)
    return " \\\n".join(lines)
