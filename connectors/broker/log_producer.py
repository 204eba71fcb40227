"""Writing logs with kafka-python: idempotent, acknowledged by all replicas, every future checked."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from kafka import KafkaProducer
from kafka.errors import KafkaError

from connectors.broker.admin import BrokerAdmin
from connectors.broker.login import KafkaLogin, client_arguments
from consumers.runner.ports import BrokerUnavailable
from producers.ports import LogUnavailable, OutboxRow, TopicMissing

#: A record that is not acknowledged by then fails, and the whole batch goes again with a new producer.
DELIVERY_TIMEOUT_MS = 30_000
BATCH_BYTES = 262_144
REQUEST_BYTES_MAX = 8_388_608


class LogProducer:
    """Implements `producers.ports.Log`. Connects at once; raises `LogUnavailable` when it cannot."""

    def __init__(self, login: KafkaLogin) -> None:
        self._topics: frozenset[str] = frozenset()
        with _meaningful_errors():
            self._admin = BrokerAdmin(login)
            self._producer = KafkaProducer(
                **client_arguments(login, "pishkhan-relay"),
                # Spelled out: with other settings the library silently falls back to acks=1.
                enable_idempotence=True,
                acks="all",
                max_in_flight_requests_per_connection=5,
                delivery_timeout_ms=DELIVERY_TIMEOUT_MS,
                # Sending must not hang when the metadata of a topic is missing.
                max_block_ms=5_000,
                linger_ms=0,
                batch_size=BATCH_BYTES,
                max_request_size=REQUEST_BYTES_MAX,
                compression_type="lz4",
                allow_auto_create_topics=False,
                metrics_enabled=False,
            )

    def send(self, rows: Sequence[OutboxRow]) -> Callable[[], None]:
        """Hand `rows` over, to their own partitions; the returned call waits until all are acknowledged.

        Raises `TopicMissing`, with nothing sent, when the broker answers but lacks a topic.
        """
        self._require({row.topic for row in rows})
        send = self._producer.send
        with _meaningful_errors():
            futures = [
                send(row.topic, value=row.body, key=row.key, headers=row.headers, partition=row.partition)
                for row in rows
            ]

        def acknowledged() -> None:
            with _meaningful_errors():
                for future in futures:
                    future.get(timeout=DELIVERY_TIMEOUT_MS / 1000 + 5)

        return acknowledged

    def close(self) -> None:
        """Forget what is not acknowledged and end the connection."""
        self._producer.close(timeout=0)
        self._admin.close()

    def _require(self, topics: set[str]) -> None:
        # The producer itself cannot tell a missing topic from a broker that is away: it waits, and times out.
        if not topics <= self._topics:
            with _meaningful_errors():
                self._topics = frozenset(partition.topic for partition in self._admin.partitions())
        missing = topics - self._topics
        if missing:
            raise TopicMissing(frozenset(missing))


@contextmanager
def _meaningful_errors() -> Iterator[None]:
    try:
        yield
    except (KafkaError, OSError, BrokerUnavailable) as error:
        raise LogUnavailable(f"{type(error).__name__}: {error}") from error
