"""Windows of business time: the hour and the day on the clocks of Asia/Tehran.

A day here is also a day of the Jalali calendar: the calendars share midnight and differ in the name of the day. The
offset is always +03:30 (`consumers.jalali` says why), so hours start at half past an hour of UTC.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from consumers.jalali import STANDARD_TIME

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """`[start, end)`, in UTC."""

    start: datetime
    end: datetime

    @property
    def is_day(self) -> bool:
        """Say whether this is a day and not an hour."""
        return self.end - self.start == DAY


def windows_of(moment: datetime) -> tuple[Window, Window]:
    """Return the hour and the day of `moment`."""
    local = moment.astimezone(STANDARD_TIME)
    hour = local.replace(minute=0, second=0, microsecond=0).astimezone(UTC)
    day = day_of(moment)
    return Window(hour, hour + HOUR), day


def day_of(moment: datetime) -> Window:
    """Return the day of `moment`."""
    local = moment.astimezone(STANDARD_TIME)
    day = local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    return Window(day, day + DAY)
