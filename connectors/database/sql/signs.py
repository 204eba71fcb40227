"""Signs of life: which workers run, when each was last seen (the database's clock), and how far its clock differs."""

from datetime import datetime
from typing import Any

from psycopg import Connection

_SEEN = """
INSERT INTO worker (consumer, worker_id, seen_at, clock_ahead_seconds)
VALUES (%(consumer)s, %(worker_id)s, clock_timestamp(), extract(epoch FROM %(own)s::timestamptz - clock_timestamp()))
ON CONFLICT (consumer, worker_id)
DO UPDATE SET seen_at = excluded.seen_at, clock_ahead_seconds = excluded.clock_ahead_seconds
RETURNING seen_at
"""


def give_a_sign(driver: Connection[Any], consumer: str, worker_id: str, own: datetime) -> datetime:
    """Note that a worker lives and what its own clock shows; return the database's time. Raises the driver's errors."""
    row = driver.execute(_SEEN, {"consumer": consumer, "worker_id": worker_id, "own": own}).fetchone()
    assert row is not None, "an upsert returns its row"
    seen_at: datetime = row[0]
    return seen_at
