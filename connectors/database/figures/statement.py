"""The ledger in SQL, as a statement needs it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from connectors.database.requests.owed import owed
from connectors.database.settlement.reads import movements_by_kind
from connectors.database.settlement.windows import WindowStore
from consumers.settlement.domain.windows import AccountMovement
from consumers.settlement.statement import KindMovement


class SqlStatementReads:
    """Implements `StatementReads` on one connection, whose transaction sees one moment (`settlement.reads.calm`)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._windows = WindowStore(connection)

    def movements(self, window: int, account: str) -> Sequence[AccountMovement]:
        """Return the account's balance before `window` and its movements in it."""
        return self._windows.movements(window, account)

    def by_kind(self, account: str, window: int) -> Sequence[KindMovement]:
        """Return what each kind of transaction moved on the account in `window`."""
        return movements_by_kind(self._connection, account, window)

    def closed_at(self, window: int) -> datetime | None:
        """Return when `window` was closed."""
        return self._windows.closed_at(window)

    def owed_by(self, office: str) -> int:
        """Return what an office has to give back to citizens now, in rial."""
        return sum(one.rial for one in owed(self._connection, office))
