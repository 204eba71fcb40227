"""A registry worker on a fresh database."""

from collections.abc import Iterator

import pytest

from connectors.database.engine import build_engine
from connectors.database.migrate import migrate
from tests.engines import DatabaseUrls
from tests.registry_bus import RegistryBus


@pytest.fixture
def bus(fresh_database: DatabaseUrls) -> Iterator[RegistryBus]:
    migrate(fresh_database.owner_url)
    engine = build_engine(fresh_database.worker_url, "registry test")
    yield RegistryBus(engine)
    engine.dispose()
