"""A registry worker on a fresh database."""

from collections.abc import Iterator

import pytest

from connectors.database.engine import build_engine
from tests.engines import DatabaseUrls
from tests.registry_bus import RegistryBus


@pytest.fixture
def bus(migrated_database: DatabaseUrls) -> Iterator[RegistryBus]:
    engine = build_engine(migrated_database.worker_url, "registry test")
    yield RegistryBus(engine)
    engine.dispose()
