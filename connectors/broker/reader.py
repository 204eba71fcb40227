"""The reading side of every connection to the broker: no group, no position but the ones that it is given."""

from typing import Any

from kafka import KafkaConsumer

from connectors.broker.broken_headers import tolerate_broken_header_names
from connectors.broker.codecs import read_every_codec
from connectors.broker.login import KafkaLogin, client_arguments
from connectors.broker.unread_batches import read_around_faults


def reader_of_positions(login: KafkaLogin, client_id: str, **limits: int) -> Any:
    """Return a consumer of committed records that never commits, resets a position or makes a topic.

    What cannot be read is one record that says so. `limits` are the library's own, on what one fetch takes and how long
    it waits. Connects at once, and raises the library's errors.
    """
    tolerate_broken_header_names()
    read_every_codec()
    consumer = KafkaConsumer(
        **client_arguments(login, client_id),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="none",
        allow_auto_create_topics=False,
        isolation_level="read_committed",
        metrics_enabled=False,
        **limits,
    )
    read_around_faults(consumer)
    return consumer
