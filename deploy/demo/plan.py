"""Plan a day of requests from a seed: who asks for what, where and when. Pure; the same seed gives the same day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from uuid import UUID

from schemas.agreements import Agreement, AgreementState
from schemas.base import OfficeClass
from schemas.catalogue import Datatype, FormAttribute, Service, Stage
from schemas.intake_agency import FormEntry, Origin, RequestSubmitted
from schemas.offices import Office
from schemas.speakers import agency_source, office_source
from schemas.tariff import BracketRule, PercentageRule, PerUnitRule, TariffLine, VariableRule
from schemas.territory import City, Territory

#: Share of requests by origin, per cent: most people walk in, some choose an office, some come from the agencies.
ORIGIN_PERCENT = {Origin.WALK_IN: 35, Origin.CITIZEN_CHOICE: 15, Origin.AGENCY: 50}
#: How busy each half hour from opening to closing is: a morning peak, as counters see it.
HALF_HOUR_WEIGHTS = (4, 8, 11, 12, 11, 10, 9, 8, 7, 6, 5, 4)
#: How long a day is in business time, from the first arrival to the last.
DAY_SECONDS = len(HALF_HOUR_WEIGHTS) * 1800


@dataclass(frozen=True, slots=True)
class Province:
    """What a plan is made from: the province's newest versions."""

    territory: Territory
    services: Sequence[Service]
    agreements: Sequence[Agreement]
    offices: Sequence[Office]


@dataclass(frozen=True, slots=True)
class PlannedArrival:
    """One planned submission, `at_seconds` of business time after opening, by the source that speaks it."""

    at_seconds: float
    source: str
    claim: RequestSubmitted


def plan_day(province: Province, seed: int, requests: int) -> list[PlannedArrival]:
    """Return `requests` arrivals in order of time. Raises `ValueError` when no live service has an active agreement."""
    random = Random(seed)
    terms = _terms_by_service(province.agreements)
    services = [service for service in province.services if service.stage is Stage.LIVE and service.code in terms]
    if not services:
        raise ValueError("no service is live under an active agreement; load a province that has one")
    cities = list(province.territory.cities)
    city_weights = list(accumulate(max(city.population or 300, 1) for city in cities))
    offices = _offices_by_city(province.offices)
    return sorted(
        (_arrival(random, services, terms, cities, city_weights, offices) for _ in range(requests)),
        key=lambda arrival: arrival.at_seconds,
    )


def _arrival(
    random: Random,
    services: Sequence[Service],
    terms: Mapping[str, Sequence[TariffLine]],
    cities: Sequence[City],
    city_weights: Sequence[int],
    offices: Mapping[str, Sequence[Office]],
) -> PlannedArrival:
    service = random.choice(services)
    city = random.choices(cities, cum_weights=city_weights)[0]
    origin = random.choices(list(ORIGIN_PERCENT), weights=list(ORIGIN_PERCENT.values()))[0]
    office = _chosen_office(random, service, offices.get(city.code, ()))
    if office is None:
        origin = Origin.AGENCY
    half_hour = random.choices(range(len(HALF_HOUR_WEIGHTS)), weights=HALF_HOUR_WEIGHTS)[0]
    claim = RequestSubmitted(
        request_id=_uuid(random),
        service=service.code,
        origin=origin,
        city=city.code,
        office=None if origin is Origin.AGENCY or office is None else office.code,
        citizen_ref=_uuid(random),
        form=fill_form(random, service, terms[service.code]),
        personal=_sealed(random) if any(attribute.personal for attribute in service.form) else None,
    )
    speaks_at_desk = origin is Origin.WALK_IN and office is not None
    source = office_source(office.code) if speaks_at_desk and office is not None else agency_source(service.agency)
    return PlannedArrival(half_hour * 1800 + random.random() * 1800, source, claim)


def fill_form(random: Random, service: Service, tariff: Sequence[TariffLine]) -> dict[str, FormEntry]:
    """Return values for the fields that are not personal; numbers that a tariff reads are plausible amounts."""
    amounts, units, digits = _roles(tariff)
    form: dict[str, FormEntry] = {}
    for attribute in service.form:
        if attribute.personal or not (attribute.required or random.random() < 0.5):
            continue
        if attribute.code in amounts:
            form[attribute.code] = random.randrange(100_000, 5_000_000, 1000)
        elif attribute.code in units:
            form[attribute.code] = random.randint(1, 5)
        elif attribute.code in digits:
            form[attribute.code] = str(random.randrange(10**12, 10**13))
        else:
            form[attribute.code] = _plain_value(random, attribute)
    return form


def _plain_value(random: Random, attribute: FormAttribute) -> FormEntry:
    match attribute.datatype:
        case Datatype.NUMBER:
            return random.randint(1, 9999)
        case Datatype.DATETIME:
            return f"2026-{random.randint(1, 12):02d}-{random.randint(1, 28):02d}T08:00:00Z"
        case Datatype.SINGLE_VALUE_LIST:
            return random.choice(attribute.values).key
        case Datatype.MULTI_VALUE_LIST:
            return (random.choice(attribute.values).key,)
        case Datatype.STRING | Datatype.TEXT:
            return str(random.randrange(10**7, 10**8))


def _roles(tariff: Sequence[TariffLine]) -> tuple[set[str], set[str], set[str]]:
    amounts: set[str] = set()
    units: set[str] = set()
    digits: set[str] = set()
    for line in tariff:
        match line.rule:
            case VariableRule(field=field) | PercentageRule(field=field):
                amounts.add(field)
            case PerUnitRule(field=field) | BracketRule(field=field):
                units.add(field)
            case _:
                pass
        digits.update(field for field in (line.bill_id_field, line.payment_id_field) if field is not None)
    return amounts, units, digits


def _chosen_office(random: Random, service: Service, offices: Sequence[Office]) -> Office | None:
    """Citizens go where the sign says that the service is offered, and are sometimes wrong."""
    classes = {
        office_class
        for office_class, offered in (
            (OfficeClass.URBAN, service.channels.urban),
            (OfficeClass.RURAL, service.channels.rural),
        )
        if offered
    }
    offering = [office for office in offices if office.office_class in classes]
    pool = offering if random.random() < 0.95 else list(offices)
    return random.choice(pool) if pool else None


def _terms_by_service(agreements: Sequence[Agreement]) -> dict[str, Sequence[TariffLine]]:
    return {
        terms.service: terms.tariff
        for agreement in agreements
        if agreement.state in (AgreementState.ACTIVE, AgreementState.SIGNED)
        for terms in agreement.services
    }


def _offices_by_city(offices: Sequence[Office]) -> dict[str, list[Office]]:
    grouped: dict[str, list[Office]] = {}
    for office in offices:
        grouped.setdefault(office.city, []).append(office)
    return grouped


def _sealed(random: Random) -> bytes:
    """Return what stands for a form's personal part: the bus never reads it, so any bytes of its size will do."""
    return random.randbytes(96)


def _uuid(random: Random) -> UUID:
    return UUID(int=random.getrandbits(128), version=4)
