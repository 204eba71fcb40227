"""Logs: what is written is read in order from any position that is held; a batch is acknowledged whole or not."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from connectors.broker.log_producer import LogProducer
from consumers.runner.errors import BrokerUnavailable, PositionLost
from consumers.runner.ports import Source
from consumers.runner.records import Partition, Record
from deploy.engines.kafka import EmbeddedKafka
from producers.ports import Log, LogUnavailable, OutboxRow, TopicMissing
from schemas.partition import Place
from schemas.topics import INTAKE_AGENCY
from tests.kit.on_sql.databases import wait_until
from tests.kit.real.brokers import fresh_agency, provide, source_of
from tests.kit.real.engines import Engines, kafka_login
from tests.kit.values.builders import MOMENT
from tests.memory.broker import MemoryBroker, MemoryLog, MemorySource


class World(ABC):
    """One broker with a topic of three partitions."""

    topic: str

    @abstractmethod
    def source(self) -> Source:
        """Return a reader of the topic."""

    @abstractmethod
    def log(self) -> Log:
        """Return a writer."""

    @abstractmethod
    def restart(self) -> None:
        """Let the broker be away for a moment."""


class MemoryWorld(World):
    def __init__(self) -> None:
        self.topic = "pishkhan.intake.agency"
        self._broker = MemoryBroker()
        self._broker.make(self.topic, 3)
        self._broker.make("another", 1)

    def source(self) -> Source:
        return MemorySource(self._broker, lambda name: name == self.topic)

    def log(self) -> Log:
        return MemoryLog(self._broker)

    def restart(self) -> None:
        self._broker.restart()


class KafkaWorld(World):
    """A real broker; `restart` ends it and starts it again."""

    def __init__(self, login: dict[str, str], stack: ExitStack, restart: Callable[[], None]) -> None:
        agency = fresh_agency()
        provide(login, agency)
        self.topic = INTAKE_AGENCY.for_agency(agency)
        self._login = login
        self._stack = stack
        self._restart = restart

    def source(self) -> Source:
        source = source_of(self._login, self.topic)
        self._stack.callback(source.close)
        return source

    def log(self) -> Log:
        log = LogProducer(self._login)
        self._stack.callback(log.close)
        return log

    def restart(self) -> None:
        self._restart()


def everybodys() -> None:
    raise AssertionError("other tests use this broker, too")


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.integration)])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "memory":
        yield MemoryWorld()
        return
    engines: Engines = request.getfixturevalue("engines")
    with ExitStack() as stack:
        yield KafkaWorld(engines.kafka_login, stack, everybodys)


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.integration)])
def own_world(request: pytest.FixtureRequest) -> Iterator[World]:
    """A world whose broker no other test uses."""
    if request.param == "memory":
        yield MemoryWorld()
        return
    start: Callable[[], EmbeddedKafka] = request.getfixturevalue("own_broker")
    running = [start()]

    def restart() -> None:
        running.pop().stop()
        running.append(start())

    login = kafka_login(running[0].bootstrap_servers, running[0].user, running[0].password)
    with ExitStack() as stack:
        yield KafkaWorld(login, stack, restart)


def rows(topic: str, partition: int, *bodies: str) -> list[OutboxRow]:
    headers = [("ce_id", b"e-1"), ("ce_time", b"now")]
    return [OutboxRow(n, MOMENT, topic, partition, b"key", headers, body.encode()) for n, body in enumerate(bodies)]


def read(source: Source, count: int) -> list[Record]:
    """Poll until `count` records have come."""
    found: list[Record] = []

    def complete() -> bool:
        found.extend(source.poll(0.2, 500))
        return len(found) >= count

    wait_until(complete, f"{count} records are readable")
    return found


def places(source: Source) -> list[Partition]:
    return sorted(source.partitions(), key=lambda where: where.number)


def test_only_the_wanted_topic_is_known(world: World) -> None:
    assert [(where.topic, where.number) for where in places(world.source())] == [(world.topic, n) for n in range(3)]


def test_what_is_written_is_read_as_it_was_in_order_per_partition(world: World) -> None:
    world.log().send([*rows(world.topic, 1, "a", "b"), *rows(world.topic, 0, "c"), *rows(world.topic, 1, "d")])()
    source = world.source()
    source.assign(dict.fromkeys(places(source), 0))
    records = read(source, 4)
    assert [(one.position, one.value) for one in records if one.partition == 1] == [(0, b"a"), (1, b"b"), (2, b"d")]
    [other] = [one for one in records if one.partition == 0]
    assert (other.topic, other.key, other.value) == (world.topic, b"key", b"c")
    assert other.headers == (("ce_id", b"e-1"), ("ce_time", b"now"))


def test_reading_begins_at_the_given_position_and_can_begin_again(world: World) -> None:
    world.log().send(rows(world.topic, 0, *"abcde"))()
    source = world.source()
    first, second, _ = places(source)
    for position in (3, 1, 5):
        source.assign({first: position, second: 0})
        assert [one.position for one in read(source, 5 - position)] == list(range(position, 5))


def test_no_more_than_asked_for_is_returned_at_once(world: World) -> None:
    world.log().send(rows(world.topic, 0, *"abcde"))()
    source = world.source()
    source.assign({places(source)[0]: 0})
    found: list[Record] = []

    def some() -> bool:
        found.extend(source.poll(0.2, 2))
        return bool(found)

    wait_until(some, "the first records")
    assert [one.value for one in found] == [b"a", b"b"]
    assert len(read(source, 3)) == 3, "the others come later"


def test_ends_are_known(world: World) -> None:
    world.log().send(rows(world.topic, 1, *"abc"))()
    source = world.source()
    assert source.ends([world.topic]) == {f"{world.topic}/0": 0, f"{world.topic}/1": 3, f"{world.topic}/2": 0}
    source.assign(dict.fromkeys(places(source), 0))
    read(source, 3)
    assert source.known_ends()[places(source)[1]] == 3


def test_a_position_beyond_the_end_is_lost_and_never_reset(world: World) -> None:
    world.log().send(rows(world.topic, 0, "a"))()
    source = world.source()
    first = places(source)[0]
    with pytest.raises(PositionLost) as lost:
        source.assign({first: 2})
    assert lost.value.partition == first


def test_a_missing_topic_is_named_and_nothing_is_sent(world: World) -> None:
    with pytest.raises(TopicMissing) as missing:
        world.log().send([*rows(world.topic, 0, "a"), *rows("pishkhan.none", 0, "b")])
    assert missing.value.topics == {"pishkhan.none"}
    assert sum(world.source().ends([world.topic]).values()) == 0


def test_where_logs_end_is_told_for_those_that_are_there(world: World) -> None:
    log = world.log()
    there = [Place(world.topic, number) for number in range(3)]
    assert log.ends([*there, Place(world.topic, 3), Place("pishkhan.none", 0)]) == dict.fromkeys(there, 0)
    log.send([*rows(world.topic, 1, "a", "b"), *rows(world.topic, 2, "c")])()
    assert log.ends(there) == dict(zip(there, (0, 2, 1), strict=True))
    assert log.ends(there[1:2]) == {there[1]: 2}
    assert log.ends([]) == {}


def test_a_writer_tells_that_its_broker_was_away_and_only_once(own_world: World) -> None:
    log = own_world.log()
    log.send(rows(own_world.topic, 0, "a"))()
    assert not log.was_away()
    own_world.restart()
    wait_until(log.was_away, "the writer has noticed that the broker was away")
    wait_until(lambda: not log.was_away(), "what it has told it does not tell again")
    log.send(rows(own_world.topic, 0, "b"))()
    assert log.ends([Place(own_world.topic, 0)]) == {(own_world.topic, 0): 2}
    assert not own_world.log().was_away(), "a new writer has missed nothing"


def test_two_writers_do_not_disturb_each_other(world: World) -> None:
    first, second = world.log(), world.log()
    for number in range(3):
        first.send(rows(world.topic, 0, f"1-{number}"))()
        second.send(rows(world.topic, 0, f"2-{number}"))()
    source = world.source()
    source.assign({places(source)[0]: 0})
    assert [one.value for one in read(source, 6)] == [b"1-0", b"2-0", b"1-1", b"2-1", b"1-2", b"2-2"]


def test_a_broker_in_memory_that_is_away_acknowledges_nothing() -> None:
    broker = MemoryBroker()
    broker.make("t", 1)
    log, source = MemoryLog(broker), MemorySource(broker)
    broker.lose_after = 1
    with pytest.raises(LogUnavailable):
        log.send(rows("t", 0, "a", "b"))()
    broker.down = True
    with pytest.raises(LogUnavailable):
        log.send(rows("t", 0, "c"))()
    with pytest.raises(LogUnavailable):
        log.ends([Place("t", 0)])
    with pytest.raises(LogUnavailable):
        log.reach()
    with pytest.raises(LogUnavailable):
        MemoryLog(broker)
    with pytest.raises(BrokerUnavailable):
        source.partitions()
    assert [record.value for record in broker.of("t", 0)] == [b"a"], "what arrived has arrived"
