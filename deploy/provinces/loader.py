"""A province's folder -> everything it says as typed values, checked as a whole; and the claims that say it on the bus.

Nothing here knows a province by name: another province is another folder.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter
from typing_extensions import TypedDict

from connectors.files.yaml_text import Document
from connectors.words.details import detail_phrase
from connectors.words.language import Phrase
from consumers.registry.domain.known import Accept, EntryKind, Known, Subject, Value, subject
from consumers.registry.domain.rules import Said, decide, looks_at_all, references
from deploy.provinces.agreements import Signed, read_agreements
from deploy.provinces.catalogue import Agency, read_agencies, read_catalogue
from deploy.provinces.files import Folder, SourcePlace
from deploy.provinces.offices import read_offices
from deploy.provinces.territory import read_territories
from deploy.provinces.timing import read_calendars, read_policies
from producers.registration import DIRECTORATE, RegistryClaim, Stated
from schemas.base import LocalizedText, OfficeClass
from schemas.catalogue import Service, Stage
from schemas.offices import Office
from schemas.policy import Calendar, Policy
from schemas.territory import Territory


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


def stated_of(province: Province) -> list[Stated]:
    """Return what the folder states, in an order in which nothing refers to what comes later."""
    rows: dict[Subject, list[tuple[Value, bool]]] = {}
    plain: tuple[Value, ...] = (*province.territories, *province.policies, *province.calendars, *province.services)
    pairs = [(value, False) for value in plain]
    pairs += [(signed.agreement, signed.confirmed) for signed in province.agreements]
    pairs += [(office, False) for office in province.offices]
    for value, confirmed in pairs:
        rows.setdefault(subject(value), []).append((value, confirmed))
    return [
        Stated(tuple(value for value, _ in found), tuple(confirmed for _, confirmed in found))
        for found in rows.values()
    ]


def province_claims(province: Province) -> list[RegistryClaim]:
    """Return the claims that say every row as it stands."""
    return [claim for one in stated_of(province) for claim in one.claims()]


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
            problem = detail_phrase(decision.detail)
            remedy = f"دفتر ثبت آن را رد می‌کرد ({decision.reason})", f"the registry would refuse it ({decision.reason})"
            folder.complain(file, line, claim.key, problem, Phrase(*remedy))
        refused.add((EntryKind(claim.kind), claim.key))


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
