"""The loads as one decision saw them, rebuilt from the logs of requests and of settlement.

Every change of loads is stamped with the load revision of its transaction and its place in it. A decision saw all
revisions up to the one that its worker had read, and of its own transaction what came before it.
"""

from collections.abc import Sequence
from typing import NamedTuple

from consumers.requests.domain.loads.loads import Loads, moves_loads, position_changes
from schemas.base import Event
from schemas.envelope import Envelope

#: No batch has so many events. What says that it was behind so many was not written by the bus.
INDEX_MAX = 1_000_000


class LoadPlace(NamedTuple):
    """The place of a decision in the loads' history. Its own revision is none when its batch changed no loads."""

    seen: int
    own_revision: int | None
    own_index: int | None


class LoadsIncomplete(Exception):
    """The logs do not (yet) hold all that the decision saw; the message says what is missing."""


class LoadsHistory:
    """Folds both logs once, for any number of decisions; in which order they are read makes no difference.

    `take` every event that `wants` accepts. An event is known by its revision and its place in it, of which there is
    one in all logs: so one that comes late, as after a repair, counts as much as one in its turn, and one that comes
    again counts once. Holds a number per load revision, whose bits are the places that were read, and the loads of all
    offices per decision, and no events.
    """

    def __init__(self, places: Sequence[LoadPlace]) -> None:
        self._places = places
        self._loads = [Loads(place.seen, {}) for place in places]
        self._revision_max = max((place.seen for place in places), default=0)
        #: By revision: the bits of the places in it that were read.
        self._read = [0] * (self._revision_max + 1)
        #: Of the decisions' own batches, which may be beyond all that they saw.
        self._own = {
            place.own_revision: 0
            for place in places
            if place.own_revision is not None and place.own_revision > self._revision_max
        }

    def wants(self, envelope: Envelope) -> bool:
        """Say whether an event counts, and mark it as read: one that the relay repeated counts once."""
        revision, index = envelope.load_revision, envelope.load_index
        if revision is None or index is None or index > INDEX_MAX or not self._is_seen(revision):
            return False
        read = self._indexes(revision)
        if read >> index & 1:
            return False
        self._mark(revision, read | 1 << index)
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
            read = self._read[revision]
            if not read:
                raise LoadsIncomplete(f"load revision {revision} of {place.seen} is not in the logs")
            if read & (read + 1):
                raise LoadsIncomplete(f"event {_first_missing(read)} of load revision {revision} is not in the logs")
        if place.own_revision is not None and place.own_index is not None:
            missing = _first_missing(self._indexes(place.own_revision))
            if missing < place.own_index:
                raise LoadsIncomplete(f"event {missing} of load revision {place.own_revision} is not in the logs")
        return self._loads[number]

    def _is_seen(self, revision: int) -> bool:
        return 0 < revision <= self._revision_max or revision in self._own

    def _indexes(self, revision: int) -> int:
        return self._read[revision] if revision <= self._revision_max else self._own[revision]

    def _mark(self, revision: int, read: int) -> None:
        if revision <= self._revision_max:
            self._read[revision] = read
        else:
            self._own[revision] = read


def _first_missing(read: int) -> int:
    """Return the first place whose bit is not set."""
    return (~read & (read + 1)).bit_length() - 1
