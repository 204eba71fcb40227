"""Writing logs with librdkafka: idempotent, acknowledged by all replicas, every record's report checked.

Reading stays with kafka-python. Writing with it costs seven times as much CPU per record, and the relay writes two
records per request: docs/decisions/0010.
"""

import logging
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from connectors.broker.admin import BrokerAdmin
from connectors.broker.login import KafkaLogin, librdkafka_arguments
from connectors.failpoints import Failpoint, failpoint
from consumers.runner.errors import BrokerUnavailable
from producers.ports import LogUnavailable, OutboxRow, RowsRefused, TopicMissing
from schemas.limits import PRODUCER_BATCH_BYTES, PRODUCER_MESSAGE_BYTES
from schemas.partition import Place

#: A record that is not acknowledged by then fails, and the whole batch goes again with a new producer.
DELIVERY_TIMEOUT_MS = 10_000
#: What the broker says of a record that it will never take, however often it is sent.
REFUSALS = frozenset(
    {
        KafkaError.MSG_SIZE_TOO_LARGE,
        KafkaError.RECORD_LIST_TOO_LARGE,
        KafkaError.INVALID_RECORD,
        KafkaError.INVALID_TIMESTAMP,
        KafkaError.POLICY_VIOLATION,
    }
)


class LogProducer:
    """Implements `producers.ports.Log`. Connects at once; raises `LogUnavailable` when it cannot."""

    def __init__(self, login: KafkaLogin) -> None:
        self._topics: frozenset[str] = frozenset()
        self._was_away = False
        with _meaningful_errors():
            self._admin = BrokerAdmin(login)
            self._producer = Producer(
                {
                    **librdkafka_arguments(login, "pishkhan-relay"),
                    "enable.idempotence": True,
                    "acks": "all",
                    "message.timeout.ms": DELIVERY_TIMEOUT_MS,
                    "compression.type": "lz4",
                    "linger.ms": 0,
                    "message.max.bytes": PRODUCER_MESSAGE_BYTES,
                    "batch.size": PRODUCER_BATCH_BYTES,
                    "allow.auto.create.topics": False,
                    "error_cb": self._note_error,
                },
                logger=logging.getLogger("librdkafka"),
            )

    def send(self, rows: Sequence[OutboxRow]) -> Callable[[], None]:
        """Hand `rows` over, to their own partitions; the returned call waits until all are acknowledged.

        Of one key a row goes when the one before it is acknowledged: after a refusal the client would number anew and
        send what lies behind. Raises `TopicMissing`, with nothing sent, when the broker answers but lacks a topic.
        """
        self._require({row.topic for row in rows})
        failures: list[KafkaError] = []
        refused: dict[int, str] = {}
        # Counted, because rows that are of no outbox have no ids of their own.
        refusals = 0
        acknowledged: list[int] = []
        behind: dict[tuple[str, bytes], deque[OutboxRow]] = {}
        # Its declared headers may hold more than ours do, and a list is not covariant.
        produce: Callable[..., None] = self._producer.produce

        def hand_over(row: OutboxRow) -> None:
            told = partial(report, row)
            produce(row.topic, row.body, row.key, row.partition, on_delivery=told, headers=row.headers)

        def report(row: OutboxRow, error: KafkaError | None, _message: Message) -> None:
            nonlocal refusals
            if error is None:
                acknowledged.append(row.id)
                followers = behind[row.topic, row.key]
                if followers:
                    hand_over(followers.popleft())
            elif error.code() in REFUSALS:
                refusals += 1
                refused[row.id] = f"the broker refuses it: {error.str()}"
            else:
                failures.append(error)

        first = []
        for row in rows:
            followers = behind.get((row.topic, row.key))
            if followers is None:
                behind[row.topic, row.key] = deque()
                first.append(row)
            else:
                followers.append(row)
        with _meaningful_errors():
            for row in first:
                hand_over(row)
        failpoint(Failpoint.RELAY_SENT)

        def wait() -> None:
            with _meaningful_errors():
                # Above the time-out of every record, so that each has its report by then.
                self._producer.flush(DELIVERY_TIMEOUT_MS / 1000 + 5)
                if failures:
                    raise KafkaException(failures[0])
            unsent = sum(map(len, behind.values())) if refusals else 0
            reports = len(acknowledged) + refusals + unsent
            if reports != len(rows):
                raise LogUnavailable(f"{len(rows) - reports} of {len(rows)} records have no report")
            if refused:
                raise RowsRefused(refused, acknowledged)

        return wait

    def reach(self) -> None:
        """Ask the broker for a sign of life."""
        with _meaningful_errors():
            self._admin.cluster_id()

    def was_away(self) -> bool:
        """Say whether a broker may have been away since this was asked last; librdkafka comes back to it by itself."""
        self._producer.poll(0)
        was_away, self._was_away = self._was_away, False
        return was_away

    def ends(self, places: Collection[Place]) -> Mapping[Place, int]:
        """Return where those of `places` that are there end now."""
        with _meaningful_errors():
            return self._admin.ends(places)

    def close(self) -> None:
        """Forget what is not acknowledged and end the connection."""
        self._producer.purge()
        self._producer.flush(1.0)
        self._admin.close()

    def _note_error(self, _error: KafkaError) -> None:
        self._was_away = True

    def _require(self, topics: set[str]) -> None:
        # Asked for before sending, so that a missing topic costs no time-out and nothing of the batch goes out.
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
    except KafkaException as error:
        raise LogUnavailable(str(error.args[0])) from error
    except (BrokerUnavailable, BufferError) as error:
        raise LogUnavailable(f"{type(error).__name__}: {error}") from error
