"""The deviations of a command's answers, collected where they are read."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from vsms_cli.domain.deviations import Deviation, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_KEPT: Final = 10_000  # a ledger of 100,000 odd lines must not fill the memory


class Deviations:
    """Those of a command, or of one answer. May be added to from any thread."""

    def __init__(self) -> None:
        self._found: list[Deviation] = []
        self._unreadable = 0
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[Deviation]:
        with self._lock:
            return iter(tuple(self._found))

    def add(self, path: str, *, found: str, expected: str, kind: Kind) -> None:
        with self._lock:
            self._unreadable += kind is Kind.UNREADABLE
            if len(self._found) < _MOST_KEPT:
                self._found.append(Deviation(path=path, found=found, expected=expected, kind=kind))

    @property
    def unreadable(self) -> int:
        """How many values could not be read."""
        return self._unreadable

    @property
    def unreadable_places(self) -> tuple[str, ...]:
        """Where they stand, each place once."""
        return tuple(dict.fromkeys(each.place for each in self if each.kind is Kind.UNREADABLE))
