"""The transactions of one worker, whose errors have a meaning."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from sqlalchemy import Connection, Engine

from connectors.database.runner.positions import SqlPositions
from connectors.database.sql.driver import meaningful_errors
from connectors.failpoints import Failpoint, failpoint

Stores = TypeVar("Stores")


class SqlWork(Generic[Stores]):
    """Transactions of one worker: implements `consumers.runner.ports.Work`. Without `keep` each is undone at last."""

    def __init__(
        self,
        engine: Engine,
        stores: Callable[[Connection], Stores],
        positions: Callable[[Connection], SqlPositions],
        *,
        keep: bool = True,
    ) -> None:
        self._engine = engine
        self._stores = stores
        self._positions = positions
        self._keep = keep

    @contextmanager
    def transaction(self) -> Iterator[tuple[SqlPositions, Stores]]:
        """Open one transaction; commit on leaving, roll back on an exception."""
        with meaningful_errors():
            with self._engine.connect() as connection, connection.begin() as transaction:
                positions = self._positions(connection)
                yield positions, self._stores(connection)
                if positions.advanced:
                    failpoint(Failpoint.BEFORE_COMMIT)
                if not self._keep:
                    transaction.rollback()
            if positions.advanced:
                failpoint(Failpoint.AFTER_COMMIT)
