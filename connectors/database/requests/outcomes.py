"""What became of claims, read where it is written: the outbox, the park and the dead letters."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any

from psycopg import Connection as DriverConnection
from sqlalchemy import Connection

from connectors.database.runner.positions import agencies_read
from connectors.database.sql.driver import driver_connection, meaningful_errors
from consumers.parking import NEVER
from consumers.runner.errors import DatabaseUnavailable
from producers.outcomes import AnswersUnavailable, Decided, Held, Outcome, Refusal, SaidClaim, SaidWords, SetAside
from schemas.base import Event
from schemas.decode import all_events, parse
from schemas.identity import derived_id
from schemas.log_registry import RegistryClaimRefused
from schemas.log_requests import ClaimRefused
from schemas.speakers import DIRECTORATE, agency_source, office_source
from schemas.topics import INTAKE_PREFIX, LOG_REGISTRY, LOG_REQUESTS

#: Events that follow from one claim have numbers below this: of requests from 0, of the registry from 1.
NUMBERS = 5
_LOGS = (LOG_REQUESTS.name, LOG_REGISTRY.name)
_ANSWERS = """
SELECT event_id, type, body FROM outbox
WHERE id > %s AND topic = ANY(%s::text[]) AND event_id = ANY(%s::text[]) ORDER BY id
"""
#: Few claims wait at any time, and each is looked at: ids are in the headers alone.
_HELD = """
SELECT said.source, said.id, reason, detail, expires_at
FROM parked_event CROSS JOIN LATERAL (
    SELECT max(header->>1) FILTER (WHERE header->>0 = 'ce_source') AS source,
        max(header->>1) FILTER (WHERE header->>0 = 'ce_id') AS id
    FROM jsonb_array_elements(headers) AS header
) AS said
WHERE consumer IN ('registry', 'requests')
    AND (said.source, said.id) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
ORDER BY parked_event.id DESC
"""
_SET_ASIDE = """
SELECT source, event_id, reason, field, detail FROM dead_letter
WHERE (source, event_id) IN (SELECT * FROM unnest(%s::text[], %s::text[])) ORDER BY id DESC
"""
#: What this bus's own doors published; then what the bus has accepted of agencies that speak Kafka.
_SAID = """
SELECT source, event_id, type, key FROM outbox
WHERE starts_with(topic, %s) AND event_id = ANY(%s::text[]) ORDER BY id
"""
_ACCEPTED = """
SELECT source, event_id FROM intake_event
WHERE (source, event_id) IN (
    SELECT * FROM unnest(%s::text[]) AS speaker (name) CROSS JOIN unnest(%s::text[]) AS said (id)
)
"""
_OFFICES = "SELECT DISTINCT code FROM registry_version WHERE kind = 'office'"
_WORDS = """
SELECT source, event_id, body_hash, about_hash FROM intake_event
WHERE (source, event_id) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
"""
_NEWEST = "SELECT coalesce(max(id), 0) FROM outbox"
_REFUSALS = """
SELECT time, type, body FROM outbox
WHERE topic = ANY(%s::text[]) AND type = ANY(%s::text[]) AND convert_from(body, 'UTF8')::jsonb->>'claim_source' = %s
ORDER BY id DESC LIMIT %s
"""


class SqlOutcomes:
    """Outcomes of claims; `connect` opens a transaction for reading. Implements `OutcomeReads`.

    Answers are found for as long as the outbox keeps what is published (some days). One look costs four statements,
    however many claims it is for.
    """

    def __init__(self, connect: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._connect = connect

    def newest(self) -> int:
        """Return the outbox's newest id."""
        with self._connection() as opened:
            row = driver_connection(opened).execute(_NEWEST).fetchone()
        assert row is not None, "an aggregate has one row"
        return int(row[0])

    def words(self, identities: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], SaidWords]:
        """Return the hashes that ids were accepted with."""
        sources, ids = [source for source, _ in identities], [event_id for _, event_id in identities]
        with self._connection() as opened:
            rows = driver_connection(opened).execute(_WORDS, (sources, ids)).fetchall()
        return {
            (source, event_id): SaidWords(bytes(body), None if about is None else bytes(about))
            for source, event_id, body, about in rows
        }

    def outcomes(self, claims: Sequence[SaidClaim]) -> Mapping[SaidClaim, Outcome]:
        """Return what is known of `claims`: a decision goes before a wait, and a wait before a dead letter."""
        sources, ids = [claim.source for claim in claims], [claim.event_id for claim in claims]
        by_identity = {(claim.source, claim.event_id): claim for claim in claims}
        found: dict[SaidClaim, Outcome] = {}
        with self._connection() as opened:
            connection = driver_connection(opened)
            for source, event_id, reason, field, detail in connection.execute(_SET_ASIDE, (sources, ids)):
                found.setdefault(by_identity[source, event_id], SetAside(reason, field, detail))
            for source, event_id, reason, detail, until in connection.execute(_HELD, (sources, ids)):
                found[by_identity[source, event_id]] = Held(reason, detail, None if until >= NEVER else until)
            new, old = [[claim for claim in claims if bool(claim.after) is said_now] for said_now in (True, False)]
            found |= _decided(connection, new) | _decided(connection, old)
        return found

    def said(self, event_ids: Sequence[str]) -> Sequence[SaidClaim]:
        """Return the claims under `event_ids`, in their order."""
        with self._connection() as opened:
            connection = driver_connection(opened)
            published = connection.execute(_SAID, (INTAKE_PREFIX, list(event_ids))).fetchall()
            speakers = [DIRECTORATE, *(office_source(code) for (code,) in connection.execute(_OFFICES))]
            speakers += [agency_source(code) for code in agencies_read(opened)]
            accepted = connection.execute(_ACCEPTED, (speakers, list(event_ids))).fetchall()
        claims = {(source, event_id): SaidClaim(source, event_id) for source, event_id in accepted}
        claims |= {(source, event_id): SaidClaim(source, event_id, *about) for source, event_id, *about in published}
        place = {event_id: number for number, event_id in enumerate(event_ids)}
        return sorted(claims.values(), key=lambda claim: place[claim.event_id])

    def refusals(self, source: str, most: int) -> Sequence[Refusal]:
        """Return the newest refusals of what `source` has said, the newest first."""
        types = [ClaimRefused.type_name(), RegistryClaimRefused.type_name()]
        with self._connection() as opened:
            rows = driver_connection(opened).execute(_REFUSALS, (list(_LOGS), types, source, most)).fetchall()
        return [_refusal(time, kind, bytes(body)) for time, kind, body in rows]

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        try:
            with meaningful_errors(), self._connect() as connection:
                yield connection
        except DatabaseUnavailable as error:
            raise AnswersUnavailable(str(error)) from error


def _decided(connection: DriverConnection[Any], claims: Sequence[SaidClaim]) -> dict[SaidClaim, Outcome]:
    """Return the decided ones of `claims`, which all have a place in the outbox before their answers, or all none."""
    if not claims:
        return {}
    asked = {derived_id(claim.source, claim.event_id, number): claim for claim in claims for number in range(NUMBERS)}
    events: dict[SaidClaim, list[Event]] = {}
    after = min(claim.after for claim in claims)
    for event_id, kind, body in connection.execute(_ANSWERS, (after, list(_LOGS), list(asked))):
        events.setdefault(asked[event_id], []).append(parse(all_events()[kind], bytes(body)))
    return {claim: Decided(tuple(found)) for claim, found in events.items()}


def _refusal(time: datetime, kind: str, body: bytes) -> Refusal:
    event = parse(all_events()[kind], body)
    assert isinstance(event, ClaimRefused | RegistryClaimRefused), "asked for by type"
    return Refusal(time, SaidClaim(event.claim_source, event.claim_id, event.claim_type), event)
