"""Reading ahead gives the same records in the same order, and forgets what must not be applied."""

import threading
from collections.abc import Callable, Iterator, Sequence

import pytest

from consumers.runner.ports import BrokerUnavailable, Partition, Record
from consumers.runner.read_ahead import ReadAhead
from tests.runner_memory import MemorySource, partition

PLACE = partition()


class Prepared:
    """Notes which records were read ahead, and lets a test wait for it."""

    def __init__(self) -> None:
        self.values: list[bytes | None] = []
        self.happened = threading.Condition()

    def __call__(self, records: Sequence[Record]) -> None:
        with self.happened:
            self.values += [record.value for record in records]
            self.happened.notify_all()

    def wait_for(self, count: int) -> None:
        """Return when `count` records were read ahead."""
        with self.happened:
            assert self.happened.wait_for(lambda: len(self.values) >= count, 10)


@pytest.fixture
def inner() -> MemorySource:
    """The source that is read ahead of."""
    return MemorySource([PLACE])


@pytest.fixture
def prepared() -> Prepared:
    """What the thread was seen to read."""
    return Prepared()


@pytest.fixture
def source(inner: MemorySource, prepared: Prepared) -> Iterator[ReadAhead]:
    """The source under test, assigned to the beginning."""
    source = ReadAhead(inner, prepared, poll_seconds=0.001)
    source.assign({PLACE: 0})
    yield source
    source.close()


def values(records: Sequence[Record]) -> list[bytes | None]:
    """Return what `records` hold."""
    return [record.value for record in records]


def take(source: ReadAhead, count: int, records_max: int = 100) -> list[bytes | None]:
    """Poll until `count` records came."""
    found: list[bytes | None] = []
    while len(found) < count:
        records = source.poll(10, records_max)
        assert records, "nothing came within the timeout"
        found += values(records)
    return found


def test_records_come_once_and_in_order(source: ReadAhead, inner: MemorySource) -> None:
    inner.append(PLACE, *(str(number) for number in range(50)))
    assert take(source, 50, records_max=7) == [str(number).encode() for number in range(50)]
    assert source.poll(0, 7) == []


def test_what_comes_next_is_read_before_it_is_asked_for(
    source: ReadAhead, inner: MemorySource, prepared: Prepared
) -> None:
    inner.append(PLACE, "a", "b", "c")
    take(source, 1, records_max=1)
    prepared.wait_for(2)
    assert take(source, 2, records_max=1) == [b"b", b"c"]


def test_no_more_is_held_than_one_batch(source: ReadAhead, inner: MemorySource, prepared: Prepared) -> None:
    inner.append(PLACE, *(str(number) for number in range(20)))
    assert len(source.poll(10, 3)) <= 3
    prepared.wait_for(4)
    source.partitions()
    assert len(prepared.values) <= 6


def test_other_positions_forget_what_was_read_ahead(source: ReadAhead, inner: MemorySource, prepared: Prepared) -> None:
    inner.append(PLACE, "a", "b", "c")
    take(source, 1, records_max=1)
    prepared.wait_for(2)
    source.assign({PLACE: 0})
    assert take(source, 3) == [b"a", b"b", b"c"]
    source.assign({})
    assert source.poll(0, 100) == []


def test_a_failure_is_met_by_whoever_polls_and_then_reading_goes_on(source: ReadAhead, inner: MemorySource) -> None:
    inner.append(PLACE, "a")
    assert take(source, 1) == [b"a"]
    inner.down = True
    with pytest.raises(BrokerUnavailable):
        source.poll(10, 100)
    inner.down = False
    inner.append(PLACE, "b")
    assert polled_again(source) == [b"b"]


def polled_again(source: ReadAhead) -> list[bytes | None]:
    """Poll until something comes; the thread may have met the failure once more meanwhile."""
    while True:
        try:
            return take(source, 1)
        except BrokerUnavailable:
            continue


@pytest.mark.parametrize(
    "call",
    [
        lambda source: source.partitions(),
        lambda source: source.ends(["intake"]),
        lambda source: source.known_ends(),
        lambda source: source.note({PLACE: 1}),
    ],
)
def test_other_calls_get_their_turn_while_the_thread_reads(
    source: ReadAhead, call: Callable[[ReadAhead], object]
) -> None:
    source.poll(0, 100)
    asked = threading.Thread(target=call, args=(source,), daemon=True)
    asked.start()
    asked.join(10)
    assert not asked.is_alive()


def test_closing_ends_the_thread_and_the_source(inner: MemorySource, prepared: Prepared) -> None:
    source = ReadAhead(inner, prepared, poll_seconds=0.001)
    source.assign({PLACE: 0})
    source.poll(0, 1)
    source.close()
    assert inner.closed
    assert not any(thread.name == "read-ahead" for thread in threading.enumerate())


def test_closing_before_the_first_poll(inner: MemorySource, prepared: Prepared) -> None:
    ReadAhead(inner, prepared).close()
    assert inner.closed


def test_it_answers_like_the_source_that_it_reads(source: ReadAhead, inner: MemorySource) -> None:
    inner.append(PLACE, "a")
    places: Sequence[Partition] = source.partitions()
    assert places == [PLACE]
    assert source.ends(["intake"]) == {"intake/0": 1}
    assert source.known_ends() == {PLACE: 1}
    source.note({PLACE: 1})
    assert inner.noted == {PLACE: 1}
