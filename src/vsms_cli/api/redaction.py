r"""The token redacted from what the service sends: one that sends it back, in whatever field and however encoded, would
put it on stdout, into the journal and into the cache.

Found are the token in any case and with line breaks, blanks or invisible characters between its characters, each
character as it is, in JSON's escapes (`\u0076`), percent-encoded or as an HTML entity; and its hex and base64.
"""

from __future__ import annotations

import base64
import html
import re
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_to_bytes

SHORTEST: Final = 12  # characters; a shorter token could be part of good JSON, so it is refused at login
_TOKEN: Final = b"[token]"
_ESCAPE: Final = r"\\(?:u[0-9A-Fa-f]{4}|.)"  # a whole one, so that no match begins in its middle
# Zero width space, joiners, marks, word joiner, soft hyphen and byte-order mark, as UTF-8.
_INVISIBLE: Final = r"\xe2\x80[\x8b-\x8f]|\xe2\x81\xa0|\xc2\xad|\xef\xbb\xbf"
_BETWEEN: Final = (
    rf"(?:\s|\\[nrt]|\\u(?:200[b-fB-F]|2060|00[aA][dD]|000[9aAdD]|[fF][eE][fF]{{2}})|{_INVISIBLE})*"
)
_HIDDEN: Final = re.compile(_BETWEEN.encode()[:-1] + b"+", re.DOTALL)
_JSON_ESCAPE: Final = re.compile(rb"\\u00([0-7][0-9A-Fa-f])")


def struck(body: bytes, token: str) -> bytes:
    """`body` without the token (ASCII: `store.credentials`). A body that hides it in a way that can't be cut out is
    replaced as a whole.
    """
    if len(token) < SHORTEST:
        return body
    plain = _without(body, token)
    if not _hides(plain, token):
        return plain
    cut = _pattern(token).sub(lambda found: _TOKEN if found[1] else found[0], plain)
    return b'"[token]"' if _hides(cut, token) else cut


def _without(body: bytes, token: str) -> bytes:
    r"""Spelt as it is or, in JSON, in its escapes; a match begins in the middle of no other escape."""
    is_json = body.lstrip().startswith((b"{", b"[", b'"'))  # elsewhere a backslash stands for itself
    if not is_json or (b"\\" not in body and '"' not in token):
        return body.replace(token.encode(), _TOKEN)
    spelt = "".join(map(_json_spellings, token))
    pattern = re.compile(f"({spelt})|{_ESCAPE}".encode(), re.DOTALL)
    return pattern.sub(lambda found: _TOKEN if found[1] else found[0], body)


def _json_spellings(char: str) -> str:
    ways = [rf"\\u00(?i:{ord(char):02x})"]
    if char in '"\\/':
        ways.append(r"\\" + re.escape(char))
    if char not in '"\\':
        ways.append(re.escape(char))
    return f"(?:{'|'.join(ways)})"


def struck_text(text: str, token: str) -> str:
    """The same for words of the service's that were read already."""
    plain = text.replace(token, "[token]")
    return struck(plain.encode("utf-8", "surrogatepass"), token).decode("utf-8", "replace")


def _hides(body: bytes, token: str) -> bool:
    """Whether it holds the token in another form."""
    seen = _HIDDEN.sub(b"", body) if _may_be_split(body) else body
    if b"\\" in seen:
        seen = _JSON_ESCAPE.sub(lambda found: bytes((int(found[1], 16),)), seen).replace(b"\\", b"")
    if b"%" in seen:
        seen = unquote_to_bytes(seen)
    if b"&" in seen:
        seen = html.unescape(seen.decode("latin-1")).encode("latin-1", "replace")
    seen = seen.lower()
    return any(form in seen for form in _forms(token))


def _may_be_split(body: bytes) -> bool:
    return any(mark in body for mark in (b"\n", b"\r", b"\t", b" ", b"\\", b"\xe2", b"\xc2", b"\xef"))


@lru_cache(maxsize=4)
def _forms(token: str) -> tuple[bytes, ...]:
    """In small letters: itself, its hex, and what is the same in its base64 wherever it begins in a text."""
    plain = token.encode()
    return (plain.lower(), plain.hex().encode(), *(part.lower() for part in _base64_parts(plain)))


def _base64_parts(plain: bytes) -> list[bytes]:
    parts = []
    for offset in range(3):
        coded = base64.b64encode(b"\0" * offset + plain).rstrip(b"=")
        begin = (offset * 8 + 5) // 6  # characters that the bytes before it take part in
        end = len(coded) - (
            1 if (offset + len(plain)) % 3 else 0
        )  # the last one may hold bits of what follows
        part = coded[begin:end]
        parts += [part, part.replace(b"+", b"-").replace(b"/", b"_")]
    return parts


@lru_cache(maxsize=4)
def _pattern(token: str) -> re.Pattern[bytes]:
    spelt = _BETWEEN.join(map(_spellings, token))
    coded = "|".join(_BETWEEN.join(re.escape(chr(char)) for char in form) for form in _forms(token)[1:])
    return re.compile(f"((?i:{spelt}|{coded}))|{_ESCAPE}".encode("latin-1"), re.DOTALL)


def _spellings(char: str) -> str:
    """Every way in which one character of the token may be written."""
    code = ord(char)
    entity = rf"&\#(?:0*{code}|x0*{code:x});?"
    ways = [rf"\\u00{code:02x}", rf"%(?:25)*{code:02x}", entity, re.escape(char)]
    if char in '"\\/':
        ways.append(r"\\" + re.escape(char))
    if char.isalpha():
        other = ord(char.swapcase())
        ways += [rf"\\u00{other:02x}", rf"%(?:25)*{other:02x}", rf"&\#(?:0*{other}|x0*{other:x});?"]
    return f"(?:{'|'.join(ways)})"
