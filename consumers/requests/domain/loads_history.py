"""The loads as one decision saw them, rebuilt from the logs of requests and of settlement.

Every change of loads is stamped with the load revision of its transaction and its place in it. A decision saw all
revisions up to the one that its worker had read, and of its own transaction what came before it.
"""

from collections.abc import Sequence
from typing import NamedTuple

from consumers.requests.domain.loads import Loads, moves_loads, position_changes
from schemas.base import Event
from schemas.envelope import Envelope


class LoadPlace(NamedTuple):
    """Where in the loads' history a decision stands. The own revision is none when its batch changed no loads."""

    seen: int
    own_revision: int | None
    own_index: int | None


class LoadsIncomplete(Exception):
    """The logs do not (yet) hold all that the decision saw; the message says what is missing."""


class LoadsHistory:
    """Folds both logs once, for any number of decisions.

    `take` every event that `wants` accepts, each partition in its order. Holds a bit per load revision and the loads of
    all offices per decision, and no events.
    """

    def __init__(self, places: Sequence[LoadPlace]) -> None:
        self._places = places
        self._loads = [Loads(place.seen, {}) for place in places]
        self._revision_max = max((place.seen for place in places), default=0)
        self._own_revisions = {place.own_revision for place in places if place.own_revision is not None}
        self._seen = bytearray(self._revision_max // 8 + 1)
        self._own_indexes: dict[int, set[int]] = {revision: set() for revision in self._own_revisions}
        self._last: dict[tuple[str, int], tuple[int, int]] = {}

    def wants(self, topic: str, partition: int, envelope: Envelope) -> bool:
        """Say whether an event counts, and mark it as read: one that the relay repeated counts once.

        Within a partition the places in the loads' history only grow, so a place that is not beyond the last one is a
        repetition.
        """
        revision, index = envelope.load_revision, envelope.load_index
        if revision is None or index is None:
            return False
        if revision > self._revision_max and revision not in self._own_revisions:
            return False
        if (revision, index) <= self._last.get((topic, partition), (0, -1)):
            return False
        self._last[topic, partition] = (revision, index)
        if revision <= self._revision_max:
            self._seen[revision >> 3] |= 1 << (revision & 7)
        if revision in self._own_revisions:
            self._own_indexes[revision].add(index)
        return moves_loads(envelope.type)

    def take(self, envelope: Envelope, event: Event) -> None:
        """Fold one event into the loads of every decision that saw it."""
        revision, index = envelope.load_revision, envelope.load_index
        assert revision is not None, "only stamped events are wanted"
        assert index is not None, "only stamped events are wanted"
        assert envelope.time is not None, "the bus says of all its events when they were"
        changes = position_changes(event, envelope.time)
        for place, loads in zip(self._places, self._loads, strict=True):
            own = place.own_index is not None and revision == place.own_revision and index < place.own_index
            if revision <= place.seen or own:
                for change in changes:
                    loads.apply(change)

    def loads(self, number: int) -> Loads:
        """Return the loads of the decision at `number` of the places given.

        Raises:
            LoadsIncomplete: a revision that it saw, or a part of its own batch, is not in the logs.
        """
        place = self._places[number]
        for revision in range(1, place.seen + 1):
            if not self._seen[revision >> 3] >> (revision & 7) & 1:
                raise LoadsIncomplete(f"load revision {revision} of {place.seen} is not in the logs")
        if place.own_revision is not None and place.own_index is not None:
            missing = set(range(place.own_index)) - self._own_indexes[place.own_revision]
            if missing:
                raise LoadsIncomplete(f"event {min(missing)} of load revision {place.own_revision} is not in the logs")
        return self._loads[number]
