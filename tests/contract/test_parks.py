"""The park in memory keeps the promises of the real one."""

from collections.abc import Collection, Iterator

import pytest

from consumers.parking import OperatorAction
from consumers.requests.handlers import CONSUMER
from tests.contract.parks import ParkContract
from tests.memory.database import Transaction
from tests.memory.operators import MemoryParkOperator
from tests.memory.park import MemoryPark
from tests.memory.positions import BusSession
from tests.memory.tables import BusDatabase


class Clock:
    """Real time, moved by hand."""

    seconds = 0.0


class MemoryTriedPark(MemoryPark):
    """The park in one transaction, with what a test does from outside."""

    def __init__(self, transaction: Transaction, tables: BusDatabase, clock: Clock) -> None:
        super().__init__(transaction, tables, CONSUMER)
        self._operator = MemoryParkOperator(transaction, tables)
        self._clock = clock

    def rest(self, seconds: float) -> None:
        self._clock.seconds += seconds

    def decide(self, action: OperatorAction, keys: Collection[str] | None = None) -> None:
        self._operator.decide([row.id for row in self.rows() if keys is None or row.event.key in keys], action)


class TestMemoryPark(ParkContract):
    @pytest.fixture
    def park(self) -> Iterator[MemoryTriedPark]:
        clock = Clock()
        tables = BusDatabase(lambda: clock.seconds)
        with BusSession(tables).transaction() as transaction:
            yield MemoryTriedPark(transaction, tables, clock)
