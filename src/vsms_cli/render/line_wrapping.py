"""Sentences on a terminal, folded by what they take there. The terminal itself breaks lines in the middle of a word,
and puts what the service said at the beginning of the next line, where it looks like a line of ours.
"""

from __future__ import annotations

import re
from typing import Final

_WORD: Final = re.compile(r"""(?:'[^']*'|"[^"]*"|[^ '"])+""")  # as shlex quotes it
_BLANKS_AND_WORD: Final = re.compile(r"( *)((?:`[^`]{,40}`|[^ ])+)")  # a command in a sentence is one word
_INDENT: Final = 2  # of continuation lines


def folded(line: str, width: int | None, *, indent: int | None = None) -> str:
    """The line in as many as it needs. A word stays whole unless it is longer than a line. Those that follow the first
    are indented by so many more columns, always. Without a width it stays as it is.
    """
    if width is None or columns_of(line) <= width:
        return line
    begin = len(line) - len(line.lstrip(" "))
    more = " " * min(begin + (_INDENT if indent is None else indent), width // 2)
    lines: list[str] = []
    current = " " * min(begin, width // 2)
    for blanks, word in _BLANKS_AND_WORD.findall(line.strip(" ")):
        rest = word if current.isspace() or not current else blanks + word
        if columns_of(current + rest) > width >= columns_of(more + word):
            lines.append(current)
            current, rest = more, word
        while columns_of(current + rest) > width:
            room = max(width - columns_of(current), current == more)
            head = beginning(rest, room) or rest[: current == more]
            lines.append(current + head)
            current, rest = more, rest[len(head) :].lstrip(" ")
        current += rest
    return "\n".join(line.rstrip(" ") for line in [*lines, current])


def broken(line: str, width: int) -> str:
    """The line in as many as it needs, broken wherever the width ends: the row of a table."""
    head = beginning(line, width) or line[:1]
    lines, rest = [head], line[len(head) :]
    while rest:
        head = beginning(rest, width - _INDENT) or rest[:1]
        lines.append(f"{' ' * _INDENT}{head}")
        rest = rest[len(head) :]
    return "\n".join(lines)


def columns_of(text: str) -> int:
    """What it takes on a terminal."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # noqa: PLC0415 - for a terminal, and for what is not ASCII

    return cell_len(text)


def beginning(text: str, columns: int) -> str:
    """As much of it as so many columns take."""
    if text.isascii():
        return text[:columns]
    used = 0
    for at, char in enumerate(text):
        used += columns_of(char)
        if used > columns:
            return text[:at]
    return text


def folded_command(line: str, width: int) -> str:
    """A command in as many lines as it needs, each but the last with the backslash that lets it be copied whole."""
    lines: list[str] = []
    for word in _WORD.findall(line):
        if lines and len(lines[-1]) + len(word) + len("  \\") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(f"      {word}" if lines else word)
    return " \\\n".join(lines)
