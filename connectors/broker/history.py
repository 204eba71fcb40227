"""Reading logs to the end they have now, whole or from a time: for explanations and proofs, not for workers."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from kafka import TopicPartition

from connectors.broker.login import KafkaLogin, meaningful_errors
from connectors.broker.offsets import spans_of
from connectors.broker.reader import reader_of_positions
from connectors.broker.source import record_of
from consumers.logs import Progress
from consumers.runner.errors import BrokerUnavailable
from consumers.runner.records import Record, Span
from schemas.partition import Place

#: How many records one poll takes, and how long it waits for the first of them.
POLL_RECORDS = 2_000
POLL_MS = 1_000
#: A broker that sends nothing for so many polls, though the log goes on, is taken to be away.
EMPTY_POLLS_MAX = 30


class KafkaHistory:
    """Implements `consumers.logs.Logs`. Nothing connects before the first call; it is a context manager too."""

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
            places = self._places(topics, only_partition)
        yield from self.between(self.spans(Place(place.topic, place.partition) for place in places), progress)

    def spans(self, places: Iterable[Place]) -> dict[Place, Span]:
        """Return what each of `places` holds now."""
        with meaningful_errors():
            found = spans_of(self._connected(), [TopicPartition(*place) for place in places])
        return {Place(place.topic, place.partition): span for place, span in found.items()}

    def since(self, places: Collection[Place], moment: datetime) -> dict[Place, int]:
        """Return each place's first position at or after `moment`; a place without such a record is left out."""
        if not places:
            return {}
        wanted = dict.fromkeys((TopicPartition(*place) for place in places), max(0, int(moment.timestamp() * 1000)))
        with meaningful_errors():
            found = self._connected().offsets_for_times(wanted)
        return {Place(place.topic, place.partition): at.offset for place, at in found.items() if at is not None}

    def appended(self, topics: Collection[str], start: datetime, end: datetime | None = None) -> dict[Place, Span]:
        """Return, per partition, the positions of what was appended from `start` to before `end` (none: until now).

        The times are the broker's own. Raises `BrokerUnavailable`.
        """
        with meaningful_errors():
            places = self._places(topics, None)
        now = self.spans(Place(place.topic, place.partition) for place in places)
        first, last = self.since(now, start), {} if end is None else self.since(now, end)
        begins = {place: first.get(place, span.end) for place, span in now.items()}
        return {
            place: Span(begins[place], max(begins[place], last.get(place, span.end))) for place, span in now.items()
        }

    def between(self, spans: Mapping[Place, Span], progress: Progress | None = None) -> Iterator[Record]:
        """Yield the records of `spans`, each partition in its order, partitions interleaved.

        Holds one poll's records at a time. Raises `BrokerUnavailable`, also half-way.
        """
        ends = {TopicPartition(*place): end for place, (begin, end) in spans.items() if begin < end}
        with meaningful_errors():
            consumer = self._connected()
            for topic in {place.topic for place in ends}:
                consumer.partitions_for_topic(topic)
            consumer.assign(list(ends))
            consumer.resume(*ends)
            for place in ends:
                consumer.seek(place, spans[Place(place.topic, place.partition)].begin)
        total = sum(end - begin for begin, end in spans.values())
        left = set(ends)
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
                    if record.offset < spans[place][1]:
                        read += 1
                        yield record_of(record)
            with meaningful_errors():
                left = {place for place in left if consumer.position(place) < ends[place]}
                # What comes after its end is not waited for, and must not keep the others waiting.
                consumer.pause(*(place for place in ends if place not in left))
            if progress is not None:
                progress(read, total)

    def close(self) -> None:
        """End the connection."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            consumer.close()

    def _places(self, topics: Collection[str], only_partition: int | None) -> list[TopicPartition]:
        consumer = self._connected()
        return [
            TopicPartition(topic, number)
            for topic in topics
            for number in sorted(consumer.partitions_for_topic(topic) or ())
            if only_partition is None or number == only_partition
        ]

    def _connected(self) -> Any:
        if self._consumer is None:
            self._consumer = reader_of_positions(self._login, "pishkhan-history")
        return self._consumer
