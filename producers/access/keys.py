"""Keys of parties: issued, listed, rotated, revoked; the use cases of whoever administers them.

Every act leaves a row in the audit in its own transaction, a refused one too: the caller commits either way. All times
here are real time.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from producers.access.audit import Actor, AdminAct, Audit, AuditOutcome, AuditRow
from producers.access.parties import GRANTABLE, Caller, Party, PartyKind, Scope
from producers.access.tokens import Randomness, hash_of, is_key_id, new_token

NAME_LENGTH_MAX = 80
#: A party with more is probably a script that issues one for each call.
LIVE_KEYS_MAX = 50
OVERLAP_MAX = timedelta(days=90)


class KeyRefusal(StrEnum):
    """Why an act on a key is refused."""

    UNKNOWN_PARTY = "unknown_party"
    NAME_INVALID = "name_invalid"
    NO_SCOPES = "no_scopes"
    # Such as `govern` for an agency.
    SCOPE_NOT_OF_PARTY = "scope_not_of_party"
    OPERATOR_NOT_OF_OFFICE = "operator_not_of_office"
    TOO_MANY_KEYS = "too_many_keys"
    UNKNOWN_KEY = "unknown_key"
    # Revoked or ended: it opens nothing, and nothing can be done with it.
    KEY_OVER = "key_over"
    # Another key took its place already; that one is rotated next.
    ALREADY_REPLACED = "already_replaced"
    OVERLAP_INVALID = "overlap_invalid"


class KeyState(StrEnum):
    """What a key is good for now."""

    ACTIVE = "active"
    # Replaced by another; it opens doors until `ends_at`.
    ENDING = "ending"
    ENDED = "ended"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Key:
    """One key as it is kept: everything but its text."""

    key_id: str
    party: Party
    name: str
    scopes: frozenset[Scope]
    operator: str | None
    hash: bytes
    issued_at: datetime
    issued_by: str
    ends_at: datetime | None = None
    revoked_at: datetime | None = None
    revoked_by: str | None = None
    last_used_at: datetime | None = None
    replaces: str | None = None

    def state(self, now: datetime) -> KeyState:
        """Return what it is good for at `now`."""
        if self.revoked_at is not None:
            return KeyState.REVOKED
        if self.ends_at is None:
            return KeyState.ACTIVE
        return KeyState.ENDING if now < self.ends_at else KeyState.ENDED

    def opens(self, now: datetime) -> bool:
        """Say whether it opens doors at `now`."""
        return self.state(now) in (KeyState.ACTIVE, KeyState.ENDING)

    @property
    def caller(self) -> Caller:
        """Whoever shows it."""
        return Caller(self.party, self.key_id, self.name, self.scopes, self.operator)


class KeyStore(Protocol):
    """Keys, in one transaction. Whoever is away may raise `DatabaseUnavailable`."""

    def add(self, key: Key) -> None:
        """Keep a new key."""

    def find(self, key_id: str) -> Key | None:
        """Return one key, locked until the transaction ends, or none."""

    def of(self, party: Party | None = None) -> Sequence[Key]:
        """Return every key, or those of one party, the oldest first."""

    def end(self, key_id: str, at: datetime) -> None:
        """Let a key end at a moment."""

    def revoke(self, key_id: str, at: datetime, by: str) -> None:
        """Let a key open nothing from now on."""


class KeyUses(Protocol):
    """When keys were used, as it is written down now and then."""

    def note_used(self, used: Mapping[str, datetime]) -> None:
        """Write down the last use of some keys; one that was noted later stays as it is."""


class KeyReads(Protocol):
    """Keys, as the doors need them."""

    def live(self) -> Sequence[Key]:
        """Return every key that is neither revoked nor over by the database's clock."""


@dataclass(frozen=True, slots=True)
class KeyOrder:
    """The key that somebody wants."""

    party: Party
    name: str
    scopes: frozenset[Scope]
    operator: str | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """A new key and its text, which is shown now and never again."""

    key: Key
    token: str


@dataclass(frozen=True, slots=True)
class KeyDesk:
    """What issuing, rotating and revoking need. `random` is a source for secrets, `secret` the key of the hashes."""

    store: KeyStore
    audit: Audit
    secret: bytes
    random: Randomness
    actor: Actor
    now: datetime

    def note(self, act: AdminAct, about: str, refusal: KeyRefusal | None, detail: str = "") -> None:
        """Put on record what was done, or refused."""
        outcome = AuditOutcome.DONE if refusal is None else AuditOutcome.REFUSED
        said = detail if refusal is None else refusal.value
        self.audit.add(AuditRow(self.now, self.actor, act, about, outcome, said))


def issue(
    desk: KeyDesk, order: KeyOrder, knows: Callable[[Party], bool], operators: Collection[str] = ()
) -> Issued | KeyRefusal:
    """Make a key for a party that `knows` says there is; `operators` are those of the office that it is for."""
    refusal = _refusal(desk, order, knows, operators)
    if refusal is not None:
        desk.note(AdminAct.KEY_ISSUE, str(order.party), refusal)
        return refusal
    issued = _issued(desk, order)
    scopes = " ".join(sorted(order.scopes))
    desk.note(AdminAct.KEY_ISSUE, f"{order.party}, key {issued.key.key_id}", None, scopes)
    return issued


def _refusal(
    desk: KeyDesk, order: KeyOrder, knows: Callable[[Party], bool], operators: Collection[str]
) -> KeyRefusal | None:
    if not _is_a_name(order.name):
        return KeyRefusal.NAME_INVALID
    if not order.scopes:
        return KeyRefusal.NO_SCOPES
    if not order.scopes <= GRANTABLE[order.party.kind]:
        return KeyRefusal.SCOPE_NOT_OF_PARTY
    if not knows(order.party):
        return KeyRefusal.UNKNOWN_PARTY
    if order.operator is not None and (order.party.kind is not PartyKind.OFFICE or order.operator not in operators):
        return KeyRefusal.OPERATOR_NOT_OF_OFFICE
    if sum(key.opens(desk.now) for key in desk.store.of(order.party)) >= LIVE_KEYS_MAX:
        return KeyRefusal.TOO_MANY_KEYS
    return None


def rotate(desk: KeyDesk, key_id: str, overlap: timedelta) -> Issued | KeyRefusal:
    """Make a key that can do the same; the old one opens doors until `overlap` has passed."""
    old = desk.store.find(key_id)
    refusal = _unfit(old, desk.now)
    if refusal is None and not timedelta() <= overlap <= OVERLAP_MAX:
        refusal = KeyRefusal.OVERLAP_INVALID
    if refusal is None and old is not None and old.ends_at is not None:
        refusal = KeyRefusal.ALREADY_REPLACED
    if refusal is not None or old is None:
        refusal = refusal or KeyRefusal.UNKNOWN_KEY
        desk.note(AdminAct.KEY_ROTATE, _about(key_id, old), refusal)
        return refusal
    issued = _issued(desk, KeyOrder(old.party, old.name, old.scopes, old.operator), replaces=key_id)
    ends_at = desk.now + overlap
    desk.store.end(key_id, ends_at)
    detail = f"replaced by {issued.key.key_id}, ends {ends_at:%Y-%m-%dT%H:%M:%SZ}"
    desk.note(AdminAct.KEY_ROTATE, _about(key_id, old), None, detail)
    return issued


def revoke(desk: KeyDesk, key_id: str) -> Key | KeyRefusal:
    """Let a key open nothing from now on: in every process within 5 s of the commit."""
    key = desk.store.find(key_id)
    refusal = _unfit(key, desk.now)
    desk.note(AdminAct.KEY_REVOKE, _about(key_id, key), refusal)
    if key is None or refusal is not None:
        return refusal or KeyRefusal.UNKNOWN_KEY
    desk.store.revoke(key_id, desk.now, desk.actor.name)
    return replace(key, revoked_at=desk.now, revoked_by=desk.actor.name)


def _issued(desk: KeyDesk, order: KeyOrder, replaces: str | None = None) -> Issued:
    key_id, token = new_token(desk.random)
    key = Key(
        key_id,
        order.party,
        order.name,
        order.scopes,
        order.operator,
        hash_of(token, desk.secret),
        desk.now,
        desk.actor.name,
        replaces=replaces,
    )
    desk.store.add(key)
    return Issued(key, token)


def _unfit(key: Key | None, now: datetime) -> KeyRefusal | None:
    if key is None:
        return KeyRefusal.UNKNOWN_KEY
    return None if key.opens(now) else KeyRefusal.KEY_OVER


def _about(key_id: str, key: Key | None) -> str:
    if key is not None:
        return f"{key.party}, key {key_id}"
    # What somebody typed for a key may be a whole token.
    return f"key {key_id}" if is_key_id(key_id) else "no key's name"


def _is_a_name(name: str) -> bool:
    return 0 < len(name) <= NAME_LENGTH_MAX and name == name.strip() and name.isprintable()
