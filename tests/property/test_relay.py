"""Whatever breaks, two relays publish every row, and a reader that skips what it has seen sees each key in order."""

from threading import Event

from hypothesis import given
from hypothesis import strategies as st

from producers.relay import Relay, RelayPace
from tests.relay_memory import MemoryLog, MemoryOutbox, MemoryRelayReport, row

actions_drawn = st.lists(
    st.sampled_from(["add", "add late", "turn 0", "turn 1", "lose acknowledgement", "broker", "database", "new topic"]),
    max_size=60,
)


class World:
    """Two relays over one outbox and one log."""

    def __init__(self) -> None:
        self.outbox = MemoryOutbox()
        self.log = MemoryLog()
        self.stop = Event()
        self.stop.wait = lambda timeout=None: False  # type: ignore[method-assign]  # no example waits in real time
        self.seconds = 0.0
        self.relays = [
            Relay(
                self.outbox.connect,
                self.log.connect,
                MemoryRelayReport(),
                pace=RelayPace(rows_max=3, missing_topic_seconds=5.0),
                chance=lambda: 0.5,
                monotonic=lambda: self.seconds,
            )
            for _ in range(2)
        ]
        self.written = 0

    def do(self, action: str) -> None:
        if action == "add":
            self._add(self.written + 1)
        elif action == "add late":
            # Another key's row that was given a smaller id, and is committed only now.
            self._add(-self.written - 1)
        elif action.startswith("turn"):
            self.turn(int(action[-1]))
        elif action == "lose acknowledgement":
            self.log.lose_acknowledgement = True
        elif action == "broker":
            self.log.down = not self.log.down
        elif action == "database":
            self.outbox.down = not self.outbox.down
        elif action == "new topic":
            self.written += 1
            self.outbox.add(row(self.written, topic="made later", partition=3))

    def _add(self, number: int) -> None:
        self.written += 1
        self.outbox.add(row(number, partition=2 if number < 0 else self.written % 2))

    def turn(self, relay: int) -> None:
        self.seconds += 1.0
        self.relays[relay].turn(self.stop)

    def settle(self) -> None:
        self.log.down = self.log.lose_acknowledgement = self.outbox.down = False
        self.log.topics.add("made later")
        for _ in range(self.written + 20):
            self.turn(0)
            self.turn(1)


@given(actions_drawn)
def test_every_row_is_published_and_each_partition_reads_in_order(actions: list[str]) -> None:
    world = World()
    for action in actions:
        world.do(action)
    world.settle()
    assert world.outbox.done == set(world.outbox.rows)
    assert {each.id for each in world.log.appended} == set(world.outbox.rows)
    for partition in (0, 1, 3):
        seen: list[int] = []
        for each in world.log.appended:
            if each.partition == partition and each.id > 0 and (not seen or each.id > seen[-1]):
                seen.append(each.id)
        wanted = sorted(each.id for each in world.outbox.rows.values() if each.partition == partition and each.id > 0)
        assert seen == wanted
