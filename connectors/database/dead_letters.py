"""Dead letters: events that can never be applied, with the field and the reason, kept whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from connectors.database.copy import copy_rows
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

    def add(self, consumer: str, letters: Sequence[Unreadable]) -> None:
        """Keep `letters` with their records."""
        copy_rows(self._connection, dead_letter, _COLUMNS, [_row(consumer, letter) for letter in letters])

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
