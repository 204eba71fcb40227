"""Claims on requests that wait, as their publishers see them; bodies stay in the database."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from connectors.database.sql.driver import driver_connection
from connectors.database.sql.kafka_columns import headers_from_json
from consumers.parking import ParkReason
from consumers.requests.domain.life.lifecycle import awaited
from consumers.requests.domain.life.outcome import Awaited
from consumers.requests.domain.life.state import RequestStage
from consumers.requests.inbox import WaitingClaim

_COLUMNS = """
SELECT key, reason, detail, headers, appended_at, expires_at, coalesce(state, 'awaited')
FROM parked_event LEFT JOIN request ON request_id::text = key
WHERE consumer = 'requests' AND topic = %(topic)s AND headers @> %(said)s::jsonb
"""
_OF_SPEAKER = f"{_COLUMNS} ORDER BY id LIMIT %(limit)s"
_OF_CLAIM = f"{_COLUMNS} AND key = %(key)s ORDER BY id LIMIT 1"


def waiting_claims(connection: Connection, topic: str, source: str, limit: int = 200) -> list[WaitingClaim]:
    """Return what `source` has said on `topic` that waits, the oldest first."""
    values = {"topic": topic, "said": _said(("ce_source", source)), "limit": limit}
    return [_read(row) for row in driver_connection(connection).execute(_OF_SPEAKER, values)]


def waiting_claim(
    connection: Connection, topic: str, source: str, claim_id: str, request_id: str
) -> WaitingClaim | None:
    """Return one claim on one request, or none when it does not wait."""
    values = {"topic": topic, "said": _said(("ce_source", source), ("ce_id", claim_id)), "key": request_id}
    row = driver_connection(connection).execute(_OF_CLAIM, values).fetchone()
    return None if row is None else _read(row)


def _said(*headers: tuple[str, str]) -> str:
    return json.dumps([list(header) for header in headers])


def _read(row: Sequence[Any]) -> WaitingClaim:
    key, reason, detail, headers, since, until, stage = row
    named = {name: (value or b"").decode(errors="replace") for name, value in headers_from_json(headers)}
    whose = awaited(named["ce_type"], RequestStage(stage)) if reason == ParkReason.PREDECESSOR else None
    if reason == ParkReason.REGISTRY:
        whose = Awaited.REGISTRY
    return WaitingClaim(UUID(key), named["ce_id"], named["ce_type"], whose, detail, since, until)
