"""Dead letters: events that can never be applied, with the field and the reason, kept whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from connectors.database.copy import copy_rows
from connectors.database.driver import driver_connection
from connectors.database.kafka_columns import headers_to_json
from connectors.database.tables import dead_letter
from consumers.intake import Unreadable

_COLUMNS = (
    "consumer",
    "topic",
    "partition",
    "position",
    "reason",
    "field",
    "detail",
    "source",
    "event_id",
    "type",
    "headers",
    "body",
)
_KNOWN = """
SELECT letter.topic, letter.partition, letter.position FROM dead_letter AS letter
JOIN unnest(%(topics)s::text[], %(partitions)s::int[], %(positions)s::bigint[], %(bodies)s::bytea[])
    AS read (topic, partition, position, body) USING (topic, partition, position)
WHERE letter.consumer = %(consumer)s AND letter.body IS NOT DISTINCT FROM read.body
"""


@dataclass(frozen=True, slots=True)
class DeadLetterRow:
    """One dead letter as people see it; the body stays in the database."""

    id: int
    consumer: str
    topic: str
    partition: int
    position: int
    reason: str
    field: str
    detail: str
    source: str | None
    event_id: str | None
    recorded_at: datetime


class DeadLetterStore:
    """Adds and lists dead letters on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, consumer: str, letters: Sequence[Unreadable]) -> list[Unreadable]:
        """Keep those of `letters` that are not on record yet, with their records, and return them.

        A record that is read again is the same place of the same topic, with the same body: a topic that was made anew
        has the same places.
        """
        known = self._known(consumer, letters)
        new = [letter for letter in letters if (*letter.record.place, letter.record.position) not in known]
        copy_rows(self._connection, dead_letter, _COLUMNS, [_row(consumer, letter) for letter in new])
        return new

    def _known(self, consumer: str, letters: Sequence[Unreadable]) -> set[tuple[str, int, int]]:
        if not letters:
            return set()
        records = [letter.record for letter in letters]
        parameters = {
            "consumer": consumer,
            "topics": [record.topic for record in records],
            "partitions": [record.partition for record in records],
            "positions": [record.position for record in records],
            "bodies": [record.value for record in records],
        }
        return set(driver_connection(self._connection).execute(_KNOWN, parameters).fetchall())

    def newest(self, limit: int, consumer: str | None = None) -> list[DeadLetterRow]:
        """Return the newest `limit` dead letters, newest first."""
        names = DeadLetterRow.__dataclass_fields__
        query = select(*(dead_letter.columns[name] for name in names)).order_by(dead_letter.c.id.desc()).limit(limit)
        if consumer is not None:
            query = query.where(dead_letter.c.consumer == consumer)
        return [DeadLetterRow(*row) for row in self._connection.execute(query)]


def _row(consumer: str, letter: Unreadable) -> tuple[object, ...]:
    record, envelope = letter.record, letter.envelope
    return (
        consumer,
        record.topic,
        record.partition,
        record.position,
        letter.reason.value,
        letter.field,
        letter.detail,
        None if envelope is None else envelope.source,
        None if envelope is None else envelope.id,
        None if envelope is None else envelope.type,
        headers_to_json(record.headers),
        record.value,
    )
