"""What the database's errors mean: contention is tried again, an outage waited out, a bug shown."""

import socket
from collections.abc import Callable
from random import Random
from threading import Thread

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from connectors.database.schema.tables import intake_event, office_position
from connectors.database.sql.copy import copy_rows
from connectors.database.sql.driver import driver_connection, meaningful_errors
from connectors.database.sql.engine import build_engine, plain_url
from consumers.runner.errors import Collision, Contention, DatabaseUnavailable
from tests.kit.real.engines import DatabaseUrls

pytestmark = pytest.mark.integration

IDENTITY = ("source", "event_id", "body_hash")


def test_a_unique_violation_is_a_collision(engine: Engine) -> None:
    with pytest.raises(Collision), engine.begin() as connection:
        copy_rows(connection, intake_event, IDENTITY, [("s", "1", b""), ("s", "1", b"")])
    insert = text("INSERT INTO intake_event VALUES ('s', '1', ''), ('s', '1', '')")
    with pytest.raises(Collision), meaningful_errors(), engine.begin() as connection:
        connection.execute(insert)


def test_a_connection_without_another_side_is_given_up_whether_it_speaks_or_listens(
    engine: Engine, database: DatabaseUrls
) -> None:
    with engine.connect() as pooled, psycopg.connect(plain_url(database.worker_url)) as plain:
        for connection in (driver_connection(pooled), plain):
            with socket.fromfd(connection.fileno(), socket.AF_INET, socket.SOCK_STREAM) as wire:
                assert wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000
                assert wire.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
                assert wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 10
                assert wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == 5


def test_a_lock_that_is_not_given_is_contention(engine: Engine) -> None:
    take = text("UPDATE load_clock SET revision = revision + 1")
    with engine.begin() as first, engine.connect() as second:
        first.execute(take)
        second.execute(text("SET LOCAL lock_timeout = '50ms'"))
        with pytest.raises(Contention), meaningful_errors():
            second.execute(take)


def test_a_deadlock_is_contention_for_exactly_one(engine: Engine) -> None:
    with engine.begin() as connection:
        copy_rows(connection, office_position, ("office", "cap_rial", "capacity"), [("a", 1, 1), ("b", 1, 1)])
    failures: list[Exception] = []
    take = "UPDATE office_position SET capacity = 2 WHERE office = '{}'"

    def update_both(first: str, second: str, meanwhile: Callable[[], None]) -> None:
        try:
            with meaningful_errors(), engine.begin() as connection:
                connection.execute(text(take.format(first)))
                meanwhile()
                connection.execute(text(take.format(second)))
        except Contention as error:
            failures.append(error)

    others: list[Thread] = []

    def start_the_other() -> None:
        thread = Thread(target=update_both, args=("b", "a", lambda: None))
        thread.start()
        others.append(thread)

    def wait_for_its_first_lock() -> None:
        start_the_other()
        with engine.connect() as watcher:
            waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            while others[0].is_alive() and watcher.execute(waiting).scalar_one() == 0:
                watcher.rollback()

    update_both("a", "b", wait_for_its_first_lock)
    others[0].join()
    assert len(failures) == 1


def test_a_connection_that_is_ended_in_mid_transaction_is_an_outage(engine: Engine) -> None:
    with engine.connect() as victim:
        pid = driver_connection(victim).info.backend_pid
        with engine.begin() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        with pytest.raises(DatabaseUnavailable), meaningful_errors():
            victim.execute(text("SELECT 1"))
    with meaningful_errors(), engine.begin() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1, "the pool has let go of the dead connection"


def test_a_server_that_is_not_there_is_an_outage() -> None:
    engine = build_engine("postgresql://nobody@127.0.0.1:1/none", "nobody")
    with pytest.raises(DatabaseUnavailable), meaningful_errors(), engine.begin():
        pass


def test_a_bug_stays_a_bug_and_its_text_holds_no_values(engine: Engine) -> None:
    with pytest.raises(DBAPIError) as raised, meaningful_errors(), engine.begin() as connection:
        connection.execute(text("SELECT CAST(:value AS int) / 0"), {"value": 1234567})
    assert "1234567" not in str(raised.value)


def test_sessions_do_not_wait_for_ever(engine: Engine) -> None:
    with engine.connect() as connection:
        for name in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
            assert connection.execute(text(f"SHOW {name}")).scalar_one() != "0"


def test_a_statement_that_the_server_refuses_is_no_outage(engine: Engine) -> None:
    refused = (
        "SELECT convert_from('\\x00'::bytea, 'UTF8')",
        "SELECT CAST('x' AS int)",
        "SELECT repeat('x', 1073741823) || repeat('x', 1073741823)",
        "DO $$ BEGIN RAISE SQLSTATE '53200'; END $$",
        "DO $$ BEGIN RAISE SQLSTATE '54000'; END $$",
        "DO $$ BEGIN RAISE SQLSTATE '54001'; END $$",
    )
    for statement in refused:
        with pytest.raises(DBAPIError), meaningful_errors(), engine.begin() as connection:
            connection.execute(text(statement))
    identity = ("s" * 10_000, "1", b"")
    with pytest.raises(psycopg.Error), engine.begin() as connection:
        copy_rows(connection, intake_event, IDENTITY, [tuple(incompressible(each) for each in identity)])


def test_a_server_without_room_on_its_disk_or_for_a_connection_is_an_outage(engine: Engine) -> None:
    for state in ("53100", "53300", "57014", "57P01"):
        with pytest.raises(DatabaseUnavailable), meaningful_errors(), engine.begin() as connection:
            connection.execute(text(f"DO $$ BEGIN RAISE SQLSTATE '{state}'; END $$"))


def incompressible(value: object) -> object:
    """Return a text as long that no index row has room for."""
    return Random(7).randbytes(3_000).hex() if isinstance(value, str) and len(value) > 10 else value
