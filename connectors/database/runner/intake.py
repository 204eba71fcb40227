"""Event identities: which claims are new, which came before, and which reuse an id for something else."""

import json
from collections.abc import Sequence

from sqlalchemy import Connection

from connectors.database.schema.tables import intake_event
from connectors.database.sql.copy import copy_rows
from connectors.database.sql.driver import driver_connection
from consumers.intake import Claim, Screened, Words, sort_out

_KNOWN = """
SELECT source, event_id, body_hash, about_hash FROM intake_event
WHERE (source, event_id) IN (
    SELECT * FROM ROWS FROM (json_array_elements_text(%s::json), json_array_elements_text(%s::json))
)
"""


class ClaimLedger:
    """Every accepted event identity with what was said under it, on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def screen(self, claims: Sequence[Claim]) -> Screened:
        """Sort `claims` out, with one query."""
        return sort_out(claims, self._known(claims))

    def record(self, claims: Sequence[Claim]) -> None:
        """Keep the identities of fresh claims. Raises `Collision` when another worker was first with one of them."""
        copy_rows(
            self._connection,
            intake_event,
            ("source", "event_id", "body_hash", "about_hash"),
            # In one order everywhere, so that workers that are given the same events do not wait in a circle.
            sorted((*claim.identity, *claim.words) for claim in claims),
        )

    def _known(self, claims: Sequence[Claim]) -> dict[tuple[str, str], Words]:
        if not claims:
            return {}
        # JSON, because the server reads it faster than the driver writes arrays of text.
        sources = json.dumps([claim.envelope.source for claim in claims])
        ids = json.dumps([claim.envelope.id for claim in claims])
        rows = driver_connection(self._connection).execute(_KNOWN, (sources, ids), binary=True)
        return {(source, event_id): Words(body, about) for source, event_id, body, about in rows}
