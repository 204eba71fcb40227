"""What the bus has answered to one claim: read where the answer is written, before anybody publishes it."""

from dataclasses import dataclass

from sqlalchemy import Connection

from connectors.database.driver import driver_connection
from schemas.base import Event
from schemas.catalogue import Service
from schemas.decode import all_events, parse
from schemas.identity import derived_id
from schemas.topics import LOG_REQUESTS

_NEWEST = "SELECT coalesce(max(id), 0) FROM outbox"
_ANSWER = "SELECT type, body FROM outbox WHERE id > %s AND topic = %s AND event_id = ANY(%s) ORDER BY id"
_SERVICE = """
SELECT (body->'service')::text FROM registry_version WHERE kind = 'service' AND code = %s ORDER BY version DESC LIMIT 1
"""
#: No claim leads to more events of its request than this.
EVENTS_MAX = 4


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claim that was published, and the place in the outbox that its answer comes after."""

    source: str
    event_id: str
    request_id: str
    after: int


def newest_row(connection: Connection) -> int:
    """Return the outbox's newest id: the answer to what is published next comes after it."""
    row = driver_connection(connection).execute(_NEWEST).fetchone()
    assert row is not None, "an aggregate has one row"
    return int(row[0])


def answer_to(connection: Connection, claimed: Claimed) -> list[Event]:
    """Return what the log says to the claim, in order; nothing while it is not decided."""
    ids = [derived_id(claimed.source, claimed.event_id, number) for number in range(EVENTS_MAX)]
    rows = driver_connection(connection).execute(_ANSWER, (claimed.after, LOG_REQUESTS.name, ids))
    return [parse(all_events()[kind], bytes(body)) for kind, body in rows]


def newest_service(connection: Connection, code: str) -> Service | None:
    """Return the newest version of a service that the registry has accepted, or none."""
    row = driver_connection(connection).execute(_SERVICE, (code,)).fetchone()
    return None if row is None else Service.model_validate_json(row[0])
