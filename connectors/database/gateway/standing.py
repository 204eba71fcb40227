"""How the gateway stands with the database, and since when what it keeps has not left the outbox."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from connectors.database.sql.driver import driver_connection

#: Only what is unpublished is in the index that this reads.
_STANDING = """
SELECT clock_timestamp(), (SELECT min(created_at) FROM outbox WHERE published_at IS NULL),
    (SELECT count(*) FROM (SELECT FROM outbox WHERE published_at IS NULL LIMIT %s) AS counted),
    (SELECT max(seen_at) FROM worker WHERE consumer = 'relay')
"""
#: More need not be counted.
COUNTED_MAX = 1_000


class OutboxStanding(NamedTuple):
    """The database's time, since when the oldest event waits, how many do (at most `COUNTED_MAX`), and when a relay
    last gave a sign."""

    now: datetime
    oldest: datetime | None
    waiting: int
    relay_seen: datetime | None


def outbox_standing(connection: Connection) -> OutboxStanding:
    """Read it, in one statement."""
    row = driver_connection(connection).execute(_STANDING, (COUNTED_MAX,)).fetchone()
    assert row is not None, "one row of single values"
    return OutboxStanding(*row)
