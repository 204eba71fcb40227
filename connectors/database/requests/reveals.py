"""Requests as the rules of revealing need them, in SQL."""

from uuid import UUID

from sqlalchemy import Connection

from connectors.database.sql.driver import driver_connection
from consumers.requests.domain.life.state import ENDED, RequestStage, RequestState
from producers.vault.reveal import RevealFacts
from schemas.speakers import agency_source, office_source

_STATE = "SELECT document::text, updated_at FROM request WHERE request_id = %s"
_ACCEPTED = frozenset(
    {RequestStage.ACCEPTED, RequestStage.FEE_COLLECTED, RequestStage.STARTED, RequestStage.AGENCY_AWAITED}
)


class SqlRevealReads:
    """Implements `RevealReads` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def facts(self, request_id: UUID) -> RevealFacts | None:
        """Return what is so of a request, or none. It ended when it was changed last: money may move it later."""
        row = driver_connection(self._connection).execute(_STATE, [request_id]).fetchone()
        if row is None:
            return None
        state = RequestState.model_validate_json(row[0])
        has_ended = state.stage in ENDED
        # A fee is computed at the acceptance, and only then; a free one has no lines.
        accepted = state.stage in _ACCEPTED or (has_ended and state.fee is not None)
        return RevealFacts(submitter(state), state.agency, state.office, accepted, row[1] if has_ended else None)


def submitter(state: RequestState) -> str | None:
    """Return the source that submitted a request; none of a request that only others have spoken of."""
    asked = state.submission
    if asked is None:
        return None
    if asked.by_agency is not None:
        return agency_source(asked.by_agency)
    return None if asked.by_office is None else office_source(asked.by_office)
