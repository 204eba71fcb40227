"""What the bus has answered to one claim: read where the answer is written, before anybody publishes it."""

from collections.abc import Sequence

from sqlalchemy import Connection

from connectors.database.requests.outcomes import SqlOutcomes
from connectors.database.requests.waiting import WaitingClaim, waiting_claim
from connectors.database.sql.driver import driver_connection
from producers.conversation import KeptClaim
from schemas.base import Event
from schemas.catalogue import Service
from schemas.decode import all_events, parse
from schemas.identity import derived_id
from schemas.topics import LOG_REQUESTS

_ANSWER = "SELECT type, body FROM outbox WHERE id > %s AND topic = %s AND event_id = ANY(%s) ORDER BY id"
_SERVICE = """
SELECT (body->'service')::text FROM registry_version WHERE kind = 'service' AND code = %s ORDER BY version DESC LIMIT 1
"""
#: No claim leads to more events of its request than this.
EVENTS_MAX = 4


class SqlAnswers(SqlOutcomes):
    """Answers to claims on requests. Implements `Answers`."""

    def to(self, said: KeptClaim) -> Sequence[Event]:
        """Return what the requests' log says to the claim: also what is not published yet, for as long as it is kept.

        An answer that is older than the outbox's days is not found.
        """
        ids = [derived_id(said.source, said.event_id, number) for number in range(EVENTS_MAX)]
        with self._connection() as connection:
            rows = driver_connection(connection).execute(_ANSWER, (said.after, LOG_REQUESTS.name, ids)).fetchall()
        return [parse(all_events()[kind], bytes(body)) for kind, body in rows]

    def waiting(self, said: KeptClaim) -> WaitingClaim | None:
        """Return the claim when it is parked."""
        with self._connection() as connection:
            return waiting_claim(connection, said.topic, said.source, said.event_id, str(said.request_id))


def newest_service(connection: Connection, code: str) -> Service | None:
    """Return the newest version of a service that the registry has accepted, or none."""
    row = driver_connection(connection).execute(_SERVICE, (code,)).fetchone()
    return None if row is None else Service.model_validate_json(row[0])
