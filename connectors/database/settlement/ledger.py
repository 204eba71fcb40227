"""The ledger's tables, written: rows by COPY, sums and progress by one statement each for the whole batch."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection as DriverConnection
from sqlalchemy import Connection

from connectors.database.sql.columns import as_array, as_columns
from connectors.database.sql.copy import copy_packed
from connectors.database.sql.driver import driver_connection, meaningful_errors
from consumers.settlement.domain.chain import GENESIS, Chain, Row
from consumers.settlement.domain.page import BalanceChange
from consumers.settlement.handlers import CONSUMER
from consumers.settlement.ports import LedgerEnd, OfficeChange, Opened
from schemas.accounts import CURRENCY
from schemas.topics import LOG_REQUESTS

#: A row's fields are the table's columns, in their order.
_COPY = f"COPY ledger_transfer ({', '.join(Row._fields)}) FROM STDIN (FORMAT BINARY)"

_OPEN = """
SELECT partition, chain_head, chain_count, window_number FROM consumer_offset
WHERE consumer = %s AND topic = %s AND partition = ANY(%s::int[]) ORDER BY partition FOR UPDATE
"""
#: In a statement of its own: one that waited for the lock would see the rows as they were before it.
_ENDS = """
SELECT kept.partition,
    coalesce((SELECT max(number) FROM ledger_transfer AS row WHERE row.partition = kept.partition), 0),
    coalesce((SELECT max(window_number) FROM window_cut AS cut WHERE cut.partition = kept.partition), 0)
FROM unnest(%s::int[]) AS kept (partition)
"""
#: A join, not `= ANY`: the planner cannot see into the text and would compare every row with every id.
_PROGRESS = """
SELECT row.subject::text, row.sequence FROM unnest(%s::text::uuid[]) AS wanted (subject)
JOIN settlement_progress AS row ON row.subject = wanted.subject
"""
_ENTERED = """
SELECT wanted.id FROM unnest(%s::text::uuid[]) AS wanted (id)
WHERE EXISTS (SELECT FROM ledger_transfer AS row WHERE row.transaction_id = wanted.id)
"""
_ADD_PROGRESS = """
INSERT INTO settlement_progress (subject, sequence) SELECT * FROM unnest(%s::text::uuid[], %s::text::int[])
"""
_CHANGE_PROGRESS = """
UPDATE settlement_progress AS row SET sequence = changed.sequence
FROM unnest(%s::text::uuid[], %s::text::int[]) AS changed (subject, sequence) WHERE row.subject = changed.subject
"""
_ADD_BALANCES = """
INSERT INTO ledger_balance AS row (partition, account, window_number, debits_rial, credits_rial)
SELECT * FROM unnest(%s::smallint[], %s::text[], %s::int[], %s::bigint[], %s::bigint[])
ON CONFLICT (partition, account, window_number) DO UPDATE
SET debits_rial = row.debits_rial + excluded.debits_rial, credits_rial = row.credits_rial + excluded.credits_rial
"""
#: In one order, so that two workers that open the same accounts wait for each other and never in a circle.
_OPEN_ACCOUNTS = """
INSERT INTO ledger_account (account, currency)
SELECT account, %s FROM unnest(%s::text[]) AS seen (account)
WHERE NOT EXISTS (SELECT FROM ledger_account known WHERE known.account = seen.account) ORDER BY account
ON CONFLICT DO NOTHING
"""
_KEEP_PAGES = """
UPDATE consumer_offset AS row SET chain_head = page.head, chain_count = page.count, window_number = page.window_number
FROM unnest(%s::int[], %s::bytea[], %s::bigint[], %s::int[]) AS page (partition, head, count, window_number)
WHERE row.consumer = %s AND row.topic = %s AND row.partition = page.partition
"""
_MARK_DISPUTES = """
INSERT INTO ledger_dispute (request_id, open, marked_at)
SELECT * FROM unnest(%s::uuid[], %s::boolean[], %s::timestamptz[])
ON CONFLICT (request_id) DO UPDATE SET open = excluded.open, marked_at = excluded.marked_at
"""
_TICK = "UPDATE load_clock SET revision = revision + 1 RETURNING revision"
_LOCK_OFFICES = "SELECT FROM office_position WHERE office = ANY(%s::text[]) ORDER BY office FOR UPDATE"
_MOVE_OFFICES = """
UPDATE office_position AS row
SET reserved_rial = row.reserved_rial - change.released_rial,
    late_cash_rial = row.late_cash_rial - change.late_cash_rial,
    income_month = greatest(row.income_month, change.income_month),
    income_rial = CASE
        WHEN change.income_month > row.income_month THEN change.income_rial
        WHEN change.income_month = row.income_month THEN row.income_rial + change.income_rial
        ELSE row.income_rial
    END
FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::int[], %s::bigint[])
    AS change (office, released_rial, income_rial, income_month, late_cash_rial)
WHERE row.office = change.office
"""


class LedgerStore:
    """Implements `consumers.settlement.ports.Ledger` on one connection."""

    def __init__(self, connection: Connection, topic: str = LOG_REQUESTS.name) -> None:
        self._connection = connection
        self._topic = topic

    def open(self, partitions: Collection[int]) -> dict[int, Opened]:
        """Lock these partitions' rows, in order, and return where their pages go on."""
        rows = self._driver.execute(_OPEN, (CONSUMER, self._topic, sorted(partitions)), binary=True).fetchall()
        opened = {partition: Opened(Chain(head or GENESIS, count), window) for partition, head, count, window in rows}
        assert len(opened) == len(rows) == len(partitions), "each partition of the log has one position, made by leases"
        return opened

    def ends(self, partitions: Collection[int]) -> dict[int, LedgerEnd]:
        """Return where these partitions' rows end; they are locked, so that nobody adds any meanwhile."""
        rows = self._driver.execute(_ENDS, (sorted(partitions),), binary=True).fetchall()
        return {partition: LedgerEnd(last, cut) for partition, last, cut in rows}

    def progress(self, subjects: Collection[str]) -> dict[str, int]:
        """Return the last sequence folded per subject; a subject never seen is left out."""
        return dict(self._driver.execute(_PROGRESS, (as_array(subjects),), binary=True).fetchall())

    def entered(self, transactions: Collection[UUID]) -> set[UUID]:
        """Return those of `transactions` that the ledger has rows of, whatever progress says."""
        return {row for (row,) in self._driver.execute(_ENTERED, (as_array(transactions),), binary=True)}

    def append(self, rows: Sequence[Row], packed: Sequence[bytes], changes: Sequence[BalanceChange]) -> None:
        """Add rows, given also packed, and what they change of the running sums; accounts seen first are opened."""
        if not rows:
            return
        # The rows are packed as COPY takes them, and were hashed so.
        copy_packed(self._connection, _COPY, packed)
        self._driver.execute(_OPEN_ACCOUNTS, (CURRENCY, sorted({change.account for change in changes})))
        self._driver.execute(_ADD_BALANCES, as_columns(changes))

    def keep_progress(self, added: Mapping[str, int], changed: Mapping[str, int]) -> None:
        """Keep the last sequences of subjects never seen before (`Collision` if they were) and of known ones."""
        with meaningful_errors():
            for statement, subjects in ((_ADD_PROGRESS, added), (_CHANGE_PROGRESS, changed)):
                if subjects:
                    self._driver.execute(statement, (as_array(subjects.keys()), as_array(subjects.values())))

    def keep_pages(self, pages: Mapping[int, Opened]) -> None:
        """Keep where the pages go on."""
        if pages:
            values = [(number, page.chain.head, page.chain.count, page.window) for number, page in pages.items()]
            self._driver.execute(_KEEP_PAGES, (*as_columns(values), CONSUMER, self._topic))

    def mark_disputes(self, marks: Mapping[UUID, tuple[bool, datetime]]) -> None:
        """Keep whether requests' legs are disputed, and since when that is so."""
        if marks:
            self._driver.execute(_MARK_DISPUTES, as_columns([(request, *mark) for request, mark in marks.items()]))

    @property
    def _driver(self) -> DriverConnection[Any]:
        return driver_connection(self._connection)


class LoadsStore:
    """Implements `consumers.settlement.ports.Loads`: the offices' positions, under the clock that orders changes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def move(self, changes: Sequence[OfficeChange]) -> int:
        """Lock the clock, apply `changes` in office order, and return the new load revision.

        The clock comes first, as everywhere, so that no two transactions wait for each other's offices in a circle.
        """
        driver = driver_connection(self._connection)
        ticked = driver.execute(_TICK, binary=True).fetchone()
        assert ticked is not None, "the load clock has its one row"
        driver.execute(_LOCK_OFFICES, ([change.office for change in changes],))
        driver.execute(_MOVE_OFFICES, as_columns(changes))
        return int(ticked[0])
