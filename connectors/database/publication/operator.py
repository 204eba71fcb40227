"""The outbox as operators see it: rows that no broker takes, and what a person decides on them."""

from collections.abc import Collection
from dataclasses import fields

from sqlalchemy import Connection, func, select

from connectors.database.publication.outbox import CHANNEL
from connectors.database.schema.tables import set_aside_row
from connectors.database.sql.driver import driver_connection
from producers.set_aside import AsideLine, OutboxAction

#: The condition on a row of the outbox that the relay will publish without a decision of anybody.
GOES_OUT = """
published_at IS NULL AND NOT EXISTS (
    SELECT FROM set_aside_row AS aside
    WHERE aside.outbox_id = outbox.id AND aside.action = 'give_up'
        OR aside.decided_at IS NULL AND aside.topic = outbox.topic AND aside.key = outbox.key
)
"""
_BEHIND = """
SELECT aside.id, count(later.id)
FROM set_aside_row AS aside
LEFT JOIN outbox AS later ON later.topic = aside.topic AND later.key = aside.key AND later.id > aside.outbox_id
    AND later.published_at IS NULL
WHERE aside.decided_at IS NULL GROUP BY aside.id
"""
#: Readers of a numbered event would wait for it for ever, so it cannot be given up.
_DECIDE = """
UPDATE set_aside_row SET action = %(action)s, decided_by = %(by)s, why = %(why)s, decided_at = clock_timestamp()
WHERE id = ANY(%(ids)s::bigint[]) AND decided_at IS NULL AND (%(action)s = 'retry' OR sequence IS NULL)
RETURNING id
"""


class OutboxOperator:
    """Implements `AsideDecisions` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lines(self, *, decided: bool = False) -> list[AsideLine]:
        """Return the rows that wait for a person, or those that were decided on, the oldest first."""
        columns = [set_aside_row.columns[field.name] for field in fields(AsideLine)]
        waits = set_aside_row.c.decided_at.is_not(None) if decided else set_aside_row.c.decided_at.is_(None)
        return [
            AsideLine(*row)
            for row in self._connection.execute(select(*columns).where(waits).order_by(set_aside_row.c.id))
        ]

    def count(self) -> int:
        """Return how many rows wait for a person."""
        query = select(func.count()).select_from(set_aside_row).where(set_aside_row.c.decided_at.is_(None))
        return self._connection.execute(query).scalar_one()

    def behind(self) -> dict[int, int]:
        """Return how many later events of its key wait behind each row that waits for a person."""
        return dict(driver_connection(self._connection).execute(_BEHIND).fetchall())

    def decide(self, ids: Collection[int], action: OutboxAction, by: str, why: str) -> list[int]:
        """Note a decision, who made it and why; return the ids that it was noted on.

        Left out are rows that wait no longer, and numbered events that somebody wants to give up.
        """
        driver = driver_connection(self._connection)
        parameters = {"ids": list(ids), "action": action.value, "by": by, "why": why}
        found = sorted(row_id for (row_id,) in driver.execute(_DECIDE, parameters))
        driver.execute(f"NOTIFY {CHANNEL}")
        return found
