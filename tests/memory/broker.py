"""A broker in memory: logs that keep their order, readers that seek, and writers that may not hear the answer."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from consumers.runner.errors import BrokerUnavailable, PositionLost
from consumers.runner.records import Partition, Record
from producers.ports import LogUnavailable, OutboxRow, RowsRefused, TopicMissing
from schemas.partition import Place

APPENDED = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
Step = Callable[[str], None]


def no_step(words: str) -> None:
    """Nobody else runs at this step."""


@dataclass
class MemoryBroker:
    """Topics and their records. `begin` is where a log begins now, `now` the broker's time.

    `history` holds all records in the order in which they came.

    `lose_after` cuts the next batch off: so many of its rows are appended, and nobody acknowledges any. `absences`
    counts how often it was away.
    """

    logs: dict[Partition, list[Record]] = field(default_factory=dict)
    begin: dict[Partition, int] = field(default_factory=dict)
    now: Callable[[], datetime] = lambda: APPENDED
    down: bool = False
    lose_after: int | None = None
    absences: int = 0
    history: list[Record] = field(default_factory=list)
    #: Bodies that it refuses for good; it judges all that one partition gets at once together.
    refused: set[bytes] = field(default_factory=set)

    def make(self, topic: str, partitions: int, topic_id: str = "id-1") -> list[Partition]:
        """Make a topic and return its partitions."""
        made = [Partition(topic, topic_id, number) for number in range(partitions)]
        self.logs |= {where: [] for where in made}
        return made

    def topics(self) -> set[str]:
        """Return the names of all topics."""
        return {where.topic for where in self.logs}

    def of(self, topic: str, number: int) -> list[Record]:
        """Return the log of one partition of a topic that exists."""
        return next(log for where, log in self.logs.items() if (where.topic, where.number) == (topic, number))

    def append(
        self,
        topic: str,
        number: int,
        value: bytes | None,
        key: bytes | None = b"key",
        headers: Sequence[tuple[str, bytes | None]] = (),
    ) -> Record:
        """Append one record, acknowledged."""
        log = self.of(topic, number)
        record = Record(topic, number, len(log), key, tuple(headers), value, self.now())
        log.append(record)
        self.history.append(record)
        return record

    def cut(self, topic: str, number: int, end: int) -> None:
        """Let the power go: the log comes back without what lay at `end` and after it."""
        del self.of(topic, number)[end:]
        self.restart()

    def restart(self) -> None:
        """Be away for a moment."""
        self.absences += 1

    def write(self, where: Partition, *values: str) -> None:
        """Append records with these values to one partition."""
        for value in values:
            self.append(where.topic, where.number, value.encode())


class MemorySource:
    """Implements `Source` for the topics that `wanted` accepts; `down` makes every call fail."""

    def __init__(
        self, broker: MemoryBroker, wanted: Callable[[str], bool] = lambda topic: True, step: Step = no_step
    ) -> None:
        self.broker = broker
        self.down = False
        self.closed = False
        self.turns = 0
        self.noted: dict[Partition, int] = {}
        self.assignments: list[dict[Partition, int]] = []
        self._wanted = wanted
        self._step = step
        self._next: dict[Partition, int] = {}

    def partitions(self) -> Sequence[Partition]:
        self._ask("asks for the partitions")
        return [where for where in self.broker.logs if self._wanted(where.topic)]

    def assign(self, positions: Mapping[Partition, int]) -> None:
        self._ask("seeks")
        for where, position in positions.items():
            if not self.broker.begin.get(where, 0) <= position <= len(self.broker.logs[where]):
                raise PositionLost(where, "outside the log")
        self.assignments.append(dict(positions))
        self._next = dict(positions)

    def poll(self, timeout_seconds: float, records_max: int) -> Sequence[Record]:
        self._ask("reads")
        records: list[Record] = []
        for where, position in self._next.items():
            found = self.broker.logs[where][position : position + records_max - len(records)]
            self._next[where] = position + len(found)
            records += found
        return records

    def turn(self) -> None:
        self.turns += 1

    def ends(self, topics: Sequence[str]) -> Mapping[str, int]:
        self._ask("asks where topics end")
        logs = self.broker.logs.items()
        return {f"{where.topic}/{where.number}": len(log) for where, log in logs if where.topic in topics}

    def known_ends(self) -> Mapping[Partition, int]:
        return {where: len(self.broker.logs[where]) for where in self._next}

    def note(self, positions: Mapping[Partition, int]) -> None:
        self.noted.update(positions)

    def close(self) -> None:
        self.closed = True

    def _ask(self, words: str) -> None:
        self._step(words)
        if self.down or self.broker.down:
            raise BrokerUnavailable("down")


class MemoryLog:
    """Implements `producers.ports.Log`: one idempotent producer."""

    def __init__(self, broker: MemoryBroker, step: Step = no_step) -> None:
        if broker.down:
            raise LogUnavailable("down")
        self.closed = False
        self._broker = broker
        self._step = step
        self._absences = broker.absences

    def send(self, rows: Sequence[OutboxRow]) -> Callable[[], None]:
        self._step("sends to the broker")
        missing = {row.topic for row in rows} - self._broker.topics()
        if missing and not self._broker.down:
            raise TopicMissing(frozenset(missing))
        arrive, lost = len(rows), self._broker.down
        if lost:
            arrive = 0
        elif self._broker.lose_after is not None:
            arrive, lost = self._broker.lose_after, True
            self._broker.lose_after = None
        bad = {(row.topic, row.partition) for row in rows if row.body in self._broker.refused}
        refused = {row.id: "the broker refuses it" for row in rows if (row.topic, row.partition) in bad}
        for row in rows[:arrive]:
            if row.id not in refused:
                self._broker.append(row.topic, row.partition, row.body, row.key, row.headers)

        def wait() -> None:
            self._step("waits for the broker's acknowledgements")
            if lost:
                raise LogUnavailable("no acknowledgement")
            if refused:
                raise RowsRefused(refused, {row.id for row in rows} - refused.keys())

        return wait

    def reach(self) -> None:
        self._step("asks the broker for a sign of life")
        if self._broker.down:
            raise LogUnavailable("down")

    def was_away(self) -> bool:
        seen, self._absences = self._absences, self._broker.absences
        return seen != self._absences

    def ends(self, places: Collection[Place]) -> Mapping[Place, int]:
        self._step("asks the broker where logs end")
        if self._broker.down:
            raise LogUnavailable("down")
        ends = {(where.topic, where.number): len(log) for where, log in self._broker.logs.items()}
        return {place: ends[place] for place in places if place in ends}

    def close(self) -> None:
        self.closed = True


def values(records: Collection[Record]) -> list[str]:
    """Return what records say, as text."""
    return [(record.value or b"").decode() for record in records]
