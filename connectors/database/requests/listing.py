"""Requests as somebody looks for them, in SQL: the facts' index of opening times gives the order, page by page."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection

from connectors.database.sql.driver import driver_connection
from consumers.requests.domain.life.state import RequestStage
from consumers.requests.listing import Listed, Wanted
from schemas.log_requests import RefusalReason

_LISTED = """
SELECT request_id, opened_at, request.agency, request.service,
    request.document->'submission'->>'city', request.office, request.state, refusal_reason, due_at, owed_rial
FROM kpi_request_fact JOIN request USING (request_id)
WHERE opened_at IS NOT NULL
    AND (%(stages)s::text[] IS NULL OR request.state = ANY(%(stages)s))
    AND (%(agency)s::text IS NULL OR request.agency = %(agency)s)
    AND (%(office)s::text IS NULL OR request.office = %(office)s)
    AND (%(service)s::text IS NULL OR request.service = %(service)s)
    AND (%(reason)s::text IS NULL OR refusal_reason = %(reason)s)
    AND (%(late)s::timestamptz IS NULL OR due_at < %(late)s)
    AND (%(opened_from)s::timestamptz IS NULL OR opened_at >= %(opened_from)s)
    AND (%(opened_to)s::timestamptz IS NULL OR opened_at < %(opened_to)s)
    AND (%(older_than)s::uuid IS NULL OR (opened_at, request_id) < (
        SELECT opened_at, request_id FROM kpi_request_fact WHERE request_id = %(older_than)s))
ORDER BY opened_at DESC, request_id DESC LIMIT %(limit)s
"""


class SqlListReads:
    """Implements `ListReads` on one connection. A page costs what is passed over to fill it, not all history."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def listed(self, wanted: Wanted, limit: int, older_than: UUID | None) -> Sequence[Listed]:
        """Return some of the wanted requests, the newest first."""
        parameters = {
            "stages": [stage.value for stage in wanted.stages] or None,
            "agency": wanted.agency,
            "office": wanted.office,
            "service": wanted.service,
            "reason": None if wanted.reason is None else wanted.reason.value,
            "late": wanted.late,
            "opened_from": wanted.opened_from,
            "opened_to": wanted.opened_to,
            "older_than": older_than,
            "limit": limit,
        }
        rows = driver_connection(self._connection).execute(_LISTED, parameters).fetchall()
        return [
            Listed(
                request_id,
                opened_at,
                agency,
                service,
                city,
                office,
                RequestStage(state),
                None if reason is None else RefusalReason(reason),
                due_at,
                owed_rial,
            )
            for request_id, opened_at, agency, service, city, office, state, reason, due_at, owed_rial in rows
        ]
