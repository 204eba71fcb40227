"""Numbers, days, letters and digits as people write them."""

from datetime import date, datetime

import pytest

from connectors.files.days import read_day, typed_moment
from connectors.files.numbers import decimal_number, spoiled_text, whole_number
from connectors.files.problem import FileProblem, Wrong
from connectors.words.language import Language, Phrase
from connectors.words.letters import unified_digits, unified_letters
from consumers.jalali import STANDARD_TIME


@pytest.mark.parametrize(
    ("text", "value"), [("12", 12), ("۱۲", 12), ("٣٤", 34), ("1,250,000", 1_250_000), (" -7 ", -7)]
)
def test_whole_numbers(text: str, value: int) -> None:
    assert whole_number(text) == value


@pytest.mark.parametrize("text", ["", "many", "1.5", "1_000", "12,50", "0x1f", "١٢a", "٫"])
def test_what_is_no_whole_number_is_told(text: str) -> None:
    found = whole_number(text)
    assert isinstance(found, Wrong)
    assert "must be a whole number" in found.problem.en


@pytest.mark.parametrize("text", ["1e5", "3.15011E+29", "۱E+۵"])
def test_what_a_spreadsheet_made_of_a_number_is_told(text: str) -> None:
    for found in (whole_number(text), decimal_number(text)):
        assert isinstance(found, Wrong)
        assert "by a spreadsheet" in found.problem.en
        assert "format “text”" in found.remedy.en


@pytest.mark.parametrize(("text", "value"), [("37.47", 37.47), ("۳۷٫۴۷", 37.47), ("-5", -5.0)])
def test_decimal_numbers(text: str, value: float) -> None:
    assert decimal_number(text) == value


@pytest.mark.parametrize("text", ["3_7.47", "nan", "inf", "37,47", "1.2.3", ".5", ""])
def test_what_is_no_decimal_number_is_told(text: str) -> None:
    assert isinstance(decimal_number(text), Wrong)


def test_an_account_that_a_spreadsheet_has_spoiled_is_seen() -> None:
    assert spoiled_text("3.15011E+29") is not None
    assert spoiled_text("387011100140149000000000000000") is not None
    for whole in ("387011100140149001055000035724", "1e5", "000000000000000000", "12", "Bank 1E"):
        assert spoiled_text(whole) is None


@pytest.mark.parametrize("text", ["2027-03-21", "2027/3/21", "۲۰۲۷-۰۳-۲۱", "2027-03-21 00:00:00", "2027.03.21"])
def test_gregorian_days(text: str) -> None:
    assert read_day(text) == date(2027, 3, 21)


@pytest.mark.parametrize("text", ["1406-01-01", "۱۴۰۶/۰۱/۰۱", "١٤٠٦/١/١"])
def test_a_jalali_day_is_read_where_it_says_so_and_told_with_the_day_that_is_meant_where_not(text: str) -> None:
    assert read_day(text, jalali=True) == date(2027, 3, 21)
    found = read_day(text)
    assert isinstance(found, Wrong)
    assert "Jalali year" in found.problem.en
    assert "write 2027-03-21" in found.remedy.en
    assert "2027-03-21 بنویسید" in found.remedy.fa


def test_a_gregorian_day_in_a_jalali_column_is_told_with_the_day_that_is_meant() -> None:
    found = read_day("2027-03-21", jalali=True)
    assert isinstance(found, Wrong)
    assert found.remedy.en == "write 1406-01-01"


def test_the_last_day_of_a_leap_year_is_one_and_of_another_year_none() -> None:
    assert read_day("1403-12-30", jalali=True) == date(2025, 3, 20)
    assert isinstance(read_day("1404-12-30", jalali=True), Wrong)
    assert isinstance(read_day("1404-12-30"), Wrong)


@pytest.mark.parametrize(
    "text", ["", "12/2/2023", "26-01-02", "2026-02-30", "2026-1/2", "0621-03-21", "3020-01-01", "today"]
)
def test_what_is_no_day_is_told(text: str) -> None:
    for jalali in (False, True):
        found = read_day(text, jalali=jalali)
        assert isinstance(found, Wrong)
        assert found.problem.fa
        assert found.remedy.fa


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-25", "2026-11-25T00:00:00+03:30"),
        ("۱۴۰۵/۰۹/۰۴", "2026-11-25T00:00:00+03:30"),
        ("1405-09-04T14:30", "2026-11-25T14:30:00+03:30"),
        ("2026-11-25 14:30:05", "2026-11-25T14:30:05+03:30"),
        ("2026-11-25T11:00Z", "2026-11-25T11:00:00+00:00"),
        ("1405-09-04T11:00+01:00", "2026-11-25T11:00:00+01:00"),
    ],
)
def test_a_typed_moment_is_of_the_calendar_that_its_year_says(text: str, moment: str) -> None:
    found = typed_moment(text, STANDARD_TIME)
    assert isinstance(found, datetime)
    assert found.isoformat() == moment


@pytest.mark.parametrize("text", ["soon", "", "2026-11-25T25:00", "2026-02-30", "1405-13-01", "2026-11-25T", "06:00"])
def test_what_is_no_moment_is_told(text: str) -> None:
    assert isinstance(typed_moment(text, STANDARD_TIME), Wrong)


def test_letters_are_persians_own() -> None:
    assert unified_letters("كتاب علي") == "کتاب علی"
    assert unified_letters("ﻛﺘﺎب") == "کتاب"
    assert unified_letters("موسى ۱۲") == "موسی ۱۲"
    assert unified_letters("می\u200cرود ½ ﷼") == "می\u200cرود ½ ﷼"


def test_digits_lose_their_keyboard_and_what_nobody_sees() -> None:
    assert unified_digits("\u200f۰٩٣۵\u200e ") == "0935"
    assert unified_digits("۱٬۲۵۰٫۵") == "1,250.5"
    assert unified_digits("۱۴۰۷caf۳۸") == "1407caf38"


def test_a_problem_is_one_sentence_in_both_languages_with_some_of_its_lines() -> None:
    problem = FileProblem("a.csv", 3, "on", Phrase("تاریخ نیست", "is no date"), Phrase("بنویسید", "write one"))
    assert problem.words(Language.EN) == "a.csv, line 3, on: is no date; write one"
    problem.others += [4, 5]
    assert str(problem) == "a.csv, line 3, on: is no date (and in lines 4, 5); write one"
    problem.others += range(6, 1_010)
    assert "(and in lines 4, 5, 6, 7, 8 and 1,001 more)" in str(problem)
    assert "۱٬۰۰۱ خط دیگر" in problem.words(Language.FA)
