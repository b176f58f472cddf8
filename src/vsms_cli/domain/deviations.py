"""Where an answer of the service differs in form from what its documents say. Types and places alone, never a value."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from vsms_cli.domain.records import record

_INDEX: Final = re.compile(r"\[\d+\]")


class Kind(StrEnum):
    """What became of a value that is not as documented. MISSING: it is absent, null or empty where the documents
    have it always; the fall-backs for a value that is not known apply. NEW: the documents do not have it.
    """

    UNDERSTOOD = "understood"
    UNREADABLE = "unreadable"
    MISSING = "missing"
    NEW = "new"


@record
class Deviation:
    """`path` is a JSON path such as `orders[3].price_charged`; `found` and `expected` name types and forms."""

    path: str
    found: str
    expected: str
    kind: Kind

    @property
    def place(self) -> str:
        """The path of every row alike: `orders[].price_charged`."""
        return _INDEX.sub("[]", self.path)
