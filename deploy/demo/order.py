"""Which day is played, and what is in it: the generated requests, and a slice of a real log beside them."""

from dataclasses import dataclass
from datetime import date, timedelta

from deploy.demo.plan import Arrival, plan_day
from deploy.demo.plan import Province as Planned
from deploy.provinces.loader import Province
from schemas.policy import CalendarScope

#: Python's numbers of Thursday and Friday: the weekend.
WEEKEND = frozenset({3, 4})


@dataclass(frozen=True, slots=True)
class DayOrder:
    """What is to be played: the seed, the arrivals, which services wait for their agency, and what to tell people."""

    seed: int
    arrivals: tuple[Arrival, ...]
    answered_services: frozenset[str]
    told: tuple[str, ...]


def last_working_day(province: Province, today: date) -> date:
    """Return the last working day before `today`, so that business time goes on, and never back, afterwards."""
    closed = {
        holiday.on
        for calendar in province.calendars
        if calendar.scope is CalendarScope.PROVINCE
        for holiday in calendar.holidays
    }
    day = today - timedelta(days=1)
    while day.weekday() in WEEKEND or day in closed:
        day -= timedelta(days=1)
    return day


def day_order(province: Province, seed: int, requests: int) -> DayOrder:
    """Return a day with `requests` generated requests."""
    newest = {service.code: service for service in province.services}
    planned = Planned(
        territory=province.territories[-1],
        services=tuple(newest.values()),
        agreements=tuple({signed.agreement.code: signed.agreement for signed in province.agreements}.values()),
        offices=tuple({office.code: office for office in province.offices}.values()),
    )
    return DayOrder(
        seed=seed,
        arrivals=tuple(plan_day(planned, seed, requests)),
        answered_services=frozenset(code for code, service in newest.items() if service.needs_agency_answer),
        told=(),
    )
