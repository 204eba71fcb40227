"""Months of the Jalali calendar: Tehran's midnight, month by month, leap years included."""

from datetime import UTC, date, datetime, timedelta, timezone

import jdatetime
import pytest

from consumers.jalali import jalali_day, month_of

MIDNIGHT = timedelta(hours=20, minutes=30)


@pytest.mark.parametrize(
    ("day_before", "month"),
    [
        # The first days of months, as Iran's official calendars of these years print them.
        (datetime(2026, 3, 20, tzinfo=UTC), 140501),
        (datetime(2026, 8, 22, tzinfo=UTC), 140506),
        (datetime(2026, 9, 22, tzinfo=UTC), 140507),
        (datetime(2026, 11, 21, tzinfo=UTC), 140509),
        (datetime(2026, 12, 21, tzinfo=UTC), 140510),
        # 1403 was a leap year: Esfand had thirty days, and Nowruz came on the 21st of March.
        (datetime(2025, 3, 20, tzinfo=UTC), 140401),
        (datetime(2024, 3, 19, tzinfo=UTC), 140301),
    ],
)
def test_a_month_begins_at_midnight_in_tehran(day_before: datetime, month: int) -> None:
    begins = day_before + MIDNIGHT
    assert month_of(begins) == month
    assert month_of(begins - timedelta(microseconds=1)) == (month - 1 if month % 100 > 1 else month - 89)


def test_the_zone_of_the_moment_does_not_matter() -> None:
    begins = datetime(2026, 11, 21, tzinfo=UTC) + MIDNIGHT
    assert month_of(begins.astimezone(timezone(timedelta(hours=-8)))) == month_of(begins) == 140509


def test_months_never_go_back() -> None:
    months = [month_of(datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=day)) for day in range(3 * 366)]
    assert months == sorted(months)
    assert all(1 <= month % 100 <= 12 for month in months)


def test_another_library_names_the_days_alike() -> None:
    """Until 2100: from March 2124 on the two do not agree which years are leap years."""
    first, last = date(1980, 1, 1).toordinal(), date(2100, 1, 1).toordinal()
    for day in map(date.fromordinal, range(first, last)):
        other = jdatetime.date.fromgregorian(date=day)
        assert jalali_day(day) == (other.year, other.month, other.day)
