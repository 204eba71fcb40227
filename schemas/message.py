"""One event on its way out: its envelope, its body, and where it goes."""

from typing import NamedTuple

from schemas.envelope import Envelope


class Message(NamedTuple):
    """An event for the outbox.

    `partition` is none when the key decides (murmur2 of the key, as Kafka's own clients do); it is given when the
    caller knows it already: a record's own partition for the same key, or a marker for every partition.
    """

    topic: str
    key: str
    envelope: Envelope
    body: bytes
    partition: int | None = None
