"""CSV as it comes: from spreadsheets, other cities and editors. The one reader of every table that people give.

Commas, semicolons or tabs; UTF-8 with or without a byte order mark, or UTF-16 with one; blank lines, and the empty
columns and rows that spreadsheets leave at the ends. Text inside quotation marks stays as it is, line breaks too. What
is no row of the table is told with its line, and a table that ends in the middle of a row is not taken for whole.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from typing import BinaryIO

from connectors.files.problem import Unreadable, Wrong
from connectors.words.language import Phrase

#: What stands between cells, by how often it is met.
DELIMITERS = (",", ";", "\t")
#: Lines that a header may have, when its names have breaks in them.
_HEADER_LINES_MAX = 20
#: How files begin that are no text, with what to say of them.
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
#: Bytes that are no UTF-8, as the decoder leaves them behind.
_NO_TEXT = re.compile("[\udc80-\udcff]")
#: Excel writes this line for itself.
_SEPARATOR_LINE = re.compile(r"sep=(?P<delimiter>.)\s*", re.IGNORECASE)

_SAVE = Phrase("آن را با قالب «CSV UTF-8» ذخیره کنید", "save it as “CSV UTF-8”")
_SPREADSHEET = Wrong(Phrase("صفحه‌گسترده است، نه CSV", "is a spreadsheet, not CSV"), _SAVE)
_NOT_UTF8 = Wrong(Phrase("متن UTF-8 نیست", "is not UTF-8 text"), _SAVE)
_NO_HEADER = Wrong(
    Phrase("خالی است", "is empty"), Phrase("نام ستون‌ها را در خط نخست بنویسید", "name the columns in its first line")
)
_TWICE = Phrase("این ستون دو بار آمده است", "the column stands there twice")
_TWICE_REMEDY = Phrase("یکی را بردارید یا نام دیگری بدهید", "remove or rename one")
_SHORT = Wrong(
    Phrase("خانه‌ای برای این ستون ندارد", "has no cell for this column"),
    Phrase("خانه را بنویسید؛ اگر چیزی در آن نیست خالی بگذارید", "add the cell, a blank one if there is nothing to say"),
)
_LONG = Wrong(
    Phrase("خانه‌هایی بیش از ستون‌ها دارد", "has more cells than columns"),
    Phrase('متنی را که جداکننده دارد میان " بگذارید', 'put a text with a separator in it between quotation marks (")'),
)
_QUOTES = Wrong(
    Phrase('پس از " متن دیگری آمده است', "has text behind a closing quotation mark"),
    Phrase('درون متن به جای هر " بنویسید ""', 'inside a quoted text write "" for each "'),
)
_OPEN = Wrong(
    Phrase(
        '" این خط بسته نمی‌شود و باقی پرونده را در خود می‌گیرد',
        "opens a quotation mark that takes in the rest of the file",
    ),
    Phrase('" را ببندید، یا پرونده را دوباره و کامل بگیرید', "close it, or get the whole file again"),
)
_CUT = Wrong(
    Phrase("پرونده در میان این سطر تمام می‌شود", "the file ends in the middle of this row"),
    Phrase(
        "پرونده را دوباره و کامل بگیرید؛ اگر کامل است خط آخر را با Enter تمام کنید",
        "get the whole file again; if it is whole, end its last line with a line break",
    ),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line on which it begins, and its cells by column, as they were written."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class NoRow:
    """What stands there instead of a row: where it begins, which column it lacks or `row`, and what is wrong."""

    line: int
    column: str
    wrong: Wrong


class Table:
    """The rows below a header, read from `stream` as they are asked for, once.

    Of several delimiters the one counts that finds the most of `wanted` in the header, then the one that finds the most
    columns. Raises `Unreadable`, as iterating does.
    """

    def __init__(self, stream: BinaryIO, wanted: Sequence[str] = ()) -> None:
        self._lines = _Lines(stream)
        head, self._delimiter = self._header(wanted)
        self.columns = _columns(head)

    def __iter__(self) -> Iterator[Row | NoRow]:
        """Yield each row that is not blank, or what stands there instead."""
        reader = csv.reader(self._lines, delimiter=self._delimiter, strict=True)
        while True:
            begins = self._lines.number + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                if "expected after" not in str(error):
                    # The end of the file, or a cell without end.
                    raise Unreadable(begins, _OPEN) from None
                yield NoRow(begins, "row", _QUOTES if self._lines.number == begins else _runs_on(self._lines.number))
                continue
            if any(cell and not cell.isspace() for cell in cells):
                yield self._row(begins, cells)

    def _row(self, line: int, cells: list[str]) -> Row | NoRow:
        width = len(self.columns)
        if any(cell.strip() for cell in cells[width:]):
            return NoRow(line, "row", _LONG)
        if len(cells) <= width and not cells[-1] and not self._lines.ended:
            # The cell may be blank, or what was in it may be lost: the end of the line would say which.
            raise Unreadable(line, _CUT)
        if len(cells) < width:
            if not self._lines.ended:
                raise Unreadable(line, _CUT)
            missing = next(name for name in (*self.columns[len(cells) :], "row") if name)
            return NoRow(line, missing, _SHORT)
        return Row(line, {name: cell for name, cell in zip(self.columns, cells, strict=False) if name})

    def _header(self, wanted: Sequence[str]) -> tuple[list[str], str]:
        lines: list[str] = []
        only: tuple[str, ...] = DELIMITERS
        for line in islice(self._lines, _HEADER_LINES_MAX):
            said = _SEPARATOR_LINE.fullmatch(line)
            if said is not None and not lines:
                only = (said["delimiter"],)
            elif lines or line.strip(" \t\r\n,;"):
                lines.append(line)
                if sum(each.count('"') for each in lines) % 2 == 0:
                    break
        if not lines:
            raise Unreadable(1, _NO_HEADER)
        found: list[tuple[list[str], str]] = []
        for delimiter in only:
            # Where names stand between quotation marks, none but their own delimiter may follow one.
            with suppress(csv.Error, StopIteration):
                found.append((next(csv.reader(lines, delimiter=delimiter, strict=True)), delimiter))
        if not found:
            raise Unreadable(1, _OPEN)
        return max(found, key=lambda one: (len({name.strip() for name in one[0]} & set(wanted)), len(one[0])))


def _runs_on(line: int) -> Wrong:
    """Say that a quotation mark is closed only on a later line, by one that was to open another text."""
    return Wrong(
        Phrase(f'" این خط تا خط {line} بسته نمی‌شود', f"opens a quotation mark that runs on into line {line}"),
        _OPEN.remedy,
    )


def _columns(head: list[str]) -> tuple[str, ...]:
    """Return the names of columns; the empty ones at the end are no columns, and one between them has no name."""
    names = [name.strip() for name in head]
    while names and not names[-1]:
        names.pop()
    for place, name in enumerate(names):
        if name and name in names[:place]:
            raise Unreadable(1, Wrong(Phrase(f"{name}: {_TWICE.fa}", f"{name}: {_TWICE.en}"), _TWICE_REMEDY))
    return tuple(names)


class _Lines:
    """The lines of a stream with their ends, counted; only `\\n`, `\\r` and `\\r\\n` end a line."""

    def __init__(self, stream: BinaryIO) -> None:
        start = stream.read(4)
        if start in _SPREADSHEETS:
            raise Unreadable(1, _SPREADSHEET)
        encoding = "utf-16" if start.startswith(_UTF16) else "utf-8-sig"
        whole = io.BufferedReader(_Joined(start, stream))
        self._text = io.TextIOWrapper(whole, encoding=encoding, errors="surrogateescape", newline="")
        self.number = 0
        #: Whether the last line read has an end.
        self.ended = True

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        try:
            line = next(self._text)
        except UnicodeDecodeError:
            raise Unreadable(self.number + 1, _NOT_UTF8) from None
        self.number += 1
        if not line.isascii() and _NO_TEXT.search(line):
            raise Unreadable(self.number, _NOT_UTF8)
        self.ended = line.endswith(("\n", "\r"))
        return line


class _Joined(io.RawIOBase):
    """A stream whose first bytes were read already."""

    def __init__(self, start: bytes, rest: BinaryIO) -> None:
        self._chunks = chain((start,), iter(lambda: rest.read(io.DEFAULT_BUFFER_SIZE), b""))
        self._left = b""

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]  # typeshed's WriteableBuffer has no name
        """Fill the buffer with what comes next."""
        while not self._left:
            try:
                self._left = next(self._chunks)
            except StopIteration:
                return 0
        taken, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)
