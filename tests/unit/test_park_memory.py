"""The park in memory keeps the promises of the real one."""

import pytest

from tests.contract.parks import ParkContract
from tests.park_memory import MemoryPark


class TestMemoryPark(ParkContract):
    @pytest.fixture
    def park(self) -> MemoryPark:
        return MemoryPark()
