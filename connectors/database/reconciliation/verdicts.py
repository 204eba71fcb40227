"""What reconciliations have said: one row each, so that whoever asks less can say when all was asked."""

from typing import Any

import psycopg
from sqlalchemy import Connection

from connectors.database.sql.driver import driver_connection
from consumers.reconciliation.verdict import KeptVerdict

_KEEP = "INSERT INTO reconciliation_verdict (records, differences, harmless, exit_code) VALUES (%s, %s, %s, %s)"
_LAST = """
SELECT said_at, records, differences, harmless, exit_code FROM reconciliation_verdict ORDER BY id DESC LIMIT 1
"""


class VerdictNotKept(Exception):
    """This role may not keep what was said, or the table is not there; the message is the server's."""


def keep_verdict(connection: Connection, records: int, differences: int, harmless: int, exit_code: int) -> None:
    """Keep what a reconciliation has said, as of now. Raises `VerdictNotKept`, which ends the transaction."""
    try:
        driver_connection(connection).execute(_KEEP, (records, differences, harmless, exit_code))
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedTable) as error:
        raise VerdictNotKept(str(error.diag.message_primary)) from error


def last_verdict(database: psycopg.Connection[Any]) -> KeptVerdict | None:
    """Return what the last reconciliation said; none when there was none."""
    row = database.execute(_LAST).fetchone()
    return None if row is None else KeptVerdict(*row)
