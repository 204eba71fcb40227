"""What became of claims that somebody published and now waits for."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from connectors.database.sql.driver import driver_connection
from schemas.identity import derived_id
from schemas.log_registry import RegistryClaimRefused
from schemas.topics import LOG_REGISTRY

Identity = tuple[str, str]

_KNOWN = """
SELECT source, event_id FROM intake_event
WHERE (source, event_id) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
"""
#: The registry answers every claim with at least one log event, whose id follows from the claim's.
_ANSWERS = """
SELECT event_id, type, body FROM outbox
WHERE topic = %s AND created_at >= %s AND event_id = ANY(%s)
"""


class RegistryAnswers:
    """The registry's answers to claims, on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def known(self, identities: Sequence[Identity]) -> set[Identity]:
        """Return those of (source, event id) that the bus has seen before."""
        sources = [source for source, _ in identities]
        ids = [event_id for _, event_id in identities]
        rows = driver_connection(self._connection).execute(_KNOWN, (sources, ids))
        return {(source, event_id) for source, event_id in rows}

    def answered(
        self, identities: Collection[Identity], since: datetime
    ) -> Mapping[Identity, RegistryClaimRefused | None]:
        """Return the decided ones of `identities`, each with its refusal, or none when it was accepted.

        `since` is real time: answers before it are not looked for.
        """
        asked = {derived_id(source, event_id, 1): (source, event_id) for source, event_id in identities}
        rows = driver_connection(self._connection).execute(_ANSWERS, (LOG_REGISTRY.name, since, list(asked)))
        refused = RegistryClaimRefused.type_name()
        return {
            asked[event_id]: RegistryClaimRefused.model_validate_json(body) if kind == refused else None
            for event_id, kind, body in rows
        }
