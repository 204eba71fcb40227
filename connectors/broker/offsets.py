"""Where partitions begin and end: the library leaves those out whose leader it has just forgotten, and then fails."""

import time
from collections.abc import Collection
from typing import Any

from kafka import TopicPartition

from consumers.runner.errors import BrokerUnavailable
from consumers.runner.records import Span

#: How often it is asked again, and how long it is given in between to learn the leaders.
TRIES = 20
WAIT_SECONDS = 0.1


def spans_of(consumer: Any, places: Collection[TopicPartition]) -> dict[TopicPartition, Span]:
    """Return what all of `places`, which exist, hold now. Raises `BrokerUnavailable`, and the library's own errors."""
    wanted = list(places)
    if not wanted:
        return {}
    for topic in {place.topic for place in wanted}:
        # Else the library knows neither the topic nor its leaders.
        consumer.partitions_for_topic(topic)
    for _ in range(TRIES):
        try:
            begins, ends = consumer.beginning_offsets(wanted), consumer.end_offsets(wanted)
        except KeyError:
            time.sleep(WAIT_SECONDS)
        else:
            return {place: Span(begins[place], ends[place]) for place in wanted}
    raise BrokerUnavailable(f"some of {len(wanted)} partitions have no leader")
