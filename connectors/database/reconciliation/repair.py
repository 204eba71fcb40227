"""Carrying out a repair: one transaction moves positions back and hands rows to the relay again."""

from collections.abc import Mapping

from sqlalchemy import Connection

from connectors.database.publication import days
from connectors.database.publication.outbox import CHANNEL
from connectors.database.sql.driver import driver_connection
from consumers.reconciliation.domain.repair import PositionRepair, RepairPlan
from schemas.partition import Place

#: Positions first, as everywhere. A worker that moved on meanwhile is fenced, and leaves out what it has applied.
_MOVE = """
UPDATE consumer_offset AS row SET next_position = change.position
FROM unnest(%s::text[], %s::int[], %s::bigint[]) AS change (consumer, partition, position)
WHERE row.topic = %s AND row.consumer = change.consumer AND row.partition = change.partition
"""
#: What settlement keeps in the row, the chain's head and the window, goes on.
_CARRY_OVER = """
UPDATE consumer_offset AS row
SET cluster_id = %s, topic_id = change.topic_id, next_position = change.position, owner = NULL, lease_until = NULL,
    backend_pid = NULL, backend_start = NULL
FROM unnest(%s::text[], %s::int[], %s::bigint[], %s::text[]) AS change (consumer, partition, position, topic_id)
WHERE row.topic = %s AND row.consumer = change.consumer AND row.partition = change.partition
"""
_MOVE_FIGURES = """
UPDATE kpi_position AS row SET next_position = change.position
FROM unnest(%s::int[], %s::bigint[]) AS change (partition, position)
WHERE row.topic = %s AND row.partition = change.partition
"""
#: What was not published yet, and whose day is over, is a row of today; what had been published is only kept.
_PUT_BACK = f"""
WITH begin (at) AS (
    {days.BEGINS}
), back AS (
    UPDATE removed_row SET put_back_at = clock_timestamp() WHERE put_back_at IS NULL AND content ->> 'topic' = %s
    RETURNING CASE WHEN (content ->> 'created_at')::timestamptz >= (SELECT at FROM begin) THEN content
        ELSE content || jsonb_build_object('created_at', now()) END AS content
)
INSERT INTO outbox SELECT whole.* FROM back, jsonb_populate_record(NULL::outbox, back.content) AS whole
ON CONFLICT DO NOTHING RETURNING published_at IS NULL
"""
_PUBLISH_AGAIN = """
UPDATE outbox AS row SET published_at = NULL
FROM unnest(%s::text[], %s::text[]) AS missing (source, event_id)
WHERE row.topic = %s AND row.source = missing.source AND row.event_id = missing.event_id
    AND row.published_at IS NOT NULL
"""
_FIGURES = "kpi"


def carry_out(connection: Connection, plan: RepairPlan, cluster_id: str, topic_ids: Mapping[Place, str]) -> int:
    """Do what `plan` says in the open transaction; return how many rows will be published again.

    `topic_ids` are those of the topic as it is now. Doing it twice changes nothing more. May raise `Contention`.
    """
    driver = driver_connection(connection)
    moved = [change for change in plan.positions if not change.carried and change.consumer != _FIGURES]
    driver.execute(_MOVE, (*_columns(moved), plan.topic))
    carried = [change for change in plan.positions if change.carried]
    ids = [topic_ids[change.place] for change in carried]
    driver.execute(_CARRY_OVER, (cluster_id, *_columns(carried), ids, plan.topic))
    figures = [change for change in plan.positions if change.consumer == _FIGURES]
    driver.execute(_MOVE_FIGURES, (*_columns(figures)[1:], plan.topic))
    put_back = driver.execute(_PUT_BACK, (plan.topic,)).fetchall()
    sources, event_ids = [one.source for one in plan.missing], [one.event_id for one in plan.missing]
    again = driver.execute(_PUBLISH_AGAIN, (sources, event_ids, plan.topic))
    driver.execute(f"NOTIFY {CHANNEL}")
    return int(again.rowcount) + sum(bool(unpublished) for (unpublished,) in put_back)


def _columns(changes: list[PositionRepair]) -> tuple[list[str], list[int], list[int]]:
    return (
        [change.consumer for change in changes],
        [change.place.partition for change in changes],
        [change.after for change in changes],
    )
