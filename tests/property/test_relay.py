"""Whatever breaks, two relays publish every row, and a reader that skips what it has seen sees each key in order."""

from hypothesis import given
from hypothesis import strategies as st

from tests.memory.relaying import RelayBench

actions_drawn = st.lists(
    st.sampled_from(["add", "add late", "turn 0", "turn 1", "lose acknowledgement", "broker", "database", "new topic"]),
    max_size=60,
)


class World:
    """Two relays over one outbox and one log."""

    def __init__(self) -> None:
        first = RelayBench(rows_max=3)
        self.relays = [first, RelayBench(rows_max=3, beside=first)]
        self.database, self.broker = first.database, first.broker
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
            self.broker.lose_after = 2
        elif action == "broker":
            self.broker.down = not self.broker.down
        elif action == "database" and not self.database.down:
            self.database.stop()
        elif action == "database":
            self.database.down = False
        elif action == "new topic":
            self.written += 1
            self.relays[0].add(self.written, topic="made later", partition=3)

    def _add(self, number: int) -> None:
        self.written += 1
        self.relays[0].add(number, partition=2 if number < 0 else self.written % 2)

    def turn(self, relay: int) -> None:
        for each in self.relays:
            each.seconds += 1.0
        self.relays[relay].turns()

    def settle(self) -> None:
        self.broker.down = self.database.down = False
        self.broker.lose_after = None
        self.broker.make("made later", 4)
        for _ in range(self.written + 20):
            self.turn(0)
            self.turn(1)


@given(actions_drawn)
def test_every_row_is_published_and_each_partition_reads_in_order(actions: list[str]) -> None:
    world = World()
    for action in actions:
        world.do(action)
    world.settle()
    rows = world.database.outbox.rows
    assert all(row.published for row in rows.values())
    assert {int(record.value or b"") for record in world.broker.history} == set(rows)
    for partition in (0, 1, 3):
        seen: list[int] = []
        for record in world.broker.history:
            number = int(record.value or b"")
            if record.partition == partition and number > 0 and (not seen or number > seen[-1]):
                seen.append(number)
        wanted = sorted(number for number, row in rows.items() if row.partition == partition and number > 0)
        assert seen == wanted
