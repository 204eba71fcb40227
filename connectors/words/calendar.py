"""Moments as people read them: on the clocks of Tehran, with Jalali days."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from connectors.words.language import Language, Phrase, in_figures
from consumers.jalali import jalali_day

#: What clocks in Tehran show, those of years with summer time included; the bus reckons with `consumers.jalali`.
TEHRAN = ZoneInfo("Asia/Tehran")
_SINCE = Phrase("{moment}", "since {moment} UTC ({ago})")
#: Units of a duration in real seconds, used from two of each on.
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60))
_DAY_AND_TIME = Phrase("{day} ساعت {time}", "{day} {time}")


def local_moment(moment: datetime, language: Language) -> str:
    """Return an aware time on the calendar of the language, on Tehran's clocks, short enough for a table.

    Jalali in Persian, `1405/09/04 08:30` in its own figures; Gregorian in English, `2026-11-25 08:30`.
    """
    return in_figures(f"{_day(moment, language)} {moment.astimezone(TEHRAN):%H:%M}", language)


def explained_moment(moment: datetime, language: Language) -> str:
    """Return an aware time as a sentence holds it: `1405/09/04 ساعت 08:30` in Persian's figures, else as a table."""
    time = f"{moment.astimezone(TEHRAN):%H:%M}"
    return in_figures(_DAY_AND_TIME.fill(language, day=_day(moment, language), time=time), language)


def operators_moment(moment: datetime, language: Language) -> str:
    """Return an aware time for operators: Jalali in Persian; in English UTC to the second, as logs write it."""
    return local_moment(moment, language) if language is Language.FA else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def since_words(moment: datetime, now: datetime, language: Language) -> str:
    """Return since when something lasts; in English also how long that is at `now`."""
    seconds = max(0, int((now - moment).total_seconds()))
    unit, size = next(((unit, size) for unit, size in _UNITS if seconds >= 2 * size), ("s", 1))
    return _SINCE.fill(language, moment=operators_moment(moment, language), ago=f"{seconds // size} {unit}")


def both_calendars(moment: datetime) -> str:
    """Return an aware time with its Jalali day and its Gregorian one: `1405/09/04 (2026-11-25 08:30)`."""
    local = moment.astimezone(TEHRAN)
    return f"{_jalali_day(local)} ({local:%Y-%m-%d %H:%M})"


def day_words(day: date, language: Language) -> str:
    """Return a day on the calendar of the language: Jalali in Persian, in its own figures."""
    return in_figures(_jalali(day), language) if language is Language.FA else day.isoformat()


def _day(moment: datetime, language: Language) -> str:
    local = moment.astimezone(TEHRAN)
    return _jalali_day(local) if language is Language.FA else f"{local:%Y-%m-%d}"


def _jalali_day(local: datetime) -> str:
    return _jalali(local.date())


def _jalali(when: date) -> str:
    year, month, day = jalali_day(when)
    return f"{year:04}/{month:02}/{day:02}"
