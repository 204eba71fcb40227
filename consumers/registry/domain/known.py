"""What the registry's rules look at and what they answer: values only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from schemas.agreements import Agreement
from schemas.catalogue import Service
from schemas.log_registry import RegistryRefusal
from schemas.offices import Office
from schemas.policy import Calendar, Policy
from schemas.territory import Territory

Value = Service | Office | Agreement | Policy | Calendar | Territory


class EntryKind(StrEnum):
    """The kinds of versioned things; a code is unique within its kind."""

    SERVICE = "service"
    OFFICE = "office"
    AGREEMENT = "agreement"
    POLICY = "policy"
    CALENDAR = "calendar"
    TERRITORY = "territory"


Subject = tuple[EntryKind, str]

_KINDS: Mapping[type[Value], EntryKind] = {
    Service: EntryKind.SERVICE,
    Office: EntryKind.OFFICE,
    Agreement: EntryKind.AGREEMENT,
    Policy: EntryKind.POLICY,
    Calendar: EntryKind.CALENDAR,
    Territory: EntryKind.TERRITORY,
}


def subject(value: Value) -> Subject:
    """Return what a value is a version of."""
    return _KINDS[type(value)], value.code


@dataclass(frozen=True, slots=True)
class Accept:
    """The claim holds: these are the next versions, in order."""

    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Refuse:
    """The claim does not hold, and no later claim can change that."""

    reason: RegistryRefusal
    detail: str


@dataclass(frozen=True, slots=True)
class Await:
    """What the claim refers to may still arrive on another topic; when it never does, refuse with this reason."""

    reason: RegistryRefusal
    detail: str


Decision = Accept | Refuse | Await


@dataclass(frozen=True)
class Known:
    """The accepted versions that a claim may refer to, oldest first per subject."""

    histories: Mapping[Subject, tuple[Value, ...]] = field(default_factory=dict)

    def versions(self, wanted: Subject) -> tuple[Value, ...]:
        """Return the known versions of a subject, oldest first."""
        return self.histories.get(wanted, ())

    def newest(self, wanted: Subject) -> Value | None:
        """Return the last version of a subject, or none."""
        versions = self.histories.get(wanted)
        return versions[-1] if versions else None

    def service(self, code: str) -> Service | None:
        """Return the last version of a service, or none."""
        found = self.newest((EntryKind.SERVICE, code))
        return found if isinstance(found, Service) else None

    def office(self, code: str) -> Office | None:
        """Return the last version of an office, or none."""
        found = self.newest((EntryKind.OFFICE, code))
        return found if isinstance(found, Office) else None

    def agreement_versions(self, code: str) -> tuple[Agreement, ...]:
        """Return all versions of an agreement, oldest first."""
        return tuple(item for item in self.versions((EntryKind.AGREEMENT, code)) if isinstance(item, Agreement))

    def agreements(self) -> tuple[tuple[Agreement, ...], ...]:
        """Return the versions of every agreement at hand."""
        return tuple(self.agreement_versions(code) for kind, code in self.histories if kind is EntryKind.AGREEMENT)

    def has_place(self, code: str) -> bool:
        """Say whether the newest territories have this city or village centre."""
        return any(city.code == code for territory in self._territories() for city in territory.cities)

    def has_county(self, code: str) -> bool:
        """Say whether the newest territories have this county."""
        return any(county.code == code for territory in self._territories() for county in territory.counties)

    def with_values(self, values: Iterable[Value]) -> "Known":
        """Return what is known when `values` have been accepted, in their order."""
        histories = dict(self.histories)
        for value in values:
            key = subject(value)
            histories[key] = (*histories.get(key, ()), value)
        return replace(self, histories=histories)

    def _territories(self) -> list[Territory]:
        newest = [self.newest(key) for key in self.histories if key[0] is EntryKind.TERRITORY]
        return [territory for territory in newest if isinstance(territory, Territory)]
