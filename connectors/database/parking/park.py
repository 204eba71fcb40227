"""The park: events that wait, in SQL, in the transaction that moves the position past them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, literal, select

from connectors.database.schema.tables import park_decision, parked_event
from connectors.database.sql.copy import copy_rows, json_bytes
from connectors.database.sql.driver import driver_connection
from connectors.database.sql.kafka_columns import body_or_empty, headers_from_json, headers_to_json
from consumers.parking import (
    REFUSABLE,
    WAITING_BYTES_LIMIT,
    WAITING_LIMIT,
    DecisionOutcome,
    OperatorAction,
    ParkedEvent,
    ParkedRow,
    ParkReason,
    Room,
    rest_after,
)
from consumers.runner.errors import Contention, ParkFull
from consumers.runner.records import Record

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
    "tries",
    "next_try_at",
)
#: What an operator has decided on an event and no worker has come to.
OPEN_DECISION = and_(park_decision.c.parked_id == parked_event.c.id, park_decision.c.outcome.is_(None))
#: The time of the statement and not of the clock: only that can be looked up in an index.
_NOW = func.statement_timestamp()
#: These two are asked several times a second by workers that have nothing to do, and so are written out.
_DUE_KEYS = """
SELECT key FROM parked_event
WHERE consumer = %(consumer)s AND (expires_at <= %(now)s OR next_try_at <= statement_timestamp())
ORDER BY least(expires_at, next_try_at), id
LIMIT %(most)s
"""
_FIRST_WAITING = """
SELECT id FROM (
    SELECT id, row_number() OVER (PARTITION BY topic ORDER BY id) AS turn
    FROM parked_event WHERE consumer = %(consumer)s AND reason = %(reason)s
) AS line
ORDER BY turn, id
LIMIT %(most)s
"""
#: First, in a statement of its own: an operator may be deciding on these rows, and only a statement that begins after
#: the wait for him sees his decision and gives it its end.
_LOCK = "SELECT operator_action FROM parked_event WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR UPDATE"
#: A decision that was made after the row was read is not carried out by this, so it stays.
_KEEP = """
WITH kept AS (
    UPDATE parked_event AS row
    SET reason = new.reason, detail = new.detail, expires_at = new.expires_at, wait_for = new.wait_for,
        tries = new.tries,
        next_try_at = CASE
            WHEN open.id IS DISTINCT FROM new.seen THEN row.next_try_at
            ELSE statement_timestamp() + new.rest
        END,
        operator_action = CASE WHEN open.id IS DISTINCT FROM new.seen THEN row.operator_action END
    FROM unnest(%(ids)s::bigint[], %(reasons)s::text[], %(details)s::text[], %(expiries)s::timestamptz[],
        %(waits)s::jsonb[], %(tries)s::int[], %(rests)s::interval[], %(seen)s::bigint[])
        AS new (id, reason, detail, expires_at, wait_for, tries, rest, seen)
    LEFT JOIN park_decision AS open ON open.parked_id = new.id AND open.outcome IS NULL
    WHERE row.id = new.id
    RETURNING row.id, row.operator_action
)
UPDATE park_decision AS decision SET outcome = %(outcome)s, ended_at = statement_timestamp()
FROM kept WHERE decision.parked_id = kept.id AND decision.outcome IS NULL AND kept.operator_action IS NULL
"""
_LET_GO = """
WITH gone AS (DELETE FROM parked_event WHERE id = ANY(%(ids)s::bigint[]) RETURNING id)
UPDATE park_decision AS decision SET outcome = %(outcome)s, ended_at = statement_timestamp()
FROM gone WHERE decision.parked_id = gone.id AND decision.outcome IS NULL
"""
#: What was decided stays when the event has left the park.
_GIVEN_UP = """
SELECT DISTINCT decided.event_id FROM unnest(%(ids)s::text[]) AS wanted (event_id)
JOIN park_decision AS decided ON decided.event_id = wanted.event_id
WHERE decided.consumer = %(consumer)s AND decided.outcome = %(outcome)s
"""


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
        now = self._now() if any(event.reason is ParkReason.FAILED for event in events) else None
        copy_rows(self._connection, parked_event, _COLUMNS, [_to_row(self._consumer, event, now) for event in events])

    def kept(self) -> int:
        """Return how many events that may not be refused are kept, counted up to the limit."""
        return self._counted(parked_event.c.reason.not_in(_REFUSABLE), self._limit)

    def room(self, topic: str) -> Room:
        """Return how many more claims of `topic`, of how many bytes, may wait for a predecessor or for the registry."""
        waiting = and_(parked_event.c.topic == topic, parked_event.c.reason.in_(_REFUSABLE))
        size = func.octet_length(parked_event.c.body).label("size")
        rows = select(size).where(self._mine(), waiting).limit(WAITING_LIMIT).subquery()
        query = select(func.count(), func.coalesce(func.sum(rows.c.size), 0)).select_from(rows)
        claims, taken = self._connection.execute(query).one()
        return Room(WAITING_LIMIT - claims, WAITING_BYTES_LIMIT - int(taken))

    def now(self) -> datetime:
        """Return the database's time."""
        row = driver_connection(self._connection).execute("SELECT clock_timestamp()").fetchone()
        assert row is not None, "an expression has a row"
        now: datetime = row[0]
        return now

    def of_keys(self, keys: Collection[str]) -> list[ParkedRow]:
        """Return the parked events of `keys`, oldest first."""
        return self._rows(parked_event.c.key == func.any(list(keys))) if keys else []

    def given_up(self, event_ids: Collection[str]) -> set[str]:
        """Return those of `event_ids` that this consumer never applies: an operator has given them up."""
        values = {"ids": list(event_ids), "consumer": self._consumer, "outcome": DecisionOutcome.SKIPPED.value}
        return {event_id for (event_id,) in driver_connection(self._connection).execute(_GIVEN_UP, values)}

    def lock_free(self, keys: Collection[str]) -> list[ParkedRow]:
        """Lock those events of `keys` that nobody else has locked, and return them, oldest first; never waits.

        For events whose keys belong to no locked row.
        """
        return self._rows(parked_event.c.key == func.any(list(keys)), lock=True) if keys else []

    def due_keys(self, now: datetime, limit: int) -> list[str]:
        """Return keys with an event that is past its time, has rested after a failure, or was decided on.

        `now` is business time, for events whose wait it ends; rests are real time, by the database's clock.
        """
        values = {"consumer": self._consumer, "now": now, "most": limit}
        return list(dict.fromkeys(key for (key,) in driver_connection(self._connection).execute(_DUE_KEYS, values)))

    def waiting(self, reason: ParkReason, limit: int) -> list[ParkedRow]:
        """Return up to `limit` events that wait for `reason`: of each topic the oldest, so that none waits behind all
        of another's.
        """
        values = {"consumer": self._consumer, "reason": reason.value, "most": limit}
        ids = [number for (number,) in driver_connection(self._connection).execute(_FIRST_WAITING, values)]
        return self._rows(parked_event.c.id == func.any(ids)) if ids else []

    def remove(self, ids: Collection[int]) -> None:
        """Let events go: they were applied or refused in this transaction."""
        self._lock(ids)
        self._let_go(ids, DecisionOutcome.DONE)

    def skip(self, ids: Collection[int]) -> None:
        """Let events go that an operator has given up: they are never applied.

        Raises `Contention` when one is not given up any more: somebody has decided anew since it was read.
        """
        if any(action != OperatorAction.SKIP for action in self._lock(ids)):
            raise Contention("an operator has decided anew")
        self._let_go(ids, DecisionOutcome.SKIPPED)

    def keep(self, rows: Sequence[ParkedRow]) -> None:
        """Write what is new of events that stay parked; the decisions in `rows` are thereby carried out.

        An event that is kept as failed rests from now on, as its tries say.
        """
        if not rows:
            return
        events = [row.event for row in rows]
        waits = [None if event.wait_for is None else json_bytes(dict(event.wait_for)).decode() for event in events]
        ids = [row.id for row in rows]
        self._lock(ids)
        driver_connection(self._connection).execute(
            _KEEP,
            {
                "ids": ids,
                "reasons": [event.reason.value for event in events],
                "details": [event.detail for event in events],
                "expiries": [event.expires_at for event in events],
                "waits": waits,
                "tries": [event.tries for event in events],
                "rests": [rest_after(one.tries) if one.reason is ParkReason.FAILED else None for one in events],
                "seen": [row.decision for row in rows],
                "outcome": DecisionOutcome.KEPT.value,
            },
        )

    def _let_go(self, ids: Collection[int], outcome: DecisionOutcome) -> None:
        """Delete locked events, and end the decisions on them."""
        if ids:
            driver_connection(self._connection).execute(_LET_GO, {"ids": list(ids), "outcome": outcome.value})

    def _lock(self, ids: Collection[int]) -> list[str | None]:
        """Lock what is there of `ids`, and return what operators want done with it."""
        if not ids:
            return []
        return [action for (action,) in driver_connection(self._connection).execute(_LOCK, {"ids": list(ids)})]

    def _counted(self, condition: Any, limit: int) -> int:
        rows = select(literal(1)).where(self._mine(), condition).limit(limit).subquery()
        return self._connection.execute(select(func.count()).select_from(rows)).scalar_one()

    def _mine(self) -> Any:
        return parked_event.c.consumer == self._consumer

    def _now(self) -> datetime:
        now: datetime = self._connection.execute(select(_NOW)).scalar_one()
        return now

    def _rows(self, condition: Any, *, lock: bool = False) -> list[ParkedRow]:
        rested = func.coalesce(parked_event.c.next_try_at <= _NOW, False).label("rested")
        query = (
            select(parked_event, rested, park_decision.c.id.label("decision"))
            .select_from(parked_event.outerjoin(park_decision, OPEN_DECISION))
            .where(self._mine(), condition)
            .order_by(parked_event.c.id)
        )
        if lock:
            query = query.with_for_update(of=parked_event, skip_locked=True)
        return [_from_row(row) for row in self._connection.execute(query)]


def _to_row(consumer: str, event: ParkedEvent, now: datetime | None) -> tuple[object, ...]:
    """Return the columns of a new row; `now` is given when an event has failed."""
    record = event.record
    next_try_at = None
    if event.reason is ParkReason.FAILED:
        rest = rest_after(event.tries)
        assert now is not None, "a rest begins now"
        next_try_at = None if rest is None else now + rest
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
        event.tries,
        next_try_at,
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
            tries=row.tries,
        ),
        action=None if row.operator_action is None else OperatorAction(row.operator_action),
        rested=row.rested,
        decision=row.decision,
    )
