"""The hostile agency's clients: librdkafka with its own credential, and batches that no library packs."""

import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import cramjam
import lz4.frame
import pytest
from confluent_kafka import KafkaError, KafkaException, Message, Producer
from kafka import KafkaProducer
from kafka.record import memory_records
from kafka.record.default_records import DefaultRecordBatchBuilder

from connectors.broker.login import KafkaLogin, client_arguments, librdkafka_arguments
from tests.faults.strange.kinds import Strange, Write

WRITTEN_SECONDS = 20.0
_HEADER_BYTES = DefaultRecordBatchBuilder.HEADER_STRUCT.size
_GZIP, _SNAPPY, _LZ4 = 1, 2, 3
#: One member more than a reader takes of one batch.
MEMBERS = 17


@dataclass
class Client:
    """Whoever writes: `login` is the agency's own, `granted` one that may use transactions. Close it at the end."""

    login: KafkaLogin
    granted: KafkaLogin
    begun: set[str] = field(default_factory=set)
    _producers: dict[str, Any] = field(default_factory=dict)

    def producer(self, name: str, login: KafkaLogin, **settings: object) -> Any:
        """Return the producer of that name; there is one each."""
        if name not in self._producers:
            arguments = {
                **librdkafka_arguments(login, f"strange-{name}"),
                "linger.ms": 20,
                "acks": "all",
                "message.max.bytes": 8_000_000,
                "batch.size": 130_000,
                "message.timeout.ms": 15_000,
                "allow.auto.create.topics": False,
                **settings,
            }
            self._producers[name] = Producer(arguments)
        return self._producers[name]

    def close(self) -> None:
        """Wait until nothing is on its way."""
        for producer in self._producers.values():
            producer.flush(WRITTEN_SECONDS)
        self._producers.clear()


def packed(codec: str = "none", *, idempotent: bool = False) -> Write:
    """Return what writes batches that librdkafka packs with `codec`."""

    def write(client: Client, records: Sequence[Strange], partition: int) -> list[int | None]:
        settings = {"compression.type": codec, "enable.idempotence": idempotent}
        producer = client.producer(f"{codec} {idempotent}", client.login, **settings)
        return _written(producer, records, partition)

    return write


def transaction(*, commits: bool) -> Write:
    """Return what writes one transaction, as somebody may who was granted that: its control record lies in the log.

    One that is aborted has the last record behind it: what comes next is read all the same.
    """

    def write(client: Client, records: Sequence[Strange], partition: int) -> list[int | None]:
        name = f"strange-{commits}"
        producer = client.producer(name, client.granted, **{"transactional.id": name})
        if name not in client.begun:
            producer.init_transactions(WRITTEN_SECONDS)
            client.begun.add(name)
        producer.begin_transaction()
        inside = records if commits else records[:-1]
        positions = _written(producer, inside, partition)
        if commits:
            producer.commit_transaction(WRITTEN_SECONDS)
        else:
            producer.abort_transaction(WRITTEN_SECONDS)
        return [*positions, *packed()(client, records[len(inside) :], partition)]

    return write


def forbidden_transaction(client: Client, records: Sequence[Strange], partition: int) -> list[int | None]:
    """Try a transaction with the agency's own credential, to which none is granted."""
    producer = Producer({**librdkafka_arguments(client.login, "strange-forbidden"), "transactional.id": "strange-own"})
    try:
        producer.init_transactions(WRITTEN_SECONDS)
    except KafkaException as refusal:
        if refusal.args[0].code() == KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
            return [None] * len(records)
        raise
    return _written(producer, records, partition)


def raw(codec: int, pack: Callable[[bytes], bytes]) -> Write:
    """Return what writes one batch, packed by `pack` and called `codec`, whatever the library would make of it."""

    class Builder(DefaultRecordBatchBuilder):  # type: ignore[misc]  # the library has no types
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self._compression_type = codec

        def _maybe_compress(self) -> bool:
            self._buffer[_HEADER_BYTES:] = pack(bytes(self._buffer[_HEADER_BYTES:]))
            return True

    def write(client: Client, records: Sequence[Strange], partition: int) -> list[int | None]:
        with _building(Builder):
            producer = KafkaProducer(**client_arguments(client.login, "strange-raw"), acks="all", linger_ms=300)
            try:
                futures = [
                    producer.send(one.topic, one.value, one.key, headers=list(one.headers), partition=partition)
                    for one in records
                ]
                return [future.get(timeout=WRITTEN_SECONDS).offset for future in futures]
            finally:
                producer.close()

    return write


def _xerial(body: bytes) -> bytes:
    """Return Java's framing of snappy: a head, then blocks, each with its length."""
    blocks = (cramjam.snappy.compress_raw(body[start : start + 1_024]) for start in range(0, len(body), 1_024))
    framed = b"".join(struct.pack(">i", len(block)) + bytes(block) for block in blocks)
    return b"\x82SNAPPY\x00" + struct.pack(">ii", 1, 1) + framed


def _members(body: bytes) -> bytes:
    """Return gzip in more members than a reader takes."""
    step = -(-len(body) // MEMBERS)
    return b"".join(zlib.compress(body[start : start + step], wbits=31) for start in range(0, step * MEMBERS, step))


def _wrong_checksum(body: bytes) -> bytes:
    """Return an lz4 frame whose last four bytes, the checksum of what it holds, are not its own."""
    whole: bytes = lz4.frame.compress(body, content_checksum=True, block_linked=False, store_size=False)
    return whole[:-4] + bytes(255 - byte for byte in whole[-4:])


xerial = raw(_SNAPPY, _xerial)
many_members = raw(_GZIP, _members)
wrong_checksum = raw(_LZ4, _wrong_checksum)


@contextmanager
def _building(builder: type[DefaultRecordBatchBuilder]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory_records, "DefaultRecordBatchBuilder", builder)
        yield


def _written(producer: Any, records: Sequence[Strange], partition: int) -> list[int | None]:
    positions: dict[int, int | None] = {}

    def report(number: int, error: KafkaError | None, message: Message) -> None:
        positions[number] = None if error else message.offset()

    for number, one in enumerate(records):
        told = partial(report, number)
        moment = {"timestamp": one.moment_ms} if one.moment_ms else {}
        try:
            producer.produce(
                one.topic, one.value, one.key, partition, on_delivery=told, headers=list(one.headers), **moment
            )
        except KafkaException as refusal:
            # A topic that the broker refused before is refused by the client itself from then on.
            if refusal.args[0].code() != KafkaError.TOPIC_AUTHORIZATION_FAILED:
                raise
            positions[number] = None
    assert producer.flush(WRITTEN_SECONDS) == 0, "the broker says of each whether it takes it"
    return [positions[number] for number in range(len(records))]
