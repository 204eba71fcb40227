"""Numbers as people write them: digits of any keyboard, groups of three, and never what a spreadsheet made of them."""

import re

from connectors.files.problem import Wrong
from connectors.words.language import Phrase
from connectors.words.letters import unified_digits

_WHOLE = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)", re.ASCII)
_DECIMAL = re.compile(r"[+-]?\d+(?:\.\d+)?", re.ASCII)
_POWER = re.compile(r"[+-]?\d+(?:[.,]\d+)?e[+-]?\d+", re.ASCII | re.IGNORECASE)
#: As spreadsheets show a long number: they always write the sign of the exponent.
_SHOWN_POWER = re.compile(r"[+-]?\d(?:[.,]\d+)?E[+-]\d+", re.ASCII)
#: A spreadsheet's numbers have 15 digits, and zeros behind them.
_KEPT_DIGITS = 15

_AS_TEXT = Phrase(
    "قالب ستون را «متن» کنید و عدد را دوباره بنویسید", "give the column the format “text” and write the number again"
)
_MADE_A_NUMBER = Wrong(
    Phrase("را صفحه‌گسترده به عددی گردشده بدل کرده است", "was made a rounded number by a spreadsheet"), _AS_TEXT
)
_NO_WHOLE = Wrong(
    Phrase("باید عدد صحیح باشد", "must be a whole number (an integer)"),
    Phrase("فقط رقم بنویسید، مانند 20000", "write digits only, such as 20000"),
)
_NO_DECIMAL = Wrong(
    Phrase("باید عدد باشد", "must be a number"),
    Phrase("رقم و ممیز نقطه بنویسید، مانند 37.47", "write digits and a decimal point, such as 37.47"),
)


def whole_number(text: str) -> int | Wrong:
    """Return the whole number in `text`, or what is wrong with it."""
    plain = unified_digits(text)
    if _WHOLE.fullmatch(plain):
        return int(plain.replace(",", ""))
    return _MADE_A_NUMBER if _POWER.fullmatch(plain) else _NO_WHOLE


def decimal_number(text: str) -> float | Wrong:
    """Return the decimal number in `text`, or what is wrong with it: no exponents, underscores or words."""
    plain = unified_digits(text)
    if _DECIMAL.fullmatch(plain):
        return float(plain)
    return _MADE_A_NUMBER if _POWER.fullmatch(plain) else _NO_DECIMAL


def spoiled_text(text: str) -> Wrong | None:
    """Say when a text was a long number until a spreadsheet took it: an account, a deposit id, a licence's number."""
    plain = unified_digits(text)
    rounded = plain.isdigit() and len(plain) > _KEPT_DIGITS and not plain[_KEPT_DIGITS:].strip("0") and plain.strip("0")
    return _MADE_A_NUMBER if rounded or _SHOWN_POWER.fullmatch(plain) else None
