"""The park as operators see it: what waits, what they decide, and every decision there ever was."""

from collections.abc import Collection
from dataclasses import fields
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, func, select

from connectors.database.parking.park import OPEN_DECISION
from connectors.database.schema.tables import park_decision, parked_event
from connectors.database.sql.driver import driver_connection
from connectors.database.sql.kafka_columns import headers_from_json
from consumers.parked import DecisionLine, ParkedLine
from consumers.parking import DecisionOutcome, OperatorAction, ParkReason

Line = TypeVar("Line")

#: First, in a statement of its own: a worker or another operator may have these rows in hand, and only a statement
#: that begins after the wait for them sees what they decided. In the order of the ids, as everywhere.
_CHOOSE = """
SELECT id FROM parked_event
WHERE (%(ids)s::bigint[] IS NULL OR id = ANY(%(ids)s::bigint[]))
    AND (%(reason)s::text IS NULL OR reason = %(reason)s)
    AND (%(consumer)s::text IS NULL OR consumer = %(consumer)s)
ORDER BY id FOR UPDATE
"""
#: One statement, so that a decision and its record are one.
_DECIDE = """
WITH decided AS (
    UPDATE parked_event SET operator_action = %(action)s, next_try_at = statement_timestamp()
    WHERE id = ANY(%(ids)s::bigint[]) RETURNING *
), replaced AS (
    UPDATE park_decision AS earlier SET outcome = %(replaced)s, ended_at = statement_timestamp()
    FROM decided WHERE earlier.parked_id = decided.id AND earlier.outcome IS NULL
)
INSERT INTO park_decision (parked_id, consumer, key, source, event_id, type, topic, partition, position, reason, detail,
    tries, action, decided_by, why)
SELECT id, consumer, key, said.source, said.event_id, said.type, topic, partition, position, reason, detail,
    tries, %(action)s, %(by)s, %(why)s
FROM decided CROSS JOIN LATERAL (
    SELECT max(pair ->> 1) FILTER (WHERE pair ->> 0 = 'ce_source') AS source,
        max(pair ->> 1) FILTER (WHERE pair ->> 0 = 'ce_id') AS event_id,
        max(pair ->> 1) FILTER (WHERE pair ->> 0 = 'ce_type') AS type
    FROM jsonb_array_elements(headers) AS pair
) AS said
RETURNING parked_id
"""


class ParkOperator:
    """Implements `ParkDecisions` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def oldest(self, limit: int, consumer: str | None = None, reason: ParkReason | None = None) -> list[ParkedLine]:
        """Return the `limit` events that have waited longest."""
        query = _lines().where(*_of(consumer, reason)).order_by(parked_event.c.id).limit(limit)
        return self._read(query, ParkedLine)

    def count(self, consumer: str | None = None, reason: ParkReason | None = None) -> int:
        """Return how many events wait."""
        query = select(func.count()).select_from(parked_event).where(*_of(consumer, reason))
        return self._connection.execute(query).scalar_one()

    def find(self, parked_id: int) -> ParkedLine | None:
        """Return one parked event, or none when it waits no longer."""
        return next(iter(self._read(_lines().where(parked_event.c.id == parked_id), ParkedLine)), None)

    def headers(self, parked_id: int) -> dict[str, str]:
        """Return the envelope of one parked event: its headers as text, by name."""
        query = select(parked_event.c.headers).where(parked_event.c.id == parked_id)
        pairs = headers_from_json(self._connection.execute(query).scalar() or ())
        return {name: (value or b"").decode(errors="replace") for name, value in pairs}

    def decisions(self, parked_id: int) -> list[DecisionLine]:
        """Return every decision on one event, the oldest first; they outlive the event."""
        return self._read(_decisions().where(park_decision.c.parked_id == parked_id), DecisionLine)

    def replaced(self, ids: Collection[int]) -> list[DecisionLine]:
        """Return the decisions of others, or earlier ones, that this transaction's own on `ids` have replaced."""
        query = _decisions().where(
            park_decision.c.parked_id.in_(ids),
            park_decision.c.outcome == DecisionOutcome.REPLACED.value,
            # Not before this transaction began.
            park_decision.c.ended_at >= func.now(),
        )
        # Of what others replaced meanwhile, it has replaced the newest.
        return list({one.parked_id: one for one in self._read(query, DecisionLine)}.values())

    def decide(self, ids: Collection[int], action: OperatorAction, by: str, why: str) -> list[int]:
        """Note a decision, who made it and why; an earlier one that waits is replaced. Returns the ids found."""
        return self._decide(action, by, why, ids=list(ids))

    def decide_on_failed(self, consumer: str | None, action: OperatorAction, by: str, why: str) -> list[int]:
        """Note a decision on everything that failed, of one consumer or of all. Returns the ids."""
        return self._decide(action, by, why, consumer=consumer, reason=ParkReason.FAILED.value)

    def _decide(
        self,
        action: OperatorAction,
        by: str,
        why: str,
        *,
        ids: list[int] | None = None,
        consumer: str | None = None,
        reason: str | None = None,
    ) -> list[int]:
        values = {
            "ids": ids,
            "consumer": consumer,
            "reason": reason,
            "action": action.value,
            "by": by,
            "why": why,
            "replaced": DecisionOutcome.REPLACED.value,
        }
        driver = driver_connection(self._connection)
        chosen = [parked_id for (parked_id,) in driver.execute(_CHOOSE, values)]
        return sorted(parked_id for (parked_id,) in driver.execute(_DECIDE, values | {"ids": chosen}))

    def _read(self, query: Select[Any], kind: type[Line]) -> list[Line]:
        return [kind(*row) for row in self._connection.execute(query)]


def _lines() -> Select[Any]:
    names = [field.name for field in fields(ParkedLine)]
    columns = [(parked_event if name in parked_event.columns else park_decision).columns[name] for name in names]
    return select(*columns).select_from(parked_event.outerjoin(park_decision, OPEN_DECISION))


def _decisions() -> Select[Any]:
    columns = [park_decision.columns[field.name] for field in fields(DecisionLine)]
    return select(*columns).order_by(park_decision.c.id)


def _of(consumer: str | None, reason: ParkReason | None) -> list[ColumnElement[bool]]:
    wanted = []
    if consumer is not None:
        wanted.append(parked_event.c.consumer == consumer)
    if reason is not None:
        wanted.append(parked_event.c.reason == reason.value)
    return wanted
