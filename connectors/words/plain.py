"""Money and moments in words, for people: toman in Persian, Jalali days in Asia/Tehran."""

from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

import jdatetime
from persiantools import digits

TEHRAN = ZoneInfo("Asia/Tehran")
_RIAL_PER_TOMAN = 10
#: The library spells numbers below this one.
_SPELLED_MAX = 10**15


class Language(StrEnum):
    """The languages that people are spoken to in."""

    FA = "fa"
    EN = "en"


def jalali_moment(moment: datetime, language: Language) -> str:
    """Return an aware time in Asia/Tehran on the Jalali calendar, such as `1405/09/04 08:30`."""
    local = moment.astimezone(TEHRAN).replace(tzinfo=None)
    text = str(jdatetime.datetime.fromgregorian(datetime=local).strftime("%Y/%m/%d %H:%M"))
    return digits.en_to_fa(text) if language is Language.FA else text


def rial(amount_rial: int, language: Language) -> str:
    """Return an amount in figures, with its unit: `1,250,000 rial`."""
    figures = f"{amount_rial:,}"
    return f"{digits.en_to_fa(figures.replace(',', '٬'))} ریال" if language is Language.FA else f"{figures} rial"


def in_words(amount_rial: int, language: Language) -> str:
    """Return an amount as people say it: in toman, spelled out in Persian, with the rials that are left over."""
    sign = "minus " if amount_rial < 0 else ""
    toman, left_rial = divmod(abs(amount_rial), _RIAL_PER_TOMAN)
    if language is Language.EN:
        return f"{sign}{toman:,} toman" + (f" and {left_rial} rial" if left_rial else "")
    parts = [f"{_spelled(toman)} تومان"] if toman or not left_rial else []
    if left_rial:
        parts.append(f"{_spelled(left_rial)} ریال")
    return ("منفی " if amount_rial < 0 else "") + " و ".join(parts)


def _spelled(number: int) -> str:
    if number >= _SPELLED_MAX:
        return str(digits.en_to_fa(f"{number:,}".replace(",", "٬")))
    return str(digits.to_word(number))
