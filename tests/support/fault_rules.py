"""The list of what shall still go wrong: the first rule that fits a request is used, so often as it says."""

from __future__ import annotations

import threading
from typing import Generic, Protocol, TypeVar


class Rule(Protocol):
    times: int | None  # None: for ever
    skip: int  # so many fitting requests pass first
    hits: int

    def fits(self, operation: str, order_id: str | None) -> bool: ...


R = TypeVar("R", bound=Rule)


class Rules(Generic[R]):
    """Thread-safe: a rule for one request is never used by two that come at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[R] = []

    def add(self, rule: R) -> R:
        with self._lock:
            self._rules.append(rule)
        return rule

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def take(self, operation: str, order_id: str | None) -> R | None:
        with self._lock:
            for rule in self._rules:
                if rule.times == 0 or not rule.fits(operation, order_id):
                    continue
                if rule.skip > 0:
                    rule.skip -= 1
                    continue
                rule.times = None if rule.times is None else rule.times - 1
                rule.hits += 1
                return rule
        return None
