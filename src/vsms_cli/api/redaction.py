r"""The token redacted from what the service sends: one that sends it back, in whatever field and however encoded, would
put it on stdout, into the journal and into the cache.

Found are the token in any case and with line breaks, blanks or invisible characters between its characters, each
character as it is, in JSON's escapes (`\u0076`), percent-encoded or as an HTML entity; and its hex and base64.
"""

from __future__ import annotations

import base64
import re
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_to_bytes

SHORTEST: Final = 12  # characters; a shorter token could be part of good JSON, so it is refused at login
_TOKEN: Final = b"[token]"
_ESCAPE: Final = r"\\(?:u[0-9A-Fa-f]{4}|.)"  # a whole one, so that no match begins in its middle
# Between two characters nobody sees what is not printable ASCII, in JSON's escapes and percent-encoded too.
_BETWEEN: Final = (
    r"(?:[^\x21-\x7e]|\\[bfnrt]|\\u(?!00[2-7])[0-9A-Fa-f]{4}|\\u0020|%(?:25)*(?:[89A-Fa-f01][0-9A-Fa-f]|20))*"
)
_JSON_ESCAPE: Final = re.compile(rb"\\(?:u00([0-7][0-9A-Fa-f])|u[0-9A-Fa-f]{4}|[bfnrt]|(.))", re.DOTALL)
_UNSEEN: Final = bytes(code for code in range(256) if not 0x21 <= code <= 0x7E)  # noqa: PLR2004 - printable ASCII
_LAYERS: Final = 3  # encodings within each other that are looked through


def redact(body: bytes, token: str) -> bytes:
    """`body` without the token (ASCII: `store.token_lookup`). A body that hides it in a way that can't be cut out is
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


def redact_text(text: str, token: str) -> str:
    """The same for words of the service's that were read already."""
    plain = text.replace(token, "[token]")
    return redact(plain.encode("utf-8", "surrogatepass"), token).decode("utf-8", "replace")


def _hides(body: bytes, token: str) -> bool:
    """Whether it holds the token in another form."""
    forms, seen = _forms(token), body
    for _ in range(_LAYERS):
        plain = seen.translate(None, _UNSEEN).lower()
        if any(form in plain for form in forms):
            return True
        decoded = _decoded(seen)
        if decoded == seen:
            return False
        seen = decoded
    plain = seen.translate(None, _UNSEEN).lower()
    return any(form in plain for form in forms)


def _decoded(body: bytes) -> bytes:
    """Without one layer of JSON's escapes, percent-encoding and HTML entities. What is not ASCII is left out."""
    if b"\\" in body:
        body = _JSON_ESCAPE.sub(_of_escape, body)
    if b"%" in body:
        body = unquote_to_bytes(body)
    if b"&" in body:
        import html  # noqa: PLC0415 - its table of names takes 1 ms, and few answers have an entity

        body = html.unescape(body.decode("latin-1")).encode("ascii", "ignore")
    return body


def _of_escape(found: re.Match[bytes]) -> bytes:
    return bytes((int(found[1], 16),)) if found[1] else found[2] or b""


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
