"""Money as people say it: rial in figures, toman in words, which Persian spells out."""

from persiantools import digits

from connectors.words.language import Language, Phrase, figures

_RIAL_PER_TOMAN = 10
#: The library spells numbers below this one.
_SPELLED_MAX = 10**15
_RIAL = Phrase("{figures} ریال", "{figures} rial")
_BOTH = Phrase("{rial} ({words})", "{rial} ({words})")
_TOMAN, _LEFT = Phrase("{amount} تومان", "{amount} toman"), Phrase("{amount} ریال", "{amount} rial")
_AND = Phrase("{toman} و {left}", "{toman} and {left}")
_MINUS = Phrase("منفی {amount}", "minus {amount}")


def rial(amount_rial: int, language: Language) -> str:
    """Return an amount in figures, with its unit: `1,250,000 rial`."""
    return _RIAL.fill(language, figures=amount_rial)


def in_words(amount_rial: int, language: Language) -> str:
    """Return an amount as people say it: in toman, spelled out in Persian, with the rials that are left over."""
    toman, left_rial = divmod(abs(amount_rial), _RIAL_PER_TOMAN)
    said = _TOMAN.fill(language, amount=_number(toman, language))
    if left_rial:
        left = _LEFT.fill(language, amount=_number(left_rial, language))
        # Persian does not speak of no toman at all.
        said = _AND.fill(language, toman=said, left=left) if toman or language is Language.EN else left
    return _MINUS.fill(language, amount=said) if amount_rial < 0 else said


def amount(amount_rial: int, language: Language) -> str:
    """Return an amount in rial, and in words and toman beside it."""
    return _BOTH.fill(language, rial=rial(amount_rial, language), words=in_words(amount_rial, language))


def _number(number: int, language: Language) -> str:
    if language is Language.EN or number >= _SPELLED_MAX:
        return figures(number, language)
    return str(digits.to_word(number))
