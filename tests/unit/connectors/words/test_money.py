"""Amounts as people say them."""

import pytest

from connectors.words.language import Language
from connectors.words.money import in_words, rial

FA, EN = Language.FA, Language.EN


@pytest.mark.parametrize(
    ("amount_rial", "persian", "english"),
    [
        (0, "صفر تومان", "0 toman"),
        (7, "هفت ریال", "0 toman and 7 rial"),
        (30_000, "سه هزار تومان", "3,000 toman"),
        (1_250_005, "یکصد و بیست و پنج هزار تومان و پنج ریال", "125,000 toman and 5 rial"),
        (-210, "منفی بیست و یک تومان", "minus 21 toman"),
        (10**17, "۱۰٬۰۰۰٬۰۰۰٬۰۰۰٬۰۰۰٬۰۰۰ تومان", "10,000,000,000,000,000 toman"),
    ],
)
def test_amounts_in_words(amount_rial: int, persian: str, english: str) -> None:
    assert in_words(amount_rial, FA) == persian
    assert in_words(amount_rial, EN) == english


def test_amounts_in_figures() -> None:
    assert rial(-1_250_000, FA) == "-۱٬۲۵۰٬۰۰۰ ریال"
    assert rial(-1_250_000, EN) == "-1,250,000 rial"
