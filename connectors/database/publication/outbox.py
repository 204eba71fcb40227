"""The outbox's writing side: what is to be published, in the transaction that decided it."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, Engine, text

from connectors.database.schema.tables import outbox
from connectors.database.sql.copy import copy_rows
from connectors.database.sql.driver import driver_connection, meaningful_errors
from consumers.runner.errors import Contention, DatabaseUnavailable
from producers.ports import OpenOutbox, OutboxUnavailable
from schemas.message import Message
from schemas.partition import partition_of
from schemas.topics import INTAKE_PREFIX, topic_of

#: The relay listens on this channel, so that it sleeps when nothing happens.
CHANNEL = "pishkhan_outbox"
#: Partitions are spread over this many shards; each shard has one relay at a time.
SHARDS = 4

_NOTIFY = text(f"NOTIFY {CHANNEL}")
#: Only what is unpublished is in the index that this reads. What is set aside, and all behind it, waits for a person.
_ON_THE_WAY = """
SELECT topic, min(created_at) FROM outbox WHERE published_at IS NULL AND starts_with(topic, %s)
    AND NOT EXISTS (
        SELECT FROM set_aside_row AS aside
        WHERE aside.topic = outbox.topic AND aside.key = outbox.key AND aside.decided_at IS NULL
    )
GROUP BY topic
"""
_COLUMNS = (
    "shard",
    "topic",
    "partition",
    "key",
    "event_id",
    "source",
    "type",
    "subject",
    "time",
    "sequence",
    "load_revision",
    "load_index",
    "body",
)


class OutboxStore:
    """Adds messages to the outbox on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, messages: Iterable[Message]) -> None:
        """Add `messages` in their order; they are published after the commit, in this order per key.

        Call it after the rows that the keys belong to are locked: ids are drawn here, and one key's ids must be in
        commit order. Raises `DatabaseUnavailable` when today's partition of the table is missing.
        """
        if copy_rows(self._connection, outbox, _COLUMNS, map(_row, messages)):
            self._connection.execute(_NOTIFY)

    def on_the_way(self) -> Mapping[str, datetime]:
        """Return since when, real time, the oldest claim waits to be published to each intake topic."""
        return dict(driver_connection(self._connection).execute(_ON_THE_WAY, (INTAKE_PREFIX,)).fetchall())


def outbox_opener(engine: Engine) -> OpenOutbox:
    """Return what opens a transaction on the outbox alone, for publishing from outside the consumers."""

    @contextmanager
    def opened() -> Iterator[OutboxStore]:
        try:
            with meaningful_errors(), engine.begin() as connection:
                yield OutboxStore(connection)
        except (DatabaseUnavailable, Contention) as error:
            raise OutboxUnavailable(str(error)) from error

    return opened


def _row(message: Message) -> tuple[object, ...]:
    envelope = message.envelope
    assert envelope.time is not None, "a message for the outbox has its business time"
    partition = message.partition if message.partition is not None else _partition(message)
    return (
        partition % SHARDS,
        message.topic,
        partition,
        message.key,
        envelope.id,
        envelope.source,
        envelope.type,
        envelope.subject,
        envelope.time,
        envelope.sequence,
        envelope.load_revision,
        envelope.load_index,
        message.body,
    )


def _partition(message: Message) -> int:
    topic = topic_of(message.topic)
    assert topic is not None, f"{message.topic} is not in the table of topics"
    return partition_of(message.key, topic.partitions)
