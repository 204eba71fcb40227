"""What the bus has answered to one claim: read where the answer is written, before anybody publishes it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import Connection

from connectors.database.requests.waiting import WaitingClaim, waiting_claim
from connectors.database.sql.driver import driver_connection, meaningful_errors
from consumers.runner.errors import DatabaseUnavailable
from producers.conversation import AnswersUnavailable, KeptClaim
from schemas.base import Event
from schemas.catalogue import Service
from schemas.decode import all_events, parse
from schemas.identity import derived_id
from schemas.topics import LOG_REQUESTS

_NEWEST = "SELECT coalesce(max(id), 0) FROM outbox"
_ANSWER = "SELECT type, body FROM outbox WHERE id > %s AND topic = %s AND event_id = ANY(%s) ORDER BY id"
_WORDS = "SELECT body_hash, about_hash FROM intake_event WHERE source = %s AND event_id = %s"
_SERVICE = """
SELECT (body->'service')::text FROM registry_version WHERE kind = 'service' AND code = %s ORDER BY version DESC LIMIT 1
"""
#: No claim leads to more events of its request than this.
EVENTS_MAX = 4


class SqlAnswers:
    """Answers to claims on requests; `connect` opens a transaction for reading. Implements `Answers`."""

    def __init__(self, connect: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._connect = connect

    def newest(self) -> int:
        """Return the outbox's newest id."""
        with self._connection() as connection:
            row = driver_connection(connection).execute(_NEWEST).fetchone()
        assert row is not None, "an aggregate has one row"
        return int(row[0])

    def words(self, source: str, event_id: str) -> tuple[bytes, bytes | None] | None:
        """Return the hashes that an id was accepted with."""
        with self._connection() as connection:
            row = driver_connection(connection).execute(_WORDS, (source, event_id)).fetchone()
        return None if row is None else (bytes(row[0]), None if row[1] is None else bytes(row[1]))

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

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        try:
            with meaningful_errors(), self._connect() as connection:
                yield connection
        except DatabaseUnavailable as error:
            raise AnswersUnavailable(str(error)) from error


def newest_service(connection: Connection, code: str) -> Service | None:
    """Return the newest version of a service that the registry has accepted, or none."""
    row = driver_connection(connection).execute(_SERVICE, (code,)).fetchone()
    return None if row is None else Service.model_validate_json(row[0])
