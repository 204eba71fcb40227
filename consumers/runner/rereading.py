"""Reading records again that a consumer has passed: through its own handler, beside the running worker.

Nothing is done twice, because the handlers do nothing twice: a claim is known by its source, id and content, a
log's event by its place in the order of its key. What was left out is applied now, as if it arrived now. No position
moves, so only records that the consumer has passed may be read again: what it has not reached is read in its turn.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from threading import Event
from typing import Generic, TypeVar

from consumers.runner.backoff import Backoff
from consumers.runner.batches import Batches
from consumers.runner.errors import BrokerUnavailable, Contention, DatabaseUnavailable
from consumers.runner.outcomes import Outcome, Setback
from consumers.runner.ports import Handler, Work
from consumers.runner.records import Move, Partition, Record
from schemas.partition import Place

Stores = TypeVar("Stores")

#: How often a batch is tried that meets locks or a database that is away; with the waits in between, about a minute.
TRIES = 20


class RereadingHalted(Exception):
    """A record can be neither applied nor parked: nothing behind it is read again."""

    def __init__(self, partition: Partition, cause: Setback, why: str) -> None:
        super().__init__(f"{partition.topic}/{partition.number}: {why}")
        self.cause = cause


class Tally:
    """Implements `Telemetry` by counting what became of events that were read again."""

    def __init__(self) -> None:
        self.outcomes: Counter[Outcome] = Counter()
        self.records = 0
        self._noted: Counter[Outcome] = Counter()

    @property
    def passed_over(self) -> int:
        """Records that are not this consumer's."""
        return self.records - self.outcomes.total()

    def count(self, outcome: Outcome, events: int = 1, reason: StrEnum | None = None) -> None:
        """Note events of the open transaction."""
        self._noted[outcome] += events

    def unread_deadlines(self, fired: int) -> None:
        """No deadline fires by itself."""

    def committed(self, records: int, seconds: float) -> None:
        """Make the notes count."""
        self.outcomes += self._noted
        self.records += records
        self._noted.clear()

    def rolled_back(self, cause: Setback) -> None:
        """Forget the notes."""
        self._noted.clear()

    def lag(self, behind: Mapping[str, int]) -> None:
        """Nothing is owned."""

    def owned(self, partitions: int) -> None:
        """Nothing is owned."""

    def ready(self) -> None:
        """Nobody asks."""

    def unready(self, cause: Setback) -> None:
        """Nobody asks."""

    def clock(self, ahead_seconds: float, doubt: Setback | None, since: datetime | None) -> None:
        """What is read again was said at its own time, and no timed act is done."""

    def halted(self, partition: Partition, cause: Setback, why: str) -> None:
        """A halt ends the reading."""

    def resumed(self, partition: Partition) -> None:
        """A halt ends the reading."""


@dataclass(frozen=True, slots=True)
class Reread:
    """What became of one consumer's records. `to_come` were left out: it reads them yet, in their turn."""

    consumer: str
    tally: Tally
    to_come: int


@dataclass(frozen=True, slots=True)
class RereadRequest:
    """What to read again: from `start` to before `end` (none: until now), of `topics` (none: of all)."""

    start: datetime
    end: datetime | None = None
    topics: Sequence[str] = ()


class Rereading(Generic[Stores]):
    """Applies batches of records again as the worker's own loop does; `tally` counts their outcomes."""

    def __init__(
        self,
        work: Work[Stores],
        handler: Handler[Stores],
        tally: Tally,
        chance: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        self.tally = tally
        self._done = _Done()
        self._batches = Batches(self._done, work, handler, tally, chance, monotonic)
        self._chance = chance

    def apply(self, records: Sequence[Record], stop: Event) -> None:
        """Apply `records`, in the order given, each once.

        Raises `RereadingHalted`, and `Contention`, `DatabaseUnavailable` or `BrokerUnavailable` when they do not end.
        """
        self._done.begin()
        backoff = Backoff(self._chance)
        while True:
            try:
                self._batches.apply(records, stop)
            except (Contention, DatabaseUnavailable, BrokerUnavailable):
                self.tally.rolled_back(Setback.CONTENTION)
                if backoff.failures + 1 >= TRIES or stop.wait(backoff.next_seconds()):
                    raise
            else:
                return


class _Done:
    """Implements `Owner` without positions: of one batch, what was committed is not applied again."""

    def __init__(self) -> None:
        self._done: set[tuple[Place, int]] = set()
        self._open: Sequence[Record] = ()

    def begin(self) -> None:
        self._done.clear()

    def mine(self, records: Iterable[Record]) -> list[Record]:
        return [record for record in records if (record.place, record.position) not in self._done]

    def moves(self, records: Sequence[Record]) -> list[Move]:
        self._open = records
        return []

    def moved(self, moves: Iterable[Move]) -> None:
        self._done.update((record.place, record.position) for record in self._open)

    def partition_of(self, record: Record) -> Partition:
        return Partition(record.topic, "", record.partition)

    def halt(self, partition: Partition, cause: Setback, why: str) -> None:
        raise RereadingHalted(partition, cause, why)
