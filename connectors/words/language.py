"""The languages of people, and what is said in them: one phrase, one way to pick its form, one way to fill it."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import NamedTuple

from persiantools import digits


class Language(StrEnum):
    """The languages that people are spoken to in."""

    FA = "fa"
    EN = "en"


class Phrase(NamedTuple):
    """One statement in both languages; `fill` puts values into its `{names}`."""

    fa: str
    en: str

    def of(self, language: Language) -> str:
        """Return it in one of them, with its `{names}` as they stand."""
        return self.fa if language is Language.FA else self.en

    def fill(self, language: Language, /, **values: "str | int | Phrase") -> str:
        """Return it in one of them with its `{names}` filled in: counts in figures, phrases in that language.

        Codes, ids and numbers that are names come as text, and stay as they are.
        """
        return self.of(language).format(**{name: _filled(value, language) for name, value in values.items()})

    def filled(self, /, **values: "str | int | Phrase") -> "Phrase":
        """Return it in both with its `{names}` filled in, for whoever learns later who is spoken to."""
        return Phrase(self.fill(Language.FA, **values), self.fill(Language.EN, **values))


def in_both(told: Callable[[Language], str]) -> Phrase:
    """Return what is told in each language, for whoever learns later who is spoken to."""
    return Phrase(fa=told(Language.FA), en=told(Language.EN))


#: What stands in a place that has nothing to say.
EMPTY = Phrase("", "")
_SEPARATOR = Phrase("، ", ", ")


def figures(number: int, language: Language) -> str:
    """Return a count in the figures of a language, in groups of three."""
    text = f"{number:,}"
    return str(digits.en_to_fa(text.replace(",", "٬"))) if language is Language.FA else text


def in_figures(text: str, language: Language) -> str:
    """Return a text of ASCII digits, such as a day or a time, in the figures of a language."""
    return str(digits.en_to_fa(text)) if language is Language.FA else text


def listed(texts: Iterable[str], language: Language) -> str:
    """Return several texts as a list in one line."""
    return _SEPARATOR.of(language).join(texts)


def _filled(value: str | int | Phrase, language: Language) -> str:
    # A phrase is a tuple and a member of a StrEnum is a text, so neither is taken for a count.
    if isinstance(value, Phrase):
        return value.of(language)
    return figures(value, language) if isinstance(value, int) else value
