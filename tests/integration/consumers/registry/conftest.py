"""A registry worker on a fresh database."""

from collections.abc import Iterator

import pytest

from connectors.database.sql.engine import build_engine
from tests.kit.on_sql.registry import RegistryBus
from tests.kit.real.engines import DatabaseUrls


@pytest.fixture
def bus(migrated_database: DatabaseUrls) -> Iterator[RegistryBus]:
    engine = build_engine(migrated_database.worker_url, "registry test")
    yield RegistryBus(engine)
    engine.dispose()
