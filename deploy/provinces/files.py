"""Reading a province's files with their line numbers, so that every problem names file, line, field and remedy."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from consumers.jalali import STANDARD_TIME
from schemas.base import Model

AnyModel = TypeVar("AnyModel", bound=Model)
YamlPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class FileProblem:
    """One thing that is wrong in one file, and what to do about it."""

    file: str
    line: int
    field: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}, {self.field}: {self.problem}; {self.remedy}"


class ProvinceInvalid(Exception):
    """The folder cannot be loaded as it is; `problems` says everything that is wrong with it."""

    def __init__(self, problems: Sequence[FileProblem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One line of a CSV file; an absent or blank cell reads as empty text."""

    file: str
    line: int
    cells: Mapping[str, str]

    def text(self, column: str) -> str:
        """Return the cell, without blanks around it."""
        return self.cells.get(column, "").strip()

    def maybe(self, column: str) -> str | None:
        """Return the cell, or none when it is blank."""
        return self.text(column) or None

    def codes(self, column: str) -> list[str]:
        """Return a cell that lists codes, separated by `;`."""
        return [part.strip() for part in self.text(column).split(";") if part.strip()]

    def whole(self, column: str) -> int | str | None:
        """Return a whole number, none when blank, or the text itself for the model to refuse."""
        text = self.text(column)
        return int(text) if text.isascii() and text.isdigit() else text or None

    def decimal(self, column: str) -> float | str:
        """Return a decimal number, or the text itself for the model to refuse."""
        try:
            return float(self.text(column))
        except ValueError:
            return self.text(column)

    def flag(self, column: str) -> bool | str:
        """Return `yes` and `no` as truth values, or the text itself for the model to refuse."""
        return {"yes": True, "no": False}.get(self.text(column), self.text(column))


@dataclass(slots=True)
class Document:
    """A parsed YAML file that remembers on which line everything stood."""

    file: str
    data: Any
    lines: Mapping[YamlPath, int]

    def line(self, *path: str | int) -> int:
        """Return the line of `path`, or of its nearest ancestor that stood in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


@dataclass(slots=True)
class Folder:
    """A province's folder; problems are collected, so that one check tells them all."""

    path: Path
    problems: list[FileProblem] = field(default_factory=list)
    origins: dict[tuple[str, str, int], tuple[str, int]] = field(default_factory=dict)

    def complain(self, file: str, line: int, where: str, problem: str, remedy: str) -> None:
        """Remember one problem."""
        self.problems.append(FileProblem(file, line, where, problem, remedy))

    def note(self, kind: str, code: str, version: int, file: str, line: int) -> None:
        """Remember where a version of something stands."""
        self.origins[kind, code, version] = (file, line)

    def origin(self, kind: str, code: str, version: int) -> tuple[str, int]:
        """Return file and line of a version; the folder's first file when it stands on no line of its own."""
        return self.origins.get((kind, code, version), ("province.yaml", 1))

    def raise_problems(self) -> None:
        """Raise `ProvinceInvalid` when anything was found wrong so far."""
        if self.problems:
            raise ProvinceInvalid(self.problems)

    def rows(self, file: str, columns: Sequence[str], *, optional: bool = False) -> list[CsvRow]:
        """Return the rows of a CSV file that must have `columns`; a missing optional file has none."""
        if optional and not (self.path / file).exists():
            return []
        text = self._read(file)
        reader = csv.DictReader(text.splitlines(), strict=True)
        missing = [column for column in columns if column not in (reader.fieldnames or ())]
        if missing:
            self.complain(file, 1, ", ".join(missing), "the column is missing", "add it to the first line")
            return []
        rows = []
        try:
            for cells in reader:
                if None in cells or None in cells.values():
                    self.complain(file, reader.line_num, "line", "has more or fewer cells than columns", "check commas")
                    continue
                rows.append(CsvRow(file, reader.line_num, cells))
        except csv.Error as error:
            self.complain(file, reader.line_num, "line", f"is not CSV ({error})", "check the quotation marks")
        return rows

    def document(self, file: str) -> Document:
        """Return one YAML file; an unreadable one is a problem and reads as empty."""
        lines: dict[YamlPath, int] = {}
        try:
            loader = yaml.SafeLoader(self._read(file))
            node = loader.get_single_node()
            data = None if node is None else loader.construct_document(node)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = 1 if mark is None else mark.line + 1
            self.complain(file, line, "document", "is not YAML", "check indentation and quotation marks")
            return Document(file, {}, lines)
        if node is not None:
            self._note_lines(file, node, (), lines)
        return Document(file, {} if data is None else data, lines)

    def build(
        self,
        model: type[AnyModel],
        values: Mapping[str, Any],
        place: "SourcePlace",
    ) -> AnyModel | None:
        """Return `values` as a model, or none after complaining of each field at its place."""
        try:
            return model.model_validate_json(json.dumps(values, default=str), extra="forbid")
        except ValidationError as error:
            for found in error.errors(include_url=False, include_input=False):
                line, name = place.of(found["loc"])
                remedy = _REMEDIES.get(found["type"], "correct it as the message says")
                self.complain(place.file, line, name, found["msg"].removeprefix("Value error, "), remedy)
            return None

    def _read(self, file: str) -> str:
        try:
            return (self.path / file).read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            self.complain(file, 1, "file", "is missing", "copy it from another province's folder and change it")
        except (OSError, UnicodeDecodeError):
            self.complain(file, 1, "file", "cannot be read as UTF-8 text", "save it as UTF-8")
        self.raise_problems()
        raise AssertionError("a file that could not be read was complained of")

    def _note_lines(self, file: str, node: yaml.Node, path: YamlPath, lines: dict[YamlPath, int]) -> None:
        lines[path] = node.start_mark.line + 1
        if isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self._note_lines(file, item, (*path, index), lines)
        elif isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                inner = (*path, str(key.value))
                if inner in lines:
                    line = key.start_mark.line + 1
                    self.complain(file, line, str(key.value), "stands there twice", "remove or rename one")
                    continue
                self._note_lines(file, value, inner, lines)


@dataclass(frozen=True, slots=True)
class SourcePlace:
    """Where a model's fields stand: on one line of a CSV file, or below one path of a YAML file."""

    file: str
    line: int
    names: Mapping[str, str] = field(default_factory=dict)
    document: Document | None = None
    path: YamlPath = ()

    def of(self, location: Sequence[str | int]) -> tuple[int, str]:
        """Return line and field name of a location inside the model."""
        name = ".".join(str(part) for part in location) or "record"
        if self.document is not None:
            return self.document.line(*self.path, *location), name
        return self.line, self.names.get(name, name)


_REMEDIES = {
    "missing": "fill it in",
    "int_type": "write a whole number",
    "float_type": "write a number",
    "bool_type": "write yes or no",
    "string_type": "write text",
    "enum": "use one of the values that the message lists",
    "string_pattern_mismatch": "use lower case letters, digits, `.`, `_` and `-`",
    "extra_forbidden": "remove it, or check its spelling",
    "datetime_from_date_parsing": "write a date such as 2026-03-21",
    "date_from_datetime_parsing": "write a date such as 2026-03-21",
    "datetime_parsing": "write a date such as 2026-03-21",
    "date_parsing": "write a date such as 2026-03-21",
}


def names_of(row: CsvRow, column: str = "name") -> dict[str, str | None]:
    """Return the Persian and English cells `<column>_fa` and `<column>_en` as a localized text."""
    return {"fa": row.maybe(f"{column}_fa"), "en": row.maybe(f"{column}_en")}


#: How localized columns are called when a model complains of them.
NAME_COLUMNS = {"names.fa": "name_fa", "names.en": "name_en"}


def place_of(row: CsvRow, **names: str) -> SourcePlace:
    """Return the place of a row's fields; `names` maps model fields (dots as `__`) to columns."""
    return SourcePlace(
        row.file, row.line, {**NAME_COLUMNS, **{key.replace("__", "."): name for key, name in names.items()}}
    )


#: As ISO 8601 writes it, `+03:30`: dates in a province's files are days of the bus's zone.
_OFFSET = datetime.min.replace(tzinfo=STANDARD_TIME).isoformat()[-6:]


def midnight(day: Any) -> Any:
    """Return the instant at which a day begins in Iran, or the value itself for the model to refuse."""
    text = str(day) if day is not None else None
    return f"{text}T00:00:00{_OFFSET}" if text is not None and len(text) == 10 else text
