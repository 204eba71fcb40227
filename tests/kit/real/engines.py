"""Real engines for integration tests: started once per run, in a folder of the run, ended with it.

Isolation: `fresh_database` gives each test its own empty database, `migrated_database` one with all tables; on the
broker, tests name their topics after a fresh identifier, or start an EmbeddedKafka of their own.

The shared server does not wait for the disk: what is on it is gone after the run, whatever the machine does. Committed
rows survive a killed server all the same, because they are with the operating system.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg import sql

from connectors.database.schema.migrate import migrate
from connectors.roles import WORKER_ROLE
from deploy.engines.instance import EmbeddedEngines, Instance
from deploy.engines.postgres import OWNER_ROLE, EmbeddedPostgres, create_database

_PRIVILEGES = """
SELECT grantee::regrole::text, privilege_type FROM pg_database, aclexplode(datacl)
WHERE datname = %s AND grantee <> 0 AND grantee <> datdba
"""
#: The database that migrated ones are copies of; nobody is ever connected to it.
TEMPLATE = "template_migrated"


@dataclass(frozen=True)
class Engines:
    """Where the running engines are, and who may enter."""

    kafka_bootstrap: str
    kafka_user: str
    kafka_password: str
    database_owner_url: str
    database_worker_url: str
    postgres: EmbeddedPostgres
    #: The super user's one connection, on which databases are made and dropped.
    administrator: psycopg.Connection[Any]

    @property
    def kafka_login(self) -> dict[str, str]:
        """Arguments of every kafka-python client, for the bus's own user."""
        return kafka_login(self.kafka_bootstrap, self.kafka_user, self.kafka_password)


@dataclass(frozen=True)
class DatabaseUrls:
    """One empty database: SQLAlchemy URLs of the owner (migrations) and of the workers' role."""

    owner_url: str
    worker_url: str


def kafka_login(bootstrap: str, user: str, password: str) -> dict[str, str]:
    """Arguments of a kafka-python client for one SCRAM user."""
    return {
        "bootstrap_servers": bootstrap,
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-256",
        "sasl_plain_username": user,
        "sasl_plain_password": password,
    }


@pytest.fixture(scope="session")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    with Instance(tmp_path_factory.mktemp("engines")) as instance:
        embedded = EmbeddedEngines(instance)
        embedded.start()
        try:
            kafka, postgres = embedded.kafka, embedded.postgres
            hurry(postgres)
            with psycopg.connect(postgres.administrator_url, autocommit=True) as administrator:
                _copy_within_the_kernel(administrator)
                yield Engines(
                    kafka_bootstrap=kafka.bootstrap_servers,
                    kafka_user=kafka.user,
                    kafka_password=kafka.password,
                    database_owner_url=postgres.owner_url,
                    database_worker_url=postgres.worker_url,
                    postgres=postgres,
                    administrator=administrator,
                )
        finally:
            embedded.stop()


def hurry(postgres: EmbeddedPostgres) -> None:
    """Let a running server of tests answer before its rows are on the disk."""
    with psycopg.connect(postgres.administrator_url, autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes"):
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        connection.execute("SELECT pg_reload_conf()")


@pytest.fixture
def fresh_database(engines: Engines) -> Iterator[DatabaseUrls]:
    """An empty database."""
    with new_database(engines) as urls:
        yield urls


@pytest.fixture(scope="session")
def template(engines: Engines) -> str:
    """The name of a database that was migrated once."""
    postgres = engines.postgres
    create_database(engines.administrator, TEMPLATE)
    migrate(postgres.url(OWNER_ROLE, TEMPLATE))
    return TEMPLATE


@pytest.fixture
def migrated_database(engines: Engines, template: str) -> Iterator[DatabaseUrls]:
    """A database with all tables, as the migrations leave it."""
    with new_database(engines, template) as urls:
        yield urls


@contextmanager
def new_database(engines: Engines, template: str | None = None) -> Iterator[DatabaseUrls]:
    """Make a database for as long as the block lasts: an empty one, or a copy of the migrated one."""
    postgres, name = engines.postgres, f"test_{uuid.uuid4().hex}"
    if template is not None:
        _copy(engines.administrator, template, name)
    create_database(engines.administrator, name)
    try:
        yield DatabaseUrls(postgres.url(OWNER_ROLE, name), postgres.url(WORKER_ROLE, name))
    finally:
        engines.administrator.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _copy_within_the_kernel(connection: psycopg.Connection[Any]) -> None:
    """Let files be copied without passing through the server's memory, where it can do that."""
    query = "SELECT 'clone' = ANY(enumvals) FROM pg_settings WHERE name = 'file_copy_method'"
    if connection.execute(query).fetchone() == (True,):
        connection.execute("SET file_copy_method = clone")


def _copy(connection: psycopg.Connection[Any], template: str, name: str) -> None:
    """Copy a database, and the privileges on the database itself, which stay behind otherwise."""
    names = {"name": sql.Identifier(name), "template": sql.Identifier(template), "owner": sql.Identifier(OWNER_ROLE)}
    # By files: where nobody waits for the disk this is several times as quick as by the write-ahead log.
    statement = "CREATE DATABASE {name} OWNER {owner} TEMPLATE {template} STRATEGY file_copy"
    connection.execute(sql.SQL(statement).format(**names))
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {name} FROM PUBLIC").format(**names))
    for role, privilege in connection.execute(_PRIVILEGES, [template]).fetchall():
        grant = sql.SQL("GRANT {} ON DATABASE {} TO {}")
        connection.execute(grant.format(sql.SQL(privilege), names["name"], sql.Identifier(role)))
