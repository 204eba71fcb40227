"""Keys of parties, administered at the command line: in the database, and for agencies on the broker as well.

The database rules: whoever looks at a key looks there. A user on the broker is made before its key is committed, and
taken after; what could not be taken because the broker was away, `deploy/running/sweeping.py` takes later.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_bytes

from connectors.broker.key_users import KeyUsers, key_user, speaks_kafka
from connectors.words import keys as words
from consumers.codes import CodeUnknown
from consumers.registry.domain.known import EntryKind
from consumers.registry.lookup import versions_of
from consumers.runner.errors import BrokerUnavailable
from deploy.agencies import key_properties
from deploy.operations.administering import failures_recorded
from deploy.problem import Unreachable
from deploy.settings import Settings, load_settings
from deploy.use_cases import View, opened
from producers.access import keys
from producers.access.audit import Actor, AdminAct
from producers.access.keys import Issued, Key, KeyDesk, KeyOrder, KeyRefusal, KeyState
from producers.access.parties import Party, PartyKind
from schemas.offices import Office


@dataclass(frozen=True, slots=True)
class Shown:
    """A new key as its holder gets it: with a call to try it by, its lines for a Kafka client, if it has any, and the
    key whose place it takes.
    """

    issued: Issued
    curl: str
    kafka: Sequence[str] = ()
    old: Key | None = None


def issue_key(data: Path | None, order: KeyOrder, by: str | None) -> Shown | KeyRefusal:
    """Make a key, and its user on the broker. Raises `Unreachable`; then nothing was made."""
    settings = load_settings(data)
    with failures_recorded(data, AdminAct.KEY_ISSUE, str(order.party), by) as actor, opened(data) as view:
        desk = _desk(settings, view, actor)
        operators = _operators(view, order)
        made = keys.issue(desk, order, lambda party: _is_known(view, party), operators)
        return made if isinstance(made, KeyRefusal) else _given(settings, made)


def rotate_key(data: Path | None, key_id: str, overlap: timedelta, by: str | None) -> Shown | KeyRefusal:
    """Make the key that takes another one's place. Raises `Unreachable`; then nothing was made."""
    settings = load_settings(data)
    with failures_recorded(data, AdminAct.KEY_ROTATE, "a key", by) as actor, opened(data) as view:
        made = keys.rotate(_desk(settings, view, actor), key_id, overlap)
        if isinstance(made, KeyRefusal):
            return made
        return replace(_given(settings, made), old=view.keys.find(key_id))


def revoke_key(data: Path | None, key_id: str, by: str | None) -> Key | KeyRefusal:
    """Let a key open nothing, and take its user from the broker.

    Raises `Unreachable` when the broker does not answer: the key is revoked then, and its user is taken later.
    """
    settings = load_settings(data)
    with failures_recorded(data, AdminAct.KEY_REVOKE, "a key", by) as actor, opened(data) as view:
        revoked = keys.revoke(_desk(settings, view, actor), key_id)
    if isinstance(revoked, Key) and speaks_kafka(revoked) and settings.kafka_user:
        try:
            with closing(KeyUsers(settings.kafka_admin_login())) as users:
                users.take(key_id)
        except BrokerUnavailable as error:
            raise Unreachable(words.USER_REMAINS.filled(user=key_user(key_id), why=str(error))) from error
    return revoked


def listed_keys(data: Path | None, party: Party | None, *, every: bool) -> list[tuple[Key, KeyState]]:
    """Return the keys that open doors now, the oldest first; with `every` those that do not any more, too."""
    now = datetime.now(UTC)
    with opened(data) as view:
        found = [(key, key.state(now)) for key in view.keys.of(party)]
    return [(key, state) for key, state in found if every or key.opens(now)]


def _desk(settings: Settings, view: View, actor: Actor) -> KeyDesk:
    return KeyDesk(view.keys, view.audit, settings.key_hash_secret(), token_bytes, actor, datetime.now(UTC))


def _operators(view: View, order: KeyOrder) -> Sequence[str]:
    """Return who may be at the desk of the office that the key is for; an office that names nobody may have anybody."""
    if order.party.kind is not PartyKind.OFFICE or order.operator is None:
        return ()
    try:
        office = versions_of(view.registry, EntryKind.OFFICE, order.party.code)[-1].value
    except CodeUnknown:
        return ()
    assert isinstance(office, Office), "asked for by its kind"
    return office.operators or (order.operator,)


def _is_known(view: View, party: Party) -> bool:
    match party.kind:
        case PartyKind.AGENCY:
            return party.code in view.agencies
        case PartyKind.OFFICE:
            return party.code in view.registry.codes(EntryKind.OFFICE)
    return True


def _given(settings: Settings, issued: Issued) -> Shown:
    """Make the user of a key; the transaction that keeps the key is still open."""
    if not speaks_kafka(issued.key) or not settings.kafka_user:
        return Shown(issued, _curl(settings, issued))
    try:
        with closing(KeyUsers(settings.kafka_admin_login())) as users:
            users.give(issued.key, issued.token)
    except BrokerUnavailable as error:
        raise Unreachable(words.BROKER_AWAY.filled(why=str(error))) from error
    return Shown(issued, _curl(settings, issued), key_properties(settings, issued.key, issued.token))


def _curl(settings: Settings, issued: Issued) -> str:
    return f'curl -H "Authorization: Bearer {issued.token}" {settings.gateway_address}/v1/me'
