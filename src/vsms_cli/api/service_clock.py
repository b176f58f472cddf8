"""The service's time, kept by the monotonic clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

_TRUSTED_WITHIN: Final = timedelta(seconds=2)  # `Date` has whole seconds and took a while to arrive
_APART: Final = timedelta(hours=1)  # more than a time zone's half hour, or a slow answer, explains
_YEARS: Final = range(2020, 2200)  # the service is younger; near the calendar's ends every sum would overflow


class ServiceClock:
    """This machine's wall clock, read once and then moved by the monotonic clock, so that stepping it back
    changes nothing; and put right by the server's `Date` once that was seen.
    """

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._at_start = datetime.now(UTC)
        self._here_at_start = self._at_start
        self.apart: timedelta | None = None
        """By how much the server's clock and this machine's differ, where that is more than an hour."""

    def now(self) -> datetime:
        return self._at_start + timedelta(seconds=time.monotonic() - self._started)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def observe(self, date_header: str | None) -> None:
        """Follow the server where it is more than two seconds off; a header that is no date of this age is
        passed over.
        """
        try:
            server = parsedate_to_datetime(date_header or "")
        except (ValueError, TypeError, OverflowError):
            return
        if server.tzinfo is None:
            server = server.replace(tzinfo=UTC)
        passed = timedelta(seconds=time.monotonic() - self._started)
        if server.year in _YEARS:
            apart = abs(server - self._here_at_start - passed)
            self.apart = apart if apart > _APART else None
        if server.year in _YEARS and abs(server - self._at_start - passed) > _TRUSTED_WITHIN:
            # Set, not added to: two answers at once must not move it twice.
            self._at_start = server.astimezone(UTC) - passed
