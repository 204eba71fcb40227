"""What the doctor says of a vault: closed, open and in danger, or in order."""

from connectors.vault.keys import new_keys
from connectors.vault.store import KeyRecord
from deploy.operations.doctor.checks import Level
from deploy.operations.doctor.vault import judge_vault
from tests.kit.values.builders import MOMENT


def test_a_vault_whose_key_is_nowhere_else_is_in_danger() -> None:
    keys = new_keys()
    record = KeyRecord(1, keys.fingerprint, MOMENT, None)
    found = judge_vault(record, keys.fingerprints())
    assert found.level is Level.NOTE
    assert "no backup of key 1" in found.words
    assert "pishkhan vault key backup" in found.remedy


def test_a_backup_of_the_newest_key_puts_it_in_order_while_keys_are_exchanged_too() -> None:
    keys = new_keys()
    record = KeyRecord(1, keys.fingerprint, MOMENT, MOMENT)
    for held in (keys, keys.with_new()):
        found = judge_vault(record, held.fingerprints())
        assert (found.level, found.remedy) == (Level.GOOD, "")
        assert "2026-11-23" in found.words


def test_another_vaults_key_and_no_key_are_wrong() -> None:
    keys = new_keys()
    record = KeyRecord(2, keys.fingerprint, MOMENT, MOMENT)
    assert judge_vault(record, new_keys().fingerprints()).level is Level.WRONG
    assert judge_vault(record, keys.with_new().newest_alone().fingerprints()).level is Level.WRONG
    assert judge_vault(None, keys.fingerprints()).level is Level.WRONG
