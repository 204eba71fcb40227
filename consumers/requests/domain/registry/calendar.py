"""Opening hours and working time, exact to the minute, in Asia/Tehran.

Minutes are counted from 1970-01-01 00:00 local time. The offset is a constant; `consumers.jalali` says why.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from consumers.jalali import STANDARD_OFFSET
from schemas.offices import OpeningHours

DAY_MINUTES = 1440
#: How far ahead an opening is looked for: longer than any chain of holidays.
SEARCH_DAYS = 31

_OFFSET_SECONDS = int(STANDARD_OFFSET.total_seconds())
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday


def local_minute(moment: datetime) -> int:
    """Return the local minute of `moment`."""
    return (int((moment - _EPOCH).total_seconds()) + _OFFSET_SECONDS) // 60


def day_number(day: date) -> int:
    """Return a local date as a count of days from 1970-01-01."""
    return day.toordinal() - _EPOCH_ORDINAL


def weekly_spans(hours: Iterable[OpeningHours]) -> tuple[tuple[int, int, int], ...]:
    """Return weekly hours as (weekday, opens minute, closes minute), in order."""
    return tuple(sorted((span.weekday, span.opens_minute, span.closes_minute) for span in hours))


class NeverOpen(ValueError):
    """A schedule without any working time within a year: its calendar cannot be what was meant."""


@dataclass(frozen=True)
class Schedule:
    """Weekly hours less closed days. `spans` are (weekday, opens minute, closes minute), Monday = 0, in order."""

    spans: tuple[tuple[int, int, int], ...]
    closed_days: frozenset[int] = frozenset()

    @classmethod
    def of(cls, hours: Iterable[OpeningHours], closed: Iterable[date] = ()) -> "Schedule":
        """Return the schedule of weekly `hours` that is closed on the local dates `closed`."""
        return cls(weekly_spans(hours), frozenset(day_number(day) for day in closed))

    def next_open(self, minute: int) -> int | None:
        """Return the first open minute from `minute` on, or none within `SEARCH_DAYS`."""
        first_day, within = divmod(minute, DAY_MINUTES)
        for day in range(first_day, first_day + SEARCH_DAYS):
            for opens, closes in self._spans(day):
                if within < closes:
                    return day * DAY_MINUTES + max(opens, within)
            within = 0
        return None

    def opens_within(self, minute: int, window_minutes: int) -> bool:
        """Say whether there is an open minute in `[minute, minute + window_minutes)`."""
        opening = self.next_open(minute)
        return opening is not None and opening < minute + window_minutes

    def after_working(self, start: datetime, working_seconds: int) -> datetime:
        """Return when `working_seconds` of open time have passed since `start`.

        Raises:
            NeverOpen: the schedule has no open time for a whole year.
        """
        local_seconds = int((start - _EPOCH).total_seconds()) + _OFFSET_SECONDS
        day, within = divmod(local_seconds, DAY_MINUTES * 60)
        left, idle_days = working_seconds, 0
        while idle_days < 366:
            idle_days += 1
            for opens, closes in self._spans(day):
                begin = max(opens * 60, within)
                available = closes * 60 - begin
                if available <= 0:
                    continue
                if left <= available:
                    end_seconds = day * DAY_MINUTES * 60 + begin + left - _OFFSET_SECONDS
                    return _EPOCH + timedelta(seconds=end_seconds)
                left, idle_days = left - available, 0
            day, within = day + 1, 0
        raise NeverOpen("no open hours in a year; give the calendar weekly hours, or fewer holidays")

    def _spans(self, day: int) -> tuple[tuple[int, int], ...]:
        if day in self.closed_days:
            return ()
        return self._week[(day + _EPOCH_WEEKDAY) % 7]

    @cached_property
    def _week(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        return tuple(
            tuple((opens, closes) for weekday, opens, closes in self.spans if weekday == wanted) for wanted in range(7)
        )


#: Every minute of every day, for those who have no calendar.
ALWAYS_OPEN = tuple(OpeningHours(weekday=day, opens_minute=0, closes_minute=DAY_MINUTES) for day in range(7))
