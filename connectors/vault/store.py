"""The vault in a database of its own, whose role owns nothing else and enters no other."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg

from connectors.database.sql.engine import plain_url
from connectors.vault import sealing
from connectors.vault.keys import VaultKeys
from producers.vault.numbers import PersonNumber
from producers.vault.ports import Fields, Sealed, SealedOtherwise, VaultUnavailable

#: Persons, what was sealed for their requests (a person's go with it), and which keys there were and were backed up.
#: Sealed fields grow with traffic: a request's go when its person is forgotten.
_TABLES = """
CREATE TABLE IF NOT EXISTS person (
    citizen_ref uuid PRIMARY KEY,
    number_hash bytea NOT NULL UNIQUE,
    key_version integer NOT NULL,
    wrapped_key bytea NOT NULL
);
CREATE TABLE IF NOT EXISTS sealed (
    request_id uuid NOT NULL,
    source text NOT NULL,
    citizen_ref uuid NOT NULL REFERENCES person ON DELETE CASCADE,
    blob bytea,
    fields_hash bytea NOT NULL,
    PRIMARY KEY (request_id, source)
);
CREATE INDEX IF NOT EXISTS sealed_person ON sealed (citizen_ref);
CREATE TABLE IF NOT EXISTS vault_key (
    version integer PRIMARY KEY,
    fingerprint text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    backed_up_at timestamptz
);
"""
#: Shared by whoever uses keys, and exclusive while they are exchanged.
_LOCK = 7_236_002
_PERSON = "SELECT citizen_ref, key_version, wrapped_key FROM person WHERE number_hash = %s"
_NEW_PERSON = """
INSERT INTO person (citizen_ref, number_hash, key_version, wrapped_key) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
_SEALED = "SELECT citizen_ref, blob, fields_hash FROM sealed WHERE request_id = %s AND source = %s"
_SEAL = """
INSERT INTO sealed (request_id, source, citizen_ref, blob, fields_hash) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING
"""
_OPEN = """
SELECT sealed.citizen_ref, blob, key_version, wrapped_key FROM sealed JOIN person USING (citizen_ref)
WHERE request_id = %s AND source = %s
"""
_KEY = "SELECT version, fingerprint, made_at, backed_up_at FROM vault_key ORDER BY version DESC LIMIT 1"


class KeyRecord(NamedTuple):
    """What the vault knows of its newest key, without which it is closed."""

    version: int
    fingerprint: str
    made_at: datetime
    backed_up_at: datetime | None


class SqlVault:
    """Implements `Vault`. A connection for each call: a citizen's data is asked for by people, not by the thousand."""

    def __init__(self, url: str, read: Callable[[], VaultKeys]) -> None:
        self._url = url
        self._read = read

    def seal(self, request_id: UUID, source: str, number: PersonNumber, fields: Fields) -> Sealed:
        """Keep the personal fields of a request; the same again gives the same reference and blob."""
        with self._open() as (connection, keys):
            citizen_ref, data_key = _person(connection, keys, number)
            blob = sealing.seal(data_key, request_id, fields) if fields else None
            known_by = sealing.fields_hash(keys, citizen_ref, fields)
            connection.execute(_SEAL, (request_id, source, citizen_ref, blob, known_by))
            row = _one(connection, _SEALED, request_id, source)
            assert row is not None, "it was sealed by us, or before us"
            if (row[0], bytes(row[2])) != (citizen_ref, known_by):
                raise SealedOtherwise
            return Sealed(citizen_ref, None if row[1] is None else bytes(row[1]))

    def fields(self, request_id: UUID, source: str) -> Fields | None:
        """Return what the submitter of a request sealed for it; none for nothing, and for a forgotten person."""
        with self._open() as (connection, keys):
            row = _one(connection, _OPEN, request_id, source)
        if row is None or row[1] is None:
            return None
        data_key = sealing.unwrap(keys, row[2], bytes(row[3]), row[0])
        return sealing.unseal(data_key, request_id, bytes(row[1]))

    def forget(self, number: PersonNumber) -> bool:
        """Forget a person, with all that was sealed for it. Says whether there was anybody."""
        with self._open() as (connection, keys):
            hashed = sealing.number_hash(keys, number)
            return connection.execute("DELETE FROM person WHERE number_hash = %s", [hashed]).rowcount == 1

    @contextmanager
    def _open(self) -> Iterator[tuple[psycopg.Connection[Any], VaultKeys]]:
        """Open one transaction with the keys of this moment: none is exchanged while it lasts."""
        with _connected(self._url) as connection:
            connection.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_LOCK])
            yield connection, self._read()


def _person(connection: psycopg.Connection[Any], keys: VaultKeys, number: PersonNumber) -> tuple[UUID, bytes]:
    """Return a person's reference and key; a new person's are made."""
    hashed = sealing.number_hash(keys, number)
    row = _one(connection, _PERSON, hashed)
    if row is None:
        # Random, and not of version 7: a reference tells not even when its person came first.
        new_ref, data_key = uuid4(), sealing.new_data_key()
        connection.execute(_NEW_PERSON, (new_ref, hashed, keys.newest, sealing.wrap(keys, data_key, new_ref)))
        # Somebody else may have been first.
        row = _one(connection, _PERSON, hashed)
        assert row is not None, "it was added by us, or before us"
    return row[0], sealing.unwrap(keys, row[1], bytes(row[2]), row[0])


def prepare_vault(url: str) -> None:
    """Make the vault's tables where they are missing. Raises `VaultUnavailable`."""
    with _connected(url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        connection.execute(_TABLES)


def newest_key(url: str) -> KeyRecord | None:
    """Return what the vault knows of its newest key; none before it had one. Raises `VaultUnavailable`."""
    with _connected(url) as connection:
        row = connection.execute(_KEY).fetchone()
    return None if row is None else KeyRecord(*row)


def note_key(url: str, keys: VaultKeys) -> None:
    """Note the first key of a vault. Raises `VaultUnavailable`."""
    with _connected(url) as connection:
        _note(connection, keys)


def note_backup(url: str, version: int) -> None:
    """Note that a key was copied to somewhere else. Raises `VaultUnavailable`."""
    with _connected(url) as connection:
        connection.execute("UPDATE vault_key SET backed_up_at = now() WHERE version = %s", [version])


def wrap_anew(url: str, keys: VaultKeys) -> int:
    """Wrap every person's key with the newest key of the vault, all or none; return how many. `VaultUnavailable`."""
    with _connected(url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        rows = connection.execute("SELECT citizen_ref, key_version, wrapped_key FROM person FOR UPDATE").fetchall()
        for citizen_ref, version, wrapped in rows:
            data_key = sealing.unwrap(keys, version, bytes(wrapped), citizen_ref)
            again = sealing.wrap(keys, data_key, citizen_ref)
            connection.execute(
                "UPDATE person SET key_version = %s, wrapped_key = %s WHERE citizen_ref = %s",
                (keys.newest, again, citizen_ref),
            )
        _note(connection, keys)
    return len(rows)


def _note(connection: psycopg.Connection[Any], keys: VaultKeys) -> None:
    connection.execute(
        "INSERT INTO vault_key (version, fingerprint) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        (keys.newest, keys.fingerprint),
    )


def _one(connection: psycopg.Connection[Any], query: str, *values: object) -> Any:
    return connection.execute(query, values).fetchone()


@contextmanager
def _connected(url: str) -> Iterator[psycopg.Connection[Any]]:
    """Open one transaction; leaving it commits. Errors of the database name no value: they may be a citizen's."""
    try:
        with psycopg.connect(plain_url(url), application_name="pishkhan vault") as connection:
            yield connection
    except psycopg.Error as error:
        raise VaultUnavailable(f"the vault's database does not answer ({type(error).__name__})") from None
