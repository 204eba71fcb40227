"""Settlement windows in the database: cuts per partition, the one lock for closing, statements' sums."""

from datetime import datetime
from typing import Any

from psycopg import Connection as DriverConnection
from sqlalchemy import ColumnElement, Connection, insert, select, true

from connectors.database.schema.tables import settlement_window, window_cut
from connectors.database.sql.driver import driver_connection, meaningful_errors
from consumers.settlement.domain.booking import BookingKind
from consumers.settlement.domain.chain import Chain
from consumers.settlement.domain.page import Mark
from consumers.settlement.domain.windows import AccountMovement, WindowCut
from schemas.accounts import SUSPENSE
from schemas.log_settlement import WindowClosed

#: Only one transaction closes windows at a time; released at its end.
_CLOSING_LOCK = 7_236_004
_LOCK = "SELECT pg_advisory_xact_lock(%s)"

#: The rows of a window lie between two counts of the chain, so this reads only them, by the primary key.
_CUT = """
INSERT INTO window_cut
    (window_number, partition, marked_at, chain_head, chain_count, transfers, posted_rial, refunded_rial)
SELECT %(window)s, %(partition)s, %(marked_at)s, %(head)s, %(count)s, count(*),
    coalesce(sum(amount_rial) FILTER (WHERE kind = %(post)s AND debit_account = %(suspense)s), 0),
    coalesce(sum(amount_rial) FILTER (WHERE kind = %(refund)s), 0)
FROM ledger_transfer
WHERE partition = %(partition)s AND number <= %(count)s AND number > coalesce(
    (SELECT chain_count FROM window_cut WHERE partition = %(partition)s AND window_number = %(window)s - 1), 0)
"""
#: An account that neither has a balance nor moved is left out.
_MOVEMENTS = """
SELECT account,
    coalesce(sum(debits_rial - credits_rial) FILTER (WHERE window_number < %(window)s), 0)::bigint,
    coalesce(sum(debits_rial) FILTER (WHERE window_number = %(window)s), 0)::bigint,
    coalesce(sum(credits_rial) FILTER (WHERE window_number = %(window)s), 0)::bigint
FROM ledger_balance WHERE window_number <= %(window)s AND account = coalesce(%(account)s::text, account)
GROUP BY account ORDER BY account
"""


class WindowStore:
    """Implements `consumers.settlement.ports.Windows` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def cut(self, mark: Mark) -> None:
        """Keep a partition's cut with its sums; the rows before the mark are in the ledger already."""
        self._driver.execute(
            _CUT,
            {
                "window": mark.window,
                "partition": mark.partition,
                "marked_at": mark.marked_at,
                "head": mark.chain.head,
                "count": mark.chain.count,
                "post": BookingKind.POST.value,
                "refund": BookingKind.REFUND.value,
                "suspense": SUSPENSE,
            },
        )

    def lock(self) -> None:
        """Wait until no other transaction is closing windows; what it committed is visible afterwards."""
        self._driver.execute(_LOCK, (_CLOSING_LOCK,))

    def cuts(self, window: int) -> list[WindowCut]:
        """Return the cuts of `window` so far, in partition order."""
        return self._cuts(window_cut.c.window_number == window)

    def all_cuts(self) -> list[WindowCut]:
        """Return the cuts of every window, in window and partition order."""
        return self._cuts(true())

    def movements(self, window: int, account: str | None = None) -> list[AccountMovement]:
        """Return every account's balance before `window` and its movements in it, or those of one account."""
        rows = self._driver.execute(_MOVEMENTS, {"window": window, "account": account}, binary=True)
        return [AccountMovement(*row) for row in rows]

    def closed_at(self, window: int) -> datetime | None:
        """Return when `window` was closed, in business time; none while it is open."""
        query = select(settlement_window.c.closed_at).where(settlement_window.c.window_number == window)
        return self._connection.execute(query).scalar_one_or_none()

    def close(self, closed: WindowClosed) -> None:
        """Keep a closed window. Raises `Collision` when it was closed before."""
        row = insert(settlement_window).values(
            window_number=closed.window,
            closed_at=closed.closed_at,
            transfers=closed.transfers,
            anchor=bytes.fromhex(closed.chain_anchor_sha256),
        )
        with meaningful_errors():
            self._connection.execute(row)

    def _cuts(self, condition: ColumnElement[bool]) -> list[WindowCut]:
        query = select(window_cut).where(condition).order_by(window_cut.c.window_number, window_cut.c.partition)
        return [
            WindowCut(
                window=row.window_number,
                partition=row.partition,
                marked_at=row.marked_at,
                chain=Chain(row.chain_head, row.chain_count),
                transfers=row.transfers,
                posted_rial=row.posted_rial,
                refunded_rial=row.refunded_rial,
            )
            for row in self._connection.execute(query)
        ]

    @property
    def _driver(self) -> DriverConnection[Any]:
        return driver_connection(self._connection)
