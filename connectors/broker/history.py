"""Reading whole logs, from their beginning to the end they have now: for explanations and proofs, not for workers."""

from collections.abc import Callable, Collection, Iterator
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from connectors.broker.login import KafkaLogin, client_arguments, meaningful_errors
from connectors.broker.source import record_of
from consumers.runner.ports import BrokerUnavailable, Record

#: How many records one poll takes, and how long it waits for the first of them.
POLL_RECORDS = 2_000
POLL_MS = 1_000
#: A broker that sends nothing for so many polls, though the log goes on, is taken to be away.
EMPTY_POLLS_MAX = 30

#: Called with records read and records in all, as a reading goes on.
Progress = Callable[[int, int], None]


class KafkaHistory:
    """Streams logs. Nothing connects before the first call; use as a context manager, or close it."""

    def __init__(self, login: KafkaLogin) -> None:
        self._login = login
        self._consumer: Any = None

    def __enter__(self) -> "KafkaHistory":
        """Return the history itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the connection."""
        self.close()

    def partitions(self, topic: str) -> int:
        """Return how many partitions `topic` has; 0 when there is no such topic. Raises `BrokerUnavailable`."""
        with meaningful_errors():
            return len(self._connected().partitions_for_topic(topic) or ())

    def records(
        self, topics: Collection[str], only_partition: int | None = None, progress: Progress | None = None
    ) -> Iterator[Record]:
        """Yield every record that `topics` hold now, each partition in its order, partitions interleaved.

        `only_partition` restricts the reading to one partition number. What is appended meanwhile is left out. Holds
        one poll's records at a time. Raises `BrokerUnavailable`, also half-way.
        """
        with meaningful_errors():
            consumer = self._connected()
            places = [
                TopicPartition(topic, number)
                for topic in topics
                for number in sorted(consumer.partitions_for_topic(topic) or ())
                if only_partition is None or number == only_partition
            ]
            if not places:
                return
            consumer.assign(places)
            begins, ends = consumer.beginning_offsets(places), consumer.end_offsets(places)
            for place in places:
                consumer.seek(place, begins[place])
        total = sum(ends[place] - begins[place] for place in places)
        left = {place for place in places if begins[place] < ends[place]}
        read, empty_polls = 0, 0
        while left:
            with meaningful_errors():
                polled = consumer.poll(timeout_ms=POLL_MS, max_records=POLL_RECORDS)
            empty_polls = 0 if polled else empty_polls + 1
            if empty_polls > EMPTY_POLLS_MAX:
                raise BrokerUnavailable(
                    f"{len(left)} partitions sent nothing for {EMPTY_POLLS_MAX * POLL_MS // 1000} s"
                )
            for place, records in polled.items():
                for record in records:
                    if record.offset < ends[place]:
                        read += 1
                        yield record_of(record)
            with meaningful_errors():
                left = {place for place in left if consumer.position(place) < ends[place]}
            if progress is not None:
                progress(read, total)

    def close(self) -> None:
        """End the connection."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            consumer.close()

    def _connected(self) -> Any:
        if self._consumer is None:
            self._consumer = KafkaConsumer(
                **client_arguments(self._login, "pishkhan-history"),
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="none",
                allow_auto_create_topics=False,
                isolation_level="read_committed",
                metrics_enabled=False,
            )
        return self._consumer
