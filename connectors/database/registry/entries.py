"""Registry versions in SQL: one head row whose lock makes revisions one gap-free order, and as-of queries."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, text, update

from connectors.database.schema.tables import consumer_offset, registry_head, registry_version
from connectors.database.sql.copy import copy_rows
from connectors.database.sql.driver import driver_connection
from consumers.registry.domain.entries import value_of
from consumers.registry.domain.known import EntryKind, Subject, subject
from schemas.agreements import AgreementState
from schemas.decode import encode
from schemas.log_registry import (
    AgreementVersioned,
    CalendarVersioned,
    OfficeVersioned,
    PolicyVersioned,
    RegistryEntry,
    ServiceVersioned,
    TerritoryVersioned,
)
from schemas.offices import Office

_ENTRIES: Mapping[str, type[RegistryEntry]] = {
    EntryKind.SERVICE: ServiceVersioned,
    EntryKind.OFFICE: OfficeVersioned,
    EntryKind.AGREEMENT: AgreementVersioned,
    EntryKind.POLICY: PolicyVersioned,
    EntryKind.CALENDAR: CalendarVersioned,
    EntryKind.TERRITORY: TerritoryVersioned,
}
_COLUMNS = ("revision", "kind", "code", "version", "valid_from", "accepted_at", "body")
#: Proposals bind nobody, so they are not what holds at any time.
_PROPOSALS = [AgreementState.DRAFTED.value, AgreementState.NEGOTIATED.value, AgreementState.SIGNED.value]

_SINCE = "SELECT kind, body::text FROM registry_version WHERE revision > %s ORDER BY revision"
_KNOWN = """
SELECT kind, body::text FROM registry_version
WHERE kind = ANY(%s) OR (kind, code) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
ORDER BY revision
"""
_AS_OF = """
SELECT kind, body::text FROM registry_version
WHERE kind = %s AND code = %s AND valid_from <= %s AND revision <= %s
    AND NOT (kind = 'agreement' AND body -> 'agreement' ->> 'state' = ANY(%s))
ORDER BY version DESC LIMIT 1
"""
_CODES = "SELECT DISTINCT code FROM registry_version WHERE kind = %s ORDER BY code"
_HISTORY = "SELECT kind, body::text FROM registry_version WHERE kind = %s AND code = %s ORDER BY version"
_PUT_LIMITS = """
INSERT INTO office_position (office, cap_rial, capacity)
SELECT * FROM unnest(%s::text[], %s::bigint[], %s::int[]) AS given (office, cap_rial, capacity) ORDER BY office
ON CONFLICT (office) DO UPDATE SET cap_rial = excluded.cap_rial, capacity = excluded.capacity
WHERE (office_position.cap_rial, office_position.capacity) <> (excluded.cap_rial, excluded.capacity)
"""


class RegistryStore:
    """Reads and appends registry versions on one connection. Reading never waits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def head(self) -> int:
        """Return the newest committed revision."""
        # Asked several times a second by a worker that has nothing to do, and so written out.
        row = driver_connection(self._connection).execute("SELECT revision FROM registry_head").fetchone()
        assert row is not None, "the first migration makes this row"
        return int(row[0])

    def lock_head(self) -> int:
        """Lock the head until the transaction ends and return its revision. May raise `Contention`."""
        return int(self._connection.execute(select(registry_head.c.revision).with_for_update()).scalar_one())

    def append(self, entries: Sequence[RegistryEntry]) -> None:
        """Add entries with the revisions after the locked head, and move the head to the last of them."""
        if not entries:
            return
        copy_rows(self._connection, registry_version, _COLUMNS, [_row(entry) for entry in entries])
        moved = self._connection.execute(
            update(registry_head)
            .where(registry_head.c.revision == entries[0].revision - 1)
            .values(revision=entries[-1].revision)
        )
        assert moved.rowcount == 1, "the head was locked and these revisions follow it"

    def since(self, revision: int) -> list[RegistryEntry]:
        """Return every entry after `revision`, in order."""
        return self._entries(_SINCE, (revision,))

    def known(self, subjects: Collection[Subject], kinds: Collection[EntryKind]) -> list[RegistryEntry]:
        """Return all versions of `subjects` and of everything of `kinds`, in revision order."""
        wanted = sorted(subjects)
        return self._entries(
            _KNOWN, ([kind.value for kind in kinds], [kind.value for kind, _ in wanted], [code for _, code in wanted])
        )

    def as_of(self, kind: EntryKind, code: str, moment: datetime, revision: int | None = None) -> RegistryEntry | None:
        """Return the version that held at `moment`, as it was known at `revision` (now, when none is given).

        The last version that had begun by then holds; agreements that were only proposed never do.
        """
        upper = revision if revision is not None else self.head()
        found = self._entries(_AS_OF, (kind.value, code, moment, upper, _PROPOSALS))
        return found[0] if found else None

    def history(self, kind: EntryKind, code: str) -> list[RegistryEntry]:
        """Return every version of one thing, oldest first."""
        return self._entries(_HISTORY, (kind.value, code))

    def codes(self, kind: EntryKind) -> list[str]:
        """Return the codes of everything of `kind`, in order."""
        return [code for (code,) in driver_connection(self._connection).execute(_CODES, (kind.value,))]

    def positions(self) -> dict[str, int]:
        """Return how far the registry has read each intake partition, keyed `<topic>/<partition>`."""
        query = select(consumer_offset.c.topic, consumer_offset.c.partition, consumer_offset.c.next_position).where(
            consumer_offset.c.consumer == "registry"
        )
        return {f"{row.topic}/{row.partition}": row.next_position for row in self._connection.execute(query)}

    def _entries(self, query: str, parameters: Sequence[Any]) -> list[RegistryEntry]:
        rows = driver_connection(self._connection).execute(query, parameters, binary=True)
        return [_ENTRIES[kind].model_validate_json(body) for kind, body in rows]


class OfficeLimits:
    """What each office may carry, beside what it carries: `office_position.cap_rial` and `capacity`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, offices: Sequence[Office]) -> None:
        """Set cap and capacity of `offices`.

        Takes the load clock first, as every writer of these rows does.
        """
        if not offices:
            return
        self._connection.execute(text("SELECT revision FROM load_clock FOR UPDATE"))
        driver_connection(self._connection).execute(
            _PUT_LIMITS,
            (
                [office.code for office in offices],
                [office.prepaid_rial + office.net_debit_cap_rial for office in offices],
                [office.daily_capacity for office in offices],
            ),
        )


def _row(entry: RegistryEntry) -> tuple[object, ...]:
    value = value_of(entry)
    kind, code = subject(value)
    return (entry.revision, kind.value, code, value.version, value.valid_from, entry.accepted_at, encode(entry))
