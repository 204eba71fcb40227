"""The audit in the database: rows are added, and nobody's role may change one."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from connectors.database.schema.access_tables import audit_row
from producers.access.audit import AuditFilter, AuditLine, AuditRow


class SqlAudit:
    """Implements `Audit` and `AuditReads` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: AuditRow) -> None:
        """Keep a row."""
        values = {
            "at": row.at,
            "actor": row.actor.name,
            "key_id": row.actor.key_id,
            "act": row.act.value,
            "about": row.about,
            "outcome": row.outcome.value,
            "detail": row.detail,
        }
        self._connection.execute(audit_row.insert().values(values))

    def page(self, wanted: AuditFilter, limit: int) -> Sequence[AuditLine]:
        """Return the newest `limit` rows that are wanted, the newest first."""
        query = select(audit_row).where(*_where(wanted)).order_by(audit_row.c.id.desc()).limit(limit)
        return [
            AuditLine(row.id, row.at, row.actor, row.key_id, row.act, row.about, row.outcome, row.detail)
            for row in self._connection.execute(query)
        ]

    def count(self, wanted: AuditFilter) -> int:
        """Return how many rows are wanted."""
        query = select(func.count()).select_from(audit_row).where(*_where(wanted))
        return self._connection.execute(query).scalar_one()


def _where(wanted: AuditFilter) -> list[ColumnElement[Any]]:
    columns = audit_row.c
    conditions: list[ColumnElement[Any]] = []
    for column, value in (
        (columns.actor, wanted.actor),
        (columns.key_id, wanted.key_id),
        (columns.act, wanted.act),
        (columns.about, wanted.about),
        (columns.outcome, wanted.outcome),
    ):
        if value is not None:
            conditions.append(column == str(value))
    if wanted.since is not None:
        conditions.append(columns.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(columns.at < wanted.until)
    return conditions
