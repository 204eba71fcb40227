"""A province's folder -> everything it says as typed values, checked as a whole; and the claims that say it on the bus.

Nothing here knows a province by name: another province is another folder.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from pydantic import ConfigDict, TypeAdapter
from typing_extensions import TypedDict

from connectors.files.yaml_text import Document
from connectors.words.language import Phrase
from connectors.words.registry import refusal_words
from consumers.registry.domain.known import Accept, EntryKind, Known, Subject, Value, subject
from consumers.registry.domain.rules import Said, decide, looks_at_all, references
from deploy.provinces.agreements import Signed, read_agreements
from deploy.provinces.catalogue import Agency, read_agencies, read_catalogue
from deploy.provinces.files import Folder, SourcePlace
from deploy.provinces.offices import read_offices
from deploy.provinces.territory import read_territories
from deploy.provinces.timing import read_calendars, read_policies
from schemas.base import Event, LocalizedText, OfficeClass
from schemas.canonical import body_hash
from schemas.catalogue import Service, Stage
from schemas.decode import encode
from schemas.intake_agency import AgreementConfirmed, ServicePublished
from schemas.intake_directorate import (
    AgreementChanged,
    CalendarChanged,
    OfficeChanged,
    OfficeLicensed,
    PolicyChanged,
    TerritoryChanged,
)
from schemas.offices import Office
from schemas.policy import Calendar, Policy
from schemas.speakers import agency_source
from schemas.territory import Territory

DIRECTORATE = "/directorate"


class _Province(TypedDict, total=False):
    """What is read of province.yaml; the generator reads more."""

    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]  # as pydantic reads it

    code: str
    names: dict[str, str]
    stated: dict[str, int]
    stage_owners: dict[str, str]
    signatory_titles: list[str]
    duties: list[dict[str, str]]
    penalties: list[dict[str, str]]


PROVINCE: TypeAdapter[Any] = TypeAdapter(_Province)
_NO_CODE = (
    Phrase("نوشته نشده است", "is missing"),
    Phrase("شناسه استان را آنجا بنویسید", "write the province's code there"),
)
_CORRECT_ONE = Phrase("یکی از آن دو را درست کنید", "correct one of them")
#: Ids of claims are made from what they say, so that loading the same folder again says nothing new.
CLAIM_NAMESPACE = UUID("6a1de8ea-6d3f-5b52-9a86-3f2d9a7f0c41")


@dataclass(frozen=True, slots=True)
class Counts:
    """What a province holds today, as its summary tells it."""

    urban_offices: int
    rural_offices: int
    urban_services: int
    rural_services: int
    agreements: int


@dataclass(frozen=True, slots=True)
class Province:
    """Everything one folder says; versions of one code stand in their order."""

    code: str
    names: LocalizedText
    agencies: Mapping[str, Agency]
    territories: tuple[Territory, ...]
    policies: tuple[Policy, ...]
    calendars: tuple[Calendar, ...]
    services: tuple[Service, ...]
    agreements: tuple[Signed, ...]
    offices: tuple[Office, ...]

    def counts(self) -> Counts:
        """Count offices, live services and agreements, each code once, in its last version."""
        offices = {office.code: office.office_class for office in self.offices}.values()
        services = [service for service in {s.code: s for s in self.services}.values() if service.stage is Stage.LIVE]
        return Counts(
            urban_offices=sum(kind is OfficeClass.URBAN for kind in offices),
            rural_offices=sum(kind is OfficeClass.RURAL for kind in offices),
            urban_services=sum(service.channels.urban for service in services),
            rural_services=sum(service.channels.rural for service in services),
            agreements=len({signed.agreement.code for signed in self.agreements}),
        )


@dataclass(frozen=True, slots=True)
class ProvinceClaim:
    """One claim on its way to intake: who says it, about which subject, and its id, made from its content.

    `kind` and `version` say which registry version shows that the claim was taken.
    """

    source: str
    key: str
    event_id: UUID
    event: Event
    kind: EntryKind
    version: int

    @property
    def identity(self) -> tuple[str, str]:
        """Return source and id, as the bus will know them."""
        return self.source, str(self.event_id)

    def again(self) -> "ProvinceClaim":
        """Return the same claim under its next id: one that was refused may hold by now, and an id is used once."""
        return replace(self, event_id=uuid5(CLAIM_NAMESPACE, str(self.event_id)))


def read_province(path: Path) -> Province:
    """Read and check a province's folder. Raises `ProvinceInvalid` with every problem found."""
    folder = Folder(path)
    document = folder.document("province.yaml", PROVINCE)
    code = document.data.get("code")
    place = SourcePlace(document.file, 1, document=document, path=("names",))
    names = folder.build(LocalizedText, document.data.get("names", {}) if code else {}, place)
    if not isinstance(code, str) or names is None:
        folder.complain(document.file, document.line("code"), "code", *_NO_CODE)
        folder.raise_problems()
        raise AssertionError("a folder without a code was complained of")
    agencies = read_agencies(folder)
    catalogue = read_catalogue(folder, document, agencies)
    province = Province(
        code=code,
        names=names,
        agencies=agencies,
        territories=read_territories(folder, document),
        policies=read_policies(folder),
        calendars=read_calendars(folder),
        services=catalogue.services,
        agreements=read_agreements(folder, document, agencies, catalogue),
        offices=read_offices(folder),
    )
    folder.raise_problems()
    _check_by_the_registry(folder, province)
    _check_stated_counts(folder, document, province.counts())
    folder.raise_problems()
    return province


def province_claims(province: Province) -> list[ProvinceClaim]:
    """Return the claims in an order in which nothing refers to what comes later."""
    claims = [_claim(DIRECTORATE, item, TerritoryChanged(territory=item)) for item in province.territories]
    claims += [_claim(DIRECTORATE, item, PolicyChanged(policy=item)) for item in province.policies]
    claims += [_claim(DIRECTORATE, item, CalendarChanged(calendar=item)) for item in province.calendars]
    for service in province.services:
        claims.append(_claim(agency_source(service.agency), service, ServicePublished(service=service)))
    for signed in province.agreements:
        agreement = signed.agreement
        claims.append(_claim(DIRECTORATE, agreement, AgreementChanged(agreement=agreement)))
        if signed.confirmed:
            confirmed = AgreementConfirmed(agreement=agreement.code, version=agreement.version)
            # The registry makes the confirmed agreement its next version.
            claims.append(_claim(agency_source(agreement.agency), agreement, confirmed, version=agreement.version + 1))
    for office in province.offices:
        event: Event = OfficeLicensed(office=office) if office.version == 1 else OfficeChanged(office=office)
        claims.append(_claim(DIRECTORATE, office, event))
    return claims


def _check_by_the_registry(folder: Folder, province: Province) -> None:
    """Put the claims to the registry's own rules, so that nothing is published that it would refuse.

    What it would refuse because of an earlier refusal is counted as a follow-up.
    """
    known = Known()
    moment = max((office.valid_from for office in province.offices), default=datetime.now(UTC))
    refused: set[Subject] = set()
    for claim in province_claims(province):
        speaker = claim.source.removeprefix("/agencies/") if claim.source != DIRECTORATE else ""
        decision = decide(Said(claim.event, speaker, moment), known)
        if isinstance(decision, Accept):
            known = known.with_values(decision.values)
            continue
        wider = looks_at_all(claim.event)
        if references(claim.event) & refused or any(kind in wider for kind, _ in refused):
            folder.follow_ups += 1
        else:
            file, line = folder.origin(claim.kind, claim.key, claim.version)
            problem = Phrase(refusal_words(decision.reason).fa, decision.detail)
            remedy = f"دفتر ثبت آن را رد می‌کرد ({decision.reason})", f"the registry would refuse it ({decision.reason})"
            folder.complain(file, line, claim.key, problem, Phrase(*remedy))
        refused.add((claim.kind, claim.key))


def _check_stated_counts(folder: Folder, document: Document, counts: Counts) -> None:
    """Compare with the counts that the source states; a province without stated ones has nothing to compare."""
    for name, stated in document.data.get("stated", {}).items():
        found = getattr(counts, name, None)
        line = document.line("stated", name)
        if found is None:
            names = ", ".join(Counts.__slots__)
            remedy = Phrase(f"یکی از این‌ها را بنویسید: {names}", f"use one of {names}")
            folder.complain(document.file, line, name, Phrase("شمارشی نیست", "is no count"), remedy)
        elif found != stated:
            problem = Phrase(f"می‌گوید {stated}؛ در پرونده‌ها {found} است", f"says {stated}; the files hold {found}")
            folder.complain(document.file, line, name, problem, _CORRECT_ONE)


def _claim(source: str, about: Value, event: Event, version: int | None = None) -> ProvinceClaim:
    kind, code = subject(about)
    event_id = uuid5(CLAIM_NAMESPACE, f"{source}|{event.type_name()}|{body_hash(encode(event)).hex()}")
    return ProvinceClaim(source, code, event_id, event, kind, about.version if version is None else version)
