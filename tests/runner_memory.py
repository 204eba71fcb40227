"""A broker, positions and stores in memory: what the runner needs, with faults on demand."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from threading import Event

from consumers.runner.loop import Pace, Runner
from consumers.runner.ports import (
    BrokerUnavailable,
    Collision,
    Fenced,
    Move,
    Outcome,
    ParkFull,
    Partition,
    Place,
    PositionLost,
    Record,
    Setback,
)

APPENDED = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


def partition(number: int = 0, topic: str = "intake") -> Partition:
    """Return one partition of the memory broker's topic."""
    return Partition(topic, "id-1", number)


class MemorySource:
    """Implements `Source`; `append` writes, `down` makes every call fail, `begin` is where the logs begin now."""

    def __init__(self, partitions: Sequence[Partition]) -> None:
        self.logs: dict[Partition, list[Record]] = {each: [] for each in partitions}
        self.begin: dict[Partition, int] = dict.fromkeys(partitions, 0)
        self.noted: dict[Partition, int] = {}
        self.assignments: list[dict[Partition, int]] = []
        self.down = False
        self.closed = False
        self._next: dict[Partition, int] = {}

    def append(self, where: Partition, *values: str) -> None:
        log = self.logs[where]
        for value in values:
            log.append(Record(where.topic, where.number, len(log), b"key", (), value.encode(), APPENDED))

    def partitions(self) -> Sequence[Partition]:
        self._answer()
        return list(self.logs)

    def assign(self, positions: Mapping[Partition, int]) -> None:
        self._answer()
        for where, position in positions.items():
            if not self.begin[where] <= position <= len(self.logs[where]):
                raise PositionLost(where, "outside the log")
        self.assignments.append(dict(positions))
        self._next = dict(positions)

    def poll(self, timeout_seconds: float, records_max: int) -> Sequence[Record]:
        self._answer()
        records: list[Record] = []
        for where, position in self._next.items():
            found = self.logs[where][position : position + records_max - len(records)]
            self._next[where] = position + len(found)
            records += found
        return records

    def ends(self, topics: Sequence[str]) -> Mapping[str, int]:
        self._answer()
        return {f"{each.topic}/{each.number}": len(log) for each, log in self.logs.items() if each.topic in topics}

    def known_ends(self) -> Mapping[Partition, int]:
        return {each: len(self.logs[each]) for each in self._next}

    def note(self, positions: Mapping[Partition, int]) -> None:
        self.noted.update(positions)

    def close(self) -> None:
        self.closed = True

    def _answer(self) -> None:
        if self.down:
            raise BrokerUnavailable("down")


@dataclass
class MemoryStores:
    """What the handler of these tests keeps: values in order of application, and parked ones."""

    applied: list[str] = field(default_factory=list)
    parked: list[str] = field(default_factory=list)


class MemoryPositions:
    """Implements `Positions` over the transaction's copy of the positions."""

    def __init__(self, rows: dict[Partition, int], owners: Mapping[Partition, str], owner: str) -> None:
        self._rows = rows
        self._owners = owners
        self._owner = owner

    def advance(self, moves: Sequence[Move]) -> None:
        for move in moves:
            if self._rows[move.partition] != move.start or self._owners.get(move.partition) != self._owner:
                raise Fenced(str(move))
            self._rows[move.partition] = move.end


class MemoryDatabase:
    """Positions with owners, and the stores; one transaction at a time, rolled back by an exception."""

    def __init__(self, partitions: Sequence[Partition]) -> None:
        self.positions: dict[Partition, int] = dict.fromkeys(partitions, 0)
        self.owners: dict[Partition, str] = {}
        self.stores = MemoryStores()
        self.before_commit: Callable[[], None] = lambda: None
        self.after_commit: Callable[[], None] = lambda: None

    @contextmanager
    def transaction_of(self, owner: str) -> Iterator[tuple[MemoryPositions, MemoryStores]]:
        rows, stores = dict(self.positions), deepcopy(self.stores)
        yield MemoryPositions(rows, self.owners, owner), stores
        self.before_commit()
        self.positions, self.stores = rows, stores
        self.after_commit()


@dataclass
class MemoryWork:
    """Implements `Work` for one owner; `failures` are raised by the next transactions, one each, before anything."""

    database: MemoryDatabase
    owner: str
    failures: list[Exception] = field(default_factory=list)

    @contextmanager
    def transaction(self) -> Iterator[tuple[MemoryPositions, MemoryStores]]:
        if self.failures:
            raise self.failures.pop(0)
        with self.database.transaction_of(self.owner) as opened:
            yield opened


@dataclass
class MemoryLeases:
    """Implements `Leases` for one owner that takes whatever nobody has; `failures` as in `MemoryWork`."""

    database: MemoryDatabase
    owner: str
    failures: list[Exception] = field(default_factory=list)
    held: int = 0
    released: bool = False

    def hold(self, known: Sequence[Partition]) -> Mapping[Partition, int]:
        self.held += 1
        if self.failures:
            raise self.failures.pop(0)
        for each in known:
            self.database.owners.setdefault(each, self.owner)
        mine = [each for each in known if self.database.owners[each] == self.owner]
        return {each: self.database.positions[each] for each in mine}

    def release(self) -> None:
        self.released = True


class MemoryTelemetry:
    """Implements `Telemetry` by remembering."""

    def __init__(self) -> None:
        self.records = 0
        self.setbacks: list[Setback] = []
        self.behind: Mapping[str, int] = {}
        self.partitions = 0
        self.waits_for: Setback | None = None
        self.stopped: list[tuple[Partition, Setback]] = []
        self.outcomes: list[tuple[Outcome, int]] = []
        self.again: list[Partition] = []

    def count(self, outcome: Outcome, events: int = 1, reason: StrEnum | None = None) -> None:
        self.outcomes.append((outcome, events))

    def committed(self, records: int, seconds: float) -> None:
        self.records += records

    def rolled_back(self, cause: Setback) -> None:
        self.setbacks.append(cause)

    def lag(self, behind: Mapping[str, int]) -> None:
        self.behind = behind

    def owned(self, partitions: int) -> None:
        self.partitions = partitions

    def ready(self) -> None:
        self.waits_for = None

    def unready(self, cause: Setback) -> None:
        self.waits_for = cause

    def halted(self, partition: Partition, cause: Setback) -> None:
        self.stopped.append((partition, cause))

    def resumed(self, partition: Partition) -> None:
        self.again.append(partition)


class Recorder:
    """A handler that appends values; the words `poison`, `full` and `collide` make it fail in their ways."""

    def __init__(self) -> None:
        self.swept = 0
        self.sweep_error: Exception | None = None
        self.sweeps_find = 0
        self.park_error: Exception | None = None
        self.collisions_left = 0
        self.mended = False
        self.batches: list[list[str]] = []

    def handle(self, stores: MemoryStores, records: Sequence[Record]) -> Collection[Place]:
        values = [(record.value or b"").decode() for record in records]
        self.batches.append(values)
        for value in values:
            stores.applied.append(value)
            if value.startswith("poison") and not self.mended:
                raise ValueError(value)
            if value.startswith("full"):
                raise ParkFull("no room")
            if value.startswith("collide") and self.collisions_left:
                self.collisions_left -= 1
                raise Collision("somebody was first")
        return {record.place for record in records if record.value != b"not mine"}

    def park_failed(self, stores: MemoryStores, record: Record, error: Exception) -> None:
        if self.park_error is not None:
            raise self.park_error
        stores.parked.append((record.value or b"").decode())

    def sweep(self, stores: MemoryStores) -> int:
        self.swept += 1
        if self.sweep_error is not None:
            raise self.sweep_error
        return self.sweeps_find


class Bench:
    """One worker over memory, turned by hand; time stands still unless `pass_seconds` moves it."""

    def __init__(self, *partitions: Partition, records_max: int = 100) -> None:
        self.source = MemorySource(partitions or (partition(),))
        self.database = MemoryDatabase(partitions or (partition(),))
        self.leases = MemoryLeases(self.database, "me")
        self.work = MemoryWork(self.database, "me")
        self.handler = Recorder()
        self.telemetry = MemoryTelemetry()
        self.seconds = 0.0
        self.stop = Event()
        self.waits: list[float] = []
        self.stop.wait = self._wait  # type: ignore[method-assign]  # no test waits in real time
        self.runner = Runner(
            self.source,
            self.leases,
            self.work,
            self.handler,
            self.telemetry,
            pace=Pace(records_max=records_max),
            chance=lambda: 0.5,
            monotonic=lambda: self.seconds,
        )

    def _wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0.0)
        return self.stop.is_set()

    def turns(self, count: int = 1, pass_seconds: float = 0.0) -> None:
        for _ in range(count):
            self.runner.turn(self.stop)
            self.seconds += pass_seconds

    def waits_for(self) -> Setback | None:
        return self.telemetry.waits_for

    @property
    def applied(self) -> list[str]:
        return self.database.stores.applied
