"""Reading ahead gives the same records in the same order, and forgets what must not be applied."""

from collections.abc import Sequence

import pytest

from consumers.runner.errors import BrokerUnavailable, PositionLost
from consumers.runner.read_ahead import STEP_RECORDS, ReadAhead
from consumers.runner.records import Partition, Record
from tests.memory.broker import MemoryBroker, MemorySource
from tests.memory.running import partition

PLACE = partition()


@pytest.fixture
def inner() -> MemorySource:
    """The source that is read ahead of."""
    return MemorySource(MemoryBroker({PLACE: []}))


@pytest.fixture
def prepared() -> list[bytes | None]:
    """What was seen to be read ahead."""
    return []


@pytest.fixture
def source(inner: MemorySource, prepared: list[bytes | None]) -> ReadAhead:
    """The source under test, assigned to the beginning."""
    source = ReadAhead(inner, lambda records: prepared.extend(values(records)))
    source.assign({PLACE: 0})
    return source


def values(records: Sequence[Record]) -> list[bytes | None]:
    """Return what `records` hold."""
    return [record.value for record in records]


def test_records_come_once_and_in_order(source: ReadAhead, inner: MemorySource) -> None:
    inner.broker.write(PLACE, *(str(number) for number in range(50)))
    found: list[bytes | None] = []
    while records := source.poll(0, 7):
        found += values(records)
        source.read_on()
        source.read_on()
    assert found == [str(number).encode() for number in range(50)]


def test_what_comes_next_is_read_before_it_is_asked_for(
    source: ReadAhead, inner: MemorySource, prepared: list[bytes | None]
) -> None:
    inner.broker.write(PLACE, "a", "b", "c")
    assert values(source.poll(0, 2)) == [b"a", b"b"]
    assert prepared == []
    source.read_on()
    assert prepared == [b"c"]
    assert values(source.poll(0, 2)) == [b"c"]


def test_nothing_is_read_ahead_where_there_is_no_backlog(
    source: ReadAhead, inner: MemorySource, prepared: list[bytes | None]
) -> None:
    inner.broker.write(PLACE, "a")
    assert values(source.poll(0, 2)) == [b"a"], "half of what was asked for"
    inner.broker.write(PLACE, "b")
    assert not source.read_on()
    assert prepared == []


def test_nothing_is_read_ahead_of_the_first_poll(source: ReadAhead, inner: MemorySource) -> None:
    inner.broker.write(PLACE, "a")
    source.read_on()
    assert values(source.poll(0, 1)) == [b"a"]


def test_no_more_is_held_and_handed_out_than_was_asked_for(
    source: ReadAhead, inner: MemorySource, prepared: list[bytes | None]
) -> None:
    inner.broker.write(PLACE, *(str(number) for number in range(20)))
    source.poll(0, 3)
    source.read_on()
    assert len(prepared) == 3
    assert [values(source.poll(0, 2)) for _ in range(3)] == [[b"3", b"4"], [b"5", b"6"], [b"7", b"8"]]


def test_it_reads_on_in_small_steps_and_says_when_there_is_no_more(source: ReadAhead, inner: MemorySource) -> None:
    inner.broker.write(PLACE, *(str(number) for number in range(3 * STEP_RECORDS)))
    source.poll(0, STEP_RECORDS + 10)
    steps = 0
    while source.read_on():
        steps += 1
    assert steps == 2
    assert len(source.poll(0, STEP_RECORDS + 10)) == STEP_RECORDS + 10
    source.poll(0, 3 * STEP_RECORDS)
    assert not source.read_on()


def test_other_positions_forget_what_was_read_ahead(source: ReadAhead, inner: MemorySource) -> None:
    inner.broker.write(PLACE, "a", "b", "c")
    source.poll(0, 1)
    source.read_on()
    source.assign({PLACE: 0})
    assert values(source.poll(0, 3)) == [b"a", b"b", b"c"]
    source.read_on()
    source.assign({})
    assert source.poll(0, 100) == []


def test_a_failure_is_met_by_whoever_polls_and_then_reading_goes_on(source: ReadAhead, inner: MemorySource) -> None:
    inner.broker.write(PLACE, "a")
    assert values(source.poll(0, 1)) == [b"a"]
    inner.down = True
    source.read_on()
    inner.down = False
    inner.broker.write(PLACE, "b")
    with pytest.raises(BrokerUnavailable):
        source.poll(0, 100)
    assert values(source.poll(0, 100)) == [b"b"]


class Breaking(MemorySource):
    """A source that begins to fail."""

    failure: Exception | None = None

    def poll(self, timeout_seconds: float, records_max: int) -> Sequence[Record]:
        if self.failure is not None:
            raise self.failure
        return super().poll(timeout_seconds, records_max)


BUG = LookupError("the client has a bug")
LOST = PositionLost(PLACE, "the log was cut")


def failed(failure: Exception) -> tuple[ReadAhead, Breaking]:
    """Return what has failed while the database worked, behind one record; and the source under it."""
    inner = Breaking(MemoryBroker({PLACE: []}))
    source = ReadAhead(inner, lambda records: None)
    source.assign({PLACE: 0})
    inner.broker.write(PLACE, "a", "b", "c")
    assert values(source.poll(0, 2)) == [b"a", b"b"]
    assert source.read_on()
    inner.failure = failure
    assert not source.read_on()
    return source, inner


@pytest.mark.parametrize("failure", [BUG, LOST])
def test_whatever_fails_while_the_database_works_is_met_by_whoever_polls(failure: Exception) -> None:
    source, _ = failed(failure)
    assert values(source.poll(0, 2)) == [b"c"], "what was read before comes first"
    with pytest.raises(type(failure)):
        source.poll(0, 1)


@pytest.mark.parametrize("failure", [BUG, PositionLost(Partition("gone", "gone-id", 0), "the log was cut")])
def test_a_failure_is_forgotten_when_others_are_assigned(failure: Exception) -> None:
    source, inner = failed(failure)
    inner.failure = None
    source.assign({PLACE: 1})
    assert values(source.poll(0, 2)) == [b"b", b"c"]


def test_a_lost_position_is_not_forgotten_as_long_as_its_partition_is_read() -> None:
    source, inner = failed(LOST)
    inner.failure = None
    with pytest.raises(PositionLost):
        source.assign({PLACE: 1})
    source.assign({PLACE: 1})
    assert values(source.poll(0, 2)) == [b"b", b"c"], "it was said once"


def test_a_record_on_which_the_preparing_fails_is_handed_out_all_the_same(inner: MemorySource) -> None:
    def fail(_: Sequence[Record]) -> None:
        raise LookupError("the reader has a bug")

    source = ReadAhead(inner, fail)
    source.assign({PLACE: 0})
    inner.broker.write(PLACE, "a", "b", "c")
    source.poll(0, 2)
    assert source.read_on()
    assert values(source.poll(0, 2)) == [b"c"]


def test_it_answers_like_the_source_that_it_reads(source: ReadAhead, inner: MemorySource) -> None:
    inner.broker.write(PLACE, "a")
    places: Sequence[Partition] = source.partitions()
    assert places == [PLACE]
    assert source.ends(["intake"]) == {"intake/0": 1}
    assert source.known_ends() == {PLACE: 1}
    source.note({PLACE: 1})
    assert inner.noted == {PLACE: 1}
    source.close()
    assert inner.closed


def test_a_turn_ends_with_every_batch_and_not_with_what_is_read_on(source: ReadAhead, inner: MemorySource) -> None:
    source.poll(0, 3)
    assert inner.turns == 1
    while source.read_on():
        pass
    assert inner.turns == 1
    source.poll(0, 3)
    assert inner.turns == 2
