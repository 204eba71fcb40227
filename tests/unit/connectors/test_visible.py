"""What comes from outside is shown and not obeyed: on a line, in JSON, in a cell of a spreadsheet."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.visible import csv_cell, json_text, lines_of_ours, one_line

TITLE, CLEAR = "\x1b]0;owned\x07", "\x1b[2J\x9b31m"
#: What Persian text needs: ZWNJ, ZWJ, and the marks of direction that turn nothing round.
NEEDED = "می‌روم \u200d \u200e\u200f\u061c « » ؟ ۱۲"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (TITLE, r"\x1b]0;owned\x07"),
        (CLEAR, r"\x1b[2J\x9b31m"),
        ("one\ntwo\r\nthree\u2028four\u2029", r"one\ntwo\r\nthree\u2028four\u2029"),
        ("a\tb\x00c\x7f\x85", r"a\tb\x00c\x7f\x85"),
        ("\u202eevil\u202c \u2066x\u2069", r"\u202eevil\u202c \u2066x\u2069"),
        ("\U000e0041\ufff9\ud800", r"\ue0041\ufff9\ud800"),
        (NEEDED, NEEDED),
        ("[bold]not ours[/bold] :smile:", "[bold]not ours[/bold] :smile:"),
    ],
)
def test_what_a_terminal_would_obey_is_shown(text: str, shown: str) -> None:
    assert one_line(text) == shown


def test_line_breaks_of_ours_stay() -> None:
    assert lines_of_ours("one\ntwo\x1b\r") == "one\ntwo\\x1b\\r"


@given(st.text(alphabet=st.characters()))
def test_no_control_is_left_in_any_text(text: str) -> None:
    for shown in (one_line(text), lines_of_ours(text).replace("\n", "")):
        assert not [one for one in shown if unicodedata.category(one) in ("Cc", "Zl", "Zp", "Cs")]
        assert not [one for one in shown if unicodedata.bidirectional(one) in _TURNING]


@given(st.recursive(st.text() | st.integers(), lambda some: st.lists(some) | st.dictionaries(st.text(), some)))
def test_json_stays_exact_and_obeys_nobody(value: object) -> None:
    text = json_text(value)
    assert json.loads(text) == value
    assert one_line(text) == text


@pytest.mark.parametrize("text", ["=1+1", "+98", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＠x", "='[x]y'!A1"])
def test_text_that_is_a_formula_is_none_in_csv(text: str) -> None:
    cell = csv_cell(text)
    assert isinstance(cell, str)
    assert cell == f"'{one_line(text)}"


@pytest.mark.parametrize(("value", "cell"), [(-30_000, -30_000), (0, 0), (None, None), ("a=b", "a=b"), ("", "")])
def test_numbers_stay_numbers_in_csv(value: str | int | None, cell: str | int | None) -> None:
    assert csv_cell(value) == cell


def test_a_cell_is_one_line() -> None:
    assert csv_cell("a\n=b\x1b") == r"a\n=b\x1b"


_TURNING = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
