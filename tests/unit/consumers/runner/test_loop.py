"""The runner over a broker and a database in memory: order, fencing, poison, halts, outages."""

from collections.abc import Callable, Collection, Sequence

import pytest

from consumers.runner.errors import BrokerUnavailable, Contention, DatabaseUnavailable
from consumers.runner.outcomes import Setback
from consumers.runner.records import Partition, Record
from schemas.partition import Place
from tests.memory.database import COMMITTED
from tests.memory.positions import MOVES, RENEWS
from tests.memory.running import CONSUMER, Bench, Notes, Recorder, partition
from tests.memory.tables import Offset

FIRST, SECOND = partition(0), partition(1)


def test_records_are_applied_in_order_and_the_position_moves_with_them() -> None:
    bench = Bench(FIRST, SECOND)
    bench.broker.write(FIRST, "a", "b")
    bench.broker.write(SECOND, "c")
    bench.turns()
    assert bench.applied == ["a", "b", "c"]
    assert bench.database.positions() == {FIRST: 2, SECOND: 1}
    assert bench.telemetry.records == 3
    assert bench.telemetry.partitions == 2
    assert bench.telemetry.waits_for is None


def test_nothing_is_read_twice_in_later_turns() -> None:
    bench = Bench(records_max=2)
    bench.broker.write(FIRST, "a", "b", "c")
    bench.turns(3)
    assert bench.handler.batches == [["a", "b"], ["c"]]


def test_a_moved_position_fences_this_worker_and_it_goes_on_behind_the_other_owner() -> None:
    bench = Bench()
    bench.turns()
    bench.broker.write(FIRST, "a", "b", "c")
    bench.database.steal(FIRST, "me", next_position=2)  # the other owner has applied a and b, and gave it back
    bench.turns(2)
    assert bench.telemetry.setbacks == [Setback.FENCED]
    assert bench.applied == ["c"]
    assert bench.database.positions()[FIRST] == 3


def test_a_lost_lease_fences_even_when_the_position_did_not_move() -> None:
    bench = Bench()
    bench.turns()
    bench.broker.write(FIRST, "a")
    bench.database.steal(FIRST)
    bench.turns(2)
    assert bench.applied == []
    assert bench.telemetry.partitions == 0


def test_contention_rolls_back_and_the_same_records_are_read_again() -> None:
    bench = Bench()
    bench.turns()
    bench.broker.write(FIRST, "a", "b")
    bench.session.plan(MOVES, Contention("deadlock"))
    bench.turns(2)
    assert bench.telemetry.setbacks == [Setback.CONTENTION]
    assert bench.applied == ["a", "b"]
    assert bench.renewals == 2, "renewing the leases is what ends a frozen owner"


def test_a_batch_that_is_cut_off_comes_again_in_smaller_parts_until_it_passes() -> None:
    """Whoever works longer than its lease loses its connection: the same batch would lose it again, for ever."""
    bench = Bench(records_max=400)
    bench.turns()
    bench.broker.write(FIRST, *map(str, range(400)))
    bench.session.plan(MOVES, DatabaseUnavailable("terminated"), DatabaseUnavailable("terminated"))
    bench.turns(8)
    assert bench.applied == [str(number) for number in range(400)]
    sizes = [len(batch) for batch in bench.handler.batches]
    assert sizes[:3] == [100, 150, 150], "two halves, and more again with every batch that passes"


def test_a_collision_is_tried_again_in_place() -> None:
    bench = Bench()
    bench.broker.write(FIRST, "a", "collide", "b")
    bench.handler.collisions_left = 2
    bench.turns()
    assert bench.applied == ["a", "collide", "b"]
    assert bench.telemetry.setbacks == [Setback.CONTENTION] * 2


def test_a_record_that_collides_for_ever_is_parked_and_the_others_pass() -> None:
    bench = Bench()
    bench.broker.write(FIRST, "a", "collide", "b")
    bench.handler.collisions_left = 1_000
    bench.turns()
    assert bench.applied == ["a", "b"]
    assert bench.parked == ["collide"]
    assert bench.database.positions()[FIRST] == 3


@pytest.mark.parametrize("place", range(5))
def test_a_poisonous_record_is_found_by_dividing_and_parked(place: int) -> None:
    bench = Bench()
    values = [f"ok-{number}" for number in range(5)]
    values[place] = "poison"
    bench.broker.write(FIRST, *values)
    bench.turns()
    assert bench.parked == ["poison"]
    assert bench.applied == [value for value in values if value != "poison"]
    assert bench.database.positions()[FIRST] == 5


def test_many_poisonous_records_are_each_parked() -> None:
    bench = Bench()
    bench.broker.write(FIRST, "poison-1", "a", "poison-2", "poison-3", "b")
    bench.turns()
    assert bench.parked == ["poison-1", "poison-2", "poison-3"]
    assert bench.applied == ["a", "b"]


def test_a_record_that_cannot_even_be_parked_halts_its_partition_alone() -> None:
    bench = Bench(FIRST, SECOND)
    bench.broker.write(FIRST, "a", "poison", "behind")
    bench.broker.write(SECOND, "b", "c")
    bench.handler.park_error = RuntimeError("the park is broken")
    bench.turns(3)
    assert bench.applied == ["a", "b", "c"]
    assert bench.database.positions() == {FIRST: 1, SECOND: 2}
    assert bench.telemetry.stopped == [(FIRST, Setback.HANDLER_FAILED)]
    assert bench.telemetry.partitions == 1


def test_a_full_park_halts_the_partition_and_it_is_tried_again_later() -> None:
    bench = Bench(FIRST, SECOND)
    bench.broker.write(FIRST, "full", "behind")
    bench.broker.write(SECOND, "b")
    bench.turns(2)
    assert bench.telemetry.stopped == [(FIRST, Setback.PARK_FULL)]
    assert bench.applied == ["b"]
    bench.broker.logs[FIRST][0] = bench.broker.logs[SECOND][0]  # somebody made room: the record passes now
    bench.turns(20, pass_seconds=3.0)
    assert bench.telemetry.again == [FIRST]
    assert bench.applied == ["b", "b", "behind"]


def test_where_going_on_would_be_wrong_one_partition_halts_whole_and_resumes_when_it_is_mended() -> None:
    bench = Bench(FIRST, SECOND)
    bench.broker.write(FIRST, "a", "apart", "behind")
    bench.broker.write(SECOND, "b", "c")
    bench.turns(3)
    assert bench.telemetry.stopped == [(FIRST, Setback.LEDGER_APART)]
    assert (bench.applied, bench.parked) == (["b", "c"], []), "nothing of it is applied, parked or passed"
    assert bench.database.positions() == {FIRST: 0, SECOND: 2}
    assert not bench.database.halts.rows, "there is nothing that an operator may pass"
    bench.handler.mended = True
    bench.turns(20, pass_seconds=3.0)
    assert bench.telemetry.again == [FIRST]
    assert bench.applied == ["b", "c", "a", "apart", "behind"]


def test_a_position_outside_the_log_halts_one_partition_and_is_never_reset(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bench = Bench(FIRST, SECOND)
    bench.broker.write(FIRST, "a", "b")
    bench.broker.write(SECOND, "c")
    bench.broker.begin[FIRST] = 1
    bench.turns(50, pass_seconds=3.0)
    assert set(bench.telemetry.stopped) == {(FIRST, Setback.POSITION_LOST)}
    assert capsys.readouterr().out.count("partition halted") == 1
    assert bench.applied == ["c"]
    assert bench.database.positions() == {FIRST: 0, SECOND: 1}


def test_a_repaired_log_is_read_on_without_a_new_start_and_one_that_merely_grew_again_is_not() -> None:
    bench = Bench(FIRST)
    bench.database.stand_at(FIRST, 2)
    bench.broker.write(FIRST, "a")
    bench.turns(2)
    assert bench.telemetry.stopped == [(FIRST, Setback.POSITION_LOST)]
    bench.broker.write(FIRST, "b", "c")
    bench.turns(40, pass_seconds=3.0)
    assert bench.applied == [], "what lies before the position is not what was there"
    bench.database.stand_at(FIRST, 1)
    bench.turns(20, pass_seconds=3.0)
    assert bench.telemetry.again
    assert bench.applied == ["b", "c"]


def test_another_incarnation_of_a_topic_halts_it() -> None:
    bench = Bench(FIRST, SECOND)
    bench.broker.write(SECOND, "c")
    bench.database.offsets.rows[CONSUMER, Partition(FIRST.topic, "id-0", FIRST.number)] = Offset()
    bench.turns()
    assert bench.telemetry.stopped == [(FIRST, Setback.POSITION_LOST)]
    assert bench.applied == ["c"]


@pytest.mark.parametrize(
    ("break_it", "cause"),
    [
        (lambda bench: bench.session.plan(MOVES, DatabaseUnavailable("down")), Setback.DATABASE_UNAVAILABLE),
        (lambda bench: bench.session.plan(RENEWS, DatabaseUnavailable("down")), Setback.DATABASE_UNAVAILABLE),
        (lambda bench: bench.session.plan(RENEWS, BrokerUnavailable("down")), Setback.BROKER_UNAVAILABLE),
    ],
)
def test_an_outage_makes_the_worker_unready_and_loses_nothing(
    break_it: Callable[[Bench], None], cause: Setback
) -> None:
    bench = Bench()
    bench.broker.write(FIRST, "a", "b")
    break_it(bench)
    bench.turns()
    assert bench.waits_for() is cause
    assert bench.applied == []
    bench.turns()
    assert bench.waits_for() is None
    assert bench.applied == ["a", "b"]


def test_a_database_that_is_read_and_takes_nothing_makes_the_worker_unready_until_it_does() -> None:
    stood: list[Setback | None] = []

    class NoRoom(Recorder):
        def handle(self, stores: Notes, records: Sequence[Record]) -> Collection[Place]:
            stood.append(bench.waits_for())
            if len(stood) < 3:
                raise DatabaseUnavailable("no space left on device")
            return super().handle(stores, records)

    bench = Bench(handler=NoRoom())
    bench.broker.write(FIRST, "a")
    bench.turns(3)
    # The leases are renewed before each try; that alone is no reason to say that all is well, and since now.
    assert stood[1:] == [Setback.DATABASE_UNAVAILABLE, Setback.DATABASE_UNAVAILABLE]
    assert bench.waits_for() is None
    assert bench.applied == ["a"]


def test_waits_grow_while_the_broker_is_away() -> None:
    bench = Bench()
    bench.source.down = True
    bench.turns(4)
    assert bench.waits == sorted(bench.waits)
    assert bench.waits[-1] > bench.waits[0]
    bench.source.down = False
    bench.turns(pass_seconds=1.0)
    bench.source.down = True
    bench.turns()
    assert bench.waits[-1] == bench.waits[0], "one success forgets the failures"


def test_an_ambiguous_commit_is_resolved_by_reading_the_positions_again() -> None:
    bench = Bench()
    bench.turns()
    bench.broker.write(FIRST, "a")

    bench.session.plan(COMMITTED, DatabaseUnavailable("the connection broke during COMMIT"))
    bench.turns(2)
    assert bench.applied == ["a"], "what was committed is not applied again"
    bench.broker.write(FIRST, "b")
    bench.turns()
    assert bench.applied == ["a", "b"], "and what comes next is applied at once"


def test_sweeps_come_at_their_pace_and_at_once_while_they_find_something() -> None:
    bench = Bench()
    bench.turns(10)
    assert bench.handler.swept == 1
    bench.seconds += 0.2
    bench.handler.sweeps_find = 3
    bench.turns(4)
    assert bench.handler.swept == 5


def test_a_failing_sweep_does_not_stop_the_records() -> None:
    bench = Bench()
    bench.handler.sweep_error = ValueError("a bug")
    bench.broker.write(FIRST, "a")
    bench.turns(2, pass_seconds=1.0)
    assert bench.applied == ["a"]
    assert bench.telemetry.setbacks == [Setback.HANDLER_FAILED]


def test_sweeps_go_on_without_partitions() -> None:
    bench = Bench()
    bench.database.steal(FIRST)
    bench.turns(2, pass_seconds=1.0)
    assert bench.handler.swept == 2


def test_positions_and_lag_are_reported() -> None:
    bench = Bench(records_max=2)
    bench.broker.write(FIRST, "a", "b", "c")
    bench.turns()
    assert bench.source.noted == {FIRST: 2}
    assert bench.telemetry.behind == {"intake": 1}


def test_positions_that_have_not_moved_are_noted_again_after_a_minute_only() -> None:
    bench = Bench()
    bench.broker.write(FIRST, "a")
    bench.turns(2)
    assert bench.source.noted == {FIRST: 1}
    bench.source.noted.clear()
    bench.turns(5, pass_seconds=10.0)
    assert bench.source.noted == {}
    bench.turns(2, pass_seconds=10.0)
    assert bench.source.noted == {FIRST: 1}
    bench.source.noted.clear()
    bench.broker.write(FIRST, "b")
    bench.turns(2, pass_seconds=10.0)
    assert bench.source.noted == {FIRST: 2}


def test_a_worker_that_is_told_to_stop_gives_everything_back() -> None:
    bench = Bench()
    bench.stop.set()
    bench.runner.run(bench.stop)
    assert bench.database.workers.rows == {}
    assert {row.owner for row in bench.database.offsets.rows.values()} <= {None}
    assert bench.source.closed
