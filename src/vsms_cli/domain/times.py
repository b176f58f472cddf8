"""Points in time and durations. Every time is aware and in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from vsms_cli.domain.errors import UsageMistake

_RFC3339: Final = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:([Zz])|([+-])(\d{2}):(\d{2}))",
    re.ASCII,
)
_DURATION: Final = re.compile(r"(\d{1,6})([smhd])", re.ASCII)
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}(:\d{2})?)?", re.ASCII)
_SECONDS: Final = re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII)
_EARLIEST: Final = datetime(1970, 1, 2, tzinfo=UTC)
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_rfc3339(text: str) -> datetime:
    """A time with `Z` or any offset, as UTC. Digits past the microsecond are dropped. ValueError if it is none."""
    found = _RFC3339.fullmatch(text)
    if found is None:
        raise ValueError("not an RFC 3339 time")
    year, month, day, hour, minute, second, fraction, _, sign, off_hours, off_minutes = found.groups()
    leap = second == "60"  # RFC 3339 allows it; Python's clock does not know it
    local = datetime(
        int(year), int(month), int(day), int(hour), int(minute), 59 if leap else int(second),
        int((fraction or "").ljust(6, "0")[:6]), tzinfo=UTC,
    )  # fmt: skip
    hours, minutes = int(off_hours or 0), int(off_minutes or 0)
    if hours > 23 or minutes > 59:  # noqa: PLR2004 - hours and minutes of a day
        raise ValueError("not an RFC 3339 offset")
    offset = timedelta(hours=hours, minutes=minutes)
    try:
        return local + timedelta(seconds=leap) + (offset if sign == "-" else -offset)
    except OverflowError as exc:
        raise ValueError("a time outside the calendar") from exc


def rfc3339(moment: datetime) -> str:
    """`2026-05-24T12:00:00Z`, with a fraction only where there is one."""
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    return f"{text}Z"


def parse_duration(text: str) -> timedelta:
    """`90s`, `5m`, `2h`, `30d`."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise UsageMistake(f"{text!r} is not a duration", hint="write 90s, 5m, 2h or 30d")
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


def parse_seconds(text: str) -> float:
    """A number of seconds, or a duration: `30`, `0.5`, `5m`. UsageMistake where it is neither."""
    if _SECONDS.fullmatch(text):
        return float(text)
    return parse_duration(text).total_seconds()


def parse_since(text: str, *, now: datetime) -> datetime:
    """A moment in the past: a duration before `now`, a date or a date and time (both local) or an RFC 3339 time.
    UsageMistake where it is none of them.
    """
    if _DURATION.fullmatch(text):
        span = parse_duration(text)
        return _EARLIEST if span >= now - _EARLIEST else now - span
    try:
        if _DATE.fullmatch(text):
            return datetime.fromisoformat(text).astimezone(UTC)
        return parse_rfc3339(text)
    except (ValueError, OverflowError):
        raise UsageMistake(
            f"{text[:60]!r} is not a duration, nor a date",
            hint="write 90s, 5m, 2h, 30d, 2026-11-01 or 2026-11-01T09:30",
        ) from None


def short_duration(span: timedelta) -> str:
    """`1:12` under an hour, `3:05:00` under a day, then `2d 3h`; a span that is over is `0:00`."""
    seconds = max(0, -(-int(span.total_seconds() * 1000) // 1000))  # rounded up: never opens too early
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        return f"{days}d {hour}h"
    if hours:
        return f"{hour}:{minute:02}:{second:02}"
    return f"{minute}:{second:02}"
