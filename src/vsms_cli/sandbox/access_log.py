"""A line of the access log: what was asked, what was answered, how long it took; never a token."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

if TYPE_CHECKING:
    from vsms_cli.sandbox.app import Request

_TOKEN: Final = re.compile(r"vsms_[^\s&#/?]*")
_SHOWN_AT_MOST: Final = 200  # characters of a target
_ENCODED_AT_MOST: Final = 4  # times; a token that is wrapped up more often is not one by mistake


def line(request: Request, *, status: int | None, seconds: float, note: str = "") -> str:
    """`POST /api/v1/customer/cancel/… 200 3 ms`. `status` None is no answer. The caller makes it safe to show."""
    target = struck(f"{request.path}?{request.query}" if request.query else request.path, request.key)
    said = "-" if status is None else str(status)
    words = [request.method[:20], target[:_SHOWN_AT_MOST], said, f"{seconds * 1000:.0f} ms"]
    return " ".join([*words, f"[{note}]"] if note else words)


def struck(target: str, key: str) -> str:
    """The target without the key that came with it, and without any other, however often it is encoded."""
    plain = target
    for _ in range(_ENCODED_AT_MOST):
        if _TOKEN.search(plain) or (key and key in plain):
            plain = _TOKEN.sub("vsms_…", plain)
            return plain.replace(key, "…") if key else plain
        plain = unquote(plain)
    return target
