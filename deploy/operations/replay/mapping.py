"""What a log's rows become: the mapping as data, and one row as a request or as a reason why not. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.base import Code
from schemas.intake_agency import FormEntry, Origin, RequestSubmitted

#: Ids of replayed requests follow from the log's name and the case's id, so a second replay says nothing new.
REPLAY_NAMESPACE = UUID("0b5c3c0e-6a0f-5d44-9d0d-4c5e2f8a1b77")
DAY_MINUTES = 24 * 60


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


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Columns(_Part):
    """Which column of the log holds what."""

    id: str
    opened: str
    category: str
    place: str


class ReplayDay(_Part):
    """The source's busy hours and the hours of the province's day onto which they are laid."""

    source: tuple[time, time]
    target: tuple[time, time]


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
    shift_days: Annotated[int, Field(ge=-6, le=6)] = 0
    day: ReplayDay | None = None
    services: Mapping[Code, Target]
    categories: Mapping[str, Code]
    left_out: Mapping[str, str] = {}
    places: Mapping[str, Code]


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
    """A mapping that cannot be used; the text names the field and the remedy."""


def read_mapping(content: object) -> LogMapping:
    """Return a parsed mapping file as a checked mapping. Raises `MappingInvalid`."""
    try:
        mapping = LogMapping.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "document"
        raise MappingInvalid(f"{field}: {first['msg']}") from None
    for category, service in mapping.categories.items():
        if service not in mapping.services:
            raise MappingInvalid(f"categories.{category}: {service} is not under services; add it there")
        if category in mapping.left_out:
            raise MappingInvalid(f"left_out.{category}: the category is mapped as well; keep one of the two")
    return mapping


def case_of(row: Mapping[str, str], mapping: LogMapping) -> ReplayCase | Dropped:
    """Return what becomes of one row."""
    columns = mapping.columns
    case_id = row.get(columns.id, "").strip()
    opened_at = _read_time(row.get(columns.opened, "").strip(), mapping)
    if not case_id or opened_at is None:
        return Dropped.UNREADABLE
    category = row.get(columns.category, "").strip()
    if category in mapping.left_out:
        return Dropped.LEFT_OUT
    service = mapping.categories.get(category)
    if service is None:
        return Dropped.UNKNOWN_CATEGORY
    place = row.get(columns.place, "").strip()
    if not place:
        return Dropped.NO_PLACE
    city = mapping.places.get(place)
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


def replay_id(mapping: LogMapping, case: ReplayCase, what: str) -> UUID:
    """Return the id of a case's request, or of the event that submits it."""
    return uuid5(REPLAY_NAMESPACE, f"{mapping.name}|{case.case_id}|{what}")


def weekday_moves(mapping: LogMapping) -> list[tuple[str, str]]:
    """Return how the days of the week move, for people: (source's day, province's day)."""
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    return [(name, names[(number + mapping.shift_days) % 7]) for number, name in enumerate(names)]


def _read_time(text: str, mapping: LogMapping) -> datetime | None:
    try:
        opened = datetime.strptime(text, mapping.time_format)  # noqa: DTZ007  wall clock of the source; no zone is meant
    except ValueError:
        return None
    shifted = opened.replace(tzinfo=None) + timedelta(days=mapping.shift_days)
    return shifted if mapping.day is None else _laid_onto(shifted, mapping.day)


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
