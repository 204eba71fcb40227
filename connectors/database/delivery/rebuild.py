"""Contents of feeds, written anew beside those who read and write them: one statement changes what differs."""

from collections.abc import Iterable

from sqlalchemy import Column, Connection, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from connectors.database.sql.copy import copy_rows
from connectors.database.sql.driver import driver_connection
from consumers.delivery.rebuilding import Derived, Rebuilt

_derived = Table("derived", MetaData(), Column("event_id", Text), Column("kind", Text), Column("data", JSONB))
_TABLE = "CREATE TEMPORARY TABLE derived (event_id text, kind text, data jsonb) ON COMMIT DROP"
_ONE_OF_EACH = """
CREATE TEMPORARY TABLE told ON COMMIT DROP AS SELECT DISTINCT ON (event_id, kind) * FROM derived;
CREATE INDEX ON told (event_id, kind);
ANALYZE told
"""
_COUNT = """
SELECT count(*), count(told.event_id), count(*) FILTER (WHERE entry.data <> told.data) FROM feed_entry AS entry
LEFT JOIN told ON told.event_id = entry.event_id AND told.kind = split_part(entry.feed, ':', 1)
"""
_CHANGE = """
UPDATE feed_entry AS entry SET data = told.data FROM told
WHERE told.event_id = entry.event_id AND told.kind = split_part(entry.feed, ':', 1) AND entry.data <> told.data
"""


class SqlFeedRebuild:
    """Implements `consumers.delivery.rebuilding.FeedRebuild` in one transaction, with tables of its own."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        driver_connection(connection).execute(_TABLE)

    def keep(self, derived: Iterable[Derived]) -> None:
        """Keep what was derived aside; nothing changes yet."""
        copy_rows(self._connection, _derived, Derived._fields, derived)

    def apply(self, *, change: bool) -> Rebuilt:
        """Compare the entries with what was derived, and write it where it differs, if `change`."""
        driver = driver_connection(self._connection)
        driver.execute(_ONE_OF_EACH)
        counted = driver.execute(_COUNT).fetchone()
        assert counted is not None, "an aggregate has one row"
        if change:
            driver.execute(_CHANGE)
        return Rebuilt(*counted)
