"""Numbers of persons: what is one, what is none, and that none shows itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.vault.numbers import NumberKind, NumberProblem, PersonNumber, is_legal_id, number_of
from tests.kit.values.persons import legal_id, national_id

DIGITS = st.text("0123456789", min_size=11, max_size=11)


@pytest.mark.parametrize("digits", ["10380284790", "10101326730"])
def test_legal_persons_are_known_by_their_last_digit(digits: str) -> None:
    assert is_legal_id(digits)
    others = [digits[:-1] + last for last in "0123456789" if last != digits[-1]]
    assert not any(is_legal_id(other) for other in others)


@pytest.mark.parametrize(
    "digits", ["10380285692", "10380284792", "09748208301", "123000000", "11111111111", "10300000080", "1038028479", ""]
)
def test_what_no_legal_person_has(digits: str) -> None:
    assert not is_legal_id(digits)


@given(DIGITS, st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_in_a_legal_number_is_seen(digits: str, place: int, change: int) -> None:
    valid = next((digits[:-1] + last for last in "0123456789" if is_legal_id(digits[:-1] + last)), None)
    if valid is not None:
        other = str((int(valid[place]) + change) % 10)
        wrong = valid[:place] + other + valid[place + 1 :]
        # A remainder of 10 counts as 0, so that these two alone are not told apart.
        assert not is_legal_id(wrong) or valid[-1] == "0"


@pytest.mark.parametrize(
    ("kind", "text", "problem"),
    [
        (NumberKind.NATIONAL, "12345", NumberProblem.LENGTH),
        (NumberKind.NATIONAL, "1111111111", NumberProblem.CHECK),
        (NumberKind.NATIONAL, "12345x7890", NumberProblem.NOT_DIGITS),
        (NumberKind.NATIONAL, "", NumberProblem.NOT_DIGITS),
        (NumberKind.NATIONAL, "123456789½", NumberProblem.NOT_DIGITS),
        (NumberKind.LEGAL, "10380285692", NumberProblem.CHECK),
        (NumberKind.LEGAL, "1038028479", NumberProblem.LENGTH),
        (NumberKind.FOREIGNER, "1234567", NumberProblem.LENGTH),
        (NumberKind.FOREIGNER, "1234567890123", NumberProblem.LENGTH),
        (NumberKind.FOREIGNER, "99999999", NumberProblem.CHECK),
    ],
)
def test_what_is_no_number_of_its_kind_is_told_why(kind: NumberKind, text: str, problem: NumberProblem) -> None:
    assert number_of(kind, text) is problem


def test_numbers_are_read_as_people_write_them() -> None:
    digits = national_id(7)
    persian = digits.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    expected = PersonNumber(NumberKind.NATIONAL, digits)
    for text in (digits, persian, f"{digits[:3]}-{digits[3:9]}-{digits[9]}", f" {digits} "):
        assert number_of(NumberKind.NATIONAL, text) == expected
    assert number_of(NumberKind.LEGAL, legal_id(3)) == PersonNumber(NumberKind.LEGAL, legal_id(3))
    assert number_of(NumberKind.FOREIGNER, "123456789012") == PersonNumber(NumberKind.FOREIGNER, "123456789012")


def test_one_number_of_two_kinds_is_two_persons_and_none_shows_itself() -> None:
    digits = "12345678901"
    one, other = (PersonNumber(kind, digits) for kind in (NumberKind.LEGAL, NumberKind.FOREIGNER))
    assert one.canonical() != other.canonical()
    assert digits not in f"{one!r} {one}"
