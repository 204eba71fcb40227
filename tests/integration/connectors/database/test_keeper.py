"""A keyring kept fresh from a real database: what changes is known at once, and what cannot be asked is not known."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event, Thread

import psycopg
import pytest
from sqlalchemy import Connection

from connectors.accounts import account
from connectors.database.access.keeper import KeyKeeper
from connectors.database.access.keys import SqlKeys
from connectors.database.sql.engine import build_engine, plain_url
from producers.access.keyring import Keyring, KeysUnknown
from producers.access.keys import Key
from tests.kit.on_sql.databases import engine_of, wait_until
from tests.kit.real.engines import DatabaseUrls, Engines
from tests.kit.values.keys import SECRET, key_of

pytestmark = pytest.mark.integration


@contextmanager
def working(database: DatabaseUrls) -> Iterator[Connection]:
    with engine_of(database.worker_url, "test") as engine, engine.begin() as connection:
        yield connection


def keep(database: DatabaseUrls, *keys: Key) -> None:
    with working(database) as connection:
        for key in keys:
            SqlKeys(connection).add(key)


@contextmanager
def kept(url: str) -> Iterator[tuple[Keyring, list[str]]]:
    """A keyring with its keeper at work, and why readings failed."""
    ring, failures, stop = Keyring(SECRET, time.monotonic), list[str](), Event()
    engine = build_engine(url, "test keeper")
    thread = Thread(target=KeyKeeper(engine, ring, time.monotonic, failures.append).run, args=(stop,))
    thread.start()
    try:
        wait_until(lambda: ring.is_fresh, "the first reading")
        yield ring, failures
    finally:
        stop.set()
        thread.join(30)
        engine.dispose()
    assert not thread.is_alive()


def as_gateway(engines: Engines, database: DatabaseUrls) -> str:
    return engines.postgres.url(account("gateway").database_role, database.owner_url.rpartition("/")[2])


def now() -> datetime:
    return datetime.now(UTC)


def test_what_is_issued_or_revoked_is_known_at_once(engines: Engines, migrated_database: DatabaseUrls) -> None:
    key, token = key_of()
    with kept(as_gateway(engines, migrated_database)) as (ring, failures):
        assert ring.who(token, now()) is None
        keep(migrated_database, key)
        wait_until(lambda: ring.who(token, now()) == key.caller, "the new key")
        with working(migrated_database) as connection:
            SqlKeys(connection).revoke(key.key_id, now(), "sara")
        wait_until(lambda: ring.who(token, now()) is None, "the key to open nothing")
        assert failures == []


def test_a_use_is_written_down_beside_the_requests(engines: Engines, migrated_database: DatabaseUrls) -> None:
    key, token = key_of()
    keep(migrated_database, key)

    def used_at() -> datetime | None:
        with working(migrated_database) as connection:
            return SqlKeys(connection).of()[0].last_used_at

    with kept(as_gateway(engines, migrated_database)) as (ring, _):
        moment = now()
        assert ring.who(token, moment) == key.caller
        wait_until(lambda: used_at() == moment, "the use to be written down")


def test_a_lost_connection_is_made_anew_and_a_silent_database_is_no_answer(
    engines: Engines, migrated_database: DatabaseUrls
) -> None:
    key, token = key_of()
    keep(migrated_database, key)
    end_it = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test keeper'"
    with (
        kept(as_gateway(engines, migrated_database)) as (ring, failures),
        psycopg.connect(plain_url(migrated_database.owner_url), autocommit=True) as owner,
    ):
        owner.execute(end_it)
        wait_until(lambda: len(failures) == 1, "the loss to be told")
        before = now()
        wait_until(lambda: ring.who(token, before) == key.caller, "the keyring to work")
        # Nobody reads the table: whoever asks waits, and gives up.
        with owner.transaction():
            owner.execute("LOCK TABLE api_key IN ACCESS EXCLUSIVE MODE")
            wait_until(lambda: not ring.is_fresh, "what was known to count no more")
            with pytest.raises(KeysUnknown):
                ring.who(token, now())
        wait_until(lambda: ring.is_fresh, "the keyring to know again")
        assert ring.who(token, now()) == key.caller
