"""Reading logs with kafka-python, without its group protocol: partitions are assigned, positions are ours.

The library's traps, each closed here: it commits by itself, resets positions by itself, makes topics by itself,
leaves a partition unread when its metadata was not asked for before the first poll, and leaves busy partitions out of
a request that the broker holds back.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import structlog
from kafka import KafkaAdminClient, TopicPartition
from kafka.errors import KafkaError, LogTruncationError, OffsetOutOfRangeError
from kafka.structs import OffsetAndMetadata

from connectors.broker.admin import BrokerAdmin
from connectors.broker.login import KafkaLogin, client_arguments, meaningful_errors
from connectors.broker.offsets import spans_of
from connectors.broker.reader import reader_of_positions
from connectors.broker.unread_batches import UnreadValue
from connectors.broker.whole_fetches import ask_for_all_partitions, take_up_what_was_passed_over
from consumers.runner.errors import PositionLost
from consumers.runner.records import Partition, Record
from consumers.runner.shares import TurnShares
from schemas.limits import FETCH_BYTES, FETCH_PARTITION_BYTES

FETCH_WAIT_MS = 500


class KafkaSource:
    """Implements `consumers.runner.ports.Source` for the topics whose name `wanted` accepts.

    Nothing connects before the first call. `group` names the Kafka group to which positions are noted for lag tools.
    With `shares` no topic takes more than its share of a turn from the others.
    """

    def __init__(
        self, login: KafkaLogin, wanted: Callable[[str], bool], group: str, shares: TurnShares | None = None
    ) -> None:
        self._login = login
        self._wanted = wanted
        self._group = group
        self._log = structlog.get_logger("broker")
        self._consumer: Any = None
        self._admin: BrokerAdmin | None = None
        self._noting: Any = None
        self._assigned: dict[TopicPartition, Partition] = {}
        self._shares = shares

    def partitions(self) -> Sequence[Partition]:
        """Return all partitions of the wanted topics as they exist now."""
        if self._admin is None:
            self._admin = BrokerAdmin(self._login)
        return [partition for partition in self._admin.partitions() if self._wanted(partition.topic)]

    def assign(self, positions: Mapping[Partition, int]) -> None:
        """Read exactly these partitions from these positions. Raises `PositionLost` for one that the log lacks."""
        assigned = {TopicPartition(partition.topic, partition.number): partition for partition in positions}
        with meaningful_errors():
            consumer = self._connected()
            spans = spans_of(consumer, assigned)
            consumer.assign(list(assigned))
            self._assigned = assigned
            self._begin_turn(consumer)
            for place, partition in assigned.items():
                position, (begin, end) = positions[partition], spans[place]
                if not begin <= position <= end:
                    raise PositionLost(partition, _why_lost(partition.topic, position, begin, end))
                consumer.seek(place, position)

    def poll(self, timeout_seconds: float, records_max: int) -> Sequence[Record]:
        """Return up to `records_max` records, in order per partition; empty after the timeout."""
        with meaningful_errors():
            try:
                return self._poll(self._connected(), int(timeout_seconds * 1000), records_max)
            except OffsetOutOfRangeError as error:
                place, position = next(iter(error.args[0].items()))
                raise PositionLost(
                    self._assigned[place], f"it does not hold {position}; {_remedy(place.topic)}"
                ) from error
            except LogTruncationError as error:
                place = next(iter(error.divergent_offsets))
                raise PositionLost(self._assigned[place], f"it lost its tail; {_remedy(place.topic)}") from error

    def turn(self) -> None:
        """Give every topic its whole share anew."""
        if self._consumer is not None:
            with meaningful_errors():
                self._begin_turn(self._consumer)

    def _poll(self, consumer: Any, timeout_ms: int, records_max: int) -> list[Record]:
        """Poll once, or, when topics share a turn, step by step: who has had its share is passed over until the next.

        The library keeps what it holds of a partition that is passed over, and asks the broker for the others'.
        """
        records: list[Record] = []
        shares = self._shares
        while len(records) < records_max:
            contended = shares is not None and shares.contended
            most = records_max - len(records)
            if shares is not None and contended:
                most = min(most, shares.share.step)
            polled = consumer.poll(timeout_ms=0 if records else timeout_ms, max_records=most)
            found = [record_of(record) for some in polled.values() for record in some]
            records += found
            had_enough = frozenset() if shares is None else shares.charge(found)
            if had_enough:
                consumer.pause(*(place for place in self._assigned if place.topic in had_enough))
            if not found or not contended:
                break
        return records

    def _begin_turn(self, consumer: Any) -> None:
        if self._shares is not None:
            self._shares.begin()
            paused = consumer.paused()
            if paused:
                consumer.resume(*paused)

    def ends(self, topics: Sequence[str]) -> Mapping[str, int]:
        """Return the end position of every partition of `topics`, keyed `<topic>/<partition>`."""
        with meaningful_errors():
            consumer = self._connected()
            places = [
                TopicPartition(topic, number)
                for topic in topics
                for number in sorted(consumer.partitions_for_topic(topic) or ())
            ]
            spans = spans_of(consumer, places)
        return {f"{place.topic}/{place.partition}": end for place, (_, end) in spans.items()}

    def known_ends(self) -> Mapping[Partition, int]:
        """Return the ends of assigned partitions as the last polls saw them."""
        if self._consumer is None:
            return {}
        ends = {partition: self._consumer.highwater(place) for place, partition in self._assigned.items()}
        return {partition: end for partition, end in ends.items() if end is not None}

    def note(self, positions: Mapping[Partition, int]) -> None:
        """Commit positions to the group, for lag tools only: nobody reads them back."""
        if not positions:
            return
        offsets = {
            TopicPartition(partition.topic, partition.number): OffsetAndMetadata(position, "", -1)
            for partition, position in positions.items()
        }
        try:
            if self._noting is None:
                arguments = client_arguments(self._login, f"{self._group}-notes") | {"request_timeout_ms": 1_000}
                self._noting = KafkaAdminClient(**arguments)
            self._noting.alter_group_offsets(self._group, offsets)
        except (KafkaError, OSError) as error:
            self._log.debug("positions were not noted in Kafka", consumer=self._group, error=type(error).__name__)

    def close(self) -> None:
        """Stop reading and end the connections."""
        consumer, self._consumer = self._consumer, None
        admin, self._admin = self._admin, None
        noting, self._noting = self._noting, None
        for client in (consumer, admin, noting):
            if client is not None:
                client.close()

    def _connected(self) -> Any:
        if self._consumer is None:
            self._consumer = reader_of_positions(
                self._login,
                self._group,
                fetch_max_wait_ms=FETCH_WAIT_MS,
                fetch_max_bytes=FETCH_BYTES,
                max_partition_fetch_bytes=FETCH_PARTITION_BYTES,
            )
            ask_for_all_partitions(self._consumer)
            take_up_what_was_passed_over(self._consumer)
        return self._consumer


def record_of(record: Any) -> Record:
    """Return one record of kafka-python as ours."""
    return Record(
        record.topic,
        record.partition,
        record.offset,
        record.key,
        tuple(record.headers),
        record.value,
        datetime.fromtimestamp(record.timestamp / 1000, UTC),
        record.value.unread if isinstance(record.value, UnreadValue) else None,
    )


def _why_lost(topic: str, position: int, begin: int, end: int) -> str:
    if position > end:
        return (
            f"it lost its tail, or the position was moved: it ends at {end}, and {position} was next; {_remedy(topic)}"
        )
    return f"it lost its beginning: it begins at {begin}, and {position} was next; {_remedy(topic)}"


def _remedy(topic: str) -> str:
    return f"run `pishkhan repair topic {topic}`"
