"""Kafka clients for tests, and topics that no other test has."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Producer
from kafka import KafkaProducer

from connectors.broker.admin import BrokerAdmin
from connectors.broker.login import librdkafka_arguments
from connectors.broker.source import KafkaSource
from consumers.runner.records import Partition, Record
from deploy.engines.instance import Instance
from deploy.engines.jars import ensure_jars
from deploy.engines.kafka import EmbeddedKafka
from tests.kit.on_sql.databases import wait_until


def fresh_agency() -> str:
    """Return an agency code, and so an intake topic, of this test alone."""
    return f"agency-{uuid4()}"


def provide(login: Mapping[str, Any], *agencies: str) -> None:
    """Make all topics of a bus with these agencies, and the rules."""
    admin = BrokerAdmin(login)
    try:
        admin.ensure_topics(agencies)
        admin.ensure_rights(agencies)
    finally:
        admin.close()


def write(
    login: Mapping[str, Any],
    topic: str,
    values: Iterable[bytes],
    *,
    partition: int = 0,
    headers: Iterable[tuple[str, bytes]] = (),
) -> None:
    """Write records as a foreign client would. Raises the library's own error when the broker refuses."""
    producer = KafkaProducer(**login, acks="all", max_block_ms=10_000)
    try:
        futures = [producer.send(topic, value, headers=list(headers), partition=partition) for value in values]
        for future in futures:
            future.get(timeout=20)
    finally:
        producer.close()


def write_packed(login: Mapping[str, Any], topic: str, codec: str, values: Iterable[bytes], partition: int = 0) -> None:
    """Write records as a client with librdkafka does that packs its batches with `codec`."""
    producer = Producer(
        {
            **librdkafka_arguments(login, "test"),
            "compression.type": codec,
            "linger.ms": 100,
            "acks": "all",
            "message.max.bytes": 10_000_000,
        }
    )
    failures: list[object] = []
    for value in values:
        producer.produce(topic, value, partition=partition, on_delivery=lambda error, _: failures.append(error))
    assert producer.flush(20) == 0, "everything is acknowledged in time"
    assert not any(failures), failures


def source_of(login: Mapping[str, Any], topic: str) -> KafkaSource:
    """Return a source of one topic."""
    return KafkaSource(login, lambda name: name == topic, f"test-{uuid4().hex[:8]}")


def read_from_start(login: Mapping[str, Any], topic: str, count: int) -> list[Record]:
    """Return the first `count` records of a topic, in order per partition."""
    source = source_of(login, topic)
    try:
        source.assign(dict.fromkeys(source.partitions(), 0))
        return read(source, count)
    finally:
        source.close()


def read(source: KafkaSource, count: int) -> list[Record]:
    """Poll until `count` records have come."""
    records: list[Record] = []

    def complete() -> bool:
        records.extend(source.poll(0.2, 500))
        return len(records) >= count

    wait_until(complete, f"{count} records are readable", seconds=30.0)
    return records


def partitions_of(source: KafkaSource) -> dict[int, Partition]:
    """Return a source's partitions by number."""
    return {partition.number: partition for partition in source.partitions()}


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Callable[[], EmbeddedKafka]]:
    """Start a broker of this test alone, again and again over the same directory."""
    with broker_in(tmp_path) as start:
        yield start


@contextmanager
def broker_in(folder: Path) -> Iterator[Callable[[], EmbeddedKafka]]:
    """Give what starts a broker over `folder`, again and again; all are stopped at the end."""
    with ExitStack() as stack:
        instance = stack.enter_context(Instance(folder))

        def start() -> EmbeddedKafka:
            kafka = EmbeddedKafka(folder / "kafka", folder / "logs", instance.processes, ensure_jars)
            stack.callback(kafka.stop)
            kafka.start()
            return kafka

        yield start
