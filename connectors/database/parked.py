"""The park: events that wait, in SQL, in the transaction that moves the position past them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, literal, or_, select, update

from connectors.database.copy import copy_rows
from connectors.database.kafka_columns import body_or_empty, headers_from_json, headers_to_json
from connectors.database.tables import parked_event
from consumers.parking import REFUSABLE, WAITING_LIMIT, OperatorAction, ParkedEvent, ParkedRow, ParkReason
from consumers.runner.ports import ParkFull, Record

#: How many events that may not be refused one consumer keeps: far more than an outage brings, far less than fills a
#: disk.
PARK_LIMIT = 100_000

_REFUSABLE = sorted(reason.value for reason in REFUSABLE)

_COLUMNS = (
    "consumer",
    "key",
    "reason",
    "detail",
    "topic",
    "partition",
    "position",
    "headers",
    "body",
    "appended_at",
    "wait_for",
    "expires_at",
)


class ParkedStore:
    """One consumer's park on one connection. Read it after the rows that the keys belong to are locked."""

    def __init__(self, connection: Connection, consumer: str, limit: int = PARK_LIMIT) -> None:
        self._connection = connection
        self._consumer = consumer
        self._limit = limit

    def park(self, events: Sequence[ParkedEvent]) -> None:
        """Park `events` in their order. Raises `ParkFull` when those that may not be refused would pass the limit.

        Claims that wait for something do not count: whoever parks them asks `room` first.
        """
        if not events:
            return
        kept = sum(event.reason not in REFUSABLE for event in events)
        if kept and self.kept() + kept > self._limit:
            raise ParkFull(f"{self._consumer}: {self._limit} events wait; redrive or skip some")
        copy_rows(self._connection, parked_event, _COLUMNS, [_to_row(self._consumer, event) for event in events])

    def kept(self) -> int:
        """Return how many events that may not be refused are kept, counted up to the limit."""
        return self._counted(parked_event.c.reason.not_in(_REFUSABLE), self._limit)

    def room(self, topic: str) -> int:
        """Return how many more claims of `topic` may wait for a predecessor or for the registry."""
        waiting = and_(parked_event.c.topic == topic, parked_event.c.reason.in_(_REFUSABLE))
        return WAITING_LIMIT - self._counted(waiting, WAITING_LIMIT)

    def of_keys(self, keys: Collection[str]) -> list[ParkedRow]:
        """Return the parked events of `keys`, oldest first."""
        if not keys:
            return []
        return self._rows(parked_event.c.key == func.any(list(keys)), None)

    def due_keys(self, now: datetime, limit: int) -> list[str]:
        """Return keys with an event that is past its time (business time) or that an operator has decided on."""
        due = or_(parked_event.c.expires_at <= now, parked_event.c.operator_action.is_not(None))
        query = select(parked_event.c.key).where(self._mine(), due).order_by(parked_event.c.expires_at).limit(limit)
        return list(dict.fromkeys(self._connection.execute(query).scalars()))

    def waiting(self, reason: ParkReason, limit: int) -> list[ParkedRow]:
        """Return up to `limit` events that wait for `reason`: of each topic the oldest, so that none waits behind all
        of another's.
        """
        turn = func.row_number().over(partition_by=parked_event.c.topic, order_by=parked_event.c.id)
        turns = select(parked_event.c.id, turn.label("turn")).where(self._mine(), parked_event.c.reason == reason.value)
        lines = turns.subquery()
        first = select(lines.c.id).order_by(lines.c.turn, lines.c.id).limit(limit)
        return self._rows(parked_event.c.id.in_(first), None)

    def remove(self, ids: Collection[int]) -> None:
        """Let events go: they were applied, refused or skipped in this transaction."""
        if ids:
            self._connection.execute(delete(parked_event).where(parked_event.c.id == func.any(list(ids))))

    def change(self, parked_id: int, reason: ParkReason, detail: str, expires_at: datetime) -> None:
        """Keep an event parked for another reason; an operator's decision on it is thereby carried out."""
        self._connection.execute(
            update(parked_event)
            .where(parked_event.c.id == parked_id)
            .values(
                reason=reason.value,
                detail=detail,
                expires_at=expires_at,
                operator_action=None,
                operator_by=None,
                operator_why=None,
            )
        )

    def _counted(self, condition: Any, limit: int) -> int:
        rows = select(literal(1)).where(self._mine(), condition).limit(limit).subquery()
        return self._connection.execute(select(func.count()).select_from(rows)).scalar_one()

    def _mine(self) -> Any:
        return parked_event.c.consumer == self._consumer

    def _rows(self, condition: Any, limit: int | None) -> list[ParkedRow]:
        query = select(parked_event).where(self._mine(), condition).order_by(parked_event.c.id).limit(limit)
        return [_from_row(row) for row in self._connection.execute(query)]


@dataclass(frozen=True, slots=True)
class ParkedLine:
    """One parked event as people see it; the event itself stays in the database."""

    id: int
    consumer: str
    key: str
    reason: str
    detail: str
    topic: str
    partition: int
    position: int
    expires_at: datetime
    operator_action: str | None
    operator_by: str | None


class ParkOperator:
    """What an operator sees of every park and may ask for; workers carry it out."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def oldest(self, limit: int, consumer: str | None = None) -> list[ParkedLine]:
        """Return the `limit` events that have waited longest."""
        names = ParkedLine.__dataclass_fields__
        query = select(*(parked_event.columns[name] for name in names)).order_by(parked_event.c.id).limit(limit)
        if consumer is not None:
            query = query.where(parked_event.c.consumer == consumer)
        return [ParkedLine(*row) for row in self._connection.execute(query)]

    def decide(self, ids: Collection[int], action: OperatorAction, by: str, why: str) -> list[int]:
        """Note a decision, who made it and why. Returns the ids that were found."""
        changed = self._connection.execute(
            update(parked_event)
            .where(parked_event.c.id == func.any(list(ids)))
            .values(operator_action=action.value, operator_by=by, operator_why=why)
            .returning(parked_event.c.id)
        )
        return sorted(changed.scalars())


def _to_row(consumer: str, event: ParkedEvent) -> tuple[object, ...]:
    record = event.record
    return (
        consumer,
        event.key,
        event.reason.value,
        event.detail,
        record.topic,
        record.partition,
        record.position,
        headers_to_json(record.headers),
        body_or_empty(record),
        record.appended_at,
        None if event.wait_for is None else dict(event.wait_for),
        event.expires_at,
    )


def _from_row(row: Row[Any]) -> ParkedRow:
    record = Record(
        topic=row.topic,
        partition=row.partition,
        position=row.position,
        key=row.key.encode(),
        headers=headers_from_json(row.headers),
        value=row.body,
        appended_at=row.appended_at,
    )
    return ParkedRow(
        id=row.id,
        event=ParkedEvent(
            key=row.key,
            reason=ParkReason(row.reason),
            detail=row.detail,
            record=record,
            expires_at=row.expires_at,
            wait_for=row.wait_for,
        ),
        action=None if row.operator_action is None else OperatorAction(row.operator_action),
        action_by=row.operator_by,
        action_why=row.operator_why,
    )
