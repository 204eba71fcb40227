"""The filter for all offices at once: bit sets per service and per city, and rings of candidates ready for sampling.

A set of offices is one whole number whose bit `ordinal` stands for an office, so that counting the excluded exactly
costs a few machine words per 64 offices. The rules themselves are `eligibility`'s.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from consumers.requests.domain.loads.loads import Limit
from consumers.requests.domain.loads.shares import AgencyShares
from consumers.requests.domain.registry.calendar import NeverOpen, Schedule
from consumers.requests.domain.registry.geography import DEGREE_M, road_m, straight_line_m
from consumers.requests.domain.registry.snapshot import OfficeFacts, Snapshot
from consumers.requests.domain.routing.eligibility import RANK, Terms, is_active, static_exclusion
from schemas.catalogue import Service
from schemas.log_requests import Exclusion
from schemas.policy import Policy
from schemas.territory import City

#: Ring slots kept per index, 24 bytes each: one per office, and those of the cuts' bit sets. The oldest rings go first.
#: A province needs far fewer.
RING_SLOTS_MAX = 1_000_000
#: Cities whose whole list of offices is kept; only refusals ask for it.
EVERYWHERE_MAX = 64
#: Minutes whose closed offices are remembered.
CLOSED_MINUTES_MAX = 4096
#: Deadlines remembered: one per schedule and time of deciding, which a whole batch shares.
DEADLINES_MAX = 4096


@dataclass(frozen=True)
class Grant:
    """The offices that may deliver a service under one agreement's terms; grants of one service do not overlap."""

    offered: Terms
    mask: int


@dataclass(frozen=True)
class ServiceReach:
    """Who may deliver one service at all: exact counts of the others, by reason."""

    service: Service
    grants: tuple[Grant, ...]
    eligible: int
    excluded: dict[Exclusion, int]

    def grant_of(self, ordinal: int) -> Grant:
        """Return the grant that an eligible office delivers under."""
        if len(self.grants) == 1:
            return self.grants[0]
        return next(grant for grant in self.grants if grant.mask >> ordinal & 1)


@dataclass(frozen=True)
class CityReach:
    """Offices around one city, nearest first and ties by code, and their distances in metres."""

    offices: tuple[OfficeFacts, ...]
    distances_m: tuple[int, ...]
    mask: int


class RingCut(NamedTuple):
    """The part of a ring's candidates up to one of the policy's distances: the first `end`, as a set `mask`.

    `places_needed` is how many places must be free for a draw to stay within. `limit_m` is none when the policy has no
    rings.
    """

    limit_m: int | None
    end: int
    mask: int
    places_needed: int


@dataclass(frozen=True)
class Ring:
    """The candidates of one service around one city, nearest first.

    `weights` are running sums of capacity: a number below the last picks an office in proportion to its capacity.
    `excluded` counts the static reasons and distance; with `mask` they cover every office. `cuts` are the policy's
    rings that hold more offices than the one before, and last everything within reach; empty when there is nobody.
    """

    offices: tuple[OfficeFacts, ...]
    distances_m: tuple[int, ...]
    weights: tuple[int, ...]
    mask: int
    excluded: dict[Exclusion, int]
    cuts: tuple[RingCut, ...]


class CandidateIndex:
    """What one snapshot's decisions look up; built piece by piece as services and cities are asked for.

    Holds per service its masks (offices/8 bytes each), per city the offices within reach, and rings up to
    `RING_SLOTS_MAX`.
    With 202 offices all pairs of 74 services and 30 cities fit; with 20,000 offices the rings of rare pairs are made
    again when asked.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._services: dict[str, ServiceReach | None] = {}
        self._near: dict[str, CityReach] = {}
        self._everywhere: dict[str, CityReach] = {}
        self._rings: dict[tuple[str, str], Ring] = {}
        self._ring_slots = 0
        self._closed: dict[tuple[int, int], int] = {}
        self._deadlines: dict[tuple[int, datetime], datetime] = {}

    @cached_property
    def shares(self) -> AgencyShares | None:
        """How the policy in force shares out places; none when it does not, and when there is none."""
        policy = self.snapshot.policy
        if policy is None or policy.agency_kept_per_mille is None:
            return None
        active = {held.agency for held in self.snapshot.agreements.values() if is_active(held)}
        return AgencyShares.among(active, policy.agency_weights, policy.agency_kept_per_mille)

    @cached_property
    def limits(self) -> dict[str, Limit]:
        """Capacity and cap of every office in force, by code."""
        return {
            code: Limit(facts.ordinal, facts.office.daily_capacity, facts.cap_rial)
            for code, facts in self.snapshot.offices.items()
        }

    def mask_of(self, ordinals: Iterable[int]) -> int:
        """Return the bit set of `ordinals`, in one pass however many offices there are."""
        bits = bytearray(len(self.snapshot.ordinals) // 8 + 1)
        for ordinal in ordinals:
            bits[ordinal >> 3] |= 1 << (ordinal & 7)
        return int.from_bytes(bits, "little")

    def service(self, code: str) -> ServiceReach | None:
        """Return who may deliver a service, or none when no version of it is in force."""
        if code not in self._services:
            service = self.snapshot.service(code)
            self._services[code] = None if service is None else self._reach(service)
        return self._services[code]

    def near(self, city: City) -> CityReach:
        """Return the offices within the policy's distance of `city`."""
        found = self._near.get(city.code)
        if found is None:
            found = self._near[city.code] = self._reach_of_city(city, self._in_band(city), self.policy.distance_limit_m)
        return found

    def everywhere(self, city: City) -> CityReach:
        """Return all offices as seen from `city`: the way out of a refusal may be far."""
        found = self._everywhere.get(city.code)
        if found is None:
            if len(self._everywhere) >= EVERYWHERE_MAX:
                del self._everywhere[next(iter(self._everywhere))]
            found = self._everywhere[city.code] = self._reach_of_city(city, self.snapshot.offices.values(), None)
        return found

    def ring(self, service: ServiceReach, city: City) -> Ring:
        """Return the candidates for a service around a city, before anything that depends on hour and loads."""
        key = (service.service.code, city.code)
        found = self._rings.get(key)
        if found is None:
            found = self._rings[key] = self._ring(service, self.near(city))
            self._ring_slots += self._slots(found)
            while self._ring_slots > RING_SLOTS_MAX and len(self._rings) > 1:
                oldest = self._rings.pop(next(iter(self._rings)))
                self._ring_slots -= self._slots(oldest)
        return found

    def closed(self, minute: int, window_minutes: int) -> int:
        """Return the offices that are not open at any time in `[minute, minute + window_minutes)`, local minutes."""
        key = (minute, window_minutes)
        mask = self._closed.get(key)
        if mask is None:
            if len(self._closed) >= CLOSED_MINUTES_MAX:
                self._closed.clear()
            mask = 0
            for schedule, offices in self._schedules:
                if not schedule.opens_within(minute, window_minutes):
                    mask |= offices
            self._closed[key] = mask
        return mask

    def accept_by(self, office: OfficeFacts, decided_at: datetime) -> datetime:
        """Return until when `office` may accept: after the policy's time of its opening hours since `decided_at`."""
        # Offices of equal hours share one schedule object, which lives as long as the snapshot.
        key = (id(office.schedule), decided_at)
        found = self._deadlines.get(key)
        if found is None:
            if len(self._deadlines) >= DEADLINES_MAX:
                self._deadlines.clear()
            found = self._deadlines[key] = self._deadline(office.schedule, decided_at)
        return found

    def _deadline(self, schedule: Schedule, decided_at: datetime) -> datetime:
        policy = self.policy
        try:
            return schedule.after_working(decided_at, policy.acceptance_seconds)
        except NeverOpen:
            # An office with hours too few to accept in gives the request back when it should have opened.
            return decided_at + timedelta(seconds=policy.opens_within_seconds)

    def distance_m(self, office: OfficeFacts, city: City) -> int:
        """Return the road distance between a city's centre and an office, in metres."""
        place = office.office
        straight = straight_line_m(city.latitude, city.longitude, place.latitude, place.longitude)
        return road_m(straight, self.policy.detour_per_mille)

    @cached_property
    def policy(self) -> Policy:
        """The policy in force; who asks for distances knows that there is one."""
        assert self.snapshot.policy is not None, "no policy is in force"
        return self.snapshot.policy

    def static_reason(self, facts: OfficeFacts, reach: ServiceReach) -> tuple[Exclusion, str | None]:
        """Return why an office that is not eligible is not, and under which agreement (none: there is none)."""
        furthest, named = Exclusion.AGREEMENT, None
        for offered in self.offers(reach.service):
            reason = static_exclusion(facts, reach.service, offered)
            assert reason is not None, f"office {facts.office.code} is eligible"
            if named is None or RANK[reason] > RANK[furthest]:
                furthest, named = reason, offered.agreement.code
        return furthest, named

    def offers(self, service: Service) -> list[Terms]:
        """Return the terms that the service's own agency offers, in the order of the agreements' codes."""
        pairs = self.snapshot.agreements_on(service.code)
        return [Terms.of(agreement, terms) for agreement, terms in pairs if agreement.agency == service.agency]

    @cached_property
    def _schedules(self) -> Sequence[tuple[Schedule, int]]:
        groups: dict[Schedule, list[int]] = {}
        for facts in self.snapshot.offices.values():
            groups.setdefault(facts.schedule, []).append(facts.ordinal)
        return [(schedule, self.mask_of(ordinals)) for schedule, ordinals in groups.items()]

    @cached_property
    def _by_latitude(self) -> tuple[list[float], list[OfficeFacts]]:
        ordered = sorted(self.snapshot.offices.values(), key=lambda facts: (facts.office.latitude, facts.office.code))
        return [facts.office.latitude for facts in ordered], ordered

    def _reach(self, service: Service) -> ServiceReach:
        offers = self.offers(service)
        granted: list[list[int]] = [[] for _ in offers]
        excluded: dict[Exclusion, int] = {}
        for facts in self.snapshot.offices.values():
            furthest = Exclusion.AGREEMENT
            for place, offered in enumerate(offers):
                reason = static_exclusion(facts, service, offered)
                if reason is None:
                    granted[place].append(facts.ordinal)
                    break
                furthest = max(furthest, reason, key=RANK.__getitem__)
            else:
                excluded[furthest] = excluded.get(furthest, 0) + 1
        grants = tuple(
            Grant(offered, self.mask_of(ordinals))
            for offered, ordinals in zip(offers, granted, strict=True)
            if ordinals
        )
        eligible = 0
        for grant in grants:
            eligible |= grant.mask
        return ServiceReach(service, grants, eligible, excluded)

    def _in_band(self, city: City) -> Sequence[OfficeFacts]:
        """Return the offices whose latitude alone does not put them out of reach, so that far ones cost nothing."""
        band_degrees = self.policy.distance_limit_m * 1000 / self.policy.detour_per_mille / DEGREE_M
        latitudes, ordered = self._by_latitude
        first = bisect_left(latitudes, city.latitude - band_degrees)
        return ordered[first : bisect_right(latitudes, city.latitude + band_degrees)]

    def _reach_of_city(self, city: City, offices: Iterable[OfficeFacts], limit_m: int | None) -> CityReach:
        measured = [(self.distance_m(facts, city), facts.office.code, facts) for facts in offices]
        kept = sorted(found for found in measured if limit_m is None or found[0] <= limit_m)
        return CityReach(
            tuple(facts for _, _, facts in kept),
            tuple(distance_m for distance_m, _, _ in kept),
            self.mask_of(facts.ordinal for _, _, facts in kept),
        )

    def _ring(self, service: ServiceReach, near: CityReach) -> Ring:
        mask = service.eligible & near.mask
        kept = [place for place, facts in enumerate(near.offices) if mask >> facts.ordinal & 1]
        offices = tuple(near.offices[place] for place in kept)
        excluded = dict(service.excluded)
        far = service.eligible.bit_count() - mask.bit_count()
        if far:
            excluded[Exclusion.DISTANCE] = far
        distances_m = tuple(near.distances_m[place] for place in kept)
        weights = tuple(accumulate(facts.office.daily_capacity for facts in offices))
        return Ring(offices, distances_m, weights, mask, excluded, tuple(self._cuts(offices, distances_m, weights)))

    def _cuts(
        self, offices: Sequence[OfficeFacts], distances_m: Sequence[int], weights: Sequence[int]
    ) -> Iterator[RingCut]:
        policy, before = self.policy, 0
        inner_m = [limit_m for limit_m in policy.rings_m if limit_m < policy.distance_limit_m]
        limits_m: list[int | None] = [*inner_m, policy.distance_limit_m] if policy.rings_m else [None]
        for limit_m in limits_m:
            end = len(offices) if limit_m is None else bisect_right(distances_m, limit_m)
            if end > before:
                # Whoever is left within reach gets it, however little is free.
                share = 0 if end == len(offices) else policy.ring_free_per_mille
                needed = max(1, -(-weights[end - 1] * share // 1000))
                yield RingCut(limit_m, end, self.mask_of(facts.ordinal for facts in offices[:end]), needed)
                before = end

    def _slots(self, ring: Ring) -> int:
        return len(ring.offices) + len(ring.cuts) * (len(self.snapshot.ordinals) // 192 + 1)
