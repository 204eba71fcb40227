"""Months of the Jalali calendar in Asia/Tehran, by which offices' income is counted."""

from datetime import date, datetime, timedelta, timezone
from functools import lru_cache

import jdatetime

#: Iran has kept +03:30 all year since 2022, so the zone is a constant.
_TEHRAN = timezone(timedelta(hours=3, minutes=30))


def month_of(moment: datetime) -> int:
    """Return the Jalali month that `moment`, an aware time, lies in: 140509 is Azar 1405. Later months are greater."""
    return _month(moment.astimezone(_TEHRAN).toordinal())


@lru_cache(maxsize=1024)
def _month(day: int) -> int:
    jalali = jdatetime.date.fromgregorian(date=date.fromordinal(day))
    return int(jalali.year) * 100 + int(jalali.month)
