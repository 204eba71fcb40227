"""One entry to all rules: a claim and what is known in, a decision out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from consumers.registry.domain import agreements, offices, services
from consumers.registry.domain.known import Accept, Decision, EntryKind, Known, Refuse, Subject, Value, subject
from consumers.registry.domain.versions import out_of_order
from schemas.base import Event
from schemas.intake_agency import (
    AgreementConfirmed,
    AgreementPaused,
    AgreementVetoed,
    ServicePublished,
    ServiceWithdrawn,
)
from schemas.intake_directorate import (
    AgreementChanged,
    CalendarChanged,
    OfficeChanged,
    OfficeLicensed,
    OfficeSuspended,
    PolicyChanged,
    TerritoryChanged,
)
from schemas.log_registry import RegistryRefusal
from schemas.policy import Policy
from schemas.territory import Territory


@dataclass(frozen=True, slots=True)
class Said:
    """A claim as the rules see it: `speaker` is the agency's code, empty for the directorate; `moment` is business."""

    event: Event
    speaker: str
    moment: datetime


def subject_of(event: Event) -> Subject:
    """Return what a claim is about."""
    return _ABOUT[type(event)](event)


def decide(said: Said, known: Known) -> Decision:
    """Return what becomes of a claim. Pure; never raises on any claim that fits its schema."""
    match said.event:
        case ServicePublished():
            return services.publish(said.event, said.speaker, known)
        case ServiceWithdrawn():
            return services.withdraw(said.event, said.speaker, said.moment, known)
        case AgreementChanged():
            return agreements.change(said.event, known)
        case AgreementConfirmed():
            return agreements.confirm(said.event, said.speaker, known)
        case AgreementVetoed():
            return agreements.veto(said.event, said.speaker, known)
        case AgreementPaused():
            return agreements.pause(said.event, said.speaker, said.moment, known)
        case OfficeLicensed():
            return offices.license_office(said.event, known)
        case OfficeChanged():
            return offices.change_office(said.event, known)
        case OfficeSuspended():
            return offices.suspend_office(said.event, known)
        case PolicyChanged(policy=policy):
            return _not_growing(policy) or out_of_order(policy, known) or Accept((policy,))
        case CalendarChanged(calendar=calendar):
            return out_of_order(calendar, known) or Accept((calendar,))
        case TerritoryChanged(territory=territory):
            return _not_consistent(territory) or out_of_order(territory, known) or Accept((territory,))
        case _:
            raise AssertionError(f"the registry does not take {type(said.event).__name__}")


def references(event: Event) -> frozenset[Subject]:
    """Return every subject by code that deciding on `event` looks up, its own included.

    Besides these, offices and agreements look at all territories, and services at all agreements.
    """
    found: set[Subject] = {subject_of(event)}
    match event:
        case AgreementChanged(agreement=agreement):
            found |= {(EntryKind.SERVICE, terms.service) for terms in agreement.services}
            found |= {(EntryKind.OFFICE, code) for code in agreement.revoked_offices}
        case OfficeLicensed(office=office) | OfficeChanged(office=office):
            found |= {(EntryKind.AGREEMENT, accession.agreement) for accession in office.accessions}
        case _:
            pass
    return frozenset(found)


def looks_at_all(event: Event) -> frozenset[EntryKind]:
    """Return the kinds of which deciding on `event` looks at every subject."""
    match event:
        case AgreementChanged() | OfficeLicensed() | OfficeChanged():
            return frozenset({EntryKind.TERRITORY})
        case ServicePublished() | ServiceWithdrawn():
            return frozenset({EntryKind.AGREEMENT})
        case _:
            return frozenset()


def _not_growing(policy: Policy) -> Refuse | None:
    limits_m = (*policy.rings_m, policy.distance_limit_m)
    if any(outer <= inner for inner, outer in pairwise(limits_m)):
        detail = "rings_m: must grow and stay below distance_limit_m; write each distance once, the nearest first"
        return Refuse(RegistryRefusal.RINGS_NOT_GROWING, detail)
    return None


def _not_consistent(territory: Territory) -> Refuse | None:
    counties = [county.code for county in territory.counties]
    cities = [city.code for city in territory.cities]
    for name, codes in (("counties", counties), ("cities", cities)):
        if len(codes) != len(set(codes)):
            return Refuse(RegistryRefusal.ALREADY_KNOWN, f"{name}: a code stands there twice; give each its own")
    for city in territory.cities:
        if city.county not in counties:
            detail = f"cities: the county of {city.code} is not among the counties of this version"
            return Refuse(RegistryRefusal.REFERS_TO_UNKNOWN, detail)
    return None


def _value(name: str) -> Callable[[Event], Subject]:
    def about(event: Event) -> Subject:
        value: Value = getattr(event, name)
        return subject(value)

    return about


def _code(kind: EntryKind, name: str) -> Callable[[Event], Subject]:
    def about(event: Event) -> Subject:
        return kind, str(getattr(event, name))

    return about


_ABOUT: dict[type[Event], Callable[[Event], Subject]] = {
    ServicePublished: _value("service"),
    ServiceWithdrawn: _code(EntryKind.SERVICE, "service"),
    AgreementChanged: _value("agreement"),
    AgreementConfirmed: _code(EntryKind.AGREEMENT, "agreement"),
    AgreementVetoed: _code(EntryKind.AGREEMENT, "agreement"),
    AgreementPaused: _code(EntryKind.AGREEMENT, "agreement"),
    OfficeLicensed: _value("office"),
    OfficeChanged: _value("office"),
    OfficeSuspended: _code(EntryKind.OFFICE, "office"),
    PolicyChanged: _value("policy"),
    CalendarChanged: _value("calendar"),
    TerritoryChanged: _value("territory"),
}
