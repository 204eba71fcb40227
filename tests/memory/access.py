"""Keys and the audit of administrators, over the database in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from producers.access.audit import AuditFilter, AuditLine, AuditRow
from producers.access.keys import Key
from producers.access.parties import Party
from tests.kit.values.builders import MOMENT
from tests.memory.database import Transaction
from tests.memory.tables import BusDatabase


class MemoryKeys:
    """Implements `KeyStore`, `KeyReads` and `KeyUses`. The database's clock begins at `MOMENT`."""

    def __init__(self, transaction: Transaction, tables: BusDatabase) -> None:
        self._transaction = transaction
        self._tables = tables

    def add(self, key: Key) -> None:
        self._transaction.insert(self._tables.keys, key.key_id, key)

    def find(self, key_id: str) -> Key | None:
        self._transaction.lock(self._tables.keys, key_id)
        return self._transaction.find(self._tables.keys, key_id)

    def of(self, party: Party | None = None) -> Sequence[Key]:
        rows = self._transaction.rows(self._tables.keys).values()
        return sorted((key for key in rows if party in (None, key.party)), key=lambda key: (key.issued_at, key.key_id))

    def live(self) -> Sequence[Key]:
        now = MOMENT + timedelta(seconds=self._tables.seconds())
        return [key for key in self.of() if key.opens(now)]

    def end(self, key_id: str, at: datetime) -> None:
        self._put(key_id, ends_at=at)

    def revoke(self, key_id: str, at: datetime, by: str) -> None:
        self._put(key_id, revoked_at=at, revoked_by=by)

    def note_used(self, used: Mapping[str, datetime]) -> None:
        for key_id, at in used.items():
            key = self._transaction.find(self._tables.keys, key_id)
            if key is not None and (key.last_used_at is None or key.last_used_at < at):
                self._put(key_id, last_used_at=at)

    def _put(self, key_id: str, **changes: object) -> None:
        key = self._transaction.find(self._tables.keys, key_id)
        if key is not None:
            self._transaction.put(self._tables.keys, key_id, replace(key, **changes))  # type: ignore[arg-type]  # named by the calls above


class MemoryAudit:
    """Implements `Audit` and `AuditReads`."""

    def __init__(self, transaction: Transaction, tables: BusDatabase) -> None:
        self._transaction = transaction
        self._tables = tables

    def add(self, row: AuditRow) -> None:
        self._transaction.insert(self._tables.audit, self._tables.next_id("audit_row"), row)

    def page(self, wanted: AuditFilter, limit: int) -> Sequence[AuditLine]:
        return self._wanted(wanted)[:limit]

    def count(self, wanted: AuditFilter) -> int:
        return len(self._wanted(wanted))

    def _wanted(self, wanted: AuditFilter) -> list[AuditLine]:
        rows = sorted(self._transaction.rows(self._tables.audit).items(), reverse=True)
        return [_line(number, row) for number, row in rows if _matches(row, wanted)]


def _line(number: int, row: AuditRow) -> AuditLine:
    actor = row.actor
    return AuditLine(number, row.at, actor.name, actor.key_id, row.act.value, row.about, row.outcome.value, row.detail)


def _matches(row: AuditRow, wanted: AuditFilter) -> bool:
    return (
        wanted.actor in (None, row.actor.name)
        and wanted.key_id in (None, row.actor.key_id)
        and wanted.act in (None, row.act.value)
        and wanted.about in (None, row.about)
        and wanted.outcome in (None, row.outcome)
        and (wanted.since is None or wanted.since <= row.at)
        and (wanted.until is None or row.at < wanted.until)
    )
