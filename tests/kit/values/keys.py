"""Keys of parties, as tests need them."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random

from producers.access.audit import Actor, Audit, AuditRow
from producers.access.keys import Key, KeyDesk, KeyOrder, KeyStore
from producers.access.parties import Party, PartyKind, Scope
from producers.access.tokens import hash_of, new_token
from tests.kit.values.builders import MOMENT

SECRET = b"a secret of the tests"
GAS = Party(PartyKind.AGENCY, "gas")
DESK = Party(PartyKind.OFFICE, "u-001")


def randomness(seed: int) -> Callable[[int], bytes]:
    """A source of bytes that is the same for one seed."""
    return Random(seed).randbytes


def order_of(party: Party = GAS, *scopes: Scope, name: str = "billing", operator: str | None = None) -> KeyOrder:
    """What somebody wants."""
    return KeyOrder(party, name, frozenset(scopes or (Scope.READ,)), operator)


def key_of(party: Party = GAS, *scopes: Scope, seed: int = 1, issued_at: datetime = MOMENT) -> tuple[Key, str]:
    """A key and its text."""
    key_id, token = new_token(randomness(seed))
    granted = frozenset(scopes or (Scope.READ,))
    return Key(key_id, party, "billing", granted, None, hash_of(token, SECRET), issued_at, "sara"), token


@dataclass
class PlainKeys:
    """Implements `KeyStore` in a dictionary; the contracts are tried on the stores that have transactions."""

    rows: dict[str, Key] = field(default_factory=dict)

    def add(self, key: Key) -> None:
        assert key.key_id not in self.rows
        self.rows[key.key_id] = key

    def find(self, key_id: str) -> Key | None:
        return self.rows.get(key_id)

    def of(self, party: Party | None = None) -> list[Key]:
        return [key for key in self.rows.values() if party in (None, key.party)]

    def end(self, key_id: str, at: datetime) -> None:
        self.rows[key_id] = replace(self.rows[key_id], ends_at=at)

    def revoke(self, key_id: str, at: datetime, by: str) -> None:
        self.rows[key_id] = replace(self.rows[key_id], revoked_at=at, revoked_by=by)


@dataclass
class PlainAudit:
    """Implements `Audit` in a list."""

    rows: list[AuditRow] = field(default_factory=list)

    def add(self, row: AuditRow) -> None:
        self.rows.append(row)


def desk_of(store: KeyStore, audit: Audit, now: datetime = MOMENT, seed: int = 1) -> KeyDesk:
    """What issuing needs; the same seed gives the same key."""
    return KeyDesk(store, audit, SECRET, randomness(seed), Actor("sara"), now)
