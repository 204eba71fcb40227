"""Real engines for integration tests: started once per run, in a folder of the run, ended with it.

Isolation: `fresh_database` gives each test its own empty database; on the broker, tests name their topics after a fresh
identifier, or start an EmbeddedKafka of their own.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import sql

from connectors.database.roles import WORKER_ROLE
from deploy.engines.instance import EmbeddedEngines, Instance
from deploy.engines.postgres import OWNER_ROLE, EmbeddedPostgres, create_database


@dataclass(frozen=True)
class Engines:
    """Where the running engines are, and who may enter."""

    kafka_bootstrap: str
    kafka_user: str
    kafka_password: str
    database_owner_url: str
    database_worker_url: str
    postgres: EmbeddedPostgres

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
            yield Engines(
                kafka_bootstrap=kafka.bootstrap_servers,
                kafka_user=kafka.user,
                kafka_password=kafka.password,
                database_owner_url=postgres.owner_url,
                database_worker_url=postgres.worker_url,
                postgres=postgres,
            )
        finally:
            embedded.stop()


@pytest.fixture
def fresh_database(engines: Engines) -> Iterator[DatabaseUrls]:
    with new_database(engines) as urls:
        yield urls


@contextmanager
def new_database(engines: Engines) -> Iterator[DatabaseUrls]:
    """Make an empty database for as long as the block lasts."""
    name = f"test_{uuid.uuid4().hex}"
    postgres = engines.postgres
    with psycopg.connect(postgres.administrator_url, autocommit=True) as connection:
        create_database(connection, name)
    try:
        yield DatabaseUrls(postgres.url(OWNER_ROLE, name), postgres.url(WORKER_ROLE, name))
    finally:
        with psycopg.connect(postgres.administrator_url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
