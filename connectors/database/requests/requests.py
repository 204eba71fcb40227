"""The requests' rows: locked and read as whole states, new ones by COPY, changed ones by one statement per batch."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from psycopg import Connection as DriverConnection
from sqlalchemy import Connection

from connectors.database.schema.tables import request
from connectors.database.sql.columns import as_columns
from connectors.database.sql.copy import copy_rows
from connectors.database.sql.driver import driver_connection
from consumers.requests.domain.life.state import RequestState
from consumers.requests.horizon import Horizon

_COLUMNS = (
    "request_id",
    "state",
    "version",
    "submitted",
    "ever_routed",
    "agency",
    "service",
    "office",
    "due_at",
    "owed_rial",
    "updated_at",
    "document",
)
_LOCK = "SELECT document::text FROM request WHERE request_id = ANY(%s::uuid[]) ORDER BY request_id FOR UPDATE"
_LOCK_FREE = f"{_LOCK} SKIP LOCKED"
#: The first condition is for the index; those of an agency that is read less far may have to wait.
_LOCK_DUE = """
SELECT document::text FROM request
LEFT JOIN unnest(%s::text[], %s::timestamptz[]) AS behind (agency, until) ON behind.agency = request.agency
WHERE due_at <= %s AND due_at <= coalesce(behind.until, due_at)
ORDER BY due_at LIMIT %s FOR UPDATE OF request SKIP LOCKED
"""
_FIRST_DUE = """
SELECT least(
    (SELECT min(due_at) FROM request WHERE due_at IS NOT NULL),
    (SELECT min(expires_at) FROM parked_event WHERE consumer = 'requests')
)
"""
_READ_TO = """
SELECT topic || '/' || partition, max(next_position) FROM consumer_offset WHERE consumer = 'requests' GROUP BY 1
"""
_UPDATE = """
UPDATE request AS row
SET state = new.state, version = new.version, submitted = new.submitted, ever_routed = new.ever_routed,
    agency = new.agency, service = new.service, office = new.office, due_at = new.due_at,
    owed_rial = new.owed_rial, updated_at = new.updated_at, document = new.document
FROM unnest(%s::uuid[], %s::text[], %s::int[], %s::boolean[], %s::boolean[], %s::text[], %s::text[], %s::text[],
    %s::timestamptz[], %s::bigint[], %s::timestamptz[], %s::jsonb[])
    AS new (request_id, state, version, submitted, ever_routed, agency, service, office, due_at, owed_rial, updated_at,
        document)
WHERE row.request_id = new.request_id
"""
_REST = "UPDATE request SET due_at = %s WHERE request_id = %s AND due_at < %s"
_COUNTS = """
SELECT count(*) FILTER (WHERE submitted), count(*) FILTER (WHERE ever_routed),
    count(*) FILTER (WHERE submitted AND NOT ever_routed AND state <> 'parked'),
    count(*) FILTER (WHERE submitted AND state = 'parked'),
    count(*) FILTER (WHERE state = 'completed'), count(*) FILTER (WHERE state = 'cancelled')
FROM request
"""
_INBOX = """
SELECT document::text FROM request
WHERE office = %s AND due_at IS NOT NULL ORDER BY due_at, request_id LIMIT %s
"""
_BEGINNING = """
SELECT request_id FROM request
WHERE request_id BETWEEN %(first)s AND %(last)s
    AND (%(office)s::text IS NULL OR office = %(office)s) AND (%(agency)s::text IS NULL OR agency = %(agency)s)
ORDER BY request_id LIMIT %(limit)s
"""
_STATE = "SELECT document::text FROM request WHERE request_id = %s"


class RequestStore:
    """Implements `consumers.requests.ports.Requests` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self, request_ids: Collection[UUID]) -> Mapping[UUID, RequestState]:
        """Lock the known ones of `request_ids`, in id order, and return their states."""
        return self._states(_LOCK, _array(request_ids)) if request_ids else {}

    def lock_free(self, request_ids: Collection[UUID]) -> Mapping[UUID, RequestState]:
        """Lock those that nobody else has locked; never waits."""
        return self._states(_LOCK_FREE, _array(request_ids)) if request_ids else {}

    def first_due(self) -> datetime | None:
        """Return when the first timer of a request falls due, or the first wait of a claim ends."""
        row = self._driver.execute(_FIRST_DUE, binary=True).fetchone()
        assert row is not None, "an expression has a row"
        first: datetime | None = row[0]
        return first

    def lock_due(self, horizon: Horizon, limit: int) -> Mapping[UUID, RequestState]:
        """Lock up to `limit` requests whose timer may fire by now and that nobody else has locked; never waits."""
        behind = horizon.behind()
        return self._states(_LOCK_DUE, list(behind), list(behind.values()), horizon.latest, limit)

    def read_to(self) -> Mapping[str, int]:
        """Return how far the requests' workers have read each intake partition, keyed `<topic>/<partition>`."""
        return dict(self._driver.execute(_READ_TO, binary=True).fetchall())

    def insert(self, states: Sequence[RequestState], now: datetime) -> None:
        """Add new requests, in id order. Raises `Collision` when another worker was first with one of them."""
        ordered = sorted(states, key=attrgetter("request_id.int"))
        copy_rows(self._connection, request, _COLUMNS, (_row(state, now) for state in ordered))

    def update(self, states: Sequence[RequestState], now: datetime) -> None:
        """Write locked requests, one statement for all."""
        if states:
            columns = as_columns([_row(state, now) for state in states])
            columns[-1] = [str(document, "utf-8") for document in columns[-1]]
            self._driver.execute(_UPDATE, columns)

    def rest(self, request_id: UUID, until: datetime) -> None:
        """Let the timer of a locked request rest until then, unless it is due later or the request is written."""
        self._driver.execute(_REST, (until, request_id, until))

    def _states(self, query: str, *parameters: object) -> dict[UUID, RequestState]:
        rows = self._driver.execute(query, parameters, binary=True)
        states = [RequestState.model_validate_json(document) for (document,) in rows]
        return {state.request_id: state for state in states}

    @property
    def _driver(self) -> DriverConnection[Any]:
        return driver_connection(self._connection)


@dataclass(frozen=True, slots=True)
class RequestCounts:
    """Every request once, by what became of it: submitted = routed + refused + parked."""

    submitted: int
    routed: int
    refused: int
    parked: int
    completed: int
    cancelled: int


def request_counts(connection: Connection) -> RequestCounts:
    """Count all requests by state, at one moment."""
    row = driver_connection(connection).execute(_COUNTS).fetchone()
    assert row is not None, "an aggregate has one row"
    return RequestCounts(*row)


def inbox(connection: Connection, office: str, limit: int = 200) -> list[RequestState]:
    """Return the requests that `office` has now, the most urgent first."""
    rows = driver_connection(connection).execute(_INBOX, (office, limit))
    return [RequestState.model_validate_json(document) for (document,) in rows]


def requests_beginning(
    connection: Connection, first: UUID, last: UUID, limit: int, *, office: str | None = None, agency: str | None = None
) -> list[UUID]:
    """Return up to `limit` ids from `first` to `last`: of requests that `office` has or had last, or of `agency`'s."""
    names = {"first": first, "last": last, "limit": limit, "office": office, "agency": agency}
    return [found for (found,) in driver_connection(connection).execute(_BEGINNING, names)]


def request_state(connection: Connection, request_id: UUID) -> RequestState | None:
    """Return the state of one request without locking it, or none when nobody has spoken of it."""
    row = driver_connection(connection).execute(_STATE, (request_id,)).fetchone()
    return None if row is None else RequestState.model_validate_json(row[0])


def _array(request_ids: Collection[UUID]) -> str:
    """Return ids as the text of an array: the server reads it faster than the driver writes a list."""
    return "{" + ",".join([request_id.hex for request_id in request_ids]) + "}"


def _row(state: RequestState, now: datetime) -> tuple[object, ...]:
    asked = state.submission
    return (
        state.request_id,
        # The member's own attribute: `value` is a property, and this is written for every row.
        state.stage._value_,
        state.version,
        asked is not None,
        state.ever_routed,
        state.agency,
        None if asked is None else asked.service,
        state.office,
        state.due_at,
        state.owed_rial,
        now,
        state.__pydantic_serializer__.to_json(state, exclude_defaults=True),
    )
