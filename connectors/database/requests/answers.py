"""What the bus has answered to one claim: read where the answer is written, before anybody publishes it."""

from collections.abc import Sequence

from connectors.database.requests.outcomes import SqlOutcomes
from connectors.database.requests.waiting import waiting_claim
from connectors.database.sql.driver import driver_connection
from consumers.requests.inbox import WaitingClaim
from producers.conversation import KeptClaim
from schemas.base import Event
from schemas.decode import all_events, parse
from schemas.identity import derived_id
from schemas.topics import LOG_REQUESTS

_ANSWER = "SELECT type, body FROM outbox WHERE id > %s AND topic = %s AND event_id = ANY(%s) ORDER BY id"
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
