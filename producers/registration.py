"""State what the registry shall hold, see first what would change, and say it as claims: for files, forms and pages.

Whoever keeps a catalogue states things by their rows: `Stated`. A plan tells what would change for whom, and brings the
claims that make it so; publishing them, and hearing the answers, is the same as for any claim.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID, uuid5

from producers.changes import Change, Held, Value, next_versions
from schemas.agreements import Agreement, AgreementState
from schemas.base import Event
from schemas.canonical import body_hash
from schemas.catalogue import Service
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
#: Ids of claims are made from what they say, so that stating the same again says nothing new.
CLAIM_NAMESPACE = UUID("6a1de8ea-6d3f-5b52-9a86-3f2d9a7f0c41")
Identity = tuple[str, str]
#: Kind and code, as the registry names what has versions.
Subject = tuple[str, str]
_KINDS: Mapping[type[Value], str] = {
    Service: "service",
    Office: "office",
    Agreement: "agreement",
    Policy: "policy",
    Calendar: "calendar",
    Territory: "territory",
}


@dataclass(frozen=True, slots=True)
class RegistryClaim:
    """One claim on its way to intake: who says it, about which subject, and its id, made from its content.

    `kind` and `version` say which registry version shows that the claim was taken.
    """

    source: str
    key: str
    event_id: UUID
    event: Event
    kind: str
    version: int

    @property
    def identity(self) -> Identity:
        """Return source and id, as the bus will know them."""
        return self.source, str(self.event_id)

    def again(self) -> "RegistryClaim":
        """Return the same claim under its next id: one that was refused may hold by now, and an id is used once."""
        return replace(self, event_id=uuid5(CLAIM_NAMESPACE, str(self.event_id)))


@dataclass(frozen=True, slots=True)
class Stated:
    """The rows of one thing, in their order; an agreement's may be confirmed by its agency at once."""

    rows: tuple[Value, ...]
    confirmed: tuple[bool, ...]

    @property
    def subject(self) -> Subject:
        """Return what the rows are about."""
        return _KINDS[type(self.rows[0])], self.rows[0].code

    def claims(self) -> list[RegistryClaim]:
        """Return the claims that say every row as it stands, with its own version."""
        pairs = zip(self.rows, self.confirmed, strict=True)
        return [claim for row, confirmed in pairs for claim in claims_of(row, confirmed=confirmed)]

    def versions(self) -> list[Value]:
        """Return the versions that those claims come to in the registry."""
        versions: list[Value] = []
        for row, confirmed in zip(self.rows, self.confirmed, strict=True):
            versions.append(row)
            if confirmed and isinstance(row, Agreement):
                versions.append(row.model_copy(update={"version": row.version + 1, "state": AgreementState.ACTIVE}))
        return versions


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be published: `claims`, in an order in which nothing refers to what comes later.

    `new` are first versions of things; `changes` what becomes of known ones; `held` what is left as it is though
    something else is stated. `known` counts the rows that are in the registry already, as claims.
    """

    claims: tuple[RegistryClaim, ...]
    new: tuple[Change, ...]
    changes: tuple[Change, ...]
    held: tuple[Held, ...]
    known: int


class Registered(Protocol):
    """What the registry knows, for whoever states something."""

    def versions(self, subjects: Collection[Subject]) -> Mapping[Subject, Sequence[Value]]:
        """Return all versions of each subject that is known, oldest first."""

    def seen(self, identities: Sequence[Identity]) -> Collection[Identity]:
        """Return those of the claims' identities that the bus has taken in before."""


def plan(stated: Sequence[Stated], registered: Registered, begins: datetime) -> Plan:
    """Return what must be published so that what is stated holds; what changed in place holds from `begins` on.

    Rows that go on where the registry ends are said as they stand, with their own versions and days. May raise what
    `registered` raises.
    """
    # In the form in which the registry will have it: ids are made from what is said.
    begins = begins.astimezone(UTC)
    known = registered.versions([one.subject for one in stated])
    said = _said(known, registered)
    claims: list[RegistryClaim] = []
    new: list[Change] = []
    changes: list[Change] = []
    held: list[Held] = []
    left = 0
    for one in stated:
        versions = list(known.get(one.subject, ()))
        if versions == one.versions()[: len(versions)]:
            fresh = [claim for claim in one.claims() if claim.version > len(versions)]
            claims += fresh
            left += len(one.claims()) - len(fresh)
            added = [row for row in one.rows if row.version > len(versions)]
            before = [versions[-1] if versions else None, *added][: len(added)]
            (changes if versions else new).extend(map(Change, before, added))
            continue
        found = next_versions(one.rows, versions, said[one.subject], begins, confirmed=one.confirmed[-1])
        if isinstance(found, Held):
            held.append(found)
        elif not found:
            left += len(one.claims())
        else:
            changes += found
            claims += [claim for change in found for claim in _claims_of_change(change)]
    return Plan(tuple(claims), tuple(new), tuple(changes), tuple(held), left)


def claims_of(value: Value, *, confirmed: bool = False) -> list[RegistryClaim]:
    """Return the claim that says one version, and its agency's confirmation when there is one."""
    claims = [_claim(_source(value), value, _event(value), value.version)]
    if confirmed and isinstance(value, Agreement):
        claims.append(_confirmation(value))
    return claims


def _claims_of_change(change: Change) -> list[RegistryClaim]:
    if change.published:
        return claims_of(change.after, confirmed=change.confirmed)
    assert isinstance(change.after, Agreement), "only agreements are confirmed"
    return [_confirmation(change.after)]


def _said(known: Mapping[Subject, Sequence[Value]], registered: Registered) -> Mapping[Subject, set[int]]:
    """Return which versions of each subject came of claims such as these."""
    asked = {
        _claim(_source(version), version, _event(version), version.version).identity: (subject, version.version)
        for subject, versions in known.items()
        for version in versions
        if not isinstance(version, Agreement) or version.state is AgreementState.SIGNED
    }
    said: dict[Subject, set[int]] = {subject: set() for subject in known}
    for identity in registered.seen(list(asked)):
        subject, number = asked[identity]
        said[subject].add(number)
    return said


def _confirmation(agreement: Agreement) -> RegistryClaim:
    event = AgreementConfirmed(agreement=agreement.code, version=agreement.version)
    # The registry makes the confirmed agreement its next version.
    return _claim(agency_source(agreement.agency), agreement, event, agreement.version + 1)


def _source(value: Value) -> str:
    return agency_source(value.agency) if isinstance(value, Service) else DIRECTORATE


def _event(value: Value) -> Event:
    match value:
        case Service():
            return ServicePublished(service=value)
        case Agreement():
            return AgreementChanged(agreement=value)
        case Office():
            return OfficeLicensed(office=value) if value.version == 1 else OfficeChanged(office=value)
        case Policy():
            return PolicyChanged(policy=value)
        case Calendar():
            return CalendarChanged(calendar=value)
        case Territory():
            return TerritoryChanged(territory=value)


def _claim(source: str, about: Value, event: Event, version: int) -> RegistryClaim:
    event_id = uuid5(CLAIM_NAMESPACE, f"{source}|{event.type_name()}|{body_hash(encode(event)).hex()}")
    return RegistryClaim(source, about.code, event_id, event, _KINDS[type(about)], version)
