"""What there is to ask for at one time: services, places, offices and agencies, as a decision at that time sees them.

The use case of everybody who must know a code before speaking: terminal, HTTP and pages share it.
"""

from dataclasses import dataclass
from datetime import datetime

from consumers.codes import CodeUnknown, codes_like
from consumers.requests.domain.registry.snapshot import OfficeFacts
from consumers.requests.domain.registry.view import RegistryView
from consumers.requests.domain.routing.candidates import CandidateIndex
from consumers.requests.domain.routing.eligibility import is_active
from consumers.requests.domain.routing.route import Refused, refusal_of_service
from schemas.agreements import Agreement, ServiceTerms
from schemas.catalogue import Service
from schemas.territory import City, County


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """One service: its agreements' terms, how many offices may deliver it, and why nobody can have it, if so."""

    service: Service
    offers: tuple[tuple[Agreement, ServiceTerms], ...]
    offices: int
    refused: Refused | None


@dataclass(frozen=True, slots=True)
class CityEntry:
    """One city or village centre, its county, and how many licensed offices it has."""

    city: City
    county: County
    offices: int


@dataclass(frozen=True, slots=True)
class OfficeEntry:
    """One office, and the codes of the services that it may deliver."""

    facts: OfficeFacts
    services: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AgencyEntry:
    """One agency: how many of its services there are, how many can be asked for now, and its agreements."""

    code: str
    services: int
    open_services: int
    agreements: tuple[Agreement, ...]


class Directory:
    """What is in force at `moment` by a view of the registry. Lists are in the order of their codes.

    One list costs one look at every service and office; nothing is read but the view.
    """

    def __init__(self, view: RegistryView, moment: datetime) -> None:
        self._index = view.made_at(moment, CandidateIndex)
        self._snapshot = self._index.snapshot

    def services(self, agency: str | None = None) -> list[ServiceEntry]:
        """Return every service, or those of one agency."""
        found = (self._snapshot.services[code] for code in sorted(self._snapshot.services))
        return [self._service(service) for service in found if agency in (None, service.agency)]

    def service(self, code: str) -> ServiceEntry:
        """Return one service. Raises CodeUnknown."""
        service = self._snapshot.service(code)
        if service is None:
            raise CodeUnknown("service", code, codes_like(code, sorted(self._snapshot.services)))
        return self._service(service)

    def cities(self, county: str | None = None) -> list[CityEntry]:
        """Return every city, or those of one county, by county and code."""
        counties = {held.code: held for land in self._snapshot.territories.values() for held in land.counties}
        offices: dict[str, int] = {}
        for facts in self._snapshot.offices.values():
            offices[facts.office.city] = offices.get(facts.office.city, 0) + facts.licensed
        found = sorted(self._snapshot.cities.values(), key=lambda city: (city.county, city.code))
        return [
            CityEntry(city, counties[city.county], offices.get(city.code, 0))
            for city in found
            if county in (None, city.county)
        ]

    def offices(self, city: str | None = None) -> list[OfficeFacts]:
        """Return every office, or those of one city."""
        found = (self._snapshot.offices[code] for code in sorted(self._snapshot.offices))
        return [facts for facts in found if city in (None, facts.office.city)]

    def office(self, code: str) -> OfficeEntry:
        """Return one office. Raises CodeUnknown."""
        facts = self._snapshot.offices.get(code)
        if facts is None:
            raise CodeUnknown("office", code, codes_like(code, sorted(self._snapshot.offices)))
        reaches = [(held, self._index.service(held)) for held in sorted(self._snapshot.services)]
        able = [
            held
            for held, reach in reaches
            if reach is not None and reach.eligible >> facts.ordinal & 1 and self._refused(reach.service) is None
        ]
        return OfficeEntry(facts, tuple(able))

    def agencies(self) -> list[AgencyEntry]:
        """Return every agency that has published a service or has an agreement."""
        services = [self._snapshot.services[code] for code in sorted(self._snapshot.services)]
        agreements = [*self._snapshot.agreements.values(), *self._snapshot.lapsed_agreements.values()]
        codes = sorted({held.agency for held in services} | {held.agency for held in agreements})
        entries = []
        for code in codes:
            own = [held for held in services if held.agency == code]
            open_now = sum(self._refused(held) is None for held in own)
            held = sorted((one for one in agreements if one.agency == code), key=lambda one: one.code)
            entries.append(AgencyEntry(code, len(own), open_now, tuple(held)))
        return entries

    def _service(self, service: Service) -> ServiceEntry:
        reach = self._index.service(service.code)
        eligible = 0 if reach is None else reach.eligible.bit_count()
        refused = self._refused(service)
        offers = tuple(
            (held, terms)
            for held, terms in self._snapshot.agreements_on(service.code)
            if held.agency == service.agency and is_active(held)
        )
        return ServiceEntry(service, offers, 0 if refused else eligible, refused)

    def _refused(self, service: Service) -> Refused | None:
        return refusal_of_service(self._index, service)
