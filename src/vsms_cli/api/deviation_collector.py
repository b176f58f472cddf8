"""Where an answer of the service differs in form from what its documents say: types and places alone, never a value.
Collected for a command where its answers are read.
"""

from __future__ import annotations

import re
import threading
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.record_class import record

if TYPE_CHECKING:
    from collections.abc import Iterator

_INDEX: Final = re.compile(r"\[\d+\]")
_MOST_KEPT: Final = 10_000  # a ledger of 100,000 odd lines must not fill the memory


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


class Deviations:
    """Those of a command, or of one answer. May be added to from any thread."""

    def __init__(self) -> None:
        self._found: list[Deviation] = []
        self._counted: set[tuple[str, str]] = set()
        self._uncounted = 0
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[Deviation]:
        with self._lock:
            return iter(tuple(self._found))

    def of(self, request: str) -> Notes:
        """Those of the answer to a request: a value that the same request finds unreadable again is one."""
        return _OfRequest(self, request)

    def add(self, path: str, *, found: str, expected: str, kind: Kind, request: str = "") -> None:
        with self._lock:
            if kind is Kind.UNREADABLE:
                if (request, path) in self._counted:
                    return
                if len(self._counted) < _MOST_KEPT:
                    self._counted.add((request, path))
                else:
                    self._uncounted += 1
            if len(self._found) < _MOST_KEPT:
                self._found.append(Deviation(path=path, found=found, expected=expected, kind=kind))

    @property
    def unreadable(self) -> int:
        """How many values could not be read."""
        return len(self._counted) + self._uncounted

    @property
    def unreadable_places(self) -> tuple[str, ...]:
        """Where they stand, each place once."""
        return tuple(dict.fromkeys(each.place for each in self if each.kind is Kind.UNREADABLE))


class _OfRequest:
    def __init__(self, of_all: Deviations, request: str) -> None:
        self._of_all = of_all
        self._request = request

    def add(self, path: str, *, found: str, expected: str, kind: Kind) -> None:
        self._of_all.add(path, found=found, expected=expected, kind=kind, request=self._request)


Notes = Deviations | _OfRequest
"""Where a reader notes what differs."""
