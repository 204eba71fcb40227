"""Whatever dialect a table is written in, and whatever keyboard, the same is read."""

import csv
import io
from contextlib import suppress
from datetime import date
from typing import Literal

from hypothesis import assume, example, given
from hypothesis import strategies as st

from connectors.files.days import read_day
from connectors.files.numbers import whole_number
from connectors.files.problem import Unreadable
from connectors.files.tables import DELIMITERS, Row, Table
from connectors.files.yaml_text import read_yaml
from connectors.words.letters import unified_digits, unified_letters
from consumers.jalali import jalali_day

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
KEYBOARDS = st.sampled_from([0x30, 0x6F0, 0x660, 0xFF10])
DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 31))


def typed(text: str, zero: int) -> str:
    """Return a number as another keyboard writes it."""
    return text.translate({48 + digit: chr(zero + digit) for digit in range(10)})


@given(
    rows=st.lists(st.lists(TEXTS, min_size=3, max_size=3), max_size=6),
    delimiter=st.sampled_from(DELIMITERS),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    padding=st.integers(0, 3),
    names=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_what_is_written_in_any_dialect_is_read(
    rows: list[list[str]], delimiter: str, end: str, encoding: str, padding: int, names: Literal[0, 1]
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    header = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=names)
    header.writerow(["one", "two", "three", *[""] * padding])
    writer.writerows([*row, *[""] * padding] for row in rows)
    found = list(Table(io.BytesIO(text.getvalue().encode(encoding)), ("one", "two", "three")))
    wanted = [row for row in rows if any(cell and not cell.isspace() for cell in row)]
    assert [list(row.cells.values()) for row in found if isinstance(row, Row)] == wanted
    assert len(found) == len(wanted)


@given(rows=st.lists(st.lists(TEXTS, min_size=2, max_size=2), min_size=1, max_size=4), cut=st.integers(1, 40))
@example(rows=[["0", "five"]], cut=7)
@example(rows=[["0", "five"]], cut=5)
def test_a_table_that_is_cut_never_has_a_row_that_was_not_there(rows: list[list[str]], cut: int) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([["one", "two"], *rows])
    raw = text.getvalue().encode()
    assume(cut < len(raw))
    try:
        found = [list(row.cells.values()) for row in Table(io.BytesIO(raw[:-cut])) if isinstance(row, Row)]
    except Unreadable:
        return
    assert found == [row for row in rows if any(cell and not cell.isspace() for cell in row)][: len(found)]


@given(st.binary(max_size=200))
def test_any_bytes_are_rows_or_refused(raw: bytes) -> None:
    with suppress(Unreadable):
        lines = [row.line for row in Table(io.BytesIO(raw))]
        assert lines == sorted(set(lines))


@given(st.integers(-(10**15), 10**15), KEYBOARDS)
def test_numbers_are_the_same_on_every_keyboard(number: int, zero: int) -> None:
    assert whole_number(typed(str(number), zero)) == number
    assert whole_number(typed(f"{number:,}", zero)) == number
    assert read_yaml(f"a: {number}").data == {"a": number}


@given(DAYS, KEYBOARDS, st.sampled_from("-/."))
def test_days_are_the_same_on_both_calendars_and_never_mistaken(day: date, zero: int, between: str) -> None:
    jalali = "{:04}-{:02}-{:02}".format(*jalali_day(day)).replace("-", between)
    gregorian = day.isoformat().replace("-", between)
    assert read_day(typed(gregorian, zero)) == day
    assert read_day(typed(jalali, zero), jalali=True) == day
    assert not isinstance(read_day(jalali), date)
    assert not isinstance(read_day(gregorian, jalali=True), date)


@given(st.text(max_size=30))
def test_unifying_again_changes_nothing_and_leaves_ascii_alone(text: str) -> None:
    assert unified_letters(unified_letters(text)) == unified_letters(text)
    assert unified_digits(unified_digits(text)) == unified_digits(text)
    if text.isascii():
        assert unified_letters(text) == text


@given(st.text(max_size=40))
def test_any_text_is_yaml_or_refused(text: str) -> None:
    with suppress(Unreadable):
        assert read_yaml(text).lines or not text.strip() or read_yaml(text).data is None
