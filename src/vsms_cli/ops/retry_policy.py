"""One outage, shared by the workers of a run: eighty orders must not each wait for it anew."""

from __future__ import annotations

import random
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from vsms_cli.domain.ports import Clock, Stop

_FIRST_PAUSE_S: Final = 0.2  # before a request that was provably not sent goes again
_LONGEST_PAUSE_S: Final = 2.0


class RetryPolicy:
    """Since when nothing gets through. Patience is for the outage as a whole: once it is over, each order makes a
    single attempt, until one gets through.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: float | None = None

    def over(self) -> None:
        """Something got through."""
        with self._lock:
            self._since = None

    def patience_until(self, *, now: float, limit: float) -> float:
        """When to give up on what was not sent now; monotonic, `limit` in seconds from the outage's first."""
        with self._lock:
            if self._since is None:
                self._since = now
            return self._since + limit


class Attempts:
    """The pauses between the attempts at one request that is provably not sent."""

    def __init__(self, outage: RetryPolicy, *, clock: Clock, stop: Stop, limit: float) -> None:
        self._outage = outage
        self._clock = clock
        self._stop = stop
        self._limit = limit
        self._pause = _FIRST_PAUSE_S

    def another(self) -> bool:
        """After a request that was not sent: pause, and whether to try again."""
        now = self._clock.monotonic()
        pause = self._pause * random.uniform(0.75, 1.25)  # noqa: S311 - jitter, not a secret
        if now + pause >= self._outage.patience_until(now=now, limit=self._limit):
            return False
        self._stop.wait(pause)
        self._pause = min(self._pause * 2, _LONGEST_PAUSE_S)
        return True
