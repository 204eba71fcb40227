"""Events of the requests' log, read where they are still kept beside it."""

from collections.abc import Sequence

from sqlalchemy import Connection

from connectors.database.sql.driver import driver_connection
from schemas.decode import Received, all_events, parse
from schemas.envelope import Envelope
from schemas.topics import LOG_REQUESTS

_EVENTS = """
SELECT event_id, source, type, subject, time, sequence, load_revision, load_index, body FROM outbox
WHERE event_id = ANY(%s::text[]) AND topic = %s AND sequence IS NOT NULL ORDER BY sequence
"""


class SqlRecent:
    """Implements `consumers.requests.recent.RecentReads` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._driver = driver_connection(connection)

    def events(self, event_ids: Sequence[str]) -> Sequence[Received]:
        """Return those of the events that are kept, in the order of their sequences."""
        rows = self._driver.execute(_EVENTS, (list(event_ids), LOG_REQUESTS.name)).fetchall()
        return [Received(Envelope(*about), parse(all_events()[about[2]], bytes(body))) for *about, body in rows]
