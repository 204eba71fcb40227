"""Requests by their tracking codes, in SQL."""

from sqlalchemy import Connection

from connectors.database.sql.driver import driver_connection
from consumers.requests.domain.life.state import RequestState

_BY_CODE = "SELECT document::text FROM request WHERE (document ->> 'tracking_code') = %s"


class SqlTrackReads:
    """Implements `TrackReads` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def by_code(self, code: str) -> RequestState | None:
        """Return the state of the request with this code, or none."""
        row = driver_connection(self._connection).execute(_BY_CODE, [code]).fetchone()
        return None if row is None else RequestState.model_validate_json(row[0])
