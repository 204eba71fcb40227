"""Reading a real log: positions of our own, and halts where a log is not what it was."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kafka import KafkaAdminClient, TopicPartition
from kafka.errors import RetriableError

from connectors.broker.admin import BrokerAdmin
from connectors.broker.source import KafkaSource
from consumers.intake import IntakeReader, Unreadable, read_claim
from consumers.runner.errors import BrokerUnavailable, PositionLost
from consumers.runner.outcomes import DeadLetterReason
from consumers.runner.shares import Share, TurnShares
from schemas.topics import INTAKE_AGENCY
from tests.kit.on_sql.databases import wait_until
from tests.kit.real.brokers import (
    fresh_agency,
    partitions_of,
    provide,
    read,
    read_from_start,
    source_of,
    write,
    write_packed,
)
from tests.kit.real.engines import Engines

pytestmark = pytest.mark.integration


@pytest.fixture
def topic(engines: Engines) -> str:
    agency = fresh_agency()
    provide(engines.kafka_login, agency)
    return INTAKE_AGENCY.for_agency(agency)


@pytest.fixture
def source(engines: Engines, topic: str) -> Iterator[KafkaSource]:
    source = source_of(engines.kafka_login, topic)
    yield source
    source.close()


@pytest.fixture
def admin(engines: Engines) -> Iterator[KafkaAdminClient]:
    admin = KafkaAdminClient(**engines.kafka_login)
    yield admin
    admin.close()


def test_records_come_from_the_given_positions_in_order(engines: Engines, topic: str, source: KafkaSource) -> None:
    for number in range(3):
        write(engines.kafka_login, topic, [f"{number}-{each}".encode() for each in range(20)], partition=number)
    places = partitions_of(source)
    source.assign({places[0]: 0, places[1]: 15, places[2]: 20})
    records = read(source, 25)
    assert [record.value for record in records if record.partition == 0] == [f"0-{each}".encode() for each in range(20)]
    assert [record.position for record in records if record.partition == 1] == [15, 16, 17, 18, 19]
    assert len(records) == 25


def test_a_record_is_as_it_was_written_with_the_brokers_time(engines: Engines, topic: str, source: KafkaSource) -> None:
    write(engines.kafka_login, topic, [b"body"], partition=2, headers=[("ce_id", b"e-1"), ("empty", b"")])
    [record] = read_from_start(engines.kafka_login, topic, 1)
    assert (record.topic, record.partition, record.position) == (topic, 2, 0)
    assert (record.key, record.value) == (None, b"body")
    assert record.headers == (("ce_id", b"e-1"), ("empty", b""))
    assert abs(record.appended_at - datetime.now(UTC)) < timedelta(minutes=5)


def test_nothing_more_than_asked_for_is_returned_at_once(engines: Engines, topic: str, source: KafkaSource) -> None:
    write(engines.kafka_login, topic, [b"x"] * 50)
    source.assign({partitions_of(source)[0]: 0})
    assert len(read(source, 1)) <= 500
    source.assign({partitions_of(source)[0]: 0})
    found: list[int] = []

    def some() -> bool:
        found.extend(record.position for record in source.poll(0.2, 7))
        return bool(found)

    wait_until(some, "the first records")
    assert found == list(range(7))


def test_ends_and_lag_are_known(engines: Engines, topic: str, source: KafkaSource) -> None:
    write(engines.kafka_login, topic, [b"x"] * 5, partition=1)
    assert source.ends([topic]) == {f"{topic}/0": 0, f"{topic}/1": 5, f"{topic}/2": 0}
    places = partitions_of(source)
    source.assign(dict.fromkeys(places.values(), 0))
    read(source, 5)
    assert source.known_ends()[places[1]] == 5


@pytest.mark.parametrize(
    ("position", "why"),
    [
        (2, "lost its beginning: it begins at 3, and 2 was next"),
        (9, "lost its tail, or the position was moved: it ends at 8, and 9 was next"),
    ],
)
def test_a_position_outside_the_log_is_never_reset_and_the_remedy_is_named(
    engines: Engines, topic: str, source: KafkaSource, admin: Any, position: int, why: str
) -> None:
    write(engines.kafka_login, topic, [b"x"] * 8)
    admin.delete_records({TopicPartition(topic, 0): 3})
    place = partitions_of(source)[0]
    with pytest.raises(PositionLost, match=f"{why}; run `pishkhan repair topic {topic}`") as lost:
        source.assign({place: position})
    assert lost.value.partition == place


def test_a_log_that_is_cut_while_it_is_read_is_noticed(
    engines: Engines, topic: str, source: KafkaSource, admin: Any
) -> None:
    write(engines.kafka_login, topic, [b"x"] * 8)
    place = partitions_of(source)[0]
    source.assign({place: 0})
    admin.delete_records({TopicPartition(topic, 0): 5})
    with pytest.raises(PositionLost) as lost:
        wait_until(lambda: bool(source.poll(0.2, 10)), "the broker says that the position is gone")
    assert lost.value.partition == place


def test_a_topic_made_anew_is_another_one(engines: Engines, topic: str, source: KafkaSource, admin: Any) -> None:
    before = partitions_of(source)[0]
    admin.delete_topics([topic])
    wait_until(lambda: not source.partitions(), "the topic is gone")
    admin.create_topics({topic: {"num_partitions": 3, "replication_factor": 1}})
    wait_until(lambda: bool(source.partitions()), "the topic is there again")
    after = partitions_of(source)[0]
    assert (after.topic, after.number) == (before.topic, before.number)
    assert after.topic_id != before.topic_id


def test_positions_are_noted_for_lag_tools(engines: Engines, topic: str, admin: Any) -> None:
    source = KafkaSource(engines.kafka_login, lambda name: name == topic, f"group-{topic}")
    write(engines.kafka_login, topic, [b"x"] * 4)
    place = partitions_of(source)[0]

    def noted() -> bool:
        source.note({place: 4})
        try:
            offsets = admin.list_group_offsets([f"group-{topic}"])[f"group-{topic}"]
        except RetriableError:  # the first group of a broker waits for its coordinator
            return False
        found = offsets.get(TopicPartition(topic, 0))
        return found is not None and found.offset == 4

    try:
        wait_until(noted, "the group has the position")
    finally:
        source.close()


def test_a_broken_header_name_stalls_nothing(engines: Engines, topic: str) -> None:
    class Broken(str):
        def encode(self, *arguments: object, **options: object) -> bytes:
            return b"\xff\xfe"

    write(engines.kafka_login, topic, [b"before"])
    write(engines.kafka_login, topic, [b"poison", b"poison"], headers=[("fine", b"1"), (Broken("name"), b"2")])
    write(engines.kafka_login, topic, [b"after"])
    records = read_from_start(engines.kafka_login, topic, 4)
    assert [record.value for record in records] == [b"before", b"poison", b"poison", b"after"]
    assert records[1].headers == (("fine", b"1"), ("\ufffd\ufffd", b"2"))
    letter = read_claim(records[1], IntakeReader.REQUESTS)
    assert isinstance(letter, Unreadable)
    assert letter.reason is DeadLetterReason.MALFORMED


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_every_codec_of_a_real_client_is_read(engines: Engines, topic: str, codec: str) -> None:
    values = [f"{number} ".encode() * 500 for number in range(40)]
    write_packed(engines.kafka_login, topic, codec, values)
    assert [record.value for record in read_from_start(engines.kafka_login, topic, 40)] == values


def test_a_broker_that_is_not_there_is_said_so() -> None:
    nowhere = {"bootstrap_servers": "127.0.0.1:1"}
    source = source_of(nowhere, "any")
    with pytest.raises(BrokerUnavailable):
        source.partitions()
    with pytest.raises(BrokerUnavailable):
        BrokerAdmin(nowhere)
    source.close()


def test_a_flooded_topic_takes_its_share_of_a_turn_and_the_others_records_come_in_the_same(engines: Engines) -> None:
    flood, quiet = (INTAKE_AGENCY.for_agency(agency) for agency in (fresh_agency(), fresh_agency()))
    provide(engines.kafka_login, *(topic.rpartition(".")[2] for topic in (flood, quiet)))
    share = Share(records=50, step=10, lately_seconds=60.0)
    shared = KafkaSource(engines.kafka_login, lambda topic: topic in (flood, quiet), "shared", TurnShares(share))
    turns: list[dict[str, list[bytes | None]]] = []

    def take_a_turn() -> None:
        turn: dict[str, list[bytes | None]] = {flood: [], quiet: []}
        for record in shared.poll(0.2, 500):
            turn[record.topic].append(record.value)
        shared.turn()
        turns.append(turn)

    def until_read(topic: str, count: int) -> None:
        def read_so_far() -> bool:
            take_a_turn()
            return sum(len(turn[topic]) for turn in turns) == count

        wait_until(read_so_far, f"{count} records of {topic} are read", seconds=60.0)

    try:
        shared.assign(dict.fromkeys(shared.partitions(), 0))
        write(engines.kafka_login, quiet, [b"first"])
        write(engines.kafka_login, flood, [b"first"])
        until_read(quiet, 1)
        until_read(flood, 1)
        spoken = len(turns)
        write(engines.kafka_login, flood, [b"%d" % number for number in range(1_000)])
        write(engines.kafka_login, quiet, [b"second"], partition=1)
        until_read(quiet, 2)
        before = sum(len(turn[flood]) for turn in turns) - 1
        until_read(flood, 1_001)
    finally:
        shared.close()
    flooding = [turn[flood] for turn in turns[spoken:]]
    assert [value for turn in flooding for value in turn] == [b"%d" % number for number in range(1_000)]
    assert max(map(len, flooding)) < share.records + share.step
    assert before < 1_000, "the other's record came while the flood went on"
