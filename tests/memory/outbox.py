"""The outbox over the database in memory: its writing side in transactions, its reading side on a connection."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from connectors.database.publication.outbox import SHARDS
from connectors.database.publication.relay import LETTERS_AT_ONCE
from consumers.runner.errors import Contention, DatabaseUnavailable
from producers.ports import OpenOutbox, OutboxRow, OutboxUnavailable
from schemas.envelope import to_headers
from schemas.limits import LETTER_ROOM, LetterRoom
from schemas.message import Message
from schemas.partition import Place, partition_of
from schemas.topics import INTAKE_PREFIX, topic_of
from tests.kit.values.builders import MOMENT
from tests.memory.database import Transaction
from tests.memory.letters import let_letters_go
from tests.memory.positions import LEASE_SECONDS, BusSession
from tests.memory.tables import Aside, BusDatabase, Outgoing

CREATED = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
RELAY = "relay"


class MemoryOutbox:
    """Implements every `Outbox` that is written to."""

    def __init__(self, transaction: Transaction, tables: BusDatabase) -> None:
        self._transaction = transaction
        self._tables = tables
        self._outbox = tables.outbox

    def add(self, messages: Iterable[Message]) -> None:
        added = list(messages)
        if not added:
            return
        self._transaction.step("writes to the outbox")
        for message in added:
            number = self._transaction.database.next_id("outbox")
            partition = _partition(message) if message.partition is None else message.partition
            self._transaction.insert(
                self._outbox, number, Outgoing(message, partition, created_at=self._tables.seconds())
            )

    def on_the_way(self) -> Mapping[str, datetime]:
        rows = self._transaction.rows(self._outbox).values()
        waits = [row for row in rows if not row.published and row.message.topic.startswith(INTAKE_PREFIX)]
        waits.sort(key=lambda row: row.created_at, reverse=True)
        return {row.message.topic: MOMENT + timedelta(seconds=row.created_at) for row in waits}


def outbox_opener(session: BusSession) -> OpenOutbox:
    """Return what opens a transaction on the outbox alone."""

    @contextmanager
    def opened() -> Iterator[MemoryOutbox]:
        try:
            with session.transaction() as transaction:
                yield MemoryOutbox(transaction, session.tables)
        except (DatabaseUnavailable, Contention) as error:
            raise OutboxUnavailable(str(error)) from error

    return opened


class MemoryRelayOutbox:
    """Implements `producers.ports.Outbox` on one connection, which holds the shards' locks."""

    def __init__(
        self,
        session: BusSession,
        worker_id: str,
        lease_seconds: float = LEASE_SECONDS,
        room: LetterRoom = LETTER_ROOM,
    ) -> None:
        self._session = session
        self._room = room
        self._tables = session.tables
        self._worker_id = worker_id
        self._lease_seconds = lease_seconds
        with _meaningful_errors():
            self._backend = session.backend = self._tables.connect(worker_id)
        self._waiting: dict[tuple[str, str], Place] = {}
        self._given_up: set[int] = set()

    def shards(self) -> Collection[int]:
        with self._statement("takes the shards that are free") as transaction:
            now = self._tables.seconds()
            transaction.put(self._tables.workers, (RELAY, self._worker_id), now)
            self._fence(transaction, now)
            for shard in range(SHARDS):
                self._tables.session_locks.setdefault((RELAY, shard), self._backend)
            self._look_aside(transaction)
        return self._held()

    def unpublished(self, limit: int, passed_over: Collection[str]) -> Sequence[OutboxRow]:
        with self._statement("reads what is unpublished") as transaction:
            rows = sorted(transaction.rows(self._tables.outbox).items())
        found: list[OutboxRow] = []
        for shard in sorted(self._held()):
            waiting = [
                _row(number, row)
                for number, row in rows
                if row.partition % SHARDS == shard and not row.published and row.message.topic not in passed_over
                if number not in self._given_up and (row.message.topic, row.message.key) not in self._waiting
            ]
            found += waiting[:limit]
        return found

    def published(self, rows: Sequence[OutboxRow]) -> None:
        with self._statement("notes what is published") as transaction:
            for row in rows:
                kept = transaction.find(self._tables.outbox, row.id)
                if kept is not None:
                    transaction.put(self._tables.outbox, row.id, kept._replace(published=True))

    def set_aside(self, row: OutboxRow, cause: str) -> None:
        with self._statement("sets a row aside") as transaction:
            if (row.topic, row.key.decode()) not in self._waiting:
                aside = Aside(row.topic, row.partition, row.key.decode(), cause)
                transaction.put(self._tables.aside, row.id, aside)
            self._look_aside(transaction)

    def held(self) -> Collection[Place]:
        return frozenset(self._waiting.values())

    def passed(self) -> Mapping[Place, int]:
        with self._statement("reads how far consumers have come") as transaction:
            positions: dict[Place, int] = {}
            for (_, where), row in transaction.rows(self._tables.offsets).items():
                place = where.place
                positions[place] = max(row.next_position, positions.get(place, 0))
        return positions

    def wait(self, seconds: float) -> None:
        with self._statement("waits for news"):
            pass

    def maintain(self) -> None:
        with self._statement("sees to the table"):
            pass

    def let_letters_go(self) -> bool:
        with self._statement("lets dead letters go") as transaction:
            gone = let_letters_go(transaction, self._tables, self._room, LETTERS_AT_ONCE)
        return gone >= LETTERS_AT_ONCE

    def close(self) -> None:
        self._tables.end(self._backend)

    def _fence(self, transaction: Transaction, now: float) -> None:
        """End the connections of holders that give no sign any more."""
        seen = {
            owner: seen_at
            for (consumer, owner), seen_at in transaction.rows(self._tables.workers).items()
            if consumer == RELAY
        }
        silent_since = now - self._lease_seconds
        for number in set(self._tables.session_locks.values()) - {self._backend}:
            backend = self._tables.backends[number]
            if backend.connected_at < silent_since and seen.get(backend.name, -1.0) < silent_since:
                self._tables.end(number)

    def _look_aside(self, transaction: Transaction) -> None:
        rows = transaction.rows(self._tables.aside)
        waiting = [row for row in rows.values() if row.decision is None]
        self._waiting = {(row.topic, row.key): Place(row.topic, row.partition) for row in waiting}
        self._given_up = {number for number, row in rows.items() if row.decision == "give_up"}

    def _held(self) -> set[int]:
        return {shard for shard in range(SHARDS) if self._tables.session_locks.get((RELAY, shard)) == self._backend}

    @contextmanager
    def _statement(self, words: str) -> Iterator[Transaction]:
        """Run one statement, which commits by itself."""
        with _meaningful_errors(), self._session.transaction(words, anew=False) as transaction:
            yield transaction


def _row(number: int, row: Outgoing) -> OutboxRow:
    message = row.message
    headers = to_headers(message.envelope)
    return OutboxRow(number, CREATED, message.topic, row.partition, message.key.encode(), headers, message.body)


def _partition(message: Message) -> int:
    topic = topic_of(message.topic)
    assert topic is not None, f"{message.topic} is not in the table of topics"
    return partition_of(message.key, topic.partitions)


@contextmanager
def _meaningful_errors() -> Iterator[None]:
    try:
        yield
    except (DatabaseUnavailable, Contention) as error:
        raise OutboxUnavailable(str(error)) from error
