"""A file of one thing's versions, as a person writes it: a service, an office, an agreement, a policy, a calendar.

YAML as in a province's `policy.yaml` and `calendars.yaml`: one record, or a list of them, with the fields of the
thing's schema. Days stand on either calendar (`valid_from`, or `valid_from_jalali`), a week may stand as `open:`. A
`.json` file holds the same. What is wrong is told with its line and its remedy. `pishkhan registry show --draft` writes
such a file.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Generic, Union, get_args, get_origin

from pydantic import AwareDatetime, TypeAdapter

from connectors.files.days import JALALI
from connectors.files.problem import FileProblem
from connectors.files.yaml_text import Document
from connectors.words.language import Language, Phrase
from deploy.problem import Misused
from deploy.provinces.files import AnyModel, Folder, SourcePlace
from deploy.provinces.rows import day_of, midnight
from deploy.provinces.timing import read_holidays
from deploy.provinces.weeks import opening_hours
from producers.changes import Value
from schemas.agreements import Agreement, AgreementState
from schemas.base import Model
from schemas.policy import Calendar

#: One record or a list of them; what is neither is told by its line.
_SHAPE: TypeAdapter[Any] = TypeAdapter(Any)
#: Words about a record that are for people who read the file, where its model has no such field.
_ABOUT = ("note", "provenance")
_NO_FILE = Phrase("پرونده {path} نیست.", "There is no file {path}.")
_NO_JSON = Phrase("JSON نیست: {why}", "is not JSON: {why}")
_CHECK_IT = Phrase("آن را درست کنید", "correct it")
_NO_RECORD = Phrase("رکورد نیست", "is no record")
_NAMES = Phrase("هر فیلد را به شکل «نام: مقدار» بنویسید", "write its fields as `name: value`")
_OTHER = Phrase("از آنِ گوینده نیست", "is not the speaker's")
_LEAVE_OUT = Phrase("آن را بردارید", "leave it out")
_NOTHING = Phrase("چیزی در آن نیست", "holds nothing")
_WRITE_ONE = Phrase("یک رکورد بنویسید", "write one record")


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a record that leaves them out gets: the next version's number, and from when it holds."""

    version: int
    valid_from: datetime


@dataclass(frozen=True, slots=True)
class Record(Generic[AnyModel]):
    """One version that a file says; `given` are the names of fields that stood there."""

    value: AnyModel
    given: frozenset[str]


def draft_of(value: Value) -> dict[str, Any]:
    """Return a record that says what `value` says, as its next version; an agreement as it is put: signed."""
    fields = value.model_dump(mode="json", exclude_none=True, exclude={"version", "valid_from"})
    return fields | ({"state": AgreementState.SIGNED.value} if isinstance(value, Agreement) else {})


def check_there(path: Path) -> None:
    """Raise `Misused` when there is no file of that name."""
    if not path.is_file():
        raise Misused(_NO_FILE.filled(path=str(path)))


def read_records(
    path: Path, model: type[AnyModel], numbers: Callable[[str], Numbers], said: Mapping[str, Any]
) -> list[Record[AnyModel]]:
    """Return what the file says, at least one version; `said` are fields that the speaker says by itself.

    `numbers` gives what is left out for the thing of a code; of several records of one thing each is the next. Raises
    `Misused`, with every problem found.
    """
    folder = Folder(path.parent)
    document = _document(folder, path)
    records: list[Record[AnyModel]] = []
    newest: dict[str, int] = {}
    for at, record in _each(folder, document):
        fields = _plain(folder, document, at, model, record)
        for name, value in said.items():
            if fields.setdefault(name, value) != value:
                folder.complain(document.file, document.line(*at, name), name, _OTHER, _LEAVE_OUT)
        code, given = fields.get("code"), frozenset(fields)
        if isinstance(code, str):
            default = numbers(code)
            fields.setdefault("version", newest.get(code, default.version - 1) + 1)
            fields.setdefault("valid_from", default.valid_from.isoformat())
            if isinstance(fields["version"], int):
                newest[code] = fields["version"]
        value = folder.build(model, fields, SourcePlace(document.file, 1, document=document, path=at))
        if value is not None:
            records.append(Record(value, given))
    if not records and not folder.problems:
        folder.complain(document.file, 1, "document", _NOTHING, _WRITE_ONE)
    if folder.problems:
        raise Misused(_words(folder.problems))
    return records


def _document(folder: Folder, path: Path) -> Document:
    if path.suffix.lower() != ".json":
        return folder.document(path.name, _SHAPE)
    try:
        return Document(path.name, json.loads(path.read_text("utf-8-sig")), {})
    except json.JSONDecodeError as error:
        folder.complain(path.name, error.lineno, "document", _NO_JSON.filled(why=error.msg), _CHECK_IT)
    except (OSError, ValueError, RecursionError):
        # It is told as a YAML file that cannot be read.
        return folder.document(path.name, _SHAPE)
    return Document(path.name, [], {})


def _each(folder: Folder, document: Document) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    """Yield every record with its place; what is none is left in `folder`."""
    data = document.data
    places: list[tuple[tuple[str | int, ...], Any]] = [((), data)]
    if isinstance(data, list):
        places = [((index,), one) for index, one in enumerate(data)]
    for at, record in places:
        if isinstance(record, dict):
            if record:
                yield at, record
        elif record is not None:
            folder.complain(document.file, document.line(*at), "document", _NO_RECORD, _NAMES)


def _plain(
    folder: Folder, document: Document, at: tuple[str | int, ...], model: type[Model], record: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a record's fields as its model reads them."""
    fields = _dated(model, record)
    for name in _ABOUT:
        if name not in model.model_fields:
            fields.pop(name, None)
    if "hours" in model.model_fields and "open" in fields:
        fields["hours"] = opening_hours(folder, document, (*at, "open"), fields.pop("open"))
    if model is Calendar and "holidays" not in fields:
        fields["holidays"] = read_holidays(folder)
    return {name: value for name, value in fields.items() if value is not None}


def _dated(model: type[Model], record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record with its days, and those of what it holds, as its model reads them."""
    fields = dict(record)
    for name, field in model.model_fields.items():
        kinds = set(_kinds(field.annotation))
        given = fields.get(name)
        if kinds & {date, datetime, AwareDatetime}:
            moment = isinstance(given, str) and "T" in given.upper()
            if not moment and (given is not None or f"{name}{JALALI}" in fields):
                day = day_of(fields, name)
                fields.pop(f"{name}{JALALI}", None)
                fields[name] = day if date in kinds else midnight(day)
            continue
        for kind in kinds:
            if isinstance(kind, type) and issubclass(kind, Model):
                fields |= {name: _within(kind, given)} if name in fields else {}
    return fields


def _within(model: type[Model], value: Any) -> Any:
    if isinstance(value, Mapping):
        return _dated(model, value)
    return [_within(model, one) for one in value] if isinstance(value, list) else value


def _kinds(annotation: Any) -> Iterator[Any]:
    """Yield the types that a field may hold, those in its lists among them."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _kinds(get_args(annotation)[0])
    elif origin in (Union, UnionType, tuple):
        for inner in get_args(annotation):
            yield from _kinds(inner)
    else:
        yield annotation


def _words(problems: Sequence[FileProblem]) -> Phrase:
    fa, en = ("\n".join(problem.words(language) for problem in problems) for language in (Language.FA, Language.EN))
    return Phrase(fa, en)
