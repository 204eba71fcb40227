"""An outbox and a log in memory: what the relay needs, with faults on demand."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from producers.ports import LogUnavailable, OutboxRow, OutboxUnavailable, TopicMissing

CREATED = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
SHARDS = 4


def row(number: int, *, topic: str = "log", partition: int = 0) -> OutboxRow:
    """Return one row; its body is its number."""
    return OutboxRow(number, CREATED, topic, partition, b"key", [], str(number).encode())


@dataclass
class MemoryOutbox:
    """The table: rows by id, and which of them are published. `connect` gives one relay's connection to it."""

    rows: dict[int, OutboxRow] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)
    locks: dict[int, object] = field(default_factory=dict)
    down: bool = False
    maintained: int = 0

    def add(self, *rows: OutboxRow) -> None:
        self.rows.update({each.id: each for each in rows})

    def connect(self) -> "MemoryOutboxConnection":
        if self.down:
            raise OutboxUnavailable("down")
        return MemoryOutboxConnection(self)


class MemoryOutboxConnection:
    """Implements `Outbox` over the table."""

    def __init__(self, table: MemoryOutbox) -> None:
        self._table = table
        self.waited: list[float] = []

    def shards(self) -> Collection[int]:
        self._answer()
        for shard in range(SHARDS):
            self._table.locks.setdefault(shard, self)
        return self._held()

    def unpublished(self, limit: int, passed_over: Collection[str]) -> Sequence[OutboxRow]:
        self._answer()
        found: list[OutboxRow] = []
        for shard in sorted(self._held()):
            waiting = [
                each
                for number, each in sorted(self._table.rows.items())
                if each.partition % SHARDS == shard and number not in self._table.done and each.topic not in passed_over
            ]
            found += waiting[:limit]
        return found

    def published(self, rows: Sequence[OutboxRow]) -> None:
        self._answer()
        self._table.done |= {each.id for each in rows}

    def wait(self, seconds: float) -> None:
        self._answer()
        self.waited.append(seconds)

    def maintain(self) -> None:
        self._answer()
        self._table.maintained += 1

    def close(self) -> None:
        for shard in self._held():
            del self._table.locks[shard]

    def _held(self) -> set[int]:
        return {shard for shard, holder in self._table.locks.items() if holder is self}

    def _answer(self) -> None:
        if self._table.down:
            raise OutboxUnavailable("down")


@dataclass
class MemoryLog:
    """The broker: what was appended, in order. `lose_acknowledgement` appends and then fails, once."""

    appended: list[OutboxRow] = field(default_factory=list)
    topics: set[str] = field(default_factory=lambda: {"log"})
    down: bool = False
    lose_acknowledgement: bool = False
    connections: int = 0
    closed: int = 0

    def connect(self) -> "MemoryLogConnection":
        if self.down:
            raise LogUnavailable("down")
        self.connections += 1
        return MemoryLogConnection(self)


class MemoryLogConnection:
    """Implements `Log` over the broker."""

    def __init__(self, broker: MemoryLog) -> None:
        self._broker = broker

    def send(self, rows: Sequence[OutboxRow]) -> Callable[[], None]:
        missing = {each.topic for each in rows} - self._broker.topics
        if missing:
            raise TopicMissing(frozenset(missing))
        if not self._broker.down:
            self._broker.appended += rows
        return self._acknowledged

    def reach(self) -> None:
        if self._broker.down:
            raise LogUnavailable("down")

    def close(self) -> None:
        self._broker.closed += 1

    def _acknowledged(self) -> None:
        if self._broker.down or self._broker.lose_acknowledgement:
            self._broker.lose_acknowledgement = False
            raise LogUnavailable("no acknowledgement")


class MemoryRelayReport:
    """Implements `RelayReport` by remembering."""

    def __init__(self) -> None:
        self.rows = 0
        self.shards = 0
        self.waits_for: str | None = None
        self.missing: Collection[str] = ()

    def published(self, rows: int, seconds: float) -> None:
        self.rows += rows

    def holding(self, shards: int) -> None:
        self.shards = shards

    def topics_missing(self, topics: Collection[str]) -> None:
        self.missing = topics

    def working(self) -> None:
        self.waits_for = None

    def waiting_for_database(self, why: str) -> None:
        self.waits_for = "database"

    def waiting_for_broker(self, why: str) -> None:
        self.waits_for = "broker"
