"""RFC 3339 and durations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vsms_cli.domain.errors import UsageMistake
from vsms_cli.domain.times import parse_duration, parse_rfc3339, rfc3339, short_duration

OFFSETS = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda m: timezone(timedelta(minutes=m)))
MOMENTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants them bare


@given(MOMENTS)
def test_a_moment_survives_being_written_and_read(moment: datetime) -> None:
    text = rfc3339(moment)
    assert parse_rfc3339(text) == moment
    assert text.endswith("Z")
    assert parse_rfc3339(text.lower().replace("t", " ")) == moment


@given(MOMENTS, OFFSETS)
def test_an_offset_names_the_same_moment(moment: datetime, offset: timezone) -> None:
    local = moment.astimezone(offset).isoformat()
    found = parse_rfc3339(local)
    assert found == moment
    assert found.tzinfo is UTC
    assert rfc3339(moment.astimezone(offset)) == rfc3339(moment)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-05-24T12:00:00Z", datetime(2026, 5, 24, 12, tzinfo=UTC)),
        ("2026-05-24t12:00:00z", datetime(2026, 5, 24, 12, tzinfo=UTC)),
        ("2026-05-24 12:00:00-00:00", datetime(2026, 5, 24, 12, tzinfo=UTC)),
        ("2026-05-24T14:30:00+02:30", datetime(2026, 5, 24, 12, tzinfo=UTC)),
        ("2026-05-24T12:00:00.1Z", datetime(2026, 5, 24, 12, 0, 0, 100_000, tzinfo=UTC)),
        ("2026-05-24T12:00:00.123456789Z", datetime(2026, 5, 24, 12, 0, 0, 123_456, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2017-01-01T00:59:60.5+01:00", datetime(2017, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
def test_each_form_of_a_time(text: str, moment: datetime) -> None:
    assert parse_rfc3339(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "2026-05-24", "2026-05-24T12:00:00", "2026-05-24T12:00Z", "1716552000"),
        *("2026-02-30T12:00:00Z", "2026-13-01T12:00:00Z", "2026-05-24T24:00:00Z", "2026-05-24T12:60:00Z"),
        *("2026-05-24T12:00:61Z", "2026-05-24T12:00:00+24:00", "2026-05-24T12:00:00+01:60"),
        *("2026-05-24T12:00:00+0100", "2026-05-24T12:00:00.Z", "2026-05-24T12:00:00.1234567890Z"),
        *("0000-01-01T00:00:00Z", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"),
        "9999-12-31T23:59:60Z",  # a leap second that leaves the calendar
        *(
            "٢٠٢٦-05-24T12:00:00Z",
            "2026-05-24T12:00:00Z\n",
            " 2026-05-24T12:00:00Z",
            "2026-05-24T12:00:00Z\x00",
        ),
    ],
)
def test_what_is_no_time_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_rfc3339(text)


@given(
    st.text(max_size=40)
    | st.from_regex(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", fullmatch=True)
)
@example("9999-12-31T23:59:60+23:59")
@example("0001-01-01T00:00:60-23:59")
def test_nothing_but_a_time_in_utc_or_a_value_error(text: str) -> None:
    try:
        found = parse_rfc3339(text)
    except ValueError:
        return
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("5m", 300), ("2h", 7200), ("30d", 2_592_000), ("0s", 0), ("007m", 420)],
)
def test_durations(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@given(st.integers(0, 999_999), st.sampled_from("smhd"))
def test_every_duration_that_can_be_typed_is_one(number: int, unit: str) -> None:
    factor = {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit]
    assert parse_duration(f"{number}{unit}").total_seconds() == number * factor


@given(st.text(max_size=8).filter(lambda text: not text[:-1].isdigit()))
@example("")
@example("5")
@example("5w")
@example("-5m")
@example("1.5h")
@example("5 m")
@example("5M")
@example("1h30m")
@example("\u0665m")
@example("1000000d")
def test_anything_else_is_a_mistake_that_names_the_forms(text: str) -> None:
    with pytest.raises(UsageMistake) as caught:
        parse_duration(text)
    assert "90s, 5m, 2h or 30d" in caught.value.hint


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0:00"),
        (0, "0:00"),
        (0.001, "0:01"),
        (71.2, "1:12"),
        (72, "1:12"),
        (3599, "59:59"),
        (3600, "1:00:00"),
        (11_100, "3:05:00"),
        (86_400, "1d 0h"),
        (183_600, "2d 3h"),
    ],
)
def test_short_durations_are_rounded_up_so_that_nothing_opens_early(seconds: float, text: str) -> None:
    assert short_duration(timedelta(seconds=seconds)) == text
