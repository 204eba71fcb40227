"""The state machine: what may happen in a story, and how often hypothesis should think of it."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from consumers.parking import OperatorAction
from tests.simulator.people import REQUESTS, SAYINGS
from tests.simulator.story import POINTS, Slot, Story
from tests.simulator.world import SLOTS, Kind

#: The registry has little to do here.
slots = st.sampled_from([slot for slot in SLOTS if slot[0] is not Kind.REGISTRY])
points = st.sampled_from([(slot, step) for slot in SLOTS for step in POINTS[slot[0]]])
numbers = st.integers(0, len(REQUESTS) - 1)
partitions = st.integers(0, 2)
#: A while, a lease and a little more, a working morning, long enough for every timer.
times = st.sampled_from([(4.0, "4 seconds"), (11.0, "11 seconds"), (14_400.0, "4 hours"), (2_700_000.0, "31 days")])


class Stories(RuleBasedStateMachine):
    """Every example is one story."""

    def __init__(self) -> None:
        super().__init__()
        self.story = Story()

    @rule(number=numbers, partition=partitions, stranger=st.booleans())
    def say_next(self, number: int, partition: int, stranger: bool) -> None:
        """Somebody says what comes next in a request's life."""
        self.story.tell(self.story.people.say(number, self.story.people.next_of(number), partition, stranger))

    @rule(number=numbers, partition=partitions)
    def live(self, number: int, partition: int) -> None:
        """Somebody says what comes next in a request's life, and everybody works."""
        self.story.tell(self.story.people.say(number, self.story.people.next_of(number), partition))
        self.story.everybody()
        self.story.everybody()

    @rule(number=numbers, what=st.sampled_from(sorted(SAYINGS)), partition=partitions)
    def say_anything(self, number: int, what: str, partition: int) -> None:
        """Somebody says something at the wrong time, perhaps."""
        self.story.tell(self.story.people.say(number, what, partition))

    @rule(number=numbers, order=st.permutations(("accept", "collect", "start", "deliver")))
    def say_all(self, number: int, order: list[str]) -> None:
        """An office says everything at once, in some order."""
        for what in order:
            self.story.tell(self.story.people.say(number, what))

    @rule(place=st.integers(0, 5), partition=partitions, stranger=st.booleans())
    def take_back(self, place: int, partition: int, stranger: bool) -> None:
        """Somebody takes back what waits, or what another has said."""
        self.story.tell(self.story.people.take_back(place, partition, stranger))

    @rule(place=st.integers(0, 30), partition=partitions, lie=st.booleans())
    def repeat(self, place: int, partition: int, lie: bool) -> None:
        """Something is sent twice."""
        self.story.tell(self.story.people.repeat(place, partition, lie))

    @rule(what=st.sampled_from(["service", "payment", "payment again", "window", "garbage"]), partition=partitions)
    def act(self, what: str, partition: int) -> None:
        """Something happens that is about no request."""
        people = self.story.people
        if what == "service":
            self.story.tell(people.publish_late_service(partition))
        elif what == "window":
            self.story.tell(people.close_window())
        elif what == "garbage":
            self.story.tell(people.send_garbage(partition, partition))
        else:
            self.story.tell(people.pay(again=what == "payment again"))

    @rule(slot=slots)
    def turn(self, slot: Slot) -> None:
        """A worker works."""
        self.story.turn(slot)

    @rule()
    def everybody(self) -> None:
        """All workers work."""
        self.story.everybody()

    @rule(slot=slots, count=st.integers(1, 30))
    def stop(self, slot: Slot, count: int) -> None:
        """A worker stops in the middle; it goes on when it is let."""
        self.story.stop(slot, count)

    @rule(point=points, number=numbers)
    def stop_at(self, point: tuple[Slot, str], number: int) -> None:
        """A worker stops where it hurts."""
        self.give_work(number)
        self.story.stop_at(*point)

    @rule(slot=slots, count=st.integers(0, 30))
    def die(self, slot: Slot, count: int) -> None:
        """A worker dies somewhere."""
        self.story.die(slot, count)

    @rule(point=points, number=numbers)
    def die_at(self, point: tuple[Slot, str], number: int) -> None:
        """A worker dies where it hurts."""
        self.give_work(number)
        self.story.die_at(*point)

    @rule(point=points, number=numbers)
    def haunt(self, point: tuple[Slot, str], number: int) -> None:
        """A worker stops where it hurts, and others take over."""
        self.give_work(number)
        self.story.haunt(*point)

    @rule(step=st.sampled_from(POINTS[Kind.REQUESTS]), first=st.sampled_from((1, 2)), pair=st.permutations(range(3)))
    def race(self, step: str, first: int, pair: list[int]) -> None:
        """Both requests workers have work, and one of them does all of it while the other is in the middle."""
        self.give_work(pair[0])
        self.give_work(pair[1])
        self.story.stop_at((Kind.REQUESTS, first), step)
        self.story.turn((Kind.REQUESTS, 3 - first))

    @rule(slot=slots, number=numbers)
    def lose_answer(self, slot: Slot, number: int) -> None:
        """A commit succeeds, and the worker does not hear of it."""
        self.give_work(number)
        self.story.lose_answer(slot)

    @rule(time=times)
    def pass_time(self, time: tuple[float, str]) -> None:
        """Time passes."""
        self.story.pass_time(*time)

    @rule(slot=slots, hours=st.sampled_from((3.0, -3.0, 0.011, -0.011, 0.0)))
    def set_clock(self, slot: Slot, hours: float) -> None:
        """A worker's own clock is wrong, or right again."""
        self.story.set_clock(slot, hours)

    @rule(what=st.sampled_from(["database restarts", "database", "broker"]))
    def outage(self, what: str) -> None:
        """The database restarts, or it or the broker goes away for a while."""
        if what == "database restarts":
            self.story.restart_database()
        else:
            self.story.outage(what)

    @rule(after=st.integers(0, 3))
    def lose_acknowledgement(self, after: int) -> None:
        """The broker's answer to the relay is lost."""
        self.story.lose_acknowledgement(after)

    @rule(number=numbers, what=st.sampled_from(["routing", "ledger", "repaired"]))
    def version(self, number: int, what: str) -> None:
        """A bad version is installed, or a good one."""
        if what == "repaired":
            self.story.repair_code()
        else:
            self.story.break_code(number, ledger=what == "ledger")

    @rule(kind=st.sampled_from([Kind.REGISTRY, Kind.REQUESTS, Kind.SETTLEMENT]), count=st.sampled_from([5, 20, 500]))
    def read_again(self, kind: Kind, count: int) -> None:
        """An operator has everything read again, and perhaps interrupts it."""
        self.story.read_again(kind, count)

    @rule(place=st.integers(0, 5), action=st.sampled_from(OperatorAction))
    def decide(self, place: int, action: OperatorAction) -> None:
        """An operator decides."""
        self.story.decide(place, action)

    def give_work(self, number: int) -> None:
        """Say what comes next in a request's life, and bring it to intake: without work no worker comes far."""
        self.story.tell(self.story.people.say(number, self.story.people.next_of(number)))
        self.story.turn((Kind.RELAY, 1))

    @invariant()
    def everything_holds(self) -> None:
        """After every step."""
        self.story.check()

    def teardown(self) -> None:
        """Heal the world, unless something is broken for good, and look whether all is quiet."""
        try:
            if not self.story.broken:
                self.story.heal()
        finally:
            self.story.world.end()
