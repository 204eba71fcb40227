"""What summaries and live screens count: one look over tables that belong to several capabilities."""

from dataclasses import dataclass

from sqlalchemy import Connection

from connectors.database.sql.driver import driver_connection

_REGISTRY = """
WITH newest AS (
    SELECT DISTINCT ON (kind, code) kind, body FROM registry_version ORDER BY kind, code, version DESC
)
SELECT
    count(*) FILTER (WHERE kind = 'office' AND body #>> '{office,office_class}' = 'urban'),
    count(*) FILTER (WHERE kind = 'office' AND body #>> '{office,office_class}' = 'rural'),
    count(*) FILTER (WHERE live AND (body #>> '{service,channels,urban}')::bool),
    count(*) FILTER (WHERE live AND (body #>> '{service,channels,rural}')::bool),
    count(*) FILTER (WHERE kind = 'agreement' AND body #>> '{agreement,state}' = 'active')
FROM newest, LATERAL (SELECT kind = 'service' AND body #>> '{service,stage}' = 'live' AS live) AS stage
"""
_STATES = "SELECT state, count(*) FROM request GROUP BY state"
_LATEST = """
SELECT service, office, state FROM request
WHERE ever_routed ORDER BY updated_at DESC LIMIT %s
"""
_EXAMPLE = """
SELECT request_id FROM request
WHERE ever_routed AND document #>> '{submission,origin}' = 'agency'
ORDER BY state = 'completed' DESC, request_id LIMIT 1
"""
_UNPUBLISHED = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
_POSITIONS = "SELECT consumer, topic, partition, next_position FROM consumer_offset"


@dataclass(frozen=True, slots=True)
class RegistryCounts:
    """How many there are in their newest versions: offices by class, live services by channel, active agreements."""

    urban_offices: int
    rural_offices: int
    urban_services: int
    rural_services: int
    agreements: int


def registry_counts(connection: Connection) -> RegistryCounts:
    """Count what the registry knows. Reads every version once."""
    row = driver_connection(connection).execute(_REGISTRY).fetchone()
    assert row is not None, "an aggregate has one row"
    return RegistryCounts(*row)


def requests_by_state(connection: Connection) -> dict[str, int]:
    """Count requests by state. Reads the whole table: for screens, not for workers."""
    return {str(state): int(count) for state, count in driver_connection(connection).execute(_STATES)}


def latest_requests(connection: Connection, limit: int) -> list[tuple[str, str, str]]:
    """Return service, office and state of the requests that changed last."""
    return [(str(service), str(office or ""), str(state)) for service, office, state in _rows(connection, limit)]


def routed_example(connection: Connection) -> str | None:
    """Return the id of one request that the bus chose an office for, a completed one if there is any."""
    row = driver_connection(connection).execute(_EXAMPLE).fetchone()
    return None if row is None else str(row[0])


def unpublished_messages(connection: Connection) -> int:
    """Count what the relay has still to publish."""
    return _count(connection, _UNPUBLISHED)


def next_positions(connection: Connection) -> dict[tuple[str, str, int], int]:
    """Return every consumer's next position, by consumer, topic and partition."""
    rows = driver_connection(connection).execute(_POSITIONS)
    return {(str(row[0]), str(row[1]), int(row[2])): int(row[3]) for row in rows}


def _rows(connection: Connection, limit: int) -> list[tuple[object, ...]]:
    return driver_connection(connection).execute(_LATEST, (limit,)).fetchall()


def _count(connection: Connection, query: str) -> int:
    row = driver_connection(connection).execute(query).fetchone()
    assert row is not None, "an aggregate has one row"
    return int(row[0])
