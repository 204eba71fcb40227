"""Whatever breaks, in whatever order, two workers apply every record once, in the order of its partition."""

from collections.abc import Collection, Sequence
from threading import Event

from hypothesis import given
from hypothesis import strategies as st

from consumers.runner.loop import Pace, Runner
from consumers.runner.ports import BrokerUnavailable, Collision, Contention, DatabaseUnavailable, Fenced, Place, Record
from tests.runner_memory import (
    MemoryDatabase,
    MemoryLeases,
    MemorySource,
    MemoryStores,
    MemoryTelemetry,
    MemoryWork,
    partition,
)

PARTITIONS = [partition(number) for number in range(3)]
FAULTS = [Contention, Collision, DatabaseUnavailable, BrokerUnavailable, Fenced]

appends = st.tuples(st.just("append"), st.integers(0, 2), st.integers(1, 5))
turns = st.tuples(st.just("turn"), st.integers(0, 1), st.just(0))
faults = st.tuples(st.just("fault"), st.integers(0, 1), st.integers(0, len(FAULTS) - 1))
lost_answers = st.tuples(st.just("lose the answer"), st.integers(0, 1), st.just(0))
thefts = st.tuples(st.just("steal"), st.integers(0, 2), st.integers(0, 1))
outages = st.tuples(st.just("outage"), st.integers(0, 1), st.just(0))


class Appender:
    """Appends what it is given; a value that begins with `poison` fails until it is parked."""

    def handle(self, stores: MemoryStores, records: Sequence[Record]) -> Collection[Place]:
        for record in records:
            value = (record.value or b"").decode()
            stores.applied.append(value)
            if value.startswith("poison"):
                raise ValueError(value)
        return {record.place for record in records}

    def park_failed(self, stores: MemoryStores, record: Record, error: Exception) -> None:
        stores.applied.append((record.value or b"").decode())

    def sweep(self, stores: MemoryStores) -> int:
        return 0


class World:
    """Two workers with brokers' views of their own over one log and one database."""

    def __init__(self) -> None:
        self.database = MemoryDatabase(PARTITIONS)
        self.sources = [MemorySource(PARTITIONS), MemorySource(PARTITIONS)]
        self.sources[1].logs = self.sources[0].logs
        self.works = [MemoryWork(self.database, name) for name in ("a", "b")]
        self.stop = Event()
        self.stop.wait = lambda timeout=None: False  # type: ignore[method-assign]  # no example waits in real time
        self.seconds = 0.0
        self.runners = [
            Runner(
                source,
                MemoryLeases(self.database, work.owner),
                work,
                Appender(),
                MemoryTelemetry(),
                pace=Pace(records_max=4, renew_seconds=2.0),
                chance=lambda: 0.5,
                monotonic=lambda: self.seconds,
            )
            for source, work in zip(self.sources, self.works, strict=True)
        ]
        self.appended = 0

    def do(self, what: str, first: int, second: int) -> None:
        if what == "append":
            for _ in range(second):
                self.appended += 1
                word = "poison" if self.appended % 5 == 0 else "record"
                self.sources[0].append(PARTITIONS[first], f"{word}-{first}-{self.appended:04}")
        elif what == "turn":
            self.turn(first)
        elif what == "fault":
            self.works[first].failures.append(FAULTS[second]("as drawn"))
        elif what == "lose the answer":
            self._commit_and_lose_the_answer(first)
        elif what == "steal":
            self.database.owners[PARTITIONS[first]] = self.works[second].owner
        elif what == "outage":
            self.sources[first].down = not self.sources[first].down

    def turn(self, worker: int) -> None:
        self.seconds += 1.0
        self.runners[worker].turn(self.stop)

    def _commit_and_lose_the_answer(self, worker: int) -> None:
        """The worker's next transaction is committed, but the worker hears that the connection broke."""

        def lose() -> None:
            self.database.after_commit = lambda: None
            raise DatabaseUnavailable("the answer was lost")

        self.database.after_commit = lose
        self.turn(worker)
        self.database.after_commit = lambda: None

    def settle(self) -> None:
        for source, work in zip(self.sources, self.works, strict=True):
            source.down = False
            work.failures.clear()
        for _ in range(self.appended * 2 + 20):
            self.turn(0)
            self.turn(1)


@given(st.lists(appends | turns | faults | lost_answers | thefts | outages, max_size=60))
def test_every_record_once_and_in_order(actions: list[tuple[str, int, int]]) -> None:
    world = World()
    for action in actions:
        world.do(*action)
    world.settle()
    for where in PARTITIONS:
        wanted = [(record.value or b"").decode() for record in world.sources[0].logs[where]]
        mark = f"-{where.number}-"
        assert [value for value in world.database.stores.applied if mark in value] == wanted
        assert world.database.positions[where] == len(wanted)
