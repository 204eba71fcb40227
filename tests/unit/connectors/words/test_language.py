"""One phrase has a form in each language, picked and filled in one way."""

import pytest

from connectors.words.language import Language, Phrase, figures, listed

WAITS = Phrase("{count} رویداد: {what}", "{count} events: {what}")


def test_counts_are_in_the_figures_of_the_language_and_phrases_in_its_words() -> None:
    what = Phrase("آزمون", "a try")
    assert WAITS.fill(Language.EN, count=12_345, what=what) == "12,345 events: a try"
    assert WAITS.fill(Language.FA, count=12_345, what=what) == "۱۲٬۳۴۵ رویداد: آزمون"


@pytest.mark.parametrize("language", Language)
def test_text_from_outside_stays_as_it_is(language: Language) -> None:
    assert WAITS.fill(language, count=1, what="17,000 {count} {0!r}").endswith(": 17,000 {count} {0!r}")
    braces = Phrase("{what}", "{what}")
    assert WAITS.fill(language, count=1, what=braces).endswith(": {what}"), "a phrase that is a value is not filled"


def test_what_is_not_given_is_an_error_and_no_gap() -> None:
    with pytest.raises(KeyError, match="what"):
        WAITS.fill(Language.EN, count=1)


@pytest.mark.parametrize(
    ("number", "persian", "english"), [(0, "۰", "0"), (999, "۹۹۹", "999"), (-1_234_567, "-۱٬۲۳۴٬۵۶۷", "-1,234,567")]
)
def test_figures(number: int, persian: str, english: str) -> None:
    assert (figures(number, Language.FA), figures(number, Language.EN)) == (persian, english)


def test_lists_have_the_comma_of_the_language() -> None:
    assert [listed(("a", "b"), language) for language in Language] == ["a، b", "a, b"]
