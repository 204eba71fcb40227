"""One spelling for what keyboards, spreadsheets and phones write in several: letters and digits."""

import re
import unicodedata

#: Arabic letters that Persian text has its own for.
_LETTERS = {
    "\u064a": "\u06cc",  # yeh
    "\u0649": "\u06cc",  # alef maksura, which old keyboards write for yeh
    "\u0643": "\u06a9",  # kaf
}
#: Letters in a shape of their own, as texts copied from pages in PDF have them.
_SHAPES = re.compile("[\ufb50-\ufdfb\ufe70-\ufefc]")
#: Digits of Persian and of Arabic keyboards, and wide ones, with the signs that stand within their numbers.
_DIGITS = {
    **{zero + digit: str(digit) for zero in (0x06F0, 0x0660, 0xFF10) for digit in range(10)},
    0x066B: ".",
    0x066C: ",",
    0x2212: "-",
}
#: What nobody sees and keyboards add beside numbers: marks of direction, joiners, byte order marks.
_UNSEEN = "\u200b\u200c\u200d\u200e\u200f\u061c\u202a\u202b\u202c\u2066\u2067\u2069\ufeff"
_MEANT = {**_DIGITS, **dict.fromkeys(map(ord, _UNSEEN))}
_LETTER_TABLE = str.maketrans(_LETTERS)


def unified_letters(text: str) -> str:
    """Return `text` with Persian's own letters, each in one spelling; digits and everything else stay as they are."""
    if text.isascii():
        return text
    composed = unicodedata.normalize("NFC", text)
    return _SHAPES.sub(lambda found: unicodedata.normalize("NFKC", found[0]), composed).translate(_LETTER_TABLE)


def unified_digits(text: str) -> str:
    """Return `text`, which is a number, a day or a code, with ASCII digits and without what nobody sees or means."""
    return text.strip() if text.isascii() else text.translate(_MEANT).strip()
