"""The figures' worker on real engines, with everything that it needs."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine

from connectors.clock import ScaledClock
from connectors.database.engine import build_engine
from connectors.database.kpi import SqlKpiWork
from connectors.database.migrate import migrate
from connectors.ids import new_id
from connectors.telemetry.exporter import Exporter
from connectors.telemetry.worker import WorkerTelemetry
from consumers.kpi.handlers import CONSUMER, KpiHandler
from tests.engines import DatabaseUrls


@pytest.fixture
def database(fresh_database: DatabaseUrls) -> Iterator[Engine]:
    migrate(fresh_database.owner_url)
    engine = build_engine(fresh_database.worker_url, "test-kpi")
    yield engine
    engine.dispose()


@pytest.fixture
def connection(fresh_database: DatabaseUrls, database: Engine) -> Iterator[Connection]:
    """The owner's connection, to look and to break things; it commits each statement."""
    engine = build_engine(fresh_database.owner_url, "test-owner")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as opened:
        yield opened
    engine.dispose()


@pytest.fixture
def work(database: Engine) -> SqlKpiWork:
    return SqlKpiWork(database)


@pytest.fixture
def exporter() -> Exporter:
    return Exporter()


@pytest.fixture
def telemetry(exporter: Exporter) -> WorkerTelemetry:
    return WorkerTelemetry(exporter, CONSUMER)


@pytest.fixture
def handler(telemetry: WorkerTelemetry) -> KpiHandler:
    return KpiHandler(ScaledClock.same_as_real(), new_id, telemetry)
