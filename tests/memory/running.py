"""One worker over the database and the broker in memory, turned by hand, with a handler that notes what it is given."""

from collections.abc import Callable, Collection, Mapping, Sequence
from threading import Event

from consumers.runner.errors import Collision, ParkFull, Standstill
from consumers.runner.loop import Pace, Runner
from consumers.runner.outcomes import Setback
from consumers.runner.records import Partition, Record
from schemas.partition import Place
from tests.memory.broker import MemoryBroker, MemorySource
from tests.memory.database import Table, Transaction
from tests.memory.positions import RENEWS, BusSession, MemoryLeases, MemoryWork
from tests.memory.tables import BusDatabase, Offset
from tests.memory.telemetry import MemoryTelemetry

CONSUMER = "consumer"


def partition(number: int = 0, topic: str = "intake") -> Partition:
    """Return one partition of the benches' topic."""
    return Partition(topic, "id-1", number)


class NotesDatabase(BusDatabase):
    """Positions and leases, and what the handler notes: in what order, whether it was parked, and which value."""

    def __init__(self, seconds: Callable[[], float] = lambda: 0.0) -> None:
        super().__init__(seconds)
        self.notes: Table[int, tuple[bool, str]] = Table("note")

    def noted(self, parked: bool) -> list[str]:
        """Return what was applied, or parked, in order."""
        return [value for _, (was_parked, value) in sorted(self.notes.rows.items()) if was_parked is parked]

    def positions(self) -> Mapping[Partition, int]:
        """Return the next position of every partition that was ever held."""
        return {where: row.next_position for (_, where), row in self.offsets.rows.items()}

    def stand_at(self, where: Partition, next_position: int) -> None:
        """Move a position by hand."""
        row = self.offsets.rows.get((CONSUMER, where), Offset())
        self.offsets.rows[CONSUMER, where] = row._replace(next_position=next_position)

    def steal(self, where: Partition, owner: str = "another", next_position: int | None = None) -> None:
        """Give a partition to another owner, who may have moved its position."""
        row = self.offsets.rows.get((CONSUMER, where), Offset())
        position = row.next_position if next_position is None else next_position
        self.offsets.rows[CONSUMER, where] = row._replace(
            owner=owner, next_position=position, lease_until=self.seconds() + 60.0, backend=0
        )


class Notes:
    """What a handler writes with in one transaction."""

    def __init__(self, transaction: Transaction, tables: BusDatabase) -> None:
        assert isinstance(tables, NotesDatabase)
        self._transaction = transaction
        self._tables = tables

    def apply(self, value: str) -> None:
        """Note that a value is applied."""
        self._note(parked=False, value=value)

    def park(self, value: str) -> None:
        """Note that a value is parked."""
        self._note(parked=True, value=value)

    def _note(self, parked: bool, value: str) -> None:
        self._transaction.insert(self._tables.notes, self._tables.next_id("note"), (parked, value))


class Recorder:
    """A handler that notes values; the words `poison`, `full` and `collide` make it fail in their ways."""

    def __init__(self) -> None:
        self.swept = 0
        self.sweep_error: Exception | None = None
        self.sweeps_find = 0
        self.park_error: Exception | None = None
        self.collisions_left = 0
        self.mended = False
        self.batches: list[list[str]] = []

    def handle(self, stores: Notes, records: Sequence[Record]) -> Collection[Place]:
        values = [(record.value or b"").decode() for record in records]
        self.batches.append(values)
        for value in values:
            stores.apply(value)
            if value.startswith("poison") and not self.mended:
                raise ValueError(value)
            if value.startswith("apart") and not self.mended:
                place = next(record.place for record in records if record.value == value.encode())
                raise Standstill(place, Setback.LEDGER_APART, "rows end elsewhere")
            if value.startswith("full"):
                raise ParkFull("no room")
            if value.startswith("collide") and self.collisions_left:
                self.collisions_left -= 1
                raise Collision("somebody was first")
        return {record.place for record in records if record.value != b"not mine"}

    def park_failed(self, stores: Notes, record: Record, error: Exception) -> None:
        if self.park_error is not None:
            raise self.park_error
        stores.park((record.value or b"").decode())

    def sweep(self, stores: Notes) -> int:
        self.swept += 1
        if self.sweep_error is not None:
            raise self.sweep_error
        return self.sweeps_find


class Bench:
    """One worker, alone or `beside` another on the same database and broker; time stands still unless it is moved."""

    def __init__(
        self,
        *partitions: Partition,
        records_max: int = 100,
        name: str = "me",
        beside: "Bench | None" = None,
        handler: Recorder | None = None,
    ) -> None:
        self.seconds = 0.0
        self.database: NotesDatabase = beside.database if beside else NotesDatabase(lambda: self.seconds)
        self.broker: MemoryBroker = beside.broker if beside else MemoryBroker()
        if beside is None:
            self.broker.logs |= {where: [] for where in partitions or (partition(),)}
        self.source = MemorySource(self.broker)
        self.session = BusSession(self.database, name)
        self.handler = handler or Recorder()
        self.telemetry = MemoryTelemetry()
        self.stop = Event()
        self.waits: list[float] = []
        self.stop.wait = self._wait  # type: ignore[method-assign]  # no test waits in real time
        self.runner = Runner(
            self.source,
            MemoryLeases(self.session, CONSUMER, name),
            MemoryWork(self.session, CONSUMER, name, Notes),
            self.handler,
            self.telemetry,
            pace=Pace(records_max=records_max),
            chance=lambda: 0.5,
            monotonic=lambda: self.seconds,
        )

    def turns(self, count: int = 1, pass_seconds: float = 0.0) -> None:
        """Let the worker turn."""
        for _ in range(count):
            self.runner.turn(self.stop)
            self.seconds += pass_seconds

    def waits_for(self) -> Setback | None:
        """Return why the worker is not ready."""
        return self.telemetry.waits_for

    @property
    def applied(self) -> list[str]:
        """What was applied, in order."""
        return self.database.noted(parked=False)

    @property
    def parked(self) -> list[str]:
        """What was parked, in order."""
        return self.database.noted(parked=True)

    @property
    def renewals(self) -> int:
        """How often the leases were renewed."""
        return self.session.steps[RENEWS]

    def _wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0.0)
        return self.stop.is_set()
