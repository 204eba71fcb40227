"""Requests and waiting claims in SQL, as people ask for them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection

from connectors.database.requests.owed import owed_at
from connectors.database.requests.requests import inbox, request_state, requests_beginning
from connectors.database.requests.waiting import waiting_claims
from consumers.requests.domain.life.state import RequestState
from consumers.requests.inbox import WaitingClaim
from producers.claims import topic_of_speaker


class SqlInboxReads:
    """Implements `InboxReads` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def at_desk(self, office: str, limit: int) -> Sequence[RequestState]:
        """Return the requests that `office` has now."""
        return inbox(self._connection, office, limit)

    def owed_at(self, office: str, limit: int) -> Sequence[RequestState]:
        """Return the requests for which `office` has money to give back."""
        return owed_at(self._connection, office, limit)

    def waiting(self, source: str, limit: int) -> Sequence[WaitingClaim]:
        """Return what `source` has published that waits."""
        return waiting_claims(self._connection, topic_of_speaker(source)[1], source, limit)

    def state(self, request_id: UUID) -> RequestState | None:
        """Return the state of one request."""
        return request_state(self._connection, request_id)

    def between(
        self, first: UUID, last: UUID, limit: int, *, office: str | None = None, agency: str | None = None
    ) -> Sequence[UUID]:
        """Return the ids from `first` to `last`."""
        return requests_beginning(self._connection, first, last, limit, office=office, agency=agency)
