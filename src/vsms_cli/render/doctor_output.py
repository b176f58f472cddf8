"""The lines of `vsms doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vsms_cli.domain.diagnostics import Check, Status
from vsms_cli.render.line_wrapping import folded
from vsms_cli.render.safe import shown

if TYPE_CHECKING:
    from vsms_cli.render.documents import Row

CHECK_FIELDS: Final = ("check", "status", "detail", "hint")
_MARKS: Final = {Status.OK: ("✓", "+"), Status.WARNING: ("!", "!"), Status.FAILED: ("✗", "x")}
_STYLES: Final = {Status.OK: "\x1b[32m", Status.WARNING: "\x1b[33m", Status.FAILED: "\x1b[31m"}
_RESET: Final = "\x1b[0m"
_WIDTH: Final = 12  # of the longest name
_INDENT: Final = _WIDTH + 4
_NARROWEST: Final = 20  # columns of text


def check_row(check: Check) -> Row:
    return {
        "check": check.name,
        "status": check.status.value,
        "detail": check.detail,
        "hint": check.hint or None,
    }


def check_line(check: Check, *, unicode: bool, colour: bool, width: int | None) -> str:
    """One line, and one below it with what to do; folded where there is a width."""
    mark = _MARKS[check.status][not unicode]
    mark = f"{_STYLES[check.status]}{mark}{_RESET}" if colour else mark
    lines = _folded(shown(check.detail), width)
    if check.hint:
        lines += _folded(f"{'→' if unicode else '->'} {shown(check.hint)}", width)
    heads = [f"{mark} {check.name.ljust(_WIDTH)}  ", *[" " * _INDENT] * (len(lines) - 1)]
    return "".join(f"{head}{line}\n" for head, line in zip(heads, lines, strict=True))


def _folded(text: str, width: int | None) -> list[str]:
    """Without the room that the first line's head takes."""
    return folded(text, None if width is None else max(width - _INDENT, _NARROWEST), indent=0).split("\n")
