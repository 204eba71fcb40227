"""What fits its type and cannot be meant: days of another calendar, and hours that close before they open.

Asked when a claim is accepted, like the bounds in `schemas.limits`, and never when our own log is read.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple, TypeGuard

from schemas.base import Event, Model
from schemas.instant import EARLIEST, LATEST
from schemas.limits import WITH_LISTS
from schemas.offices import OpeningHours

_OTHER_CALENDAR = (
    "lies outside of the years 1900 to 2199; write the Gregorian day, as the Jalali year 1405 is 2026 and 2027"
)
_REVERSED = (
    "closes before it opens; correct the times, and say a night as two: until 1440 on one day, from 0 on the next"
)


class Implausible(NamedTuple):
    """Where a claim says what cannot be meant, a dotted path, and what to do; never the value."""

    field: str
    problem: str


def implausible(event: Event) -> Implausible | None:
    """Return where a claim of the registry says what cannot be meant, or none."""
    # All other claims hold moments, which are bounded by their type, and no weeks.
    return next(_odd(event, ()), None) if type(event) in WITH_LISTS else None


def _odd(model: Model, path: tuple[str, ...]) -> Iterator[Implausible]:
    if isinstance(model, OpeningHours) and model.closes_minute <= model.opens_minute:
        yield Implausible(".".join((*path, "closes_minute")), _REVERSED)
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, Model):
            yield from _odd(value, (*path, name))
        elif isinstance(value, tuple):
            for number, item in enumerate(value):
                if not isinstance(item, Model):
                    break
                yield from _odd(item, (*path, name, str(number)))
        elif _is_day(value) and not EARLIEST.year <= value.year < LATEST.year:
            yield Implausible(".".join((*path, name)), _OTHER_CALENDAR)


def _is_day(value: object) -> TypeGuard[date]:
    return isinstance(value, date) and not isinstance(value, datetime)
