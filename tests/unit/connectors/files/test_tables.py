"""CSV as it comes from spreadsheets, other cities and editors."""

import io

import pytest

from connectors.files.problem import Unreadable
from connectors.files.tables import NoRow, Row, Table


def rows(content: str | bytes, *wanted: str) -> list[Row | NoRow]:
    """Return what a table holds."""
    raw = content.encode() if isinstance(content, str) else content
    return list(Table(io.BytesIO(raw), wanted))


def cells(content: str | bytes, *wanted: str) -> list[list[str]]:
    """Return the cells of a table in which everything is a row."""
    return [list(row.cells.values()) for row in rows(content, *wanted) if isinstance(row, Row)]


def refusal(content: str | bytes) -> Unreadable:
    """Return why a table cannot be read."""
    with pytest.raises(Unreadable) as refused:
        rows(content)
    assert refused.value.wrong.problem.fa
    assert refused.value.wrong.remedy.fa
    return refused.value


@pytest.mark.parametrize(
    "content",
    [
        "a,b\n1,2\n",
        "a;b\r\n1;2\r\n",
        "a\tb\n1\t2",
        "\ufeffa,b\n1,2\n",
        "a,b,,\r\n1,2,,\r\n,,,\r\n\r\n",
        "sep=;\r\na;b\r\n1;2\r\n",
        "\n\na,b\n1,2\n",
        "a,b\r1,2\r",
        "a\tb\r\n1\t2\r\n".encode("utf-16"),
    ],
)
def test_what_spreadsheets_and_editors_do_to_a_table_changes_nothing(content: str | bytes) -> None:
    assert cells(content) == [["1", "2"]]


def test_the_delimiter_is_the_one_that_finds_the_wanted_columns() -> None:
    assert cells("a,b;c,d\n1,2;3,4\n", "b;c") == [["1", "2;3", "4"]]
    assert cells("x,y;b;c\n1,5;2;3\n", "b", "c") == [["1,5", "2", "3"]]


def test_breaks_inside_a_quoted_cell_are_its_text_and_the_next_line_is_counted() -> None:
    found = rows('a,b\n"x\ny\r\nz\u2028w",2\n3\n')
    assert found[0] == Row(2, {"a": "x\ny\r\nz\u2028w", "b": "2"})
    assert (found[1].line, found[1].column) == (5, "b")  # type: ignore[union-attr]  # a short row


@pytest.mark.parametrize(
    ("line", "column", "words"),
    [
        ("4", "b", "has no cell for this column"),
        ("4,5,6", "row", "has more cells than columns"),
        ('"4"5,6', "row", "behind a closing quotation mark"),
    ],
)
def test_what_is_no_row_is_told_with_its_line_and_the_next_one_is_read(line: str, column: str, words: str) -> None:
    before, wrong, after = rows(f"a,b\n1,2\n{line}\n7,8\n")
    assert (before, after) == (Row(2, {"a": "1", "b": "2"}), Row(4, {"a": "7", "b": "8"}))
    assert isinstance(wrong, NoRow)
    assert (wrong.line, wrong.column) == (3, column)
    assert words in wrong.wrong.problem.en


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("a,b\n1,2\n3", 3, "ends in the middle of this row"),
        ('a,b\n1,"2\n3,4\n5,6\n', 2, "takes in the rest of the file"),
        ("a,b\n1,2\n3,\u0634\n".encode("cp1256"), 3, "is not UTF-8"),
        ("a,b\n1,2\n".encode("utf-16")[:-1], 2, "is not UTF-8"),
        (b"PK\x03\x04...", 1, "is a spreadsheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", 1, "is a spreadsheet"),
        ("", 1, "is empty"),
        (",,\n\n", 1, "is empty"),
        ("a,b,a\n1,2,3\n", 1, "a: the column stands there twice"),
    ],
)
def test_what_cannot_be_read_is_refused_from_its_line_on(content: str | bytes, line: int, words: str) -> None:
    refused = refusal(content)
    assert refused.line == line
    assert words in refused.wrong.problem.en


def test_a_last_row_without_a_line_end_is_whole_when_it_has_all_cells() -> None:
    assert cells("a,b\n1,2") == [["1", "2"]]
    assert cells("a,b\n1,2,") == [["1", "2"]]


@pytest.mark.parametrize("content", ["a,b\n1,", 'a,b\n"1",""'])
def test_a_last_cell_that_is_blank_without_a_line_end_may_be_cut(content: str) -> None:
    refused = refusal(content)
    assert (refused.line, refused.wrong.problem.en) == (2, "the file ends in the middle of this row")


def test_a_column_without_a_name_among_others_is_passed_over() -> None:
    assert rows("a,,b\n1,index,2\n") == [Row(2, {"a": "1", "b": "2"})]
