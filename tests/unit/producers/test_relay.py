"""The relay over an outbox and a log in memory."""

import pytest

from producers.relay import RECORD_OVERHEAD_BYTES
from schemas.limits import PRODUCER_MESSAGE_BYTES, limits_of
from schemas.topics import INTAKE_OFFICES
from tests.memory.relaying import RelayBench, outgoing


@pytest.fixture
def bench() -> RelayBench:
    return RelayBench()


def test_rows_go_out_in_id_order_once() -> None:
    bench = RelayBench(rows_max=2)
    bench.add(3, 1, 2, 5, 4)
    bench.turns(4)
    assert bench.numbers == [1, 2, 3, 4, 5]
    assert bench.published == {1, 2, 3, 4, 5}
    assert bench.report.rows == 5


def test_a_row_that_was_committed_late_with_a_small_id_is_not_passed_over(bench: RelayBench) -> None:
    bench.add(7)
    bench.turns()
    bench.add(3)
    bench.turns()
    assert bench.numbers == [7, 3]


def test_an_idle_relay_finds_out_that_the_broker_is_away_and_that_it_is_back(bench: RelayBench) -> None:
    bench.turns()
    assert bench.away() is None
    bench.broker.down = True
    bench.turns()
    assert bench.away() is None, "it does not ask all the time"
    bench.seconds += 5.0
    bench.turns(3)
    assert bench.away() == "broker"
    bench.broker.down = False
    bench.turns()
    assert bench.away() is None


def test_an_unacknowledged_batch_goes_again_whole_with_a_new_producer(bench: RelayBench) -> None:
    bench.add(1, 2)
    bench.broker.lose_after = 2
    bench.turns()
    assert bench.published == set()
    assert bench.report.waits_for == "broker"
    bench.turns()
    assert bench.numbers == [1, 2, 1, 2], "the same rows, so the same event ids"
    assert bench.published == {1, 2}
    assert [log.closed for log in bench.logs] == [True, False]
    assert bench.report.waits_for is None


def test_nothing_is_lost_while_the_broker_is_away(bench: RelayBench) -> None:
    bench.broker.down = True
    bench.add(1)
    bench.turns(5)
    assert bench.report.waits_for == "broker"
    assert bench.waits == sorted(bench.waits)
    assert bench.waits[-1] > bench.waits[0]
    bench.broker.down = False
    bench.turns()
    assert bench.numbers == [1]


def test_when_the_database_goes_the_locks_go_and_nothing_in_flight_is_trusted(bench: RelayBench) -> None:
    bench.add(1)
    bench.turns()
    bench.database.stop()
    bench.turns(2)
    assert bench.report.waits_for == "database"
    assert bench.database.session_locks == {}
    assert [log.closed for log in bench.logs] == [True]
    bench.database.down = False
    bench.add(2)
    bench.turns()
    assert bench.numbers == [1, 2]


def test_a_second_relay_stands_by_until_the_first_is_gone() -> None:
    first = RelayBench()
    second = RelayBench(beside=first)
    first.turns()
    second.turns()
    first.add(1)
    second.turns(3)
    assert (first.report.shards, second.report.shards) == (4, 0)
    assert first.numbers == []
    first.stop.set()
    first.relay.run(first.stop)
    second.seconds += 1.0
    second.turns()
    assert second.report.shards == 4
    assert second.published == {1}


def test_a_missing_topic_holds_up_its_own_rows_alone_and_is_asked_for_again(bench: RelayBench) -> None:
    bench.add(1, topic="unknown")
    bench.add(2)
    bench.add(3, topic="unknown", partition=1)
    bench.turns(3)
    assert bench.numbers == [2]
    assert bench.report.missing == {"unknown"}
    assert bench.report.waits_for is None
    bench.broker.make("unknown", 2)
    bench.seconds += 30.0
    bench.turns(2)
    assert bench.numbers == [2, 1, 3]
    assert bench.report.missing == frozenset()


def test_nothing_is_appended_to_a_topic_that_was_deleted_and_made_anew(bench: RelayBench) -> None:
    bench.add(1)
    bench.turns()
    bench.pass_by("log", 1)
    gone = list(bench.broker.logs)
    bench.broker.logs.clear()
    bench.add(2)
    bench.turns()
    assert bench.report.missing == {"log"}
    bench.broker.make("log", 4, "id-2")
    bench.seconds += 30.0
    bench.turns(2)
    assert bench.report.missing == frozenset()
    assert bench.report.cut == {"log"}
    # The repair: all is to be published again, and the position is carried over to the beginning.
    for where in gone:
        bench.database.offsets.rows.pop(("consumer", where), None)
    bench.pass_by("log", 0)
    bench.publish_again(1)
    bench.seconds += 30.0
    bench.turns()
    assert bench.numbers == [1, 1, 2]


def test_an_idle_relay_waits_for_news(bench: RelayBench) -> None:
    bench.turns(2)
    assert bench.waits == [], "it listens on the database, and does not sleep"


def test_partitions_of_the_table_are_seen_to_at_the_start_and_every_hour(bench: RelayBench) -> None:
    bench.turns(3)
    assert bench.maintained == 1
    bench.seconds += 3_600.0
    bench.turns()
    assert bench.maintained == 2


def test_dead_letters_are_seen_to_every_minute_and_soon_again_while_there_are_more(
    bench: RelayBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.turns(2)
    assert bench.sweeps == 1
    bench.seconds += 60.0
    monkeypatch.setattr("tests.memory.outbox.LETTERS_AT_ONCE", 0)
    bench.turns(2)
    assert bench.sweeps == 2
    monkeypatch.undo()
    bench.seconds += 1.0
    bench.turns(2)
    assert bench.sweeps == 3
    bench.seconds += 59.0
    bench.turns()
    assert bench.sweeps == 3


@pytest.mark.parametrize("noticed_as", ["an error", "a connection that came back by itself"])
def test_nothing_is_appended_to_a_topic_that_lost_its_tail(bench: RelayBench, noticed_as: str) -> None:
    bench.broker.make("other", 4)
    bench.add(1, 2)
    bench.add(3, topic="other")
    bench.turns()
    bench.pass_by("log", 2)
    bench.pass_by("other", 1)
    # The power goes: one record of the log was not on the disk yet.
    bench.broker.cut("log", 0, end=1)
    bench.add(4)
    bench.add(5, topic="other")
    if noticed_as == "an error":
        bench.broker.down = True
        bench.turns()
        bench.broker.down = False
    bench.turns(3)
    assert bench.report.cut == {"log"}
    assert bench.numbers == [1, 2, 3, 5], "other topics go on"
    # The repair: what is missing is to be published again, and the position goes back before it.
    bench.publish_again(2)
    bench.pass_by("log", 1)
    bench.turns()
    assert bench.numbers == [1, 2, 3, 5], "it is asked again after a while only"
    bench.seconds += 60
    bench.turns()
    assert bench.report.cut == frozenset()
    assert bench.numbers == [1, 2, 3, 5, 2, 4]


def test_a_row_that_is_too_large_waits_with_all_later_ones_of_its_key_and_others_go_on(bench: RelayBench) -> None:
    bench.add(1, key="a")
    bench.add(2, key="a", padding=PRODUCER_MESSAGE_BYTES)
    bench.add(3, key="a")
    bench.add(4, key="b")
    bench.turns(3)
    assert bench.numbers == [1, 4]
    assert bench.published == {1, 4}
    [(number, cause)] = bench.report.aside
    assert number == 2
    assert str(PRODUCER_MESSAGE_BYTES) in cause
    assert bench.report.places == {("log", 0)}
    assert bench.away() is None, "neither broker nor database is to blame"
    bench.add(5, key="a")
    bench.add(6, key="a", topic="log", partition=1)
    bench.turns(3)
    assert bench.published == {1, 4}


def test_a_body_is_bounded_by_its_own_topic(bench: RelayBench) -> None:
    bench.broker.make(INTAKE_OFFICES.name, 3)
    most = limits_of(INTAKE_OFFICES).batch_bytes
    bench.add(1, topic=INTAKE_OFFICES.name, padding=most - RECORD_OVERHEAD_BYTES - 1_000, key="a")
    bench.add(2, topic=INTAKE_OFFICES.name, padding=most, key="b")
    bench.turns(2)
    assert bench.published == {1}
    assert [number for number, _ in bench.report.aside] == [2]


def test_headers_count_too(bench: RelayBench) -> None:
    bare = len("a") + len("1") + RECORD_OVERHEAD_BYTES
    bench.add(1, key="a", padding=PRODUCER_MESSAGE_BYTES - bare)
    bench.turns()
    assert [number for number, _ in bench.report.aside] == [1]


def test_what_is_tried_again_and_fits_by_then_goes_out_in_its_order(bench: RelayBench) -> None:
    bench.add(1, key="a", padding=PRODUCER_MESSAGE_BYTES)
    bench.add(2, key="a")
    bench.turns(2)
    assert bench.published == set()
    bench.database.outbox.rows[1] = outgoing(1, key="a")
    bench.decide(1, "retry")
    bench.turns(2)
    assert bench.numbers == [1, 2]
    assert bench.report.places == frozenset()


def test_what_is_given_up_never_goes_out_and_what_waits_behind_it_does(bench: RelayBench) -> None:
    bench.add(1, key="a", padding=PRODUCER_MESSAGE_BYTES)
    bench.add(2, key="a")
    bench.turns(2)
    bench.decide(1, "give_up")
    bench.turns(3)
    assert bench.numbers == [2]
    assert bench.published == {2}
    assert len(bench.report.aside) == 1


def test_of_many_rows_that_the_broker_refuses_together_only_the_one_at_fault_is_set_aside() -> None:
    bench = RelayBench()
    bench.broker.refused = {b"5"}
    for number in range(1, 9):
        bench.add(number, key=f"key-{number}")
    bench.add(9, key="key-5")
    bench.add(10, key="other", partition=1)
    bench.turns(20)
    assert bench.report.aside == [(5, "the broker refuses it")]
    assert bench.published == {1, 2, 3, 4, 6, 7, 8, 10}
    assert bench.numbers == [10, 1, 2, 3, 4, 6, 7, 8]
    assert bench.report.waits_for is None
    assert not bench.waits, "nobody waits for it"


def test_after_a_refusal_batches_grow_again() -> None:
    bench = RelayBench()
    bench.broker.refused = {b"5"}
    for number in range(1, 9):
        bench.add(number, key=f"key-{number}")
    while not bench.report.aside:
        bench.turns()
    for number in range(100, 200):
        bench.add(number, key=f"key-{number}")
    bench.turns(9)
    assert set(range(100, 200)) <= bench.published, "one by one it would take a hundred turns"


def test_a_new_relay_knows_what_was_set_aside_before(bench: RelayBench) -> None:
    bench.add(1, key="a", padding=PRODUCER_MESSAGE_BYTES)
    bench.add(2, key="a")
    bench.turns(1)
    bench.database.stop()
    bench.turns(1)
    bench.database.down = False
    bench.add(3, key="b")
    bench.turns(2)
    assert bench.published == {3}
    assert len(bench.report.aside) == 1
