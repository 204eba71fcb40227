"""The relay over an outbox and a log in memory."""

from threading import Event

from producers.relay import Relay, RelayPace
from tests.relay_memory import MemoryLog, MemoryOutbox, MemoryRelayReport, row


class Bench:
    """One relay, turned by hand; time stands still unless a test moves it."""

    def __init__(self, rows_max: int = 100, outbox: MemoryOutbox | None = None) -> None:
        self.outbox = outbox or MemoryOutbox()
        self.log = MemoryLog()
        self.report = MemoryRelayReport()
        self.seconds = 0.0
        self.waits: list[float] = []
        self.stop = Event()
        self.stop.wait = self._wait  # type: ignore[method-assign]  # no test waits in real time
        self.relay = Relay(
            self.outbox.connect,
            self.log.connect,
            self.report,
            pace=RelayPace(rows_max=rows_max),
            chance=lambda: 0.5,
            monotonic=lambda: self.seconds,
        )

    def _wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0.0)
        return self.stop.is_set()

    def turns(self, count: int = 1) -> None:
        for _ in range(count):
            self.relay.turn(self.stop)

    def away(self) -> str | None:
        return self.report.waits_for

    @property
    def numbers(self) -> list[int]:
        return [each.id for each in self.log.appended]


def test_rows_go_out_in_id_order_once() -> None:
    bench = Bench(rows_max=2)
    bench.outbox.add(*(row(number) for number in (3, 1, 2, 5, 4)))
    bench.turns(4)
    assert bench.numbers == [1, 2, 3, 4, 5]
    assert bench.outbox.done == {1, 2, 3, 4, 5}
    assert bench.report.rows == 5


def test_a_row_that_was_committed_late_with_a_small_id_is_not_passed_over() -> None:
    bench = Bench()
    bench.outbox.add(row(7))
    bench.turns()
    bench.outbox.add(row(3))
    bench.turns()
    assert bench.numbers == [7, 3]


def test_an_idle_relay_finds_out_that_the_broker_is_away_and_that_it_is_back() -> None:
    bench = Bench()
    bench.turns()
    assert bench.away() is None
    bench.log.down = True
    bench.turns()
    assert bench.away() is None, "it does not ask all the time"
    bench.seconds += 5.0
    bench.turns(3)
    assert bench.away() == "broker"
    bench.log.down = False
    bench.turns()
    assert bench.away() is None


def test_an_unacknowledged_batch_goes_again_whole_with_a_new_producer() -> None:
    bench = Bench()
    bench.outbox.add(row(1), row(2))
    bench.log.lose_acknowledgement = True
    bench.turns()
    assert bench.outbox.done == set()
    assert bench.report.waits_for == "broker"
    bench.turns()
    assert bench.numbers == [1, 2, 1, 2], "the same rows, so the same event ids"
    assert bench.outbox.done == {1, 2}
    assert (bench.log.connections, bench.log.closed) == (2, 1)
    assert bench.report.waits_for is None


def test_nothing_is_lost_while_the_broker_is_away() -> None:
    bench = Bench()
    bench.log.down = True
    bench.outbox.add(row(1))
    bench.turns(5)
    assert bench.report.waits_for == "broker"
    assert bench.waits == sorted(bench.waits)
    assert bench.waits[-1] > bench.waits[0]
    bench.log.down = False
    bench.turns()
    assert bench.numbers == [1]


def test_when_the_database_goes_the_locks_go_and_nothing_in_flight_is_trusted() -> None:
    bench = Bench()
    bench.outbox.add(row(1))
    bench.turns()
    bench.outbox.down = True
    bench.turns(2)
    assert bench.report.waits_for == "database"
    assert bench.outbox.locks == {}
    assert bench.log.closed == 1
    bench.outbox.down = False
    bench.outbox.add(row(2))
    bench.turns()
    assert bench.numbers == [1, 2]


def test_a_second_relay_stands_by_until_the_first_is_gone() -> None:
    first = Bench()
    second = Bench(outbox=first.outbox)
    second.log = first.log
    first.turns()
    second.turns()
    first.outbox.add(row(1))
    second.turns(3)
    assert (first.report.shards, second.report.shards) == (4, 0)
    assert first.numbers == []
    first.stop.set()
    first.relay.run(first.stop)
    second.seconds += 1.0
    second.turns()
    assert second.report.shards == 4
    assert second.outbox.done == {1}


def test_a_missing_topic_holds_up_its_own_rows_alone_and_is_asked_for_again() -> None:
    bench = Bench()
    bench.outbox.add(row(1, topic="unknown"), row(2), row(3, topic="unknown", partition=1))
    bench.turns(3)
    assert bench.numbers == [2]
    assert bench.report.missing == {"unknown"}
    assert bench.report.waits_for is None
    bench.log.topics.add("unknown")
    bench.seconds += 30.0
    bench.turns(2)
    assert bench.numbers == [2, 1, 3]
    assert bench.report.missing == frozenset()


def test_an_idle_relay_waits_for_news() -> None:
    bench = Bench()
    bench.turns(2)
    assert bench.waits == [], "it listens on the database, and does not sleep"


def test_partitions_of_the_table_are_seen_to_at_the_start_and_every_hour() -> None:
    bench = Bench()
    bench.turns(3)
    assert bench.outbox.maintained == 1
    bench.seconds += 3_600.0
    bench.turns()
    assert bench.outbox.maintained == 2
