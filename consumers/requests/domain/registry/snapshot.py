"""What is in force at one business time: the registry as a decision sees it, resolved to plain look-ups."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from consumers.requests.domain.registry.calendar import ALWAYS_OPEN, Schedule, day_number, weekly_spans
from schemas.agreements import Agreement, ServiceTerms
from schemas.catalogue import Service
from schemas.offices import Licence, LicenceState, Office
from schemas.policy import Calendar, CalendarScope, Policy
from schemas.territory import City, Territory


@dataclass(frozen=True)
class OfficeFacts:
    """One office as of the snapshot. `ordinal` is its bit in every mask, stable over revisions."""

    ordinal: int
    office: Office
    county: str | None
    schedule: Schedule
    equipment: frozenset[str]
    training: frozenset[str]
    accessions: Mapping[str, frozenset[str]]
    cap_rial: int
    licensed: bool


@dataclass(frozen=True)
class Snapshot:
    """Everything in force during one validity segment, of which `as_of` is a moment.

    `agreements` are begun and not ended, whatever their state; `lapsed_agreements` are the rest: proposals, those to
    come and those that ended. Holds one entry per service, agreement, office, city and calendar, nothing per request.
    """

    revision: int
    as_of: datetime
    services: Mapping[str, Service]
    agreements: Mapping[str, Agreement]
    lapsed_agreements: Mapping[str, Agreement]
    office_versions: Mapping[str, Office]
    ordinals: Mapping[str, int]
    territories: Mapping[str, Territory]
    calendars: Mapping[str, Calendar]
    policy: Policy | None

    def service(self, code: str) -> Service | None:
        """Return the version of a service in force, or none."""
        return self.services.get(code)

    def agreement(self, code: str) -> Agreement | None:
        """Return the version of an agreement in force, or none."""
        return self.agreements.get(code)

    def office(self, code: str) -> Office | None:
        """Return the version of an office in force, or none."""
        return self.office_versions.get(code)

    def city(self, code: str) -> City | None:
        """Return a city, or none when no territory in force has it."""
        return self.cities.get(code)

    def county_of(self, city: str) -> str | None:
        """Return the county that a city belongs to at this time, or none when the city is unknown."""
        found = self.cities.get(city)
        return None if found is None else found.county

    def agreements_on(self, service: str) -> tuple[tuple[Agreement, ServiceTerms], ...]:
        """Return the agreements whose appendix names `service`, with its terms, in the order of their codes."""
        return self._agreements_on.get(service, ())

    def terms(self, agreement: str, service: str) -> ServiceTerms | None:
        """Return an agreement's terms for a service, or none."""
        return next((terms for held, terms in self.agreements_on(service) if held.code == agreement), None)

    def agency_schedule(self, agency: str) -> Schedule:
        """Return when an agency works: its own calendar's hours or the province's, less both their holidays."""
        own = self.calendars_of(CalendarScope.AGENCY, agency)
        province = self._province_calendars
        hours = next((held.hours for held in (*own, *province) if held.hours), ALWAYS_OPEN)
        return Schedule.of(hours, (day.on for held in (*own, *province) for day in held.holidays))

    @cached_property
    def cities(self) -> Mapping[str, City]:
        """Every city of every territory in force, by code."""
        return {city.code: city for code in sorted(self.territories) for city in self.territories[code].cities}

    @cached_property
    def territory_of(self) -> Mapping[str, str]:
        """The territory of every city, by code."""
        return {city.code: code for code in sorted(self.territories) for city in self.territories[code].cities}

    @cached_property
    def offices(self) -> Mapping[str, OfficeFacts]:
        """Every office in force, by code; offices of equal hours and closed days share one schedule."""
        schedules = _Schedules(self)
        return {code: self._facts(office, schedules) for code, office in self.office_versions.items()}

    @cached_property
    def _agreements_on(self) -> Mapping[str, tuple[tuple[Agreement, ServiceTerms], ...]]:
        found: dict[str, list[tuple[Agreement, ServiceTerms]]] = {}
        for code in sorted(self.agreements):
            agreement = self.agreements[code]
            for terms in agreement.services:
                found.setdefault(terms.service, []).append((agreement, terms))
        return {service: tuple(pairs) for service, pairs in found.items()}

    @cached_property
    def _calendars_by_subject(self) -> Mapping[tuple[CalendarScope, str], tuple[Calendar, ...]]:
        found: dict[tuple[CalendarScope, str], tuple[Calendar, ...]] = {}
        for code in sorted(self.calendars):
            calendar = self.calendars[code]
            key = (calendar.scope, calendar.subject)
            found[key] = (*found.get(key, ()), calendar)
        return found

    @cached_property
    def _province_calendars(self) -> tuple[Calendar, ...]:
        pairs = self._calendars_by_subject.items()
        return tuple(calendar for (scope, _), held in pairs if scope is CalendarScope.PROVINCE for calendar in held)

    def calendars_of(self, scope: CalendarScope, subject: str) -> tuple[Calendar, ...]:
        """Return the calendars that bind `subject`, in the order of their codes."""
        return self._calendars_by_subject.get((scope, subject), ())

    def _facts(self, office: Office, schedules: "_Schedules") -> OfficeFacts:
        county = self.county_of(office.city)
        return OfficeFacts(
            ordinal=self.ordinals[office.code],
            office=office,
            county=county,
            schedule=schedules.of(office, county),
            equipment=frozenset(office.equipment),
            training=frozenset(office.training),
            accessions={held.agreement: frozenset(held.services) for held in office.accessions},
            cap_rial=office.prepaid_rial + office.net_debit_cap_rial,
            licensed=self._licensed(office.licence),
        )

    def _licensed(self, licence: Licence) -> bool:
        begun = licence.valid_from <= self.as_of
        ended = licence.valid_to is not None and licence.valid_to <= self.as_of
        return licence.state is LicenceState.ACTIVE and begun and not ended


class _Schedules:
    """Schedules of one snapshot's offices, each made once: they are few, the offices many."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._closed: dict[tuple[str | None, str], frozenset[int]] = {}
        self._made: dict[Schedule, Schedule] = {}

    def of(self, office: Office, county: str | None) -> Schedule:
        """Return when `office` is open: by its own calendar's hours if it has one, less the holidays that bind it."""
        own = self._snapshot.calendars_of(CalendarScope.OFFICE, office.code)
        hours = next((held.hours for held in own if held.hours), office.hours)
        closed = self._closed_in(county, self._snapshot.territory_of.get(office.city, ""))
        if own:
            closed |= _closed_days(own)
        schedule = Schedule(weekly_spans(hours), closed)
        return self._made.setdefault(schedule, schedule)

    def _closed_in(self, county: str | None, territory: str) -> frozenset[int]:
        key = (county, territory)
        if key not in self._closed:
            local = () if county is None else self._snapshot.calendars_of(CalendarScope.COUNTY, county)
            province = self._snapshot.calendars_of(CalendarScope.PROVINCE, territory)
            self._closed[key] = _closed_days((*local, *province))
        return self._closed[key]


def _closed_days(calendars: Iterable[Calendar]) -> frozenset[int]:
    return frozenset(day_number(day.on) for calendar in calendars for day in calendar.holidays)
