"""Money that offices still have to give back to citizens: whose, how much, and why."""

from typing import NamedTuple

from sqlalchemy import Connection

from connectors.database.sql.driver import driver_connection
from consumers.requests.domain.life.state import RequestState

#: Why money is owed: how the request ended, or that its fee was refunded afterwards.
REASONS = ("cancelled", "rejected", "expired", "refunded")

_AT = """
SELECT document::text FROM request
WHERE office = %s AND owed_rial > 0 ORDER BY updated_at, request_id LIMIT %s
"""
#: The reason, requests, rial and offices.
OWED_QUERY = """
SELECT CASE state WHEN 'completed' THEN 'refunded' ELSE state END, count(*), sum(owed_rial)::bigint,
    count(DISTINCT office)
FROM request WHERE owed_rial > 0 AND (%(office)s::text IS NULL OR office = %(office)s) GROUP BY 1 ORDER BY 1
"""


class Owed(NamedTuple):
    """What is owed to citizens for one reason: at how many offices, for how many requests."""

    reason: str
    requests: int
    rial: int
    offices: int


def owed_at(connection: Connection, office: str, limit: int = 200) -> list[RequestState]:
    """Return the requests for which `office` has money to give back, the longest ended first."""
    rows = driver_connection(connection).execute(_AT, (office, limit))
    return [RequestState.model_validate_json(document) for (document,) in rows]


def owed(connection: Connection, office: str | None = None) -> list[Owed]:
    """Return what is owed to citizens, by reason; of one office, when it is named."""
    return [Owed(*row) for row in driver_connection(connection).execute(OWED_QUERY, {"office": office})]
