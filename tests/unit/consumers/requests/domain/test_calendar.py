"""Opening hours and working time: the half Thursday, the closed Friday, holidays, and both ends of a day."""

from datetime import UTC, date, datetime, timedelta

import pytest

from consumers.jalali import STANDARD_TIME
from consumers.requests.domain.registry.calendar import ALWAYS_OPEN, NeverOpen, Schedule, local_minute
from tests.kit.values import builders


def tehran(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment of November 2026 by the clock in Tehran; the 23rd is a Monday, the 27th a Friday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=STANDARD_TIME).astimezone(UTC)


WEEK = Schedule.of(builders.hours_of_the_week())


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (tehran(23, 7, 59), False),
        (tehran(23, 8), True),
        (tehran(23, 15, 59), True),
        (tehran(23, 16), False),
        (tehran(26, 11, 59), True),
        (tehran(26, 12), False),
        (tehran(27, 10), False),
        (tehran(28, 10), True),
    ],
)
def test_hours_count_by_the_minute(moment: datetime, is_open: bool) -> None:
    assert WEEK.opens_within(local_minute(moment), 1) is is_open


def test_next_open_skips_the_weekend_and_a_holiday() -> None:
    closed_saturday = Schedule.of(builders.hours_of_the_week(), [date(2026, 11, 28)])
    assert closed_saturday.next_open(local_minute(tehran(26, 12))) == local_minute(tehran(29, 8))


def test_an_open_minute_is_its_own_next_opening() -> None:
    now = local_minute(tehran(23, 9, 30))
    assert WEEK.next_open(now) == now


def test_a_schedule_without_hours_never_opens() -> None:
    assert Schedule.of([]).next_open(local_minute(tehran(23, 9))) is None


@pytest.mark.parametrize(("window_minutes", "opens"), [(60, False), (61, True)])
def test_the_window_does_not_hold_its_last_minute(window_minutes: int, opens: bool) -> None:
    assert WEEK.opens_within(local_minute(tehran(23, 7)), window_minutes) is opens


@pytest.mark.parametrize(
    ("start", "working_hours", "end"),
    [
        (tehran(23, 9), 2, tehran(23, 11)),
        (tehran(23, 6), 2, tehran(23, 10)),
        (tehran(23, 15), 2, tehran(24, 9)),
        (tehran(23, 8), 8, tehran(23, 16)),
        (tehran(25, 16), 5, tehran(28, 9)),
        (tehran(27, 10), 1, tehran(28, 9)),
    ],
)
def test_working_time_counts_open_hours_alone(start: datetime, working_hours: int, end: datetime) -> None:
    assert WEEK.after_working(start, working_hours * 3600) == end


def test_a_closure_moves_the_end_of_working_time() -> None:
    closed = Schedule.of(builders.hours_of_the_week(), [date(2026, 11, 24)])
    assert closed.after_working(tehran(23, 15), 2 * 3600) == tehran(25, 9)


def test_working_time_is_exact_to_the_second() -> None:
    assert WEEK.after_working(tehran(23, 9), 90) == tehran(23, 9) + timedelta(seconds=90)


def test_without_a_calendar_every_hour_counts() -> None:
    start = tehran(27, 22)
    assert Schedule.of(ALWAYS_OPEN).after_working(start, 30 * 3600) == start + timedelta(hours=30)


def test_a_calendar_without_working_time_is_refused() -> None:
    with pytest.raises(NeverOpen, match="weekly hours"):
        Schedule.of([]).after_working(tehran(23, 9), 1)
