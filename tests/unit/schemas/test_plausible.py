"""What fits its type and cannot be meant is refused when it is claimed, and read when our own log has it."""

from datetime import date

import pytest

from producers.claims import ClaimInvalid, message_from_event
from schemas.base import Event
from schemas.catalogue import Stage, StageChange
from schemas.decode import encode, parse
from schemas.intake_agency import ServicePublished
from schemas.intake_directorate import AgreementChanged, CalendarChanged, OfficeChanged
from schemas.offices import OpeningHours
from schemas.plausible import implausible
from tests.kit.values import builders

NIGHT = (OpeningHours(weekday=5, opens_minute=1200, closes_minute=120),)
STAGE = StageChange(stage=Stage.LIVE, owner="a post", on=date(1405, 1, 1))


@pytest.mark.parametrize(
    ("event", "field", "words"),
    [
        (OfficeChanged(office=builders.office(hours=NIGHT)), "office.hours.0.closes_minute", "closes before it opens"),
        (CalendarChanged(calendar=builders.calendar(hours=NIGHT)), "calendar.hours.0.closes_minute", "closes before"),
        (
            AgreementChanged(agreement=builders.agreement(letter_date=date(1404, 12, 1))),
            "agreement.letter_date",
            "1900",
        ),
        (ServicePublished(service=builders.service(stage_changes=(STAGE,))), "service.stage_changes.0.on", "Gregorian"),
        (
            CalendarChanged(calendar=builders.calendar(holidays=(builders.holiday(date(1405, 1, 1)),))),
            *("calendar.holidays.0.on", "Gregorian"),
        ),
    ],
)
def test_what_cannot_be_meant_is_named_and_never_published(event: Event, field: str, words: str) -> None:
    found = implausible(event)
    assert found is not None
    assert found.field == field
    assert words in found.problem
    with pytest.raises(ClaimInvalid, match=f"data.{field}: "):
        message_from_event(_source(event), event, "id-1", builders.MOMENT)
    # What an earlier build accepted is read as it was.
    assert parse(type(event), encode(event)) == event


def _source(event: Event) -> str:
    return f"/agencies/{builders.AGENCY}" if isinstance(event, ServicePublished) else "/directorate"


def test_what_can_be_meant_is_taken() -> None:
    for event in (
        OfficeChanged(office=builders.office()),
        AgreementChanged(agreement=builders.agreement()),
        CalendarChanged(calendar=builders.calendar(holidays=(builders.holiday(date(2027, 3, 21)),))),
    ):
        assert implausible(event) is None
