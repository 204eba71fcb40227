"""What reconciliations have said: one row each, so that whoever asks less can say when all was asked."""

from datetime import datetime
from typing import Any, NamedTuple

import psycopg
from sqlalchemy import Connection

from connectors.database.driver import driver_connection

_KEEP = "INSERT INTO reconciliation_verdict (records, differences, harmless, exit_code) VALUES (%s, %s, %s, %s)"
_LAST = """
SELECT said_at, records, differences, harmless, exit_code FROM reconciliation_verdict ORDER BY id DESC LIMIT 1
"""


class KeptVerdict(NamedTuple):
    """One reconciliation that came to its end: how many records it read and what it found."""

    said_at: datetime
    records: int
    differences: int
    harmless: int
    exit_code: int


def keep_verdict(connection: Connection, records: int, differences: int, harmless: int, exit_code: int) -> None:
    """Keep what a reconciliation has said, as of now."""
    driver_connection(connection).execute(_KEEP, (records, differences, harmless, exit_code))


def last_verdict(database: psycopg.Connection[Any]) -> KeptVerdict | None:
    """Return what the last reconciliation said; none when there was none."""
    row = database.execute(_LAST).fetchone()
    return None if row is None else KeptVerdict(*row)
