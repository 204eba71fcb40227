"""A vault in memory and a real one keep the same promises."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from connectors.database.sql.engine import plain_url
from connectors.vault.keys import VaultKeys, new_keys
from connectors.vault.store import SqlVault, newest_key, note_backup, note_key, prepare_vault, wrap_anew
from producers.vault.ports import SealedOtherwise, Vault, VaultUnavailable
from tests.kit.real.engines import DatabaseUrls
from tests.kit.values.persons import national_id, person
from tests.memory.vault import MemoryVault

FIELDS = {"name": "سارا", "count": 3}
SOURCE = "/agencies/gas"
ONE, OTHER = UUID(int=1), UUID(int=2)


@pytest.fixture(params=["memory", pytest.param("sql", marks=pytest.mark.integration)])
def vault(request: pytest.FixtureRequest) -> Iterator[Vault]:
    if request.param == "memory":
        yield MemoryVault()
        return
    yield request.getfixturevalue("real")


@pytest.fixture
def keys() -> list[VaultKeys]:
    """The key file's content; a test may exchange it."""
    return [new_keys()]


@pytest.fixture
def url(migrated_database: DatabaseUrls) -> str:
    """A database for a vault; the tables of the bus in it do not matter."""
    prepare_vault(migrated_database.owner_url)
    prepare_vault(migrated_database.owner_url)
    return migrated_database.owner_url


@pytest.fixture
def real(url: str, keys: list[VaultKeys]) -> SqlVault:
    return SqlVault(url, lambda: keys[0])


def test_a_person_has_one_reference_and_each_request_its_own_blob(vault: Vault) -> None:
    first, second = (vault.seal(one, SOURCE, person(1), FIELDS) for one in (ONE, OTHER))
    assert first.citizen_ref == second.citizen_ref
    assert first.blob != second.blob
    assert vault.seal(uuid4(), SOURCE, person(2), FIELDS).citizen_ref != first.citizen_ref
    assert vault.fields(ONE, SOURCE) == vault.fields(OTHER, SOURCE) == FIELDS
    assert vault.fields(uuid4(), SOURCE) is None


def test_an_honest_repeat_gives_what_was_given(vault: Vault) -> None:
    assert vault.seal(ONE, SOURCE, person(1), FIELDS) == vault.seal(
        ONE, SOURCE, person(1), dict(reversed(FIELDS.items()))
    )


def test_another_person_or_other_fields_under_one_request_are_refused(vault: Vault) -> None:
    vault.seal(ONE, SOURCE, person(1), FIELDS)
    for number, fields in ((person(2), FIELDS), (person(1), {"name": "رضا"}), (person(1), {})):
        with pytest.raises(SealedOtherwise):
            vault.seal(ONE, SOURCE, number, fields)
    assert vault.fields(ONE, SOURCE) == FIELDS


def test_what_others_seal_under_a_requests_id_is_theirs_alone(vault: Vault) -> None:
    vault.seal(ONE, "/agencies/water", person(2), {"name": "رضا"})
    vault.seal(ONE, SOURCE, person(1), FIELDS)
    assert vault.fields(ONE, SOURCE) == FIELDS
    assert vault.fields(ONE, "/offices/u-001") is None


def test_without_personal_fields_there_is_a_reference_alone(vault: Vault) -> None:
    assert vault.seal(ONE, SOURCE, person(1), {}).blob is None
    assert vault.fields(ONE, SOURCE) is None


def test_who_is_forgotten_is_nobody_and_comes_back_as_somebody_else(vault: Vault) -> None:
    before = vault.seal(ONE, SOURCE, person(1), FIELDS)
    kept = vault.seal(OTHER, SOURCE, person(2), FIELDS)
    assert vault.forget(person(1))
    assert not vault.forget(person(1))
    assert (vault.fields(ONE, SOURCE), vault.fields(OTHER, SOURCE)) == (None, FIELDS)
    assert vault.seal(uuid4(), SOURCE, person(1), FIELDS).citizen_ref not in (before.citizen_ref, kept.citizen_ref)


@pytest.mark.integration
def test_keys_are_exchanged_under_what_is_kept(real: SqlVault, url: str, keys: list[VaultKeys]) -> None:
    note_key(url, keys[0])
    sealed = real.seal(ONE, SOURCE, person(1), FIELDS)
    real.seal(OTHER, SOURCE, person(2), FIELDS)
    note_backup(url, 1)
    record = newest_key(url)
    assert record is not None
    assert (record.version, record.fingerprint, record.backed_up_at is None) == (1, keys[0].fingerprint, False)
    keys[0] = keys[0].with_new()
    assert wrap_anew(url, keys[0]) == 2
    keys[0] = keys[0].newest_alone()
    assert real.fields(ONE, SOURCE) == real.fields(OTHER, SOURCE) == FIELDS
    assert real.seal(ONE, SOURCE, person(1), FIELDS) == sealed
    record = newest_key(url)
    assert record is not None
    assert (record.version, record.fingerprint, record.backed_up_at) == (2, keys[0].fingerprint, None)


@pytest.mark.integration
def test_with_another_key_nothing_opens_and_without_a_database_nobody_answers(
    real: SqlVault, keys: list[VaultKeys], tmp_path: Path
) -> None:
    real.seal(ONE, SOURCE, person(1), FIELDS)
    keys[0] = new_keys()
    with pytest.raises(VaultUnavailable, match="cannot be opened"):
        real.fields(ONE, SOURCE)
    with pytest.raises(VaultUnavailable, match="does not answer"):
        SqlVault("postgresql://nobody@127.0.0.1:1/none", lambda: keys[0]).fields(ONE, SOURCE)


@pytest.mark.integration
def test_nothing_of_a_person_can_be_read_in_the_tables(real: SqlVault, url: str) -> None:
    real.seal(ONE, SOURCE, person(1), {"name": "Sara", "id": national_id(1)})
    with psycopg.connect(plain_url(url)) as connection:
        for table in ("person", "sealed", "vault_key"):
            rows = connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))).fetchall()
            shown = repr([[bytes(cell) if isinstance(cell, memoryview) else cell for cell in row] for row in rows])
            assert national_id(1) not in shown
            assert "Sara" not in shown
