"""Windows follow the clocks of Tehran."""

from datetime import UTC, datetime, timedelta

import jdatetime
from hypothesis import given
from hypothesis import strategies as st

from consumers.jalali import STANDARD_TIME
from consumers.kpi.domain.windows import windows_of

#: From October 2022, when the clocks stayed as they are, to 2040.
MOMENTS = st.integers(1_664_582_400_000, 2_208_988_800_000).map(lambda ms: datetime.fromtimestamp(ms / 1000, UTC))


def test_an_hour_starts_at_half_past_in_utc() -> None:
    hour, _ = windows_of(datetime(2026, 11, 23, 6, 29, 59, tzinfo=UTC))
    assert hour.start == datetime(2026, 11, 23, 5, 30, tzinfo=UTC)
    hour, _ = windows_of(datetime(2026, 11, 23, 6, 30, tzinfo=UTC))
    assert hour.start == datetime(2026, 11, 23, 6, 30, tzinfo=UTC)


def test_a_day_starts_at_midnight_in_tehran() -> None:
    _, day = windows_of(datetime(2026, 11, 23, 20, 29, tzinfo=UTC))
    assert day.start == datetime(2026, 11, 22, 20, 30, tzinfo=UTC)
    assert day.is_day


@given(MOMENTS)
def test_windows_hold_their_moment_and_nest(moment: datetime) -> None:
    hour, day = windows_of(moment)
    assert hour.start <= moment < hour.end
    assert day.start <= hour.start
    assert hour.end <= day.end
    assert not hour.is_day


@given(MOMENTS)
def test_a_day_is_a_jalali_day(moment: datetime) -> None:
    _, day = windows_of(moment)
    first, last = day.start, day.end - timedelta(microseconds=1)
    dates = {jdatetime.date.fromgregorian(date=one.astimezone(STANDARD_TIME).date()) for one in (first, moment, last)}
    assert len(dates) == 1
