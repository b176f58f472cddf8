"""The code in an SMS."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vsms_cli.domain.orders import Message

_CODE: Final = re.compile(r"(?<![\d-])(?<!\d )\d{3}[- ]\d{3}(?![\d-])(?! \d)|(?<!\d)\d{4,8}(?!\d)", re.ASCII)
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


def code_in(text: str) -> str | None:
    """The first run of 4 to 8 digits, or of 3 and 3 with a hyphen or a blank between; None where there is neither."""
    found = _CODE.search(text)
    return None if found is None else found[0].replace("-", "").replace(" ", "")


def newest(messages: Sequence[Message]) -> Message | None:
    """The one that came last; of those without a time, and of two at one moment, the later in the list."""
    if not messages:
        return None
    return max(enumerate(messages), key=lambda each: (each[1].received_at or _LONG_AGO, each[0]))[1]
