"""Whether the vault opens with the key that is there, and whether that key is anywhere else, too."""

from collections.abc import Iterable

from connectors.vault.keys import read_keys
from connectors.vault.store import KeyRecord, newest_key
from deploy.operations.doctor.checks import CheckResult, Level, Patient, good, wrong
from producers.vault.ports import VaultUnavailable

SUBJECT = "vault"
_BACKUP = "pishkhan vault key backup FILE, and keep the file somewhere that is not this machine"


def check_vault(patient: Patient) -> Iterable[CheckResult]:
    """Compare the key file with what the vault knows of its key."""
    settings = patient.settings
    if not settings.vault_url.get_secret_value() or patient.database is None:
        return
    try:
        record = newest_key(settings.vault_database_url())
        fingerprints = read_keys(settings.vault_key_path).fingerprints()
    except VaultUnavailable as error:
        remedy = "restore the key file from its backup; `pishkhan up` makes the vault where there is none"
        yield wrong(SUBJECT, str(error), remedy)
        return
    yield judge_vault(record, fingerprints)


def judge_vault(record: KeyRecord | None, fingerprints: Iterable[str]) -> CheckResult:
    """Return what is so of a vault that knows `record` of its newest key, with a key file of these fingerprints."""
    if record is None:
        return wrong(SUBJECT, "the vault has no key yet", "start the bus once with `pishkhan up`")
    if record.fingerprint not in fingerprints:
        words = f"the key file is another vault's: this one was closed with key {record.version}, {record.fingerprint}"
        return wrong(SUBJECT, words, "restore the key file from its backup: nobody in the vault can be read without it")
    if record.backed_up_at is None:
        words = f"no backup of key {record.version} was made: whoever loses the file has lost every person in it"
        return CheckResult(Level.NOTE, SUBJECT, words, _BACKUP)
    return good(SUBJECT, f"it opens with its key, which was backed up on {record.backed_up_at:%Y-%m-%d}")
