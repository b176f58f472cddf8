"""The token struck out of a body: a service that sends it back, in whatever field, would put it on stdout, into the
journal and into the cache.
"""

from __future__ import annotations

import json
import re
from typing import Final

_SHORTEST: Final = 12  # characters; a shorter token could be part of good JSON
_ESCAPE: Final = re.compile(rb"\\(?:u00([2-7][0-9A-Fa-f])|(/)|u[0-9A-Fa-f]{4}|.)", re.DOTALL)
"""One whole escape of JSON's, so that the second half of `\\\\` begins none. A token is ASCII (`store.credentials`)."""


def struck(body: bytes, token: str) -> bytes:
    r"""`body` without the token, spelt as it is or in JSON's escapes: `\u0076sms_`, `\/`."""
    if len(token) < _SHORTEST:
        return body
    if not body.lstrip().startswith(
        (b"{", b"[", b'"')
    ):  # in a text that is no JSON a backslash stands for itself
        return body.replace(token.encode(), b"[token]")
    needle = json.dumps(token)[1:-1].encode()
    plain = _ESCAPE.sub(_unescaped, body) if b"\\" in body else body
    if needle not in plain:
        return body
    # Whole escapes are passed over: a token of digits must not be found in the second half of one.
    found = re.compile(re.escape(needle) + rb"|\\(?:u[0-9A-Fa-f]{4}|.)", re.DOTALL)
    return found.sub(lambda match: b"[token]" if match[0] == needle else match[0], plain)


def _unescaped(escape: re.Match[bytes]) -> bytes:
    """The same text of JSON, with every character of ASCII spelt in one way."""
    if escape[2]:
        return b"/"
    if not escape[1]:
        return escape[0]
    char = bytes([int(escape[1], 16)])
    return b"\\" + char if char in b'"\\' else char
