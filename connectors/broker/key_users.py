"""Users of agencies' keys on the broker: one for each key, so that two overlap while a key is rotated.

A user is called after its key, and its password is the key's text: whoever has the key has both, and nothing more has
to be kept. It may do on the broker what its scopes say, and not more: it writes the agency's intake only if the key may
say everything that can be said there, and reads the agency's feed only if the key may read feeds.
"""

from collections.abc import Collection

from kafka.admin import (
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    KafkaAdminClient,
    ResourcePatternFilter,
    ResourceType,
    ScramMechanism,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)

from connectors.broker.admin import SCRAM_MECHANISM, agency_user
from connectors.broker.login import KafkaLogin, client_arguments, meaningful_errors
from connectors.broker.rights import grouping, reading, writing
from consumers.runner.errors import BrokerUnavailable
from producers.access.keys import Key
from producers.access.parties import PartyKind, Scope
from schemas.topics import FEED_AGENCY, INTAKE_AGENCY

#: No agency's and no worker's own user begins like this.
PREFIX = "key-"
_WRITES = frozenset({Scope.PUBLISH, Scope.SUBMIT})
_ANYTHING = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)


def key_user(key_id: str) -> str:
    """Return the user of a key."""
    return f"{PREFIX}{key_id}"


def writes_intake(key: Key) -> bool:
    """Say whether the key may say all that is said on its agency's intake topic; the broker divides no topic."""
    return key.party.kind is PartyKind.AGENCY and key.scopes >= _WRITES


def reads_feed(key: Key) -> bool:
    """Say whether the key may read its agency's feed topic."""
    return key.party.kind is PartyKind.AGENCY and Scope.FEED in key.scopes


def speaks_kafka(key: Key) -> bool:
    """Say whether there is anything that the key may do on the broker."""
    return writes_intake(key) or reads_feed(key)


class KeyUsers:
    """Users of keys on the broker. Every call may raise `BrokerUnavailable`."""

    def __init__(self, login: KafkaLogin) -> None:
        with meaningful_errors():
            self._client = KafkaAdminClient(**client_arguments(login, "pishkhan-keys"))

    def give(self, key: Key, token: str) -> None:
        """Make the user of a new key, if there is anything for it to do; doing it again changes nothing."""
        if not speaks_kafka(key):
            return
        user, code = key_user(key.key_id), key.party.code
        rules = []
        if writes_intake(key):
            rules += writing(user, INTAKE_AGENCY.for_agency(code))
        if reads_feed(key):
            # Positions stay with the agency when its keys change.
            rules += [*reading(user, FEED_AGENCY.for_agency(code)), *grouping(user, agency_user(code))]
        with meaningful_errors():
            self._change(UserScramCredentialUpsertion(user, SCRAM_MECHANISM, token))
            failed = self._client.create_acls(rules)["failed"]
        if failed:
            raise BrokerUnavailable(f"the broker refused {len(failed)} access rules: {failed[0].__name__}")

    def take(self, key_id: str) -> None:
        """Take a key's rules, so that what is open can do nothing more, and then its user."""
        user = key_user(key_id)
        of_user = ACLFilter(f"User:{user}", None, ACLOperation.ANY, ACLPermissionType.ANY, _ANYTHING)
        with meaningful_errors():
            self._client.delete_acls([of_user])
            if user in self._client.describe_user_scram_credentials():
                self._change(UserScramCredentialDeletion(user, ScramMechanism.SCRAM_SHA_256))

    def there(self) -> Collection[str]:
        """Return the ids of the keys that have a user on the broker."""
        with meaningful_errors():
            users = self._client.describe_user_scram_credentials()
        return {user.removeprefix(PREFIX) for user in users if user.startswith(PREFIX)}

    def close(self) -> None:
        """End the connection."""
        self._client.close()

    def _change(self, change: UserScramCredentialUpsertion | UserScramCredentialDeletion) -> None:
        failed = {user: why for user, why in self._client.alter_user_scram_credentials([change]).items() if why}
        if failed:
            raise BrokerUnavailable(f"the broker refused the user of a key: {next(iter(failed.values()))}")
