"""Positions, leases and transactions of workers, over the database in memory."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from typing import Generic, TypeVar

from consumers.passing import letter_of
from consumers.runner.errors import Fenced, PositionLost
from consumers.runner.records import HaltNote, Move, Partition, Record
from tests.memory.database import Session, Transaction
from tests.memory.intake import MemoryDeadLetters
from tests.memory.tables import BusDatabase, Halted, HaltPlace, Offset

Stores = TypeVar("Stores")

LEASE_SECONDS = 10.0
#: Steps that tests speak of.
MOVES, RENEWS = "moves its positions", "renews its leases"


class BusSession(Session):
    """A connection to the bus's database."""

    def __init__(self, database: BusDatabase, name: str = "test") -> None:
        super().__init__(database, name)
        self.tables = database


class MemoryPositions:
    """Implements `Positions` for one consumer and one owner inside one transaction."""

    def __init__(self, transaction: Transaction, tables: BusDatabase, consumer: str, owner: str) -> None:
        self._transaction = transaction
        self._tables = tables
        self._offsets = tables.offsets
        self._halts = tables.halts
        self._consumer = consumer
        self._owner = owner

    def advance(self, moves: Sequence[Move]) -> None:
        if not moves:
            return
        self._transaction.step(MOVES)
        for move in moves:
            key = (self._consumer, move.partition)
            self._transaction.lock(self._offsets, key)
            row = self._transaction.find(self._offsets, key)
            if row is None or (row.owner, row.next_position) != (self._owner, move.start):
                raise Fenced(str(move))
            self._transaction.put(self._offsets, key, row._replace(next_position=move.end))

    def note_halt(self, halt: HaltNote) -> bool:
        self._transaction.step("notes a standstill")
        decided = self._decided(halt)
        if decided is None and self._owner:
            self._transaction.put(self._halts, (self._consumer, halt.move, halt.sha256), Halted(halt))
        return decided is not None

    def pass_over(self, halt: HaltNote, record: Record, reason: StrEnum) -> bool:
        decided = self._decided(halt)
        if decided is None:
            letter = letter_of(halt, record, reason)
        else:
            place, row = decided
            letter = letter_of(halt, record, reason, row.by, row.why)
            self._transaction.put(self._halts, place, row._replace(passed=True))
        return bool(MemoryDeadLetters(self._transaction, self._tables).add(self._consumer, [letter]))

    def _decided(self, halt: HaltNote) -> tuple[HaltPlace, Halted] | None:
        """Return the decision on exactly this; who does not know which topic of a name it is finds that of any."""
        for place, row in self._transaction.rows(self._halts).items():
            consumer, move, sha256 = place
            same = (consumer, sha256) == (self._consumer, halt.sha256) and row.by is not None
            if same and _is_same(halt.move, move):
                return place, row
        return None


class MemoryWork(Generic[Stores]):
    """Implements `Work` for one owner."""

    def __init__(
        self, session: BusSession, consumer: str, owner: str, stores: Callable[[Transaction, BusDatabase], Stores]
    ) -> None:
        self._session = session
        self._consumer = consumer
        self._owner = owner
        self._stores = stores

    @contextmanager
    def transaction(self) -> Iterator[tuple[MemoryPositions, Stores]]:
        tables = self._session.tables
        with self._session.transaction() as transaction:
            positions = MemoryPositions(transaction, tables, self._consumer, self._owner)
            yield positions, self._stores(transaction, tables)


class MemoryLeases:
    """Implements `Leases` for one worker of one consumer, with the session that its batches use."""

    def __init__(self, session: BusSession, consumer: str, owner: str, lease_seconds: float = LEASE_SECONDS) -> None:
        self._session = session
        self._tables = session.tables
        self._consumer = consumer
        self._owner = owner
        self._lease_seconds = lease_seconds

    def hold(self, known: Sequence[Partition]) -> Mapping[Partition, int]:
        with self._session.transaction() as transaction:
            transaction.step(RENEWS)
            now = self._tables.seconds()
            self._fence(now)
            self._be_seen(transaction, now)
            rows = self._rows(transaction, known)
            wanted = self._wanted(rows, self._share(transaction, len(rows), now), now)
            self._give_up(transaction, except_for=wanted)
            return self._take(transaction, wanted, now)

    def release(self) -> None:
        with self._session.transaction() as transaction:
            transaction.step("gives its leases back")
            self._give_up(transaction, except_for=())
            transaction.delete(self._tables.workers, (self._consumer, self._owner))

    def _fence(self, now: float) -> None:
        """End the connections of owners that froze in a transaction, whatever their consumer."""
        for row in list(self._tables.offsets.rows.values()):
            backend = self._tables.backends.get(row.backend)
            if row.lease_until is None or row.lease_until >= now or backend is None or backend.transaction is None:
                continue
            if backend.transaction.began_at < row.lease_until:
                self._tables.end(row.backend)

    def _be_seen(self, transaction: Transaction, now: float) -> None:
        workers = self._tables.workers
        transaction.put(workers, (self._consumer, self._owner), now)
        for key, seen_at in transaction.rows(workers).items():
            if key[0] == self._consumer and seen_at < now - 60 * self._lease_seconds:
                transaction.delete(workers, key)

    def _rows(self, transaction: Transaction, known: Sequence[Partition]) -> dict[Partition, Offset]:
        """Return the rows of `known`, in order; make those that are missing."""
        offsets = self._tables.offsets
        by_place = {(where.topic, where.number): where for where in known}
        for consumer, kept in transaction.rows(offsets):
            where = by_place.get((kept.topic, kept.number))
            if consumer == self._consumer and where is not None and where != kept:
                raise PositionLost(where, f"its position belongs to topic id {kept.topic_id}")
        rows = {}
        for where in sorted(known, key=lambda each: (each.topic, each.number)):
            key = (self._consumer, where)
            if transaction.find(offsets, key) is None:
                transaction.lock(offsets, key)
                if transaction.find(offsets, key) is None:
                    transaction.put(offsets, key, Offset())
            row = transaction.find(offsets, key)
            assert row is not None, "it is there or was made"
            rows[where] = row
        return rows

    def _share(self, transaction: Transaction, partitions: int, now: float) -> int:
        """Return how many partitions are this worker's: as even as can be, the remainder to the first by name."""
        alive = sorted(
            owner
            for (consumer, owner), seen_at in transaction.rows(self._tables.workers).items()
            if consumer == self._consumer and seen_at > now - self._lease_seconds
        )
        whole, remainder = divmod(partitions, len(alive))
        return whole + (1 if alive.index(self._owner) < remainder else 0)

    def _wanted(self, rows: Mapping[Partition, Offset], share: int, now: float) -> list[Partition]:
        own = [where for where, row in rows.items() if row.owner == self._owner]
        free = [where for where, row in rows.items() if row.owner != self._owner and _free(row, now)]
        return (own + free)[:share]

    def _give_up(self, transaction: Transaction, except_for: Collection[Partition]) -> None:
        for key, row in transaction.rows(self._tables.offsets).items():
            if key[0] == self._consumer and row.owner == self._owner and key[1] not in except_for:
                row = row._replace(owner=None, lease_until=None, backend=0)
                transaction.put(self._tables.offsets, key, row)

    def _take(self, transaction: Transaction, wanted: Sequence[Partition], now: float) -> dict[Partition, int]:
        taken = {}
        for where in wanted:
            key = (self._consumer, where)
            # Whoever holds a row's lock is in the middle of a batch; it is passed over until the next round.
            if not transaction.try_lock(self._tables.offsets, key):
                continue
            row = transaction.find(self._tables.offsets, key)
            if row is not None and (row.owner == self._owner or _free(row, now)):
                lease_until = now + self._lease_seconds
                row = row._replace(owner=self._owner, lease_until=lease_until, backend=self._session.backend)
                transaction.put(self._tables.offsets, key, row)
                taken[where] = row.next_position
        return taken


def _is_same(wanted: Move, kept: Move) -> bool:
    topic_id = wanted.partition.topic_id or kept.partition.topic_id
    return replace(wanted, partition=replace(wanted.partition, topic_id=topic_id)) == kept


def _free(row: Offset, now: float) -> bool:
    return row.owner is None or row.lease_until is None or row.lease_until < now
