"""The vault, administered at the command line: its key backed up and exchanged, a citizen forgotten."""

from collections.abc import Callable
from pathlib import Path

from connectors.vault.keys import read_keys, text_of, write_new
from connectors.vault.store import SqlVault, note_backup, wrap_anew
from connectors.words import vault as words
from deploy.engines.kept import write_private
from deploy.operations.administering import attempted
from deploy.problem import Misused, Problem, Unreachable
from deploy.settings import Settings, load_settings
from deploy.use_cases import opened
from producers.access.audit import AdminAct
from producers.vault.numbers import NumberKind, NumberProblem, number_of
from producers.vault.ports import VaultUnavailable


def vault_of(settings: Settings) -> SqlVault:
    """Return the vault of a bus. Raises `Problem` when it has none."""
    path = settings.vault_key_path
    return SqlVault(settings.vault_database_url(), lambda: read_keys(path))


def backup_key(data: Path | None, target: Path, by: str | None) -> int:
    """Copy the vault's key to a file that is not there yet, and return which key that is. Raises `Problem`."""
    settings = load_settings(data)
    url = settings.vault_database_url()
    with attempted(data, AdminAct.VAULT_KEY_BACKUP, str(target), by) as deed:
        try:
            keys = read_keys(settings.vault_key_path)
            write_new(target, keys)
            note_backup(url, keys.newest)
        except FileExistsError:
            raise Problem(words.TARGET_THERE.filled(target=str(target))) from None
        except OSError as error:
            raise Problem(words.NOT_WRITTEN.filled(target=str(target), why=str(error.strerror))) from None
        except VaultUnavailable as error:
            raise Unreachable(words.AWAY.filled(why=str(error))) from None
        deed.note(f"key {keys.newest}")
    return keys.newest


def exchange_key(data: Path | None, by: str | None) -> tuple[int, int]:
    """Make a new key and wrap every person's key with it; return which it is, and how many persons. Raises `Problem`.

    Until all are wrapped anew the file has both, so that whatever ends it leaves nobody unreadable.
    """
    settings = load_settings(data)
    url, path = settings.vault_database_url(), settings.vault_key_path
    with attempted(data, AdminAct.VAULT_KEY_ROTATE, "the vault", by) as deed:
        try:
            keys = read_keys(path).with_new()
            write_private(path, text_of(keys))
            persons = wrap_anew(url, keys)
        except VaultUnavailable as error:
            raise Unreachable(words.AWAY.filled(why=str(error))) from None
        write_private(path, text_of(keys.newest_alone()))
        deed.note(f"key {keys.newest}, {persons} persons")
    return keys.newest, persons


def forget_citizen(data: Path | None, kind: NumberKind, ask: Callable[[], str], by: str | None) -> bool:
    """Forget for ever the person whose number `ask` returns. Says whether there was anybody.

    Nobody is asked while the database is away. Raises `Problem`; the number is repeated nowhere.
    """
    with opened(data):
        vault = vault_of(load_settings(data))
    number = number_of(kind, ask())
    if isinstance(number, NumberProblem):
        raise Misused(words.NUMBERS[number].filled(kind=words.KINDS[kind]))
    with attempted(data, AdminAct.CITIZEN_FORGET, f"a {kind.value} number", by) as deed:
        try:
            found = vault.forget(number)
        except VaultUnavailable as error:
            raise Unreachable(words.AWAY.filled(why=str(error))) from None
        deed.note("forgotten" if found else "nobody was known by it")
    return found
