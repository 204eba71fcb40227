"""Halted partitions as operators see them, and their decision to pass exactly what they were shown."""

from collections.abc import Sequence

from sqlalchemy import Connection

from connectors.database.sql.driver import driver_connection
from consumers.halted import HaltLine

#: What a worker halted at last, as long as its consumer has not gone on from there.
_STANDING = """
SELECT DISTINCT ON (halt.consumer, halt.topic, halt.partition) halt.consumer, halt.topic, halt.partition, halt.position,
    halt.end_position, halt.cause, halt.why, halt.length, encode(halt.sha256, 'hex'), halt.halted_at, halt.seen_at,
    halt.decided_by, halt.decided_why, halt.decided_at, halt.id
FROM partition_halt AS halt
JOIN consumer_offset AS stands ON stands.consumer = halt.consumer AND stands.topic = halt.topic
    AND stands.topic_id = halt.topic_id AND stands.partition = halt.partition AND stands.next_position = halt.position
WHERE halt.passed_at IS NULL
ORDER BY halt.consumer, halt.topic, halt.partition, halt.seen_at DESC
"""
_PASS = """
UPDATE partition_halt SET decided_by = %(by)s, decided_why = %(why)s, decided_at = clock_timestamp()
WHERE id = ANY(%(ids)s) AND decided_at IS NULL AND passed_at IS NULL RETURNING id
"""


class HaltOperator:
    """Implements `HaltDecisions` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def standing(self) -> list[HaltLine]:
        """Return where consumers stand still now, by consumer and place."""
        return [HaltLine(*row) for row in driver_connection(self._connection).execute(_STANDING)]

    def pass_over(self, shown: Sequence[HaltLine], by: str, why: str) -> list[HaltLine]:
        """Decide that exactly `shown` is passed without being applied; return those that nobody had decided on."""
        values = {"ids": [line.id for line in shown], "by": by, "why": why}
        decided = {halt for (halt,) in driver_connection(self._connection).execute(_PASS, values)}
        return [line for line in shown if line.id in decided]
