"""The feeds, read: one index range per page, and one per subject."""

from typing import LiteralString

from sqlalchemy import Connection

from connectors.database.sql.driver import driver_connection
from consumers.delivery.entries import Entry

_ENTRIES = """
SELECT feed, number, event_id, type, time, subject, topic, partition, position, data::text FROM feed_entry
"""
_PAGE = f"{_ENTRIES} WHERE feed = %s AND number > %s ORDER BY number LIMIT %s"
_ABOUT = f"{_ENTRIES} WHERE feed = %s AND subject = %s ORDER BY number LIMIT %s"
_NEWEST = "SELECT newest FROM feed_head WHERE feed = %s"


class SqlFeedReads:
    """Implements `FeedReads` and `SubjectReads` of `consumers.delivery.feeds` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._driver = driver_connection(connection)

    def page(self, feed: str, after: int, most: int) -> list[Entry]:
        """Return up to `most` entries of `feed` that follow number `after`, in order."""
        return self._entries(_PAGE, feed, after, most)

    def about(self, feed: str, subject: str, most: int) -> list[Entry]:
        """Return the first `most` entries of `feed` about `subject`, in order."""
        return self._entries(_ABOUT, feed, subject, most)

    def newest(self, feed: str) -> int:
        """Return the number of the newest entry of `feed`; 0 while it is empty."""
        row = self._driver.execute(_NEWEST, (feed,), binary=True).fetchone()
        return 0 if row is None else int(row[0])

    def _entries(self, query: LiteralString, *values: str | int) -> list[Entry]:
        rows = self._driver.execute(query, values, binary=True)
        return [Entry._make((*about, data.encode())) for *about, data in rows]
