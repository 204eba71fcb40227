"""What a log's rows become: the mapping as data, and one row as a request or as a reason why not. Pure."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID, uuid5

from persiantools.jdatetime import JalaliDateTime
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from connectors.files.days import GREGORIAN_YEARS
from connectors.files.models import error_words
from connectors.files.numbers import spoiled_text
from connectors.files.problem import Wrong
from connectors.words.language import Phrase
from connectors.words.letters import unified_digits, unified_letters
from schemas.base import Code
from schemas.intake_agency import FormEntry, Origin, RequestSubmitted

#: Ids of replayed requests follow from the log's name and the case's id, so a second replay says nothing new.
REPLAY_NAMESPACE = UUID("0b5c3c0e-6a0f-5d44-9d0d-4c5e2f8a1b77")
DAY_MINUTES = 24 * 60
#: Of a row's hash: two of a hundred million rows have the same once in ten thousand logs.
_ROW_ID_DIGITS = 20
_TIME = re.compile(r"(\d{1,2}):(\d\d)(?::\d\d)?", re.ASCII)
_ADD_SERVICE = Phrase("آن را آنجا بیفزایید", "add it there")
_BOTH = Wrong(
    Phrase("این رده نگاشت هم دارد", "the category is mapped as well"), Phrase("یکی را نگه دارید", "keep one of the two")
)


def _clock(written: object) -> object:
    """Return a time of day as it is written; a number is none, or 7 would be seven seconds after midnight."""
    if isinstance(written, time):
        return written
    found = _TIME.fullmatch(unified_digits(written)) if isinstance(written, str) else None
    if found is None:
        raise ValueError("is no time of day; write it as 07:30")
    return f"{int(found[1]):02}:{found[2]}"


TimeOfDay = Annotated[time, BeforeValidator(_clock)]


class LogCalendar(StrEnum):
    """The calendar of a log's times."""

    GREGORIAN = "gregorian"
    JALALI = "jalali"


class Dropped(StrEnum):
    """Why a row did not become a request."""

    #: The mapping names the category as one that is left out, with words for it.
    LEFT_OUT = "left_out"
    #: The mapping does not know the category.
    UNKNOWN_CATEGORY = "unknown_category"
    #: The row names no place.
    NO_PLACE = "no_place"
    #: The mapping does not know the place.
    UNKNOWN_PLACE = "unknown_place"
    #: The row has no id, or no time that can be read.
    UNREADABLE = "unreadable"
    #: Another row had the same id before.
    REPEATED = "repeated"
    #: It is no row of the table: it has fewer or more cells than columns, or a quotation mark that is out of place.
    BROKEN_ROW = "broken_row"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Columns(_Part):
    """Which column of the log holds what.

    A log without a column of ids has ids made of its rows; one without places says in `LogMapping.place` where it is.
    """

    id: str | None = None
    opened: str
    category: str
    place: str | None = None

    def names(self) -> list[str]:
        """Return the columns that the log must have."""
        return [name for name in (self.id, self.opened, self.category, self.place) if name is not None]


class ReplayDay(_Part):
    """The source's busy hours and the hours of the province's day onto which they are laid."""

    source: tuple[TimeOfDay, TimeOfDay]
    target: tuple[TimeOfDay, TimeOfDay]

    @model_validator(mode="after")
    def _not_reversed(self) -> Self:
        for name, (begins, ends) in (("source", self.source), ("target", self.target)):
            if ends <= begins:
                raise ValueError(f"{name} ends before it begins; write the earlier time first")
        return self


class Target(_Part):
    """A service that categories map to: its agency, and the form that its requests have.

    `${id}` and `${place}` in a form stand for the row's own.
    """

    agency: Code
    form: dict[Code, FormEntry] = {}


class LogMapping(_Part):
    """One mapping file. `shift_days` moves whole days so that the source's weekend falls on the province's."""

    name: Annotated[str, Field(min_length=1)]
    origin: Annotated[str, Field(min_length=1)]
    columns: Columns
    time_format: str = "%Y-%m-%d %H:%M:%S"
    calendar: LogCalendar = LogCalendar.GREGORIAN
    shift_days: Annotated[int, Field(ge=-6, le=6)] = 0
    day: ReplayDay | None = None
    services: Mapping[Code, Target]
    categories: Mapping[str, Code]
    left_out: Mapping[str, str] = {}
    places: Mapping[str, Code] = {}
    place: Code | None = None

    @model_validator(mode="after")
    def _one_way_to_places(self) -> Self:
        by_column = self.columns.place is not None
        if by_column != bool(self.places) or by_column == (self.place is not None):
            raise ValueError("name either columns.place and places, or the one city of all rows in place")
        return self


@dataclass(frozen=True, slots=True)
class ReplayCase:
    """One row that becomes a request. `opened_at` is Iran's wall clock on the shifted day."""

    case_id: str
    opened_at: datetime
    category: str
    place: str
    service: str
    city: str


class MappingInvalid(ValueError):
    """A mapping that cannot be used: where, as a path into the document, what is wrong, and the remedy."""

    def __init__(self, path: tuple[str | int, ...], wrong: Wrong) -> None:
        self.field = ".".join(map(str, path)) or "document"
        super().__init__(f"{self.field}: {wrong.problem.en}; {wrong.remedy.en}")
        self.path = path
        self.wrong = wrong


class OtherCalendar(Exception):
    """A row's time lies in a year that the mapping's calendar does not have: it is of the other one."""


def read_mapping(content: object) -> LogMapping:
    """Return a parsed mapping file as a checked mapping. Raises `MappingInvalid`."""
    try:
        mapping = LogMapping.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise MappingInvalid(first["loc"], error_words(first)) from None
    for category, service in mapping.categories.items():
        if service not in mapping.services:
            problem = Phrase(f"{service} زیر services نیست", f"{service} is not under services")
            raise MappingInvalid(("categories", category), Wrong(problem, _ADD_SERVICE))
        if category in mapping.left_out:
            raise MappingInvalid(("left_out", category), _BOTH)
    return mapping


def case_of(row: Mapping[str, str], mapping: LogMapping) -> ReplayCase | Dropped:
    """Return what becomes of one row. Raises `OtherCalendar`."""
    columns = mapping.columns
    case_id = row_id(row) if columns.id is None else row.get(columns.id, "").strip()
    opened_at = _read_time(unified_digits(row.get(columns.opened, "")), mapping)
    if not case_id or opened_at is None or (columns.id is not None and spoiled_text(case_id) is not None):
        return Dropped.UNREADABLE
    category = unified_letters(row.get(columns.category, "")).strip()
    if category in mapping.left_out:
        return Dropped.LEFT_OUT
    service = mapping.categories.get(category)
    if service is None:
        return Dropped.UNKNOWN_CATEGORY
    place = mapping.place if columns.place is None else unified_letters(row.get(columns.place, "")).strip()
    if not place:
        return Dropped.NO_PLACE
    city = mapping.place if columns.place is None else mapping.places.get(place)
    if city is None:
        return Dropped.UNKNOWN_PLACE
    return ReplayCase(case_id, opened_at, category, place, service, city)


def request_of(case: ReplayCase, mapping: LogMapping) -> RequestSubmitted:
    """Return the claim that the agency of the case's service makes."""
    form = mapping.services[case.service].form
    return RequestSubmitted(
        request_id=replay_id(mapping, case, "request"),
        service=case.service,
        origin=Origin.AGENCY,
        city=case.city,
        form={code: _filled(value, case) for code, value in form.items()},
    )


def row_id(row: Mapping[str, str], time: int = 1) -> str:
    """Return an id made of what a row says, for logs that have none; of equal rows each has its own, by their order."""
    said = "\x1f".join(f"{name}\x1e{cell}" for name, cell in row.items())
    digest = hashlib.sha256(said.encode()).hexdigest()[:_ROW_ID_DIGITS]
    return digest if time == 1 else f"{digest}-{time}"


def replay_id(mapping: LogMapping, case: ReplayCase, what: str) -> UUID:
    """Return the id of a case's request, or of the event that submits it."""
    return uuid5(REPLAY_NAMESPACE, f"{mapping.name}|{case.case_id}|{what}")


def weekday_moves(mapping: LogMapping) -> list[tuple[str, str]]:
    """Return how the days of the week move, for people: (source's day, province's day)."""
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    return [(name, names[(number + mapping.shift_days) % 7]) for number, name in enumerate(names)]


def _read_time(text: str, mapping: LogMapping) -> datetime | None:
    try:
        opened = _STRPTIME[mapping.calendar](text, mapping.time_format)
    except ValueError:
        # Some days of the Jalali calendar, such as 31 Ordibehesht, are none of the Gregorian one.
        year = re.match(r"1[2-5]\d\d\D", text, re.ASCII)
        if year is not None and mapping.calendar is LogCalendar.GREGORIAN:
            raise OtherCalendar from None
        return None
    if opened.year not in GREGORIAN_YEARS:
        raise OtherCalendar
    shifted = opened.replace(tzinfo=None) + timedelta(days=mapping.shift_days)
    return shifted if mapping.day is None else _laid_onto(shifted, mapping.day)


def _strptime_jalali(text: str, time_format: str) -> datetime:
    if re.match(r"(?:19|20|21)\d\d\D", text, re.ASCII):
        raise OtherCalendar
    found: datetime = JalaliDateTime.strptime(text, time_format).to_gregorian()
    return found


#: The wall clock of the source: no zone is meant.
_STRPTIME = {LogCalendar.GREGORIAN: datetime.strptime, LogCalendar.JALALI: _strptime_jalali}


def _laid_onto(moment: datetime, day: ReplayDay) -> datetime:
    """Stretch or squeeze the time of day piece by piece; order is kept, and the date too."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    minute = (moment - midnight).total_seconds() / 60
    source = (0, *map(_minutes, day.source), DAY_MINUTES)
    target = (0, *map(_minutes, day.target), DAY_MINUTES)
    for begin, end, to_begin, to_end in zip(source, source[1:], target, target[1:], strict=False):
        if minute < end:
            laid = to_begin + (minute - begin) * (to_end - to_begin) / (end - begin)
            return midnight + timedelta(seconds=int(laid * 60))
    raise AssertionError("every minute of a day lies before its end")


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute


def _filled(value: FormEntry, case: ReplayCase) -> FormEntry:
    return {"${id}": case.case_id, "${place}": case.place}.get(value, value) if isinstance(value, str) else value


def services_by_use(cases: Sequence[ReplayCase]) -> dict[str, int]:
    """Return how many cases each service gets, most first."""
    counts: dict[str, int] = {}
    for case in cases:
        counts[case.service] = counts.get(case.service, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: -item[1]))
