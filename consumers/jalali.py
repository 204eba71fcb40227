"""The Jalali calendar, by whose months offices' income is counted, and the zone in which the bus reckons."""

from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

from persiantools.jdatetime import JalaliDate

#: Iran has kept this offset all year since September 2022. Computations use the constant and not a file of time
#: zones, which differs from machine to machine and from year to year: the same log must come to the same months, days
#: and opening hours wherever and whenever it is folded. What people read is on Tehran's clocks: `connectors.words`.
STANDARD_OFFSET = timedelta(hours=3, minutes=30)
STANDARD_TIME = timezone(STANDARD_OFFSET, "Asia/Tehran")


class JalaliDay(NamedTuple):
    """A day of the Jalali calendar; `month` is 1 (Farvardin) to 12 (Esfand)."""

    year: int
    month: int
    day: int


def jalali_day(day: date) -> JalaliDay:
    """Return the Jalali name of a Gregorian day. Raises `ValueError` outside of the Jalali years 1 to 9377."""
    found = JalaliDate(day)
    return JalaliDay(found.year, found.month, found.day)


def gregorian_day(year: int, month: int, day: int) -> date:
    """Return the Gregorian day of a Jalali one. Raises `ValueError` when the Jalali calendar has no such day."""
    found: date = JalaliDate(year, month, day).to_gregorian()
    return found


def month_of(moment: datetime) -> int:
    """Return the Jalali month of `moment`, an aware time: 140509 is Azar 1405. Later months are greater."""
    return _month(moment.astimezone(STANDARD_TIME).toordinal())


@lru_cache(maxsize=1024)
def _month(day: int) -> int:
    found = jalali_day(date.fromordinal(day))
    return found.year * 100 + found.month
