"""A database with a small province, and the requests consumer over it."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from connectors.database.sql.engine import build_engine
from tests.kit.on_sql.requests import RequestsBus, load_registry
from tests.kit.real.engines import DatabaseUrls
from tests.kit.values.builders import office, small_province


@pytest.fixture
def owner(migrated_database: DatabaseUrls) -> Iterator[Engine]:
    """The tables' owner, on a migrated database that knows a small province with five offices in one city."""
    engine = build_engine(migrated_database.owner_url, "tests")
    with engine.begin() as connection:
        load_registry(connection, small_province(*(office(f"office-{number}") for number in range(1, 6))))
    yield engine
    engine.dispose()


@pytest.fixture
def engine(owner: Engine, migrated_database: DatabaseUrls) -> Iterator[Engine]:
    """The workers' role on the same database."""
    engine = build_engine(migrated_database.worker_url, "tests")
    yield engine
    engine.dispose()


@pytest.fixture
def bus(engine: Engine) -> RequestsBus:
    """One worker of the requests consumer."""
    return RequestsBus(engine)
