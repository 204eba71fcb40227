"""Reading a province's files with their line numbers, so that every problem names file, line, field and remedy."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from connectors.files.days import JALALI
from connectors.files.models import error_words
from connectors.files.numbers import spoiled_text
from connectors.files.problem import FileProblem, Unreadable, Wrong
from connectors.files.tables import NoRow, Table
from connectors.files.yaml_text import Document, YamlPath, read_yaml
from connectors.words.language import Phrase
from deploy.provinces.rows import CsvRow
from schemas.base import Model

AnyModel = TypeVar("AnyModel", bound=Model)

_NO_COLUMN = Phrase("این ستون نیست", "the column is missing")
_ADD_COLUMN = Phrase("آن را به خط نخست بیفزایید", "add it to the first line")
_BOTH = Phrase("این ستون به هر دو تقویم آمده است", "the column is there on both calendars")
_KEEP_ONE = Phrase("یکی را بردارید", "keep one of the two")
_MISSING = Phrase("نیست", "is missing")
_COPY_IT = Phrase(
    "آن را از پوشه استانی دیگر بردارید و تغییر دهید", "copy it from another province's folder and change it"
)
_UNREAD = Phrase("خوانده نمی‌شود", "cannot be read as UTF-8 text")
_SAVE_IT = Phrase("آن را با قالب UTF-8 ذخیره کنید", "save it as UTF-8")


class ProvinceInvalid(Exception):
    """The folder cannot be loaded as it is.

    `problems` are the causes, each once; `follow_ups` counts what is wrong only because of them.
    """

    def __init__(self, problems: Sequence[FileProblem], follow_ups: int = 0) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)
        self.follow_ups = follow_ups


@dataclass(slots=True)
class Folder:
    """A province's folder; problems are collected, so that one check tells them all."""

    path: Path
    problems: list[FileProblem] = field(default_factory=list)
    origins: dict[tuple[str, str, int], tuple[str, int]] = field(default_factory=dict)
    follow_ups: int = 0
    #: Files of which something could not be taken: whoever misses it there says nothing new.
    incomplete: set[str] = field(default_factory=set)

    def complain(self, file: str, line: int, where: str, problem: Phrase, remedy: Phrase) -> None:
        """Remember one problem, once; the same on other lines of the file is that problem with more lines."""
        self.incomplete.add(file)
        for known in self.problems:
            if (known.file, known.field, known.problem, known.remedy) == (file, where, problem, remedy):
                if line != known.line and line not in known.others:
                    known.others.append(line)
                return
        self.problems.append(FileProblem(file, line, where, problem, remedy))

    def miss(self, row: CsvRow, where: str, source: str | tuple[str, ...], problem: Phrase, remedy: Phrase) -> None:
        """Complain that a row refers to what is not in file `source`: a follow-up when something is wrong there."""
        sources = {source} if isinstance(source, str) else set(source)
        if (sources - {row.file}) & self.incomplete:
            self.follow_ups += 1
            self.incomplete.add(row.file)
        else:
            self.complain(row.file, row.line, where, problem, remedy)

    def note(self, kind: str, code: str, version: int, file: str, line: int) -> None:
        """Remember where a version of something stands."""
        self.origins[kind, code, version] = (file, line)

    def origin(self, kind: str, code: str, version: int) -> tuple[str, int]:
        """Return file and line of a version; the folder's first file when it stands on no line of its own."""
        return self.origins.get((kind, code, version), ("province.yaml", 1))

    def raise_problems(self) -> None:
        """Raise `ProvinceInvalid` when anything was found wrong so far."""
        if self.problems:
            raise ProvinceInvalid(self.problems, self.follow_ups)

    def rows(
        self, file: str, columns: Sequence[str], *, days: Collection[str] = (), optional: bool = False
    ) -> list[CsvRow]:
        """Return the rows of a CSV file that must have `columns`; a missing optional file has none.

        Of `days`, which hold days, each may be there as a Jalali one instead.
        """
        if optional and not (self.path / file).exists():
            return []
        try:
            with (self.path / file).open("rb") as stream:
                table = Table(stream, columns)
                return self._table(file, table, columns, days)
        except Unreadable as error:
            self.complain(file, error.line, "row", *error.wrong)
        except FileNotFoundError:
            self.complain(file, 1, "file", _MISSING, _COPY_IT)
        except OSError:
            self.complain(file, 1, "file", _UNREAD, _SAVE_IT)
        return []

    def document(self, file: str, shape: TypeAdapter[Any]) -> Document:
        """Return one YAML file of a `shape`; one that has another, or none, is a problem and reads as empty."""
        try:
            document = read_yaml((self.path / file).read_text(encoding="utf-8-sig"), file)
        except Unreadable as error:
            self.complain(file, error.line, "document", *error.wrong)
        except FileNotFoundError:
            self.complain(file, 1, "file", _MISSING, _COPY_IT)
        except (OSError, UnicodeDecodeError):
            self.complain(file, 1, "file", _UNREAD, _SAVE_IT)
        else:
            for line, name, wrong in document.problems:
                self.complain(file, line, name, *wrong)
            try:
                document.data = (
                    _empty(shape) if document.data is None else shape.validate_python(document.data, strict=True)
                )
            except ValidationError as error:
                for found in error.errors(include_url=False, include_input=False):
                    where = ".".join(map(str, found["loc"])) or "document"
                    self.complain(file, document.line(*found["loc"]), where, *error_words(found))
            else:
                return document
        return Document(file, _empty(shape), {})

    def build(self, model: type[AnyModel], values: Mapping[str, Any], place: "SourcePlace") -> AnyModel | None:
        """Return `values` as a model, or none after complaining of each field at its place.

        A `Wrong` among the values is what could not be read there.
        """
        unread: dict[tuple[str | int, ...], Wrong] = {}
        plain = _without_wrong(values, (), unread)
        for location, wrong in unread.items():
            self.complain(place.file, *place.of(location), *wrong)
        try:
            built = model.model_validate_json(json.dumps(plain), extra="forbid")
        except ValidationError as error:
            for found in error.errors(include_url=False, include_input=False):
                if found["loc"] not in unread:
                    self.complain(place.file, *place.of(found["loc"]), *error_words(found))
            return None
        return None if unread else built

    def _table(self, file: str, table: Table, columns: Sequence[str], days: Collection[str]) -> list[CsvRow]:
        found = set(table.columns)
        missing = [name for name in columns if not {name, *([f"{name}{JALALI}"] if name in days else [])} & found]
        if missing:
            self.complain(file, 1, ", ".join(missing), _NO_COLUMN, _ADD_COLUMN)
            return []
        for name in days:
            if {name, f"{name}{JALALI}"} <= found:
                self.complain(file, 1, name, _BOTH, _KEEP_ONE)
        rows = []
        for row in table:
            if isinstance(row, NoRow):
                self.complain(file, row.line, row.column, *row.wrong)
                continue
            for column, cell in row.cells.items():
                spoiled = spoiled_text(cell)
                if spoiled is not None:
                    self.complain(file, row.line, column, *spoiled)
            rows.append(CsvRow(file, row.line, row.cells))
        return rows


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


#: How localized columns are called when a model complains of them.
NAME_COLUMNS = {"names.fa": "name_fa", "names.en": "name_en"}


def place_of(row: CsvRow, **names: str) -> SourcePlace:
    """Return the place of a row's fields; `names` maps model fields (dots as `__`) to columns."""
    return SourcePlace(
        row.file, row.line, {**NAME_COLUMNS, **{key.replace("__", "."): name for key, name in names.items()}}
    )


def _empty(shape: TypeAdapter[Any]) -> Any:
    """Return what an empty file of this shape says: no fields, or no records."""
    try:
        return shape.validate_python({}, strict=True)
    except ValidationError:
        return []


def _without_wrong(value: Any, location: tuple[str | int, ...], unread: dict[tuple[str | int, ...], Wrong]) -> Any:
    """Return `value` with nothing in the place of each `Wrong`, which is noted."""
    if isinstance(value, Wrong):
        unread[location] = value
        return None
    if isinstance(value, Mapping):
        return {key: _without_wrong(inner, (*location, key), unread) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_wrong(inner, (*location, index), unread) for index, inner in enumerate(value)]
    return value
