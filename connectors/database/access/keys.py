"""Keys in the database: their store, and what the doors read and note of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, or_, select, text, update

from connectors.database.schema.access_tables import api_key
from producers.access.keys import Key
from producers.access.parties import Party, PartyKind, Scope

#: Doors listen on this channel, so that a revoked key is known at once.
CHANNEL = "pishkhan_keys"
_NOTIFY = text(f"NOTIFY {CHANNEL}")


class SqlKeys:
    """Implements `KeyStore`, `KeyReads` and `KeyUses` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, key: Key) -> None:
        """Keep a new key."""
        values = {
            "key_id": key.key_id,
            "party_kind": key.party.kind.value,
            "party_code": key.party.code,
            "name": key.name,
            "scopes": sorted(scope.value for scope in key.scopes),
            "operator": key.operator,
            "hash": key.hash,
            "issued_at": key.issued_at,
            "issued_by": key.issued_by,
            "replaces": key.replaces,
        }
        self._connection.execute(api_key.insert().values(values))
        self._connection.execute(_NOTIFY)

    def find(self, key_id: str) -> Key | None:
        """Return one key, locked until the transaction ends, or none."""
        found = self._read(select(api_key).where(api_key.c.key_id == key_id).with_for_update())
        return found[0] if found else None

    def of(self, party: Party | None = None) -> Sequence[Key]:
        """Return every key, or those of one party, the oldest first."""
        query = select(api_key).order_by(api_key.c.issued_at, api_key.c.key_id)
        if party is not None:
            query = query.where(api_key.c.party_kind == party.kind.value, api_key.c.party_code == party.code)
        return self._read(query)

    def live(self) -> Sequence[Key]:
        """Return every key that is neither revoked nor over by the database's clock."""
        not_over = or_(api_key.c.ends_at.is_(None), api_key.c.ends_at > func.clock_timestamp())
        return self._read(select(api_key).where(api_key.c.revoked_at.is_(None), not_over))

    def end(self, key_id: str, at: datetime) -> None:
        """Let a key end at a moment."""
        self._connection.execute(update(api_key).where(api_key.c.key_id == key_id).values(ends_at=at))
        self._connection.execute(_NOTIFY)

    def revoke(self, key_id: str, at: datetime, by: str) -> None:
        """Let a key open nothing from now on."""
        change = update(api_key).where(api_key.c.key_id == key_id).values(revoked_at=at, revoked_by=by)
        self._connection.execute(change)
        self._connection.execute(_NOTIFY)

    def note_used(self, used: Mapping[str, datetime]) -> None:
        """Write down the last use of some keys; one that was noted later stays as it is."""
        for key_id, at in sorted(used.items()):
            newer = or_(api_key.c.last_used_at.is_(None), api_key.c.last_used_at < at)
            self._connection.execute(update(api_key).where(api_key.c.key_id == key_id, newer).values(last_used_at=at))

    def _read(self, query: Select[Any]) -> list[Key]:
        return [_key(row) for row in self._connection.execute(query)]


def _key(row: Any) -> Key:
    # A scope that only a newer build knows opens nothing in this one.
    known = frozenset(scope for scope in Scope if scope.value in row.scopes)
    return Key(
        row.key_id,
        Party(PartyKind(row.party_kind), row.party_code),
        row.name,
        known,
        row.operator,
        bytes(row.hash),
        row.issued_at,
        row.issued_by,
        row.ends_at,
        row.revoked_at,
        row.revoked_by,
        row.last_used_at,
        row.replaces,
    )
