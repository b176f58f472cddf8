"""The service's time, whatever this machine's clock and the `Date` header say."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import time_machine
from hypothesis import example, given
from hypothesis import strategies as st

from vsms_cli.api.service_clock import ServiceClock

DAY = timedelta(days=1)


def near(one: datetime, other: datetime, *, within_s: float = 0.5) -> bool:
    return abs(one - other) < timedelta(seconds=within_s)


def http_date(moment: datetime) -> str:
    return format_datetime(moment.replace(microsecond=0), usegmt=True)


def test_before_any_answer_it_is_this_machine_s_time() -> None:
    assert near(ServiceClock().now(), datetime.now(UTC))


@pytest.mark.parametrize("off", [DAY, -DAY, timedelta(seconds=5), timedelta(seconds=-5), -300 * DAY])
def test_it_follows_a_server_that_is_off(off: timedelta) -> None:
    clock = ServiceClock()
    clock.observe(http_date(datetime.now(UTC) + off))
    assert near(clock.now(), datetime.now(UTC) + off, within_s=1.5)
    clock.observe(http_date(datetime.now(UTC)))
    assert near(clock.now(), datetime.now(UTC), within_s=2.5)


def test_less_than_two_seconds_are_the_header_s_own_coarseness() -> None:
    clock = ServiceClock()
    before = clock.now()
    clock.observe(http_date(before - timedelta(seconds=1)))
    assert near(clock.now(), before)


def test_a_step_of_this_machine_s_clock_changes_nothing() -> None:
    clock = ServiceClock()
    before = clock.now()
    with time_machine.travel(before - DAY, tick=True):
        # time_machine moves the monotonic clock not at all, as a step of the wall clock does not.
        assert near(clock.now(), before, within_s=1)
        assert near(datetime.now(UTC), before - DAY, within_s=1)


def test_time_passes_and_never_backwards() -> None:
    clock = ServiceClock()
    moments = []
    for _ in range(3):
        moments.append((clock.now(), clock.monotonic()))
        clock.sleep(0.01)
    assert moments == sorted(moments)
    assert moments[-1][1] - moments[0][1] >= 0.02
    assert abs(clock.monotonic() - time.monotonic()) < 0.5


def test_many_answers_at_once_move_it_once() -> None:
    clock = ServiceClock()
    said = http_date(datetime.now(UTC) + DAY)
    start = threading.Barrier(8)

    def observe() -> None:
        start.wait()
        for _ in range(200):
            clock.observe(said)

    threads = [threading.Thread(target=observe) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert near(clock.now(), datetime.now(UTC) + DAY, within_s=3)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "garbage",
        "9" * 400,
        "Sat, 01 Jan 0001 00:00:00 +2359",  # as UTC it is before the calendar
        "Fri, 31 Dec 9999 23:59:59 GMT",  # one more second and the calendar ends
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "99999999999999999999999 May 2026 12:00:00 GMT",
        "Sun, 24 May 2026 12:00:00 +9999",
        "Sun, 24 May 2026 12:00:00 GMT, Sun, 24 May 2027 12:00:00 GMT",
        "\x00",
    ],
)
def test_a_header_that_is_no_date_of_this_age_is_passed_over(header: str | None) -> None:
    clock = ServiceClock()
    clock.observe(header)
    after = clock.now()
    assert near(after, datetime.now(UTC)) or (header or "").startswith("Sun, 24 May 2026")
    assert after + DAY > after - DAY


@given(st.text(max_size=60) | st.datetimes(timezones=st.timezones()).map(format_datetime))
@example("Mon, 01 Jan 2020 00:00:00 -0000")
def test_no_header_breaks_it(header: str) -> None:
    clock = ServiceClock()
    clock.observe(header)
    assert 2020 <= clock.now().year < 2201
    assert clock.now().tzinfo is UTC
