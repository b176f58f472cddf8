"""What an operation works with, and what the workers of a run share."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from vsms_cli.domain.errors import TokenRefused
    from vsms_cli.domain.ports import Clock, Journal, Service, Stop

_FIRST_PAUSE_S: Final = 0.2  # before a request that was provably not sent goes again
_LONGEST_PAUSE_S: Final = 2.0


class RetryPolicy:
    """Since when nothing gets through. Patience is for the outage as a whole: eighty orders must not each wait for it
    anew. Once it is over, each order makes a single attempt, until one gets through.
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
    """The pauses between the attempts at one request that moves money and is provably not sent."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._pause = _FIRST_PAUSE_S

    def another(self) -> bool:
        """After a request that was not sent: pause, and whether to try again."""
        context = self._context
        now = context.clock.monotonic()
        pause = self._pause * random.uniform(0.75, 1.25)  # noqa: S311 - jitter, not a secret
        if now + pause >= context.outage.patience_until(now=now, limit=context.service.time_limit):
            return False
        context.stop.wait(pause)
        self._pause = min(self._pause * 2, _LONGEST_PAUSE_S)
        return True


class TokenRejection:
    """A refused token, met where an exception would hide an order that is in doubt. Such an order, which can't be read
    any more, is `unknown`, which its result says; the run stops at the first one that is not, before anything of it is
    sent.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._met: TokenRefused | None = None

    def met(self, refused: TokenRefused) -> None:
        with self._lock:
            self._met = self._met or refused

    @property
    def met_before(self) -> TokenRefused | None:
        with self._lock:
            return self._met

    def check(self) -> None:
        """TokenRefused if one was met in this run: no further request can succeed."""
        refused = self.met_before
        if refused is not None:
            raise refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The service, the journal, the time, whether we were asked to end, and who is told why nothing happens."""

    service: Service
    journal: Journal
    clock: Clock
    stop: Stop
    outage: RetryPolicy = field(default_factory=RetryPolicy)
    shedding: RetryPolicy = field(default_factory=RetryPolicy)  # since when the service answers 503
    token_rejection: TokenRejection = field(default_factory=TokenRejection)
    notify: Callable[[str], None] = lambda _text: None  # to the person, from any thread
    # By this machine's clock, as the journal's.
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
