"""What a bus needs before its workers start. A module of its own, so that no worker carries what migrates tables."""

from collections.abc import Callable, Iterator

from connectors.database.schema.builds import DatabaseTooNew
from connectors.database.schema.migrate import migrate
from connectors.vault.keys import new_keys, read_keys, write_new
from connectors.vault.store import newest_key, note_key, prepare_vault
from connectors.words import vault as words
from connectors.words.language import Phrase
from connectors.words.running import PREPARED
from deploy.accounts import provision_accounts
from deploy.agencies import provision
from deploy.problem import Problem
from deploy.settings import Settings
from producers.vault.ports import VaultUnavailable


def prepare(settings: Settings, report: Callable[[Phrase], None]) -> None:
    """Bring tables, topics, users and rights up to what this version declares; harmless when repeated.

    Raises `BrokerUnavailable`, `DatabaseUnavailable`, and `Problem` for a missing setting and for a database that a
    newer build has changed.
    """
    try:
        migrate(settings.owner_database_url())
    except DatabaseTooNew as newer:
        raise Problem(newer.words) from None
    if settings.vault_url.get_secret_value():
        for line in prepare_key(settings):
            report(line)
    made = provision(settings)
    provision_accounts(settings)
    report(PREPARED.filled(topics=len(made)))


def prepare_key(settings: Settings) -> Iterator[Phrase]:
    """Make the vault's tables and its first key; yield what is wrong. Nothing is ever written over.

    A vault whose key is gone stays closed, and the bus goes on: only persons' fields need it.
    """
    url, path = settings.vault_database_url(), settings.vault_key_path
    try:
        prepare_vault(url)
        record = newest_key(url)
        if record is None and not path.exists():
            write_new(path, new_keys())
        keys = read_keys(path)
        if record is None:
            note_key(url, keys)
        elif record.fingerprint not in keys.fingerprints():
            yield words.OTHER_KEY.filled(path=str(path), version=str(record.version))
    except VaultUnavailable as error:
        yield words.CLOSED.filled(why=str(error))
    except OSError as error:
        yield words.KEY_NOT_WRITTEN.filled(path=str(path), why=str(error.strerror))
