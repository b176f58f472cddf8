"""The border that the service's text crosses on its way to a terminal.

An SMS is whatever its sender wrote: control sequences that retitle the window or fill the clipboard, bidi marks
that reorder what is read, newlines that forge a row. They are shown as their escapes.
"""

from __future__ import annotations

import unicodedata
from typing import Final

_UNSAFE_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SHOWN_AT_MOST: Final = 2000  # characters of one field in a line for a person; machine formats are never cut


def safe(text: str) -> str:
    r"""`text` on one line, with every control, format, bidi and unassigned character as `\x1b` or `\u202e`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(char) for char in text)


def shown(text: str) -> str:
    """`safe`, and cut where nobody would read on."""
    if len(text) <= _SHOWN_AT_MOST:
        return safe(text)
    return f"{safe(text[:_SHOWN_AT_MOST])}… (+{len(text) - _SHOWN_AT_MOST} characters)"


def _escaped(char: str) -> str:
    if unicodedata.category(char) not in _UNSAFE_CATEGORIES:
        return char
    number = ord(char)
    if number <= 0xFF:  # noqa: PLR2004 - two hexadecimal digits
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"  # noqa: PLR2004 - four digits
