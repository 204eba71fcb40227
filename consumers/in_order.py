"""The order of each subject's events: what was there before is skipped, the next is taken, what is early waits.

Every event of our logs about a subject carries its place in the subject's own order, from 1 without a gap. A log may
hold an event twice, and after a repair an earlier one behind a later one; whoever folds a log asks here whose turn it
is, so that arrival changes nothing.
"""

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Generic, TypeVar

Waits = TypeVar("Waits")


class Turn(Enum):
    """What an event's place in its subject's order says of it."""

    PAST = "was taken before, or waits already"
    NEXT = "is the one that follows"
    EARLY = "must wait: events that precede it are missing"


class InOrder(Generic[Waits]):
    """How far each subject is, and what waits for its turn. One place costs a number, one that waits an entry."""

    def __init__(self, last: Mapping[str, int] | None = None) -> None:
        """Begin with the last place taken of each known subject; of any other nothing was taken."""
        self.last: dict[str, int] = dict(last or {})
        self._waiting: dict[str, dict[int, Waits]] = {}

    def turn(self, subject: str, sequence: int) -> Turn:
        """Return what is to be done with the event at place `sequence`."""
        last = self.last.get(subject, 0)
        if sequence <= last or sequence in self._waiting.get(subject, ()):
            return Turn.PAST
        return Turn.NEXT if sequence == last + 1 else Turn.EARLY

    def follows(self, subject: str, sequence: int) -> bool:
        """Whether nothing is missing before place `sequence`; so too when the place was taken before."""
        return sequence <= self.last.get(subject, 0) + 1

    def take(self, subject: str, sequence: int) -> None:
        """Note that the place was taken; a lower one than the last changes nothing."""
        self.last[subject] = max(sequence, self.last.get(subject, 0))

    def wait(self, subject: str, sequence: int, what: Waits) -> None:
        """Keep `what` until its turn comes."""
        self._waiting.setdefault(subject, {})[sequence] = what

    def forget(self, subject: str, sequence: int) -> None:
        """Keep what waits at this place no longer, if anything does."""
        self._waiting.get(subject, {}).pop(sequence, None)

    def due(self, subject: str) -> Iterator[tuple[int, Waits]]:
        """Yield what waits and misses nothing any more, in order, up to the first gap.

        Whoever is done with one calls `take` and `forget` before asking for the next; what stays untaken ends it.
        """
        for sequence in sorted(self._waiting.get(subject, ())):
            if not self.follows(subject, sequence):
                return
            yield sequence, self._waiting[subject][sequence]

    def waiting(self) -> Iterator[Waits]:
        """Yield everything that still waits."""
        for places in self._waiting.values():
            yield from places.values()
