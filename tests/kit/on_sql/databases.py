"""A migrated database per test, and short names for what is built on it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic, sleep

import pytest
from sqlalchemy import Connection, Engine, text

from connectors.database.sql.engine import build_engine
from consumers.runner.ports import Meanwhile
from tests.kit.real.engines import DatabaseUrls


@pytest.fixture
def database(migrated_database: DatabaseUrls) -> DatabaseUrls:
    """An empty database with all tables."""
    return migrated_database


@pytest.fixture
def engine(database: DatabaseUrls) -> Iterator[Engine]:
    """The worker role's engine on it."""
    with engine_of(database.worker_url, "test") as engine:
        yield engine


@contextmanager
def engine_of(url: str, name: str, meanwhile: Meanwhile | None = None) -> Iterator[Engine]:
    """Another worker's engine, with connections of its own."""
    engine = build_engine(url, name, meanwhile=meanwhile)
    try:
        yield engine
    finally:
        engine.dispose()


def scalar(connection: Connection, statement: str) -> object:
    """Return the one value that `statement` selects."""
    return connection.execute(text(statement)).scalar_one()


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    """Poll until `condition` holds; fail with `what` when it does not within `seconds`."""
    deadline = monotonic() + seconds
    while not condition():
        assert monotonic() < deadline, f"not within {seconds} s: {what}"
        sleep(0.02)
