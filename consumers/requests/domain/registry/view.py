"""The registry as a fold of its log: every version known up to one revision, and what is in force at any time."""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar, cast

from consumers.requests.domain.registry.history import History
from consumers.requests.domain.registry.snapshot import Snapshot
from schemas.agreements import Agreement, AgreementState
from schemas.catalogue import Service
from schemas.log_registry import (
    AgreementVersioned,
    CalendarVersioned,
    OfficeVersioned,
    PolicyVersioned,
    RegistryEntry,
    ServiceVersioned,
    TerritoryVersioned,
)
from schemas.offices import Office
from schemas.policy import Calendar, Policy
from schemas.territory import Territory

#: Versions in these states are proposals: they bind nobody, and do not displace a version in force.
PROPOSALS = frozenset({AgreementState.DRAFTED, AgreementState.NEGOTIATED, AgreementState.SIGNED})
#: How many validity segments keep what was made of them; a batch sees one or two, a log replayed out of order more.
SEGMENTS_KEPT = 4

Made = TypeVar("Made")


class RegistryView:
    """Everything known up to `revision`. Immutable but for its cache by validity segment.

    Holds one reference per version ever accepted, and what was made of `SEGMENTS_KEPT` segments.
    """

    def __init__(
        self,
        revision: int = 0,
        services: History[Service] | None = None,
        agreements: History[Agreement] | None = None,
        offices: History[Office] | None = None,
        policies: History[Policy] | None = None,
        calendars: History[Calendar] | None = None,
        territories: History[Territory] | None = None,
    ) -> None:
        self.revision = revision
        self.services = services or History()
        self.agreements = agreements or History()
        self.offices = offices or History()
        self.policies = policies or History()
        self.calendars = calendars or History()
        self.territories = territories or History()
        self._ordinals = {code: ordinal for ordinal, code in enumerate(self.offices.codes())}
        self._bounds = self._validity_bounds()
        self._kept: dict[int, tuple[Snapshot, dict[object, object]]] = {}

    @classmethod
    def empty(cls) -> "RegistryView":
        """Return the view before the first entry."""
        return cls()

    def with_entries(self, entries: Iterable[RegistryEntry]) -> "RegistryView":
        """Return the view after `entries`, given in revision order; those already known are skipped.

        The log may say a revision twice (a relay that tried again), so skipping is the rule and not an error.
        """
        services: list[tuple[int, Service]] = []
        agreements: list[tuple[int, Agreement]] = []
        offices: list[tuple[int, Office]] = []
        policies: list[tuple[int, Policy]] = []
        calendars: list[tuple[int, Calendar]] = []
        territories: list[tuple[int, Territory]] = []
        revision = self.revision
        for entry in entries:
            if entry.revision <= revision:
                continue
            revision = entry.revision
            match entry:
                case ServiceVersioned(service=service):
                    services.append((revision, service))
                case AgreementVersioned(agreement=agreement):
                    agreements.append((revision, agreement))
                case OfficeVersioned(office=office):
                    offices.append((revision, office))
                case PolicyVersioned(policy=policy):
                    policies.append((revision, policy))
                case CalendarVersioned(calendar=calendar):
                    calendars.append((revision, calendar))
                case TerritoryVersioned(territory=territory):
                    territories.append((revision, territory))
                case _:
                    raise AssertionError(f"a registry entry of an unknown kind: {type(entry).__name__}")
        if revision == self.revision:
            return self
        return RegistryView(
            revision,
            self.services.extended(services),
            self.agreements.extended(agreements),
            self.offices.extended(offices),
            self.policies.extended(policies),
            self.calendars.extended(calendars),
            self.territories.extended(territories),
        )

    def up_to(self, revision: int) -> "RegistryView":
        """Return the view as it was at `revision`, for recomputing a decision made then."""
        if revision >= self.revision:
            return self
        return RegistryView(
            revision,
            self.services.up_to(revision),
            self.agreements.up_to(revision),
            self.offices.up_to(revision),
            self.policies.up_to(revision),
            self.calendars.up_to(revision),
            self.territories.up_to(revision),
        )

    def at(self, moment: datetime) -> Snapshot:
        """Return what is in force at `moment`."""
        return self._segment(moment)[0]

    def made_at(self, moment: datetime, make: Callable[[Snapshot], Made]) -> Made:
        """Return what `make` makes of the snapshot at `moment`; all moments between two validity bounds share it."""
        snapshot, made = self._segment(moment)
        found = made.get(make)
        if found is None:
            found = made[make] = make(snapshot)
        return cast(Made, found)

    def _segment(self, moment: datetime) -> tuple[Snapshot, dict[object, object]]:
        segment = bisect_right(self._bounds, moment)
        kept = self._kept.get(segment)
        if kept is None:
            if len(self._kept) >= SEGMENTS_KEPT:
                del self._kept[next(iter(self._kept))]
            kept = self._kept[segment] = (self._resolve(moment), {})
        return kept

    def _resolve(self, moment: datetime) -> Snapshot:
        policies = self.policies.at(moment)
        agreements, lapsed = self._agreements_at(moment)
        return Snapshot(
            revision=self.revision,
            as_of=moment,
            services={
                code: held for code, held in self.services.at(moment).items() if not _ended(held.valid_to, moment)
            },
            agreements=agreements,
            lapsed_agreements=lapsed,
            office_versions=self.offices.at(moment),
            ordinals=self._ordinals,
            territories=self.territories.at(moment),
            calendars=self.calendars.at(moment),
            policy=max(policies.values(), key=lambda held: (held.valid_from, held.code), default=None),
        )

    def _agreements_at(self, moment: datetime) -> tuple[dict[str, Agreement], dict[str, Agreement]]:
        in_force: dict[str, Agreement] = {}
        lapsed: dict[str, Agreement] = {}
        for code in self.agreements.codes():
            known = self.agreements.versions(code)
            begun = [held for held in known if held.state not in PROPOSALS and held.valid_from <= moment]
            if begun and not _ended(begun[-1].valid_to, moment):
                in_force[code] = begun[-1]
            else:
                lapsed[code] = begun[-1] if begun else known[-1]
        return in_force, lapsed

    def _validity_bounds(self) -> list[datetime]:
        bounds: set[datetime] = set()
        for held in (self.services, self.agreements, self.offices, self.policies, self.calendars, self.territories):
            bounds.update(version.valid_from for version in held.everything())
        bounds.update(held.valid_to for held in self.services.everything() if held.valid_to is not None)
        bounds.update(held.valid_to for held in self.agreements.everything() if held.valid_to is not None)
        for office in self.offices.everything():
            bounds.add(office.licence.valid_from)
            if office.licence.valid_to is not None:
                bounds.add(office.licence.valid_to)
        return sorted(bounds)


def _ended(valid_to: datetime | None, moment: datetime) -> bool:
    return valid_to is not None and valid_to <= moment
