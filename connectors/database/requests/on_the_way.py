"""Events that are in the outbox and not published yet, and when workers last gave a sign of life."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection

from connectors.database.sql.driver import driver_connection

_NOW = "SELECT clock_timestamp()"
_WAITING = """
SELECT count(*) FROM outbox WHERE published_at IS NULL AND topic = ANY(%s::text[]) AND created_at <= %s
"""
_LAST_SEEN = "SELECT consumer, max(seen_at) FROM worker GROUP BY consumer"


def database_now(connection: Connection) -> datetime:
    """Return the database's real moment."""
    row = driver_connection(connection).execute(_NOW).fetchone()
    assert row is not None, "a clock has a time"
    moment: datetime = row[0]
    return moment


def waiting_events(connection: Connection, topics: Collection[str], until: datetime) -> int:
    """Return how many events for `topics`, put there by `until`, the broker has not acknowledged."""
    row = driver_connection(connection).execute(_WAITING, (sorted(topics), until)).fetchone()
    assert row is not None, "an aggregate has one row"
    return int(row[0])


def last_seen(connection: Connection) -> dict[str, datetime]:
    """Return when a worker of each kind last gave a sign; one that took its leave is not among them."""
    return dict(driver_connection(connection).execute(_LAST_SEEN).fetchall())
