"""The fair share of every office's places that each agency has: borrowed while places are free, and never taken back.

What an agency submits takes places at offices, whoever chose the office. An agency may take one while it has less than
its share of the office's places, or while more are free than the policy keeps there for agencies within their shares.
So a flood of one agency leaves room at every office for all others; what it borrowed comes back as its requests end.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

#: How many of an office's places each agency has taken, sorted by agency; those that have none are not named.
Steered = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class AgencyShares:
    """How places are shared: by weight among the agencies with an active agreement, and how much of each is kept."""

    kept_per_mille: int
    weights: Mapping[str, int]
    total: int
    #: What was worked out before: agencies times the different capacities of offices, at most.
    _places: dict[tuple[str, int], int] = field(default_factory=dict, compare=False)
    _kept: dict[int, int] = field(default_factory=dict, compare=False)

    @classmethod
    def among(cls, agencies: Collection[str], weights: Mapping[str, int], kept_per_mille: int) -> "AgencyShares":
        """Return the shares of `agencies`: each by its weight, 1 unless `weights` says otherwise."""
        known = {agency: weights.get(agency, 1) for agency in agencies}
        return cls(kept_per_mille, known, sum(known.values()))

    def places(self, agency: str, capacity: int) -> int:
        """Return an agency's share of an office's `capacity`: rounded up, one place at the least."""
        places = self._places.get((agency, capacity))
        if places is None:
            places = max(1, -(-self.weights.get(agency, 1) * capacity // max(1, self.total)))
            self._places[agency, capacity] = places
        return places

    def kept(self, capacity: int) -> int:
        """Return how many of an office's places only agencies within their share may take: rounded up."""
        kept = self._kept.get(capacity)
        if kept is None:
            kept = self._kept[capacity] = -(-capacity * self.kept_per_mille // 1000)
        return kept


class AgencyShare(NamedTuple):
    """The share that a request counts on."""

    agency: str
    shares: AgencyShares

    def spent(self, taken: int, free: int, capacity: int) -> bool:
        """Say whether the agency may take no more of an office's places: it has `taken` of them, `free` are left."""
        return taken >= self.shares.places(self.agency, capacity) and free <= self.shares.kept(capacity)


def taken_by(agency: str, steered: Steered) -> int:
    """Return how many places an agency has taken."""
    for code, places in steered:
        if code == agency:
            return places
    return 0


def added(steered: Steered, more: Steered) -> Steered:
    """Return both together."""
    if not more or not steered:
        return steered or more
    if len(more) == 1:
        return _with_one(steered, *more[0])
    places = dict(steered)
    for agency, count in more:
        places[agency] = places.get(agency, 0) + count
    return tuple(sorted((agency, count) for agency, count in places.items() if count))


def _with_one(steered: Steered, agency: str, count: int) -> Steered:
    """Return `steered` with one agency's count moved: what every single event does."""
    for place, (code, places) in enumerate(steered):
        if code == agency:
            moved = ((agency, places + count),) if places + count else ()
            return steered[:place] + moved + steered[place + 1 :]
        if code > agency:
            return (*steered[:place], (agency, count), *steered[place:])
    return (*steered, (agency, count))
