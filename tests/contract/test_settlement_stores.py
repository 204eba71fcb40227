"""Settlement's stores, in memory and on a real database."""

from collections.abc import Iterator

import pytest

from consumers.settlement.ports import SettlementStores
from tests.contract.settlement_stores import SettlementStoresContract
from tests.contract.worlds import World


class TestSettlementStores(SettlementStoresContract):
    @pytest.fixture
    def stores(self, world: World) -> Iterator[SettlementStores]:
        with world.client("a").settlement() as stores:
            yield stores
