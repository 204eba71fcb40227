"""The stores in memory keep the promises of the real ones."""

import pytest

from consumers.settlement.ports import SettlementStores
from tests.contract.settlement_stores import SettlementStoresContract
from tests.ledger_memory import MemoryLedger


class TestMemoryLedger(SettlementStoresContract):
    @pytest.fixture
    def stores(self) -> SettlementStores:
        return MemoryLedger().stores()
