"""The token struck out of a body: a service that sends it back, in whatever field, would put it on stdout, into the
journal and into the cache.
"""

from __future__ import annotations

import re
from typing import Final

_SHORTEST: Final = 12  # characters; a shorter token could be part of good JSON
_TOKEN: Final = b"[token]"
_ESCAPE: Final = r"\\(?:u[0-9A-Fa-f]{4}|.)"  # a whole one, so that no match begins in its middle


def struck(body: bytes, token: str) -> bytes:
    r"""`body` without the token (ASCII: `store.credentials`), spelt as it is or in JSON's escapes: `\u0076sms_`."""
    if len(token) < _SHORTEST:
        return body
    if not body.lstrip().startswith(
        (b"{", b"[", b'"')
    ):  # in a text that is no JSON a backslash stands for itself
        return body.replace(token.encode(), _TOKEN)
    if b"\\" not in body and '"' not in token:
        return body.replace(token.encode(), _TOKEN)
    spelt = "".join(map(_spellings, token))
    pattern = re.compile(f"({spelt})|{_ESCAPE}".encode(), re.DOTALL)
    return pattern.sub(lambda found: _TOKEN if found[1] else found[0], body)


def _spellings(char: str) -> str:
    """Every way in which a string of JSON may hold this character."""
    ways = [rf"\\u00(?i:{ord(char):02x})"]
    if char in '"\\/':
        ways.append(r"\\" + re.escape(char))
    if char not in '"\\':
        ways.append(re.escape(char))
    return f"(?:{'|'.join(ways)})"
