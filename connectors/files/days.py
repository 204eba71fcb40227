"""Days as people write them: one reader for every day in every file, Gregorian unless its column says Jalali.

A column says so by its name: `valid_from_jalali` holds what `valid_from` does, on the other calendar. A day of one
calendar in a column of the other is never read as a day of that one, a thousand years off: it is refused, with the day
that is probably meant.
"""

import re
from datetime import date, datetime, tzinfo

from connectors.files.problem import Wrong
from connectors.words.language import Phrase
from connectors.words.letters import unified_digits
from consumers.jalali import gregorian_day, jalali_day

#: Behind the name of a column or a field that holds Jalali days.
JALALI = "_jalali"
#: Year, month and day; a spreadsheet adds midnight to a day that it took for one.
_DAY = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[T ]00?:00(?::00)?)?", re.ASCII)
_DAY_AND_TIME = re.compile(r"(?P<day>[\d./-]+?)(?:[T ](?P<time>\d\d:.*))?", re.ASCII | re.IGNORECASE)
GREGORIAN_YEARS = range(1900, 2200)
#: The same years on the other calendar, and some around them: none is a year of both.
_JALALI_YEARS = range(1200, 1600)

_NO_DAY = Phrase("تاریخ نیست", "is not a date")
_WRITE_GREGORIAN = Phrase(
    "سال، ماه و روز میلادی را بنویسید، مانند 2026-03-21؛ یا ستون را با پسوند _jalali بنامید",
    "write year, month and day, such as 2026-03-21; or call it …_jalali for days such as 1405-01-01",
)
_WRITE_JALALI = Phrase(
    "سال، ماه و روز شمسی را بنویسید، مانند 1405-01-01", "write year, month and day, such as 1405-01-01"
)
_NO_MOMENT = Phrase("زمان نیست", "is not a time")
_WRITE_MOMENT = Phrase(
    "مانند 2026-11-25T14:30 یا 1405-09-04T14:30 بنویسید", "write 2026-11-25T14:30 or 1405-09-04T14:30"
)
_NOT_THERE = Phrase("روزی از تقویم نیست", "is not a day of the calendar")
_OUTSIDE = Phrase("بیرون از سال‌های 1900 تا 2199 است", "lies outside of the years 1900 to 2199")
_MEANS_JALALI = Phrase("سال شمسی در جای میلادی است", "has a Jalali year where a Gregorian one is read")
_MEANS_GREGORIAN = Phrase("سال میلادی در جای شمسی است", "has a Gregorian year where a Jalali one is read")


def read_day(text: str, *, jalali: bool = False) -> date | Wrong:
    """Return the day in `text`, in digits of any kind, or what is wrong with it."""
    found = _DAY.fullmatch(unified_digits(text))
    if found is None:
        return Wrong(_NO_DAY, _WRITE_JALALI if jalali else _WRITE_GREGORIAN)
    year, month, day = int(found[1]), int(found[3]), int(found[4])
    if jalali:
        return _read_jalali(year, month, day)
    if year in _JALALI_YEARS:
        meant = _jalali(year, month, day)
        if meant is None:
            return Wrong(_MEANS_JALALI, _WRITE_GREGORIAN)
        remedy = (f"{meant} بنویسید، یا ستون را با پسوند _jalali بنامید", f"write {meant}, or call the column …_jalali")
        return Wrong(_MEANS_JALALI, Phrase(*remedy))
    return _gregorian(year, month, day)


def typed_day(text: str) -> date | Wrong:
    """Return the day that a person typed: its year says of which calendar it is, as nobody means 1406 of Gregory."""
    found = read_day(text)
    jalali = read_day(text, jalali=True) if isinstance(found, Wrong) else found
    return found if isinstance(jalali, Wrong) else jalali


def typed_moment(text: str, zone: tzinfo) -> datetime | Wrong:
    """Return the moment that a person typed, a day of either calendar with or without a time behind it.

    Without a zone of its own it is one of `zone`.
    """
    written = _DAY_AND_TIME.fullmatch(unified_digits(text))
    day = typed_day(written["day"] if written is not None else text)
    if isinstance(day, Wrong):
        return day
    try:
        moment = datetime.fromisoformat(f"{day}T{(written and written['time']) or '00:00'}")
    except ValueError:
        return Wrong(_NO_MOMENT, _WRITE_MOMENT)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


def _read_jalali(year: int, month: int, day: int) -> date | Wrong:
    if year in GREGORIAN_YEARS:
        found = _gregorian(year, month, day)
        if isinstance(found, Wrong):
            return Wrong(_MEANS_GREGORIAN, _WRITE_JALALI)
        meant = "{:04}-{:02}-{:02}".format(*jalali_day(found))
        return Wrong(_MEANS_GREGORIAN, Phrase(f"{meant} بنویسید", f"write {meant}"))
    if year not in _JALALI_YEARS:
        return Wrong(_NO_DAY, _WRITE_JALALI)
    return _jalali(year, month, day) or Wrong(_NOT_THERE, _WRITE_JALALI)


def _gregorian(year: int, month: int, day: int) -> date | Wrong:
    if year not in GREGORIAN_YEARS:
        return Wrong(_OUTSIDE, _WRITE_GREGORIAN)
    try:
        return date(year, month, day)
    except ValueError:
        return Wrong(_NOT_THERE, _WRITE_GREGORIAN)


def _jalali(year: int, month: int, day: int) -> date | None:
    try:
        return gregorian_day(year, month, day)
    except ValueError:
        return None
