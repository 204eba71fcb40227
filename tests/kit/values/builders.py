"""Small valid registry values for tests: a province of four cities, one agency, one agreement, offices by the handful.

Every builder takes the fields to change by keyword and validates the whole, so a test states only what it is about.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from schemas.agreements import Agreement, AgreementState, ServiceTerms, SettlementCycle
from schemas.base import LocalizedText, OfficeClass, Provenance
from schemas.catalogue import Channels, Service, Stage
from schemas.log_registry import (
    AgreementVersioned,
    CalendarVersioned,
    OfficeVersioned,
    PolicyVersioned,
    RegistryEntry,
    ServiceVersioned,
    TerritoryVersioned,
)
from schemas.offices import Accession, Licence, LicenceState, Office, OpeningHours
from schemas.policy import Calendar, CalendarScope, Holiday, Policy
from schemas.tariff import (
    Collector,
    FixedRule,
    Party,
    Payer,
    Purpose,
    RemainderRule,
    SplitPart,
    TariffLine,
    VariableRule,
)
from schemas.territory import City, County, Territory

#: A Monday, 09:30 in Asia/Tehran: every office of these builders is open.
MOMENT = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
#: When everything that the builders make came into force.
START = datetime(2026, 3, 21, tzinfo=UTC)

AGENCY = "civil-registry"
SERVICE = "civil-registry.birth-certificate"
AGREEMENT = "civil-registry-2026"

Registrable = Service | Office | Agreement | Policy | Calendar | Territory


def code_bits(request_id: UUID) -> bytes:
    """Return the random bits of a request's tracking code: always the same here, so that stories can be told again."""
    return sha256(request_id.bytes).digest()[:8]


def words(text: str) -> LocalizedText:
    """Return `text` as both the Persian and the English form."""
    return LocalizedText(fa=text, en=text)


def hours_of_the_week(opens_minute: int = 480, closes_minute: int = 960) -> tuple[OpeningHours, ...]:
    """Return Saturday to Wednesday whole days and half of Thursday; Friday is closed. Minutes are Tehran's."""
    middle = (opens_minute + closes_minute) // 2
    closings = {5: closes_minute, 6: closes_minute, 0: closes_minute, 1: closes_minute, 2: closes_minute, 3: middle}
    return tuple(
        OpeningHours(weekday=weekday, opens_minute=opens_minute, closes_minute=closes)
        for weekday, closes in closings.items()
    )


def county(code: str) -> County:
    """Return one county."""
    return County(code=code, names=words(code))


def city(code: str, **changes: Any) -> City:
    """Return one city; the four of `territory` have their real coordinates."""
    latitude, longitude, urban = _PLACES.get(code, (37.0, 57.0, True))
    fields = {
        "code": code,
        "county": code,
        "names": words(code),
        "latitude": latitude,
        "longitude": longitude,
        "urban": urban,
    }
    return City.model_validate({**fields, **changes})


_PLACES = {
    "bojnord": (37.4747, 57.3290, True),
    "shirvan": (37.3967, 57.9295, True),
    "faruj": (37.2312, 58.2190, True),
    "raz": (37.9290, 57.1080, False),
}


def territory(**changes: Any) -> Territory:
    """Return version 1 of a province of four counties with one city each."""
    fields = {
        "code": "north-khorasan",
        "version": 1,
        "valid_from": START,
        "names": words("North Khorasan"),
        "counties": tuple(county(code) for code in _PLACES),
        "cities": tuple(city(code) for code in _PLACES),
    }
    return Territory.model_validate({**fields, **changes})


def certificate_line(**changes: Any) -> TariffLine:
    """Return a line of 30,000 rial that the citizen pays in cash: 30 % to the bank, 70 % to the office."""
    fields = {
        "code": "certificate",
        "names": words("certificate"),
        "payer": Payer.CITIZEN,
        "collector": Collector.OFFICE_CASH,
        "purpose": Purpose.FEE,
        "rule": FixedRule(amount_rial=30_000),
        "split": (
            SplitPart(party=Party.BANK, party_code="melli", numerator=30, denominator=100),
            SplitPart(party=Party.OFFICE, numerator=70, denominator=100),
        ),
        "remainder": RemainderRule.IN_ORDER,
    }
    return TariffLine.model_validate({**fields, **changes})


def bill_line() -> TariffLine:
    """Return a line whose amount is the form's `bill_amount`, collected for a bank that gets all of it."""
    return certificate_line(
        rule=VariableRule(field="bill_amount"),
        split=(SplitPart(party=Party.BANK, party_code="melli", numerator=1, denominator=1),),
    )


def service(code: str = SERVICE, **changes: Any) -> Service:
    """Return version 1 of a live service of `AGENCY`, for both office classes, without equipment or training."""
    fields = {
        "code": code,
        "agency": AGENCY,
        "version": 1,
        "valid_from": START,
        "names": words(code),
        "description": words(code),
        "channels": Channels(urban=True, rural=True),
        "processing_working_hours": 16,
        "stage": Stage.LIVE,
    }
    return Service.model_validate({**fields, **changes})


def terms(service_code: str = SERVICE, **changes: Any) -> ServiceTerms:
    """Return the terms of one service: both classes, the certificate's tariff line."""
    fields = {
        "service": service_code,
        "office_classes": (OfficeClass.URBAN, OfficeClass.RURAL),
        "tariff": (certificate_line(),),
        "sla_working_hours": 16,
    }
    return ServiceTerms.model_validate({**fields, **changes})


def agreement(code: str = AGREEMENT, **changes: Any) -> Agreement:
    """Return version 1 of an active agreement of `AGENCY` on `SERVICE` in the whole province."""
    fields = {
        "code": code,
        "agency": AGENCY,
        "version": 1,
        "state": AgreementState.ACTIVE,
        "valid_from": START,
        "names": words(code),
        "letter_number": "1405/100",
        "letter_date": date(2026, 3, 1),
        "services": (terms(),),
        "settlement_cycle": SettlementCycle.DAILY,
        "payment_term_days": 3,
        "notice_days": 30,
    }
    return Agreement.model_validate({**fields, **changes})


def office(code: str = "office-1", **changes: Any) -> Office:
    """Return version 1 of an urban office in the middle of its city, open on working days, party to `AGREEMENT`."""
    place = changes.get("city", "bojnord")
    latitude, longitude, _ = _PLACES.get(place, (37.0, 57.0, True))
    fields = {
        "code": code,
        "version": 1,
        "valid_from": START,
        "office_class": OfficeClass.URBAN,
        "licence": Licence(number=f"licence-{code}", valid_from=START, state=LicenceState.ACTIVE),
        "names": words(code),
        "city": place,
        "latitude": latitude,
        "longitude": longitude,
        "hours": hours_of_the_week(),
        "daily_capacity": 40,
        "expected_monthly_income_rial": 100_000_000,
        "expected_income_provenance": Provenance.GENERATED,
        "prepaid_rial": 5_000_000,
        "net_debit_cap_rial": 5_000_000,
        "accessions": (Accession(agreement=AGREEMENT),),
    }
    return Office.model_validate({**fields, **changes})


def policy(**changes: Any) -> Policy:
    """Return version 1 of a policy with every term of the score in it."""
    fields = {
        "code": "routing",
        "version": 1,
        "valid_from": START,
        "income_weight_per_mille": 300,
        "distance_weight_per_mille": 500,
        "distance_limit_m": 60_000,
        "detour_per_mille": 1300,
        "attempts_limit": 3,
        "acceptance_seconds": 4 * 3600,
        "opens_within_seconds": 5 * 86_400,
        "expiry_seconds": 30 * 86_400,
        "lateness_seconds": 3600,
        "park_seconds": 3600,
    }
    return Policy.model_validate({**fields, **changes})


def calendar(code: str = "province", **changes: Any) -> Calendar:
    """Return version 1 of the province's working calendar, without holidays."""
    fields = {
        "code": code,
        "version": 1,
        "valid_from": START,
        "scope": CalendarScope.PROVINCE,
        "subject": "north-khorasan",
        "hours": hours_of_the_week(),
    }
    return Calendar.model_validate({**fields, **changes})


def holiday(on: date) -> Holiday:
    """Return one closed day."""
    return Holiday(on=on, names=words("holiday"))


def entry(thing: Registrable, revision: int, accepted_at: datetime = START) -> RegistryEntry:
    """Return the registry log's event for `thing`."""
    common: dict[str, Any] = {"revision": revision, "accepted_at": accepted_at}
    if isinstance(thing, Service):
        return ServiceVersioned(service=thing, **common)
    if isinstance(thing, Office):
        return OfficeVersioned(office=thing, **common)
    if isinstance(thing, Agreement):
        return AgreementVersioned(agreement=thing, **common)
    if isinstance(thing, Policy):
        return PolicyVersioned(policy=thing, **common)
    if isinstance(thing, Calendar):
        return CalendarVersioned(calendar=thing, **common)
    return TerritoryVersioned(territory=thing, **common)


def entries(things: Iterable[Registrable], first_revision: int = 1) -> list[RegistryEntry]:
    """Return the log events of `things`, with revisions counted up from `first_revision`."""
    return [entry(thing, first_revision + n, START + timedelta(seconds=n)) for n, thing in enumerate(things)]


def small_province(*offices: Office) -> list[RegistryEntry]:
    """Return a registry's log: territory, policy, calendar, one service, one agreement, then `offices`."""
    made = offices or (office("office-1"), office("office-2"), office("office-3", city="shirvan"))
    return entries([territory(), policy(), calendar(), service(), agreement(), *made])
