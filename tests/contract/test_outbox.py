"""The outbox port: the memory outbox of the relay's tests behaves as the real one does."""

from abc import ABC, abstractmethod
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from connectors.database.outbox import SHARDS, outbox_opener
from connectors.database.relay_outbox import SqlRelayOutbox
from producers.ports import Outbox, OutboxRow
from schemas.envelope import Envelope
from schemas.message import Message
from tests.engines import DatabaseUrls
from tests.relay_memory import CREATED, MemoryOutbox, row


class World(ABC):
    """One outbox: `add` writes rows with these bodies to a partition, `connect` is one relay's side of it."""

    @abstractmethod
    def add(self, topic: str, partition: int, *bodies: str) -> None: ...

    @abstractmethod
    def connect(self, name: str) -> Outbox: ...


class MemoryWorld(World):
    def __init__(self) -> None:
        self._table = MemoryOutbox()
        self._last = 0

    def add(self, topic: str, partition: int, *bodies: str) -> None:
        for body in bodies:
            self._last += 1
            made = row(self._last, topic=topic, partition=partition)
            self._table.add(OutboxRow(made.id, CREATED, topic, partition, b"k", [], body.encode()))

    def connect(self, name: str) -> Outbox:
        return self._table.connect()


class SqlWorld(World):
    def __init__(self, engine: Engine, url: str) -> None:
        self._open = outbox_opener(engine)
        self._url = url
        self._connections: list[SqlRelayOutbox] = []

    def add(self, topic: str, partition: int, *bodies: str) -> None:
        with self._open() as outbox:
            outbox.add(
                [
                    Message(topic, "k", Envelope(body, "/bus", "t", time=CREATED), body.encode(), partition)
                    for body in bodies
                ]
            )

    def connect(self, name: str) -> Outbox:
        connection = SqlRelayOutbox(self._url, name)
        self._connections.append(connection)
        return connection

    def close(self) -> None:
        for connection in self._connections:
            connection.close()


class OutboxContract:
    """What every outbox must do."""

    def test_the_first_takes_all_shards_and_the_second_none_until_it_is_gone(self, world: World) -> None:
        first, second = world.connect("one"), world.connect("two")
        assert (set(first.shards()), set(second.shards())) == (set(range(SHARDS)), set())
        first.close()
        assert set(second.shards()) == set(range(SHARDS))

    def test_rows_come_in_id_order_per_shard_up_to_the_limit_of_each(self, world: World) -> None:
        world.add("t", 0, "a", "b", "c")
        world.add("t", 1, "d")
        outbox = world.connect("one")
        outbox.shards()
        assert bodies(outbox, 2) == ["a", "b", "d"]

    def test_what_is_published_does_not_come_again(self, world: World) -> None:
        world.add("t", 0, "a", "b", "c")
        outbox = world.connect("one")
        outbox.shards()
        outbox.published(outbox.unpublished(2, ()))
        assert bodies(outbox, 2) == ["c"]

    def test_what_is_not_noted_comes_again(self, world: World) -> None:
        world.add("t", 0, "a")
        outbox = world.connect("one")
        outbox.shards()
        assert bodies(outbox, 2) == bodies(outbox, 2) == ["a"]

    def test_topics_that_are_passed_over_stay_and_the_limit_counts_the_others(self, world: World) -> None:
        world.add("missing", 0, "x", "y")
        world.add("t", 0, "a")
        outbox = world.connect("one")
        outbox.shards()
        assert bodies(outbox, 1, "missing") == ["a"]
        assert bodies(outbox, 3) == ["x", "y", "a"]

    def test_without_shards_there_is_nothing(self, world: World) -> None:
        world.connect("one").shards()
        world.add("t", 0, "a")
        second = world.connect("two")
        second.shards()
        assert bodies(second, 5) == []

    def test_seeing_to_the_table_keeps_what_waits(self, world: World) -> None:
        world.add("t", 0, "a")
        outbox = world.connect("one")
        outbox.shards()
        outbox.maintain()
        assert bodies(outbox, 5) == ["a"]


def bodies(outbox: Outbox, limit: int, *passed_over: str) -> list[str]:
    return [each.body.decode() for each in outbox.unpublished(limit, passed_over)]


class TestMemoryOutbox(OutboxContract):
    @pytest.fixture
    def world(self) -> World:
        return MemoryWorld()


@pytest.mark.integration
class TestSqlOutbox(OutboxContract):
    @pytest.fixture
    def world(self, engine: Engine, database: DatabaseUrls) -> Iterator[World]:
        world = SqlWorld(engine, database.worker_url)
        yield world
        world.close()
