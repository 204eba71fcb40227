"""YAML as people write it: text stays text."""

import pytest

from connectors.files.problem import Unreadable
from connectors.files.yaml_text import read_yaml


@pytest.mark.parametrize(
    "written",
    [
        *("20:00", "08:00-14:00", "no", "yes", "on", "off", "Y", "010", "0x1F", "1_000", "1e5", "2027-03-21"),
        *("1406-01-01", ".inf", "0o17", "۰۱", "=", "1.2.3", "12:30:45.5"),
    ],
)
def test_what_is_no_number_of_json_is_the_text_that_stands_there(written: str) -> None:
    assert read_yaml(f"a: {written}").data == {"a": written}
    assert read_yaml(f"{written}: a").data == {written: "a"}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        *(("12", 12), ("-3", -3), ("0", 0), ("1.5", 1.5), ("۲۰۰۰۰", 20000), ("٣٫٥", 3.5), ("true", True)),
        *(("False", False), ("null", None), ("~", None), ("", None), ("'12'", "12")),
    ],
)
def test_numbers_truth_and_nothing_are_read_in_digits_of_any_kind(written: str, value: object) -> None:
    assert read_yaml(f"a: {written}").data == {"a": value}


def test_names_of_fields_are_what_was_written() -> None:
    document = read_yaml("311: a\nno: b\nnull: c\n2026-01-01: d\n010: e\nعلي: ك\n")
    assert document.data == {"311": "a", "no": "b", "null": "c", "2026-01-01": "d", "010": "e", "علی": "ک"}
    assert document.line("010") == 5


def test_a_name_that_stands_twice_is_told_with_line_and_column() -> None:
    [(line, name, wrong)] = read_yaml("a: 1\nb:\n  c: 1\n  c: 2\n").problems
    assert (line, name) == (4, "c (4:3)")
    assert wrong.problem.en == "stands there twice"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: [", 2, "is not YAML at column 5"),
        ("a: 1\n\tb: 2", 2, "is not YAML at column 1"),
        ("a: 1\n---\nb: 2", 2, "another document"),
        ("a: &x [*x]", 1, "holds itself"),
        ("a: &x {b: 1}\nc: {<<: *x}", 2, "takes something in by <<"),
        ("? [a]\n: 1", 1, "has a field whose name is no text"),
        ("a: !!python/name:os.system x", 1, "is not YAML at column 4"),
        ("a: \x00", 1, "is not YAML"),
        ("a: !!bool x", 1, "is not YAML"),
        ("[" * 5_000, 1, "is not YAML"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_yaml(text)
    assert refused.value.line == line
    assert words in refused.value.wrong.problem.en


def test_the_line_of_what_is_not_there_is_that_of_what_holds_it() -> None:
    document = read_yaml("a:\n  b:\n    - 1\n    - c: 2\n")
    assert document.line("a", "b", 1, "c") == 4
    assert document.line("a", "b", 1, "d", 5) == 4
    assert document.line("z") == 1
