"""Makes the service's text safe to print on a terminal.

An SMS is whatever its sender wrote: control sequences that retitle the window or fill the clipboard, bidi marks
that reorder what is read, newlines that forge a row, characters that nobody sees, accents piled up over other
lines. They are shown as their escapes.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNSAFE_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_UNSEEN: Final = frozenset(
    (
        0x034F,  # combining grapheme joiner
        *(0x115F, 0x1160, 0x3164, 0xFFA0),  # Hangul fillers
        *(0x17B4, 0x17B5),  # Khmer inherent vowels
        *range(0x180B, 0x1810),  # Mongolian variation selectors
        0x2800,  # Braille blank, a symbol that is drawn as a blank
        *range(0xFE00, 0xFE10),  # variation selectors
        0x1D159,  # musical null notehead, which is drawn as nothing
        *range(0xE0100, 0xE01F0),  # more variation selectors; tags are format characters
    )
)
"""Default_Ignorable_Code_Point of Unicode's DerivedCoreProperties.txt that is in no unsafe category, and two blanks."""
_MARKS: Final = frozenset({"Mn", "Mc", "Me"})
_MARKS_IN_A_ROW: Final = 4  # as many as Hebrew with its accents takes on one letter
_SHOWN_AT_MOST: Final = 2000  # characters of one field in a line for a person; machine formats are never cut

# The vendor's have 32 behind the prefix.
_LIKE_A_TOKEN: Final = re.compile(r"vsms_[0-9A-Za-z]{12,}", re.IGNORECASE)


def safe(text: str) -> str:
    r"""`text` on one line, with every control, format, bidi, unassigned and invisible character as `\x1b` or `\u202e`,
    and of a run of combining marks what is beyond the fourth.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_safe_characters(text))


def shown(text: str) -> str:
    """`safe`, and cut where nobody would read on."""
    if len(text) <= _SHOWN_AT_MOST:
        return safe(text)
    return f"{safe(text[:_SHOWN_AT_MOST])}… (+{len(text) - _SHOWN_AT_MOST} characters)"


def without_tokens(text: str) -> str:
    """A sentence of ours, which may repeat what somebody typed or set: nothing in it that looks like a token."""
    return _LIKE_A_TOKEN.sub("vsms_…", text)


def _safe_characters(text: str) -> Iterator[str]:
    marks = 0
    for char in text:
        category = unicodedata.category(char)
        marks = marks + 1 if category in _MARKS else 0
        unsafe = category in _UNSAFE_CATEGORIES or ord(char) in _UNSEEN or marks > _MARKS_IN_A_ROW
        yield _escaped(char) if unsafe else char


def _escaped(char: str) -> str:
    number = ord(char)
    if number <= 0xFF:  # noqa: PLR2004 - two hexadecimal digits
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"  # noqa: PLR2004 - four digits
