"""What each account may do in a real database, and that everything else is refused: accounts times acts."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import errors, sql

from connectors.accounts import ACCOUNTS, Account, account
from connectors.database.runner.leases import SqlLeases
from connectors.database.schema.migrate import migrate
from connectors.database.schema.tables import metadata
from consumers.runner.records import Partition
from tests.kit.on_sql.databases import engine_of
from tests.kit.real.engines import DatabaseUrls, Engines
from tests.kit.values.clocks import trusting_watch

pytestmark = pytest.mark.integration

WORKERS = tuple(row for row in ACCOUNTS if row.tables is not None)


@pytest.fixture
def database(migrated_database: DatabaseUrls) -> DatabaseUrls:
    # What was done once is done again at every start.
    migrate(migrated_database.owner_url)
    return migrated_database


@contextmanager
def as_role(engines: Engines, database: DatabaseUrls, row: Account) -> Iterator[psycopg.Connection[Any]]:
    name = database.owner_url.rpartition("/")[2]
    with psycopg.connect(engines.postgres.url(row.database_role, name, driver="")) as connection:
        yield connection


def is_refused(connection: psycopg.Connection[Any], statement: sql.SQL | sql.Composed) -> bool:
    """Try a statement and undo it. Anything but a missing privilege is no refusal."""
    try:
        connection.execute(statement)
    except errors.InsufficientPrivilege:
        return True
    except errors.IntegrityError:
        return False
    finally:
        connection.rollback()
    return False


def acts_on(table: str) -> dict[str, sql.SQL | sql.Composed]:
    """One harmless statement of each kind."""
    first = next(iter(metadata.tables[table].columns)).name
    names = {"table": sql.Identifier(table), "column": sql.Identifier(first)}
    return {
        "SELECT": sql.SQL("SELECT {column} FROM {table} LIMIT 0").format(**names),
        "INSERT": sql.SQL("INSERT INTO {table} ({column}) SELECT {column} FROM {table} WHERE false").format(**names),
        "UPDATE": sql.SQL("UPDATE {table} SET {column} = NULL WHERE false").format(**names),
        "DELETE": sql.SQL("DELETE FROM {table} WHERE false").format(**names),
        "TRUNCATE": sql.SQL("TRUNCATE {table}").format(**names),
    }


@pytest.mark.parametrize("row", WORKERS, ids=lambda row: row.name)
def test_what_an_account_does_not_name_is_refused(engines: Engines, database: DatabaseUrls, row: Account) -> None:
    assert row.tables is not None
    allowed_acts = {
        (table, act.strip())
        for table, privileges in row.tables.items()
        for act in privileges.split(",")
        # A privilege of some columns is tried by hand below.
        if "(" not in privileges.partition(act)[1] and ")" not in act
    }
    with as_role(engines, database, row) as connection:
        for table in metadata.tables:
            for act, statement in acts_on(table).items():
                if act == "INSERT" and (table, "SELECT") not in allowed_acts:
                    continue
                refused = is_refused(connection, statement)
                if (table, act) in allowed_acts:
                    assert not refused, (table, act)
                elif table not in row.tables or act in ("DELETE", "TRUNCATE"):
                    assert refused, (table, act)


#: By hand: harm that each account could think of.
FORBIDDEN = {
    "relay": (
        "SELECT document FROM request",
        "SELECT * FROM ledger_transfer",
        "INSERT INTO outbox (shard) VALUES (0)",
        "UPDATE outbox SET body = body",
        "UPDATE outbox SET topic = topic, published_at = now()",
        "DELETE FROM outbox",
        "SELECT * FROM dead_letter",
        "DELETE FROM dead_letter",
        "UPDATE dead_letter_let_go SET letters = 0",
        "UPDATE consumer_offset SET next_position = 0",
        "UPDATE set_aside_row SET action = 'give_up'",
        "INSERT INTO set_aside_row (outbox_id, action) VALUES (1, 'give_up')",
    ),
    "registry": (
        "UPDATE registry_version SET body = body",
        "UPDATE request SET state = state",
        "SELECT document FROM request",
        "UPDATE office_position SET reserved_rial = 0",
        "UPDATE office_position SET in_flight = 0",
        "UPDATE outbox SET published_at = now()",
    ),
    "requests": (
        "SELECT * FROM ledger_transfer",
        "INSERT INTO ledger_transfer (partition) VALUES (0)",
        "UPDATE ledger_balance SET debits_rial = 0",
        "INSERT INTO registry_version (revision) VALUES (0)",
        "UPDATE registry_head SET revision = 0",
        "DELETE FROM intake_event",
        "DELETE FROM request",
        "DELETE FROM dead_letter",
        "SELECT let_letters_go(1, 0, 0, 0, 0, 1000)",
        "INSERT INTO office_position (office) VALUES ('x')",
        "UPDATE outbox SET published_at = now()",
        "INSERT INTO park_decision (parked_id) VALUES (1)",
        "UPDATE partition_halt SET decided_at = now()",
        "INSERT INTO partition_halt (consumer, decided_at) VALUES ('requests', now())",
    ),
    "settlement": (
        "SELECT document FROM request",
        "UPDATE request SET state = state",
        "UPDATE ledger_transfer SET amount_rial = 1",
        "DELETE FROM ledger_transfer",
        "UPDATE settlement_window SET closed_at = now()",
        "DELETE FROM ledger_balance",
        "INSERT INTO office_position (office) VALUES ('x')",
        "INSERT INTO intake_event (source) VALUES ('x')",
        "UPDATE outbox SET published_at = now()",
    ),
    "kpi": (
        "SELECT document FROM request",
        "UPDATE request SET state = state",
        "UPDATE ledger_balance SET debits_rial = 0",
        "UPDATE office_position SET reserved_rial = 0",
        "SELECT * FROM consumer_offset",
        "UPDATE outbox SET published_at = now()",
    ),
    "gateway": (
        "INSERT INTO api_key (key_id) VALUES ('x')",
        "UPDATE api_key SET hash = ''",
        "UPDATE api_key SET scopes = '{}', last_used_at = now()",
        "UPDATE api_key SET revoked_at = NULL",
        "DELETE FROM api_key",
        "SELECT * FROM audit_row",
        "UPDATE audit_row SET outcome = 'done'",
        "DELETE FROM audit_row",
    ),
    "operator": (
        "UPDATE audit_row SET outcome = 'done'",
        "DELETE FROM audit_row",
        "UPDATE api_key SET scopes = '{govern}'",
        "UPDATE api_key SET hash = '', last_used_at = now()",
        "DELETE FROM api_key",
        "UPDATE ledger_transfer SET amount_rial = 1",
        "DELETE FROM ledger_transfer",
        "UPDATE registry_version SET body = body",
        "DELETE FROM outbox",
    ),
}
#: Nobody does these.
FORBIDDEN_TO_ALL = (
    "CREATE TABLE mine (a int)",
    "DROP TABLE request",
    "ALTER TABLE ledger_transfer DISABLE TRIGGER ALL",
    "ALTER TABLE consumer_offset DISABLE ROW LEVEL SECURITY",
    "DROP POLICY own_rows ON consumer_offset",
    "SET ROLE pishkhan_owner",
    "SET ROLE pishkhan_settlement",
    "CREATE ROLE mine",
    "SELECT pg_read_file('/etc/passwd')",
    "COPY registry_head TO PROGRAM 'true'",
    "TRUNCATE ledger_transfer",
    "TRUNCATE audit_row",
    "DELETE FROM publication_horizon",
)


@pytest.mark.parametrize("name", FORBIDDEN)
def test_harm_is_refused(engines: Engines, database: DatabaseUrls, name: str) -> None:
    row = account(name)
    with as_role(engines, database, row) as connection:
        for statement in (*FORBIDDEN[name], *FORBIDDEN_TO_ALL):
            if statement == f"SET ROLE {row.database_role}":
                continue
            assert is_refused(connection, sql.SQL(statement)), statement


def begin(database: DatabaseUrls, *consumers: str) -> None:
    """Give each consumer one position."""
    with psycopg.connect(database.owner_url.replace("+psycopg", "")) as owner:
        for consumer in consumers:
            owner.execute(
                "INSERT INTO consumer_offset (consumer, cluster_id, topic, topic_id, partition, next_position) "
                "VALUES (%s, 'c', 't', 'i', 0, 7)",
                [consumer],
            )


@pytest.mark.parametrize("name", ["registry", "requests", "settlement"])
def test_a_worker_moves_its_own_positions_alone(engines: Engines, database: DatabaseUrls, name: str) -> None:
    consumers = ("registry", "requests", "settlement")
    begin(database, *consumers)
    with as_role(engines, database, account(name)) as connection:
        moved = connection.execute("UPDATE consumer_offset SET next_position = 8 RETURNING consumer").fetchall()
        assert moved == [(name,)]
        seen = connection.execute("SELECT count(*) FROM consumer_offset").fetchone()
        assert seen == (3,)
        for other in {*consumers, "relay"} - {name}:
            sign = sql.SQL("INSERT INTO worker (consumer, worker_id, seen_at) VALUES ({}, 'x', now())")
            assert is_refused(connection, sign.format(sql.Literal(other)))


def test_a_worker_cannot_end_a_backend_of_another(engines: Engines, database: DatabaseUrls) -> None:
    with (
        as_role(engines, database, account("settlement")) as victim,
        as_role(engines, database, account("requests")) as connection,
    ):
        number = victim.info.backend_pid
        assert is_refused(connection, sql.SQL("SELECT pg_terminate_backend({})").format(sql.Literal(number)))
        # It cannot even see what it would have to name: when the backend began.
        seen = connection.execute("SELECT backend_start FROM pg_stat_activity WHERE pid = %s", [number]).fetchone()
        assert seen == (None,)
        connection.execute("SELECT end_frozen_owners()")
        assert victim.execute("SELECT 1").fetchone() == (1,)


def test_a_frozen_owner_is_ended_by_a_worker_of_another_role(engines: Engines, database: DatabaseUrls) -> None:
    begin(database, "settlement")
    url = engines.postgres.url(account("requests").database_role, database.owner_url.rpartition("/")[2])
    held = Partition("t", "i", 1)
    with (
        as_role(engines, database, account("settlement")) as frozen,
        engine_of(url, "requests-1") as engine,
    ):
        frozen.execute(
            "UPDATE consumer_offset SET owner = 'settlement-1', lease_until = now() + interval '1 s', "
            "backend_pid = pg_backend_pid(), "
            "backend_start = (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid())"
        )
        frozen.commit()
        frozen.execute("SELECT next_position FROM consumer_offset FOR UPDATE")
        leases = SqlLeases(engine, "requests", "c", "requests-1", trusting_watch())
        leases.hold([held])
        assert frozen.execute("SELECT 1").fetchone() == (1,), "its lease is not over"
        frozen.execute("SELECT pg_sleep(1.2)")
        leases.hold([held])
        with pytest.raises(psycopg.OperationalError):
            frozen.execute("SELECT 1")


def test_an_owner_who_may_make_no_roles_leaves_the_shared_one_working(engines: Engines, database: DatabaseUrls) -> None:
    """An earlier version's role, and whoever shares it, has all positions."""
    begin(database, "registry", "requests")
    with as_role(engines, database, account("operator")) as connection:
        moved = connection.execute("UPDATE consumer_offset SET next_position = 8").rowcount
        assert moved == 2
