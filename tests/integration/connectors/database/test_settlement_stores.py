"""Settlement's stores on the real database."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from connectors.database.driver import meaningful_errors
from connectors.database.settlement import settlement_stores
from consumers.settlement.ports import SettlementStores
from tests.contract.settlement_stores import SettlementStoresContract
from tests.settlement_bus import SettlementBus

pytestmark = pytest.mark.integration


class TestSettlementStores(SettlementStoresContract):
    @pytest.fixture
    def stores(self, engine: Engine) -> Iterator[SettlementStores]:
        """One transaction, rolled back, so that the tests do not see each other."""
        SettlementBus(engine)
        with meaningful_errors(), engine.connect() as connection:
            yield settlement_stores(connection)
            connection.rollback()
