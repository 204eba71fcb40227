"""The figures' worker on real engines, with everything that it needs."""

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, text

from connectors.clock import ScaledClock
from connectors.database.kpi.stores import SqlKpiWork
from connectors.database.sql.engine import build_engine
from connectors.ids import new_id
from connectors.telemetry.exporter import Exporter
from connectors.telemetry.worker import WorkerTelemetry
from consumers.kpi.handlers import CONSUMER, KpiHandler
from tests.kit.real.engines import DatabaseUrls
from tests.kit.values.clocks import trusting_watch

#: What the registry knows of the names in `tests.kit.values.kpi_log`.
KNOWN = (
    *(("office", code) for code in ("office-1", "office-2")),
    *(("service", code) for code in ("birth-certificate", "death-certificate", "water-meter")),
)


@pytest.fixture
def database(migrated_database: DatabaseUrls) -> Iterator[Engine]:
    engine = build_engine(migrated_database.worker_url, "test-kpi")
    with engine.begin() as connection:
        for revision, (kind, code) in enumerate(KNOWN, start=1):
            body = json.dumps({kind: {"expected_monthly_income_rial": 0}})
            connection.execute(
                text(
                    "INSERT INTO registry_version (revision, kind, code, version, valid_from, accepted_at, body) "
                    "VALUES (:revision, :kind, :code, 1, now(), now(), cast(:body AS jsonb))"
                ),
                {"revision": revision, "kind": kind, "code": code, "body": body},
            )
    yield engine
    engine.dispose()


@pytest.fixture
def connection(migrated_database: DatabaseUrls, database: Engine) -> Iterator[Connection]:
    """The owner's connection, to look and to break things; it commits each statement."""
    engine = build_engine(migrated_database.owner_url, "test-owner")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as opened:
        yield opened
    engine.dispose()


@pytest.fixture
def work(database: Engine) -> SqlKpiWork:
    return SqlKpiWork(database, trusting_watch())


@pytest.fixture
def exporter() -> Exporter:
    return Exporter()


@pytest.fixture
def telemetry(exporter: Exporter) -> WorkerTelemetry:
    return WorkerTelemetry(exporter, CONSUMER)


@pytest.fixture
def handler(telemetry: WorkerTelemetry) -> KpiHandler:
    return KpiHandler(ScaledClock.same_as_real(), new_id, telemetry)
