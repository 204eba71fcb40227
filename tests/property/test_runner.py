"""Whatever breaks, in whatever order, two workers apply every record once, in the order of its partition."""

from hypothesis import given
from hypothesis import strategies as st

from consumers.runner.errors import BrokerUnavailable, Collision, Contention, DatabaseUnavailable, Fenced
from tests.memory.broker import values
from tests.memory.database import BEGINS, COMMITTED
from tests.memory.running import Bench, partition

PARTITIONS = [partition(number) for number in range(3)]
FAULTS = [Contention, Collision, DatabaseUnavailable, BrokerUnavailable, Fenced]

appends = st.tuples(st.just("append"), st.integers(0, 2), st.integers(1, 5))
turns = st.tuples(st.just("turn"), st.integers(0, 1), st.just(0))
faults = st.tuples(st.just("fault"), st.integers(0, 1), st.integers(0, len(FAULTS) - 1))
lost_answers = st.tuples(st.just("lose the answer"), st.integers(0, 1), st.just(0))
thefts = st.tuples(st.just("steal"), st.integers(0, 2), st.integers(0, 1))
outages = st.tuples(st.just("outage"), st.integers(0, 1), st.just(0))


class World:
    """Two workers over one log and one database; every fifth record is poison."""

    def __init__(self) -> None:
        first = Bench(*PARTITIONS, records_max=4, name="a")
        self.benches = [first, Bench(records_max=4, name="b", beside=first)]
        self.broker, self.database = first.broker, first.database
        self.appended = 0

    def do(self, what: str, first: int, second: int) -> None:
        if what == "append":
            for _ in range(second):
                self.appended += 1
                word = "poison" if self.appended % 5 == 0 else "record"
                self.broker.write(PARTITIONS[first], f"{word}-{first}-{self.appended:04}")
        elif what == "turn":
            self.turn(first)
        elif what == "fault":
            self.benches[first].session.plan(BEGINS, FAULTS[second]("as drawn"))
        elif what == "lose the answer":
            # The next transaction is committed, but the worker hears that the connection broke.
            self.benches[first].session.plan(COMMITTED, DatabaseUnavailable("the answer was lost"))
            self.turn(first)
        elif what == "steal":
            self.database.steal(PARTITIONS[first], "ab"[second])
        elif what == "outage":
            source = self.benches[first].source
            source.down = not source.down

    def turn(self, worker: int) -> None:
        for each in self.benches:
            each.seconds += 1.0
        self.benches[worker].turns()

    def settle(self) -> None:
        for each in self.benches:
            each.source.down = False
            each.session.unplan()
        for _ in range(self.appended * 2 + 80):
            self.turn(0)
            self.turn(1)


@given(st.lists(appends | turns | faults | lost_answers | thefts | outages, max_size=60))
def test_every_record_once_and_in_order(actions: list[tuple[str, int, int]]) -> None:
    world = World()
    for action in actions:
        world.do(*action)
    world.settle()
    for where in PARTITIONS:
        wanted, mark = values(world.broker.logs[where]), f"-{where.number}-"
        for parked in (False, True):
            found = [value for value in world.database.noted(parked) if mark in value]
            assert found == [value for value in wanted if value.startswith("poison") is parked]
        assert world.database.positions()[where] == len(wanted)
