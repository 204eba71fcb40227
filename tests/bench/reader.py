"""A consumer from outside: counts what it can read on a topic, and knows when."""

import threading
import time
from typing import Any

from kafka import KafkaConsumer, TopicPartition

ROUTED = b"ir.pishkhan.RequestRouted.v1"


class Reader:
    """Reads `topic` from its present end on, in a thread of its own; counts records of one type (none: all)."""

    def __init__(self, login: dict[str, str], topic: str, event_type: bytes | None) -> None:
        self._consumer: Any = KafkaConsumer(
            **login, group_id=None, enable_auto_commit=False, auto_offset_reset="earliest", fetch_max_wait_ms=100
        )
        places = [TopicPartition(topic, number) for number in self._consumer.partitions_for_topic(topic) or ()]
        self._consumer.assign(places)
        self._consumer.seek_to_end(*places)
        for place in places:
            self._consumer.position(place)
        self._event_type = event_type
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.count = 0
        self.seen_at: dict[bytes, float] = {}

    def __enter__(self) -> "Reader":
        """Begin to read."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop reading."""
        self._stop.set()
        self._thread.join()
        self._consumer.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            for records in self._consumer.poll(timeout_ms=50, max_records=5_000).values():
                now = time.time()
                for record in records:
                    if self._event_type is None or (b"ce_type", self._event_type) in (
                        (name.encode(), value) for name, value in record.headers
                    ):
                        self.count += 1
                        self.seen_at[record.key] = now
