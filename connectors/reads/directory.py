"""What there is to ask for, who offers it and who may serve it, at this moment of business time."""

from datetime import datetime
from threading import RLock
from typing import Any

from connectors.reads.asking import NotThere, Question, Reads
from consumers.codes import CodeUnknown
from consumers.registry.domain.known import EntryKind
from consumers.registry.lookup import KnownVersion, versions_of
from consumers.requests.directory import Directory, ServiceEntry
from consumers.requests.domain.registry.snapshot import OfficeFacts
from consumers.requests.domain.registry.view import RegistryView
from consumers.requests.incomes import OfficeIncome, incomes_of
from producers.access.parties import PartyKind
from schemas.agreements import Agreement
from schemas.catalogue import Service

_CITY_FIELDS = {"code", "county", "names", "urban", "latitude", "longitude"}
#: What agencies and other offices are shown of an office.
_PUBLIC = {"code", "version", "valid_from", "office_class", "names", "city", "latitude", "longitude", "hours"}


class KeptView:
    """The registry as a process has read it so far; what was accepted since is read when somebody asks."""

    def __init__(self) -> None:
        self._view = RegistryView.empty()
        #: Held while something is made of the view, which keeps it.
        self.lock = RLock()

    def view(self, reads: Reads) -> RegistryView:
        """Return everything that is accepted."""
        with self.lock:
            self._view = self._view.with_entries(reads.registry.since(self._view.revision))
            return self._view

    def directory(self, reads: Reads, moment: datetime) -> Directory:
        """Return what is in force at `moment`."""
        with self.lock:
            return Directory(self.view(reads), moment)


class DirectoryReads:
    """The reads over what is in force; one for a process."""

    def __init__(self, kept: KeptView) -> None:
        self._kept = kept

    def services(self, reads: Reads, asked: Question) -> dict[str, Any]:
        """Return the services in force: an agency's own, an office's catalogue, all of them, or one agency's."""
        agency = asked.agency or asked.query.get("agency")
        return {"items": [_service(entry) for entry in self._directory(reads, asked).services(agency)]}

    def service(self, reads: Reads, asked: Question) -> dict[str, Any]:
        """Return one service with its form, its terms and every version; an agency's own alone. Raises `NotThere`."""
        versions = _versions(reads, EntryKind.SERVICE, asked.named["service"])
        newest = versions[-1].value
        assert isinstance(newest, Service), "asked for by its kind"
        if asked.agency not in (None, newest.agency):
            raise NotThere
        try:
            told = _service(self._directory(reads, asked).service(newest.code))
        except CodeUnknown:
            told = {"service": None}
        return told | {"versions": [_version(one) for one in versions]}

    def agreement(self, reads: Reads, asked: Question) -> dict[str, Any]:
        """Return every version of an agreement, whole; an agency's own alone. Raises `NotThere`."""
        versions = _versions(reads, EntryKind.AGREEMENT, asked.named["agreement"])
        newest = versions[-1].value
        assert isinstance(newest, Agreement), "asked for by its kind"
        if asked.agency not in (None, newest.agency):
            raise NotThere
        return {"code": newest.code, "versions": [_version(one) for one in versions]}

    def agreements(self, reads: Reads, asked: Question) -> dict[str, Any]:
        """Return the newest version of each agreement: an agency's own, all of them, or one agency's."""
        wanted = asked.agency or asked.query.get("agency")
        newest: dict[str, Agreement] = {}
        for entry in reads.registry.known((), [EntryKind.AGREEMENT]):
            value = KnownVersion(entry).value
            assert isinstance(value, Agreement), "asked for by its kind"
            newest[value.code] = value
        found = [newest[code] for code in sorted(newest) if wanted in (None, newest[code].agency)]
        return {"items": [one.model_dump(mode="json") for one in found]}

    def agencies(self, reads: Reads, asked: Question) -> dict[str, Any]:
        """Return the agencies, with how many services each has and how many can be asked for now."""
        entries = self._directory(reads, asked).agencies()
        return {"items": [{"code": one.code, "services": one.services, "open": one.open_services} for one in entries]}

    def cities(self, reads: Reads, asked: Question) -> dict[str, Any]:
        """Return the cities and villages, with how many licensed offices each has."""
        entries = self._directory(reads, asked).cities(asked.query.get("county"))
        return {
            "items": [
                {**one.city.model_dump(mode="json", include=_CITY_FIELDS), "offices": one.offices} for one in entries
            ]
        }

    def offices(self, reads: Reads, asked: Question) -> dict[str, Any]:
        """Return the offices in force, or those of one city; to agencies and offices what everybody may know."""
        found = self._directory(reads, asked).offices(asked.query.get("city"))
        public = asked.party.kind in (PartyKind.AGENCY, PartyKind.OFFICE)
        return {"items": [_public(facts) if public else _office(facts) for facts in found]}

    def office(self, reads: Reads, asked: Question) -> dict[str, Any]:
        """Return one office and the services that it may deliver; an office itself alone. Raises `NotThere`."""
        code = asked.named["office"]
        if asked.office not in (None, code):
            raise NotThere
        try:
            entry = self._directory(reads, asked).office(code)
        except CodeUnknown:
            raise NotThere from None
        return {**_office(entry.facts), "services": list(entry.services)}

    def income(self, reads: Reads, asked: Question) -> dict[str, Any]:
        """Return what offices have earned this Jalali month; an office's own alone."""
        offices = self._directory(reads, asked).offices(asked.query.get("city"))
        wanted = [one for one in offices if asked.office in (None, one.office.code)]
        return {"items": [_income(one) for one in incomes_of(wanted, reads.loads, asked.now)]}

    def _directory(self, reads: Reads, asked: Question) -> Directory:
        return self._kept.directory(reads, asked.now)


def _versions(reads: Reads, kind: EntryKind, code: str) -> list[KnownVersion]:
    try:
        return versions_of(reads.registry, kind, code)
    except CodeUnknown:
        raise NotThere from None


def _version(one: KnownVersion) -> dict[str, Any]:
    return {
        "revision": one.entry.revision,
        "accepted_at": one.entry.accepted_at,
        "state": one.state,
        "value": one.value.model_dump(mode="json"),
    }


def _service(entry: ServiceEntry) -> dict[str, Any]:
    refused = entry.refused
    return {
        "service": entry.service.model_dump(mode="json"),
        "offices": entry.offices,
        "refused": None if refused is None else {"reason": refused.reason.value, "detail": refused.detail},
        "offers": [{"agreement": held.code, **terms.model_dump(mode="json")} for held, terms in entry.offers],
    }


def _public(facts: OfficeFacts) -> dict[str, Any]:
    told = facts.office.model_dump(mode="json", include=_PUBLIC)
    return {**told, "county": facts.county, "licensed": facts.licensed}


def _office(facts: OfficeFacts) -> dict[str, Any]:
    return {**facts.office.model_dump(mode="json"), "county": facts.county, "licensed": facts.licensed}


def _income(one: OfficeIncome) -> dict[str, Any]:
    return {
        "office": one.facts.office.code,
        "month": f"{one.month.year:04}-{one.month.month:02}",
        "days_gone": one.month.gone,
        "days": one.month.days,
        "income_rial": one.income_rial,
        "expected_so_far_rial": one.expected_so_far_rial,
        "expected_rial": one.expected_rial,
    }
