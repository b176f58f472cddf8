"""Within the API's 60 requests a minute, and patient with its 429.

Whether a request may go out is the account's shared budget to say (`store.rate_limit`): every process of this
account waits for the same one.
"""

from __future__ import annotations

import math
import random
import re
import threading
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Protocol

from vsms_cli.domain.errors import NoTurn, RateLimited, StopRequested

if TYPE_CHECKING:
    from collections.abc import Callable

    from vsms_cli.domain.ports import Clock, Stop

_SECONDS: Final = re.compile(r"\d+(\.\d+)?([eE]\+?\d{1,3})?", re.ASCII)  # 1e9 is a number of seconds too
_FURTHEST_S: Final = 1e9
PATIENCE_S: Final = 90.0  # since the last answer that was no 429; the limit's own window is 60 s
_FIRST_PAUSE_S: Final = 1.0
_LONGEST_NAP_S: Final = 1.0  # look again so often: another process may have lengthened the pause
_WORTH_TELLING_S: Final = 1.0
_SLACK_S: Final = 0.5  # a pause is noted a moment after the 429: one of exactly `PATIENCE_S` is waited


class Budget(Protocol):
    """The account's requests of the last minute, shared by all its processes."""

    def take(self) -> float:
        """0 once a request is counted, else the seconds until it is worth asking again."""
        ...

    def expected(self) -> float:
        """After a `take` of this thread that failed: the seconds until its turn, at the earliest."""
        ...

    def answered(self) -> None:
        """The request counted last by this thread has been answered: the window starts here."""
        ...

    def release_turn(self) -> None:
        """The request counted last by this thread was never sent: it counts no more."""
        ...

    def pause(self, seconds: float) -> None:
        """Nobody of this account sends anything for so long."""
        ...

    def paused_for(self) -> float: ...


class Pacer:
    """Decides when the next request goes out."""

    def __init__(
        self, *, budget: Budget, clock: Clock, stop: Stop, on_wait: Callable[[str, float], None]
    ) -> None:
        self._budget = budget
        self._clock = clock
        self._stop = stop
        self._on_wait = on_wait
        self._refused_since: float | None = None
        self._next_pause = _FIRST_PAUSE_S
        self._asked_until = -math.inf
        self._lock = threading.Lock()  # for the three above, which the workers of a run share

    def reserve(self, *, until_stop: bool, until: float | None = None) -> None:
        """Wait for a request's turn. Raises StopRequested when asked to end first (if `until_stop`), RateLimited
        when the service has answered 429 for longer than `PATIENCE_S`, and NoTurn where none came `until`
        that moment of the monotonic clock.
        """
        told = False
        while True:
            if until_stop and self._stop.requested:
                raise StopRequested("ended before this was sent")
            paused = self._budget.paused_for()
            if paused > 0:
                # A pause beyond the retry limit: the account keeps its beginning, and no worker waits for its end.
                paused = max(paused, self._asked_until - self._clock.monotonic())
                self._check_patience(paused, f"this account's requests pause for another {paused:.0f} s")
            left = math.inf if until is None else until - self._clock.monotonic()
            if left <= 0:
                raise NoTurn(
                    "the rate limit left no turn in the time that there was", hint="try again in a minute"
                )
            wait = self._budget.take()
            if wait <= 0:
                return
            expected = self._budget.expected()
            # Where it can be told only once, a wait of a moment must not be told in place of a longer one.
            if told or expected >= _WORTH_TELLING_S:
                told = True
                self._on_wait("rate limit", expected)
            nap = min(wait, left, _LONGEST_NAP_S)
            if until_stop:
                self._stop.wait(nap)
            else:
                self._clock.sleep(nap)

    def answered(self, status: int, retry_after: str | None) -> None:
        """Note an answer; a 429 pauses the whole account, and so does a 503, which a service sheds load with.

        RateLimited after a 429 beyond the retry limit. Never after a 503: it may have been carried out.
        """
        self._budget.answered()
        with self._lock:
            if status not in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
                self._refused_since = None
                self._next_pause = _FIRST_PAUSE_S
                return
            ahead, why = self._pause(seconds_of(retry_after, now=self._clock.now()))
            if status == HTTPStatus.TOO_MANY_REQUESTS and why:
                self._check_patience(ahead, why)

    def turn_expected(self) -> float:
        """When the pause ends that an answer asked for, if one did: monotonic."""
        with self._lock:
            return max(self._asked_until, self._clock.monotonic())

    def _pause(self, seconds: float | None) -> tuple[float, str]:
        """Seconds that nobody of this account sends anything, and why; no reason where the pause has begun."""
        now = self._clock.monotonic()
        if self._refused_since is None:
            self._refused_since = now
        why = f"the service asks for a pause of {seconds or 0:.0f} s"
        if seconds is None:
            if now < self._asked_until:  # one of several that went out together: the pause has begun
                return 0.0, ""
            seconds = self._next_pause * random.uniform(1.0, 1.25)  # noqa: S311 - jitter, not a secret
            self._next_pause *= 2
            patience_left = PATIENCE_S - (now - self._refused_since)
            # A pause of our own making ends with our patience, not after it.
            if patience_left >= _FIRST_PAUSE_S:
                seconds = min(seconds, patience_left)
            why = f"the service does not say for how long, and vsms would try again in {seconds:.0f} s"
        self._asked_until = now + seconds
        self._budget.pause(min(seconds, PATIENCE_S))  # a mad Retry-After must not lock the account out
        return seconds, why

    def lost(self) -> None:
        """No answer came: the request still counts."""
        self._budget.answered()

    def release_turn(self) -> None:
        """The turn that this thread waited for last was not used: nothing was sent."""
        self._budget.release_turn()

    def _check_patience(self, ahead: float, why: str) -> None:
        since = self._refused_since
        waited = 0.0 if since is None else self._clock.monotonic() - since
        if waited + ahead > PATIENCE_S + _SLACK_S:
            raise RateLimited(
                f"still rate-limited: {why}" + (f" after {waited:.0f} s of waiting" if waited >= 1 else ""),
                hint=f"vsms waits {PATIENCE_S:.0f} s at the most; run the same command again later",
            )


def seconds_of(retry_after: str | None, *, now: datetime) -> float | None:
    """`Retry-After` in either of its forms; None where it is absent, garbage, or in the past."""
    text = (retry_after or "").strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), _FURTHEST_S) or None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    ahead = (moment - now).total_seconds()
    return ahead if ahead > 0 else None
