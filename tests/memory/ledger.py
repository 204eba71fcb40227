"""Settlement's stores over the database in memory."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from consumers.requests.domain.loads.loads import PositionChange
from consumers.runner.records import Partition
from consumers.settlement.domain.booking import BookingKind
from consumers.settlement.domain.chain import Row, pack
from consumers.settlement.domain.page import BalanceChange, Mark
from consumers.settlement.domain.windows import AccountMovement, WindowCut
from consumers.settlement.handlers import CONSUMER
from consumers.settlement.ports import LedgerEnd, OfficeChange, Opened, SettlementStores
from schemas.log_settlement import WindowClosed
from schemas.topics import LOG_REQUESTS
from tests.memory.database import Transaction
from tests.memory.outbox import MemoryOutbox
from tests.memory.park import MemoryPark
from tests.memory.requests import tick
from tests.memory.tables import BusDatabase, CheckViolated, Offset

#: The one lock for closing windows.
_CLOSING = 1


class MemoryLedger:
    """Implements `Ledger`. The pages are kept in the positions' rows."""

    def __init__(self, transaction: Transaction, tables: BusDatabase) -> None:
        self._transaction = transaction
        self._tables = tables

    def open(self, partitions: Collection[int]) -> Mapping[int, Opened]:
        self._transaction.step("opens its pages")
        opened = {}
        for where in self._places(partitions):
            self._transaction.lock(self._tables.offsets, (CONSUMER, where))
            opened[where.number] = self._offset(where).page
        assert len(opened) == len(partitions), "each partition of the log has one position, made by leases"
        return opened

    def ends(self, partitions: Collection[int]) -> Mapping[int, LedgerEnd]:
        transfers, cuts = self._transaction.rows(self._tables.transfers), self._transaction.rows(self._tables.cuts)
        return {
            number: LedgerEnd(
                max((row.number for row in transfers.values() if row.partition == number), default=0),
                max((window for window, partition in cuts if partition == number), default=0),
            )
            for number in partitions
        }

    def progress(self, subjects: Collection[str]) -> Mapping[str, int]:
        self._transaction.step("looks up how far it is in each subject")
        rows = self._transaction.rows(self._tables.progress)
        return {subject: rows[subject] for subject in subjects if subject in rows}

    def entered(self, transactions: Collection[UUID]) -> Collection[UUID]:
        self._transaction.step("looks up what it has entered")
        known = {row.transaction_id for row in self._transaction.rows(self._tables.transfers).values()}
        return known & set(transactions)

    def append(self, rows: Sequence[Row], packed: Sequence[bytes], changes: Sequence[BalanceChange]) -> None:
        assert list(map(pack, rows)) == list(packed), "both are the same rows"
        if rows:
            self._transaction.step("adds rows to the ledger")
        for row in rows:
            if row.request_id in self._tables.refused:
                raise CheckViolated
            self._transaction.insert(self._tables.transfers, (row.partition, row.number), row)
        for partition, account, window, debits_rial, credits_rial in changes:
            key = (partition, account, window)
            self._transaction.lock(self._tables.balances, key)
            before = self._transaction.find(self._tables.balances, key) or (0, 0)
            self._transaction.put(self._tables.balances, key, (before[0] + debits_rial, before[1] + credits_rial))

    def keep_progress(self, added: Mapping[str, int], changed: Mapping[str, int]) -> None:
        self._transaction.step("notes how far it is")
        for subject, sequence in added.items():
            self._transaction.insert(self._tables.progress, subject, sequence)
        for subject, sequence in changed.items():
            self._transaction.put(self._tables.progress, subject, sequence)

    def keep_pages(self, pages: Mapping[int, Opened]) -> None:
        self._transaction.step("keeps its pages")
        for where in self._places(pages):
            row = self._offset(where)._replace(page=pages[where.number])
            self._transaction.put(self._tables.offsets, (CONSUMER, where), row)

    def mark_disputes(self, marks: Mapping[UUID, tuple[bool, datetime]]) -> None:
        for request_id, mark in marks.items():
            self._transaction.put(self._tables.disputes, request_id, mark)

    def _places(self, numbers: Collection[int]) -> list[Partition]:
        places = [
            where
            for consumer, where in self._transaction.rows(self._tables.offsets)
            if consumer == CONSUMER and where.topic == LOG_REQUESTS.name and where.number in numbers
        ]
        return sorted(places, key=lambda where: where.number)

    def _offset(self, where: Partition) -> Offset:
        row = self._transaction.find(self._tables.offsets, (CONSUMER, where))
        assert row is not None, "positions are never deleted"
        return row


class MemoryWindows:
    """Implements `Windows`."""

    def __init__(self, transaction: Transaction, tables: BusDatabase) -> None:
        self._transaction = transaction
        self._tables = tables

    def cut(self, mark: Mark) -> None:
        self._transaction.step("cuts a window")
        earlier = self._transaction.find(self._tables.cuts, (mark.window - 1, mark.partition))
        first = 0 if earlier is None else earlier.chain.count
        rows = [
            row
            for row in self._transaction.rows(self._tables.transfers).values()
            if row.partition == mark.partition and first < row.number <= mark.chain.count
        ]
        posted = [row.amount_rial for row in rows if row.kind == BookingKind.POST and row.debit_account == "suspense"]
        refunded = [row.amount_rial for row in rows if row.kind == BookingKind.REFUND]
        cut = WindowCut(mark.window, mark.partition, mark.marked_at, mark.chain, len(rows), sum(posted), sum(refunded))
        self._transaction.insert(self._tables.cuts, (mark.window, mark.partition), cut)

    def lock(self) -> None:
        self._transaction.step("locks the closing of windows")
        self._transaction.lock(self._tables.advisory, _CLOSING)

    def cuts(self, window: int) -> Sequence[WindowCut]:
        rows = sorted(self._transaction.rows(self._tables.cuts).items())
        return [cut for (number, _), cut in rows if number == window]

    def movements(self, window: int) -> Sequence[AccountMovement]:
        sums: dict[str, list[int]] = {}
        for (_, account, number), sides in self._transaction.rows(self._tables.balances).items():
            if number <= window:
                of_account = sums.setdefault(account, [0, 0, 0])
                if number < window:
                    of_account[0] += sides[0] - sides[1]
                else:
                    of_account[1] += sides[0]
                    of_account[2] += sides[1]
        return [AccountMovement(account, *values) for account, values in sorted(sums.items())]

    def close(self, closed: WindowClosed) -> None:
        self._transaction.step("closes a window")
        self._transaction.insert(self._tables.windows, closed.window, closed)


class MemoryOfficeLoads:
    """Implements `Loads` of settlement."""

    def __init__(self, transaction: Transaction, tables: BusDatabase) -> None:
        self._transaction = transaction
        self._tables = tables

    def move(self, changes: Sequence[OfficeChange]) -> int:
        self._transaction.step("frees reservations and adds income")
        revision = tick(self._transaction, self._tables)
        for office, released_rial, income_rial, month, late_cash_rial in changes:
            self._transaction.lock(self._tables.offices, office)
            row = self._transaction.find(self._tables.offices, office)
            if row is not None:
                load = row.load.after(
                    PositionChange(office, 0, -released_rial, income_rial, month, late_cash_rial=-late_cash_rial)
                )
                self._transaction.put(self._tables.offices, office, row._replace(load=load))
        return revision


def settlement_stores(transaction: Transaction, tables: BusDatabase) -> SettlementStores:
    """Return all stores of one transaction of settlement."""
    return SettlementStores(
        ledger=MemoryLedger(transaction, tables),
        windows=MemoryWindows(transaction, tables),
        loads=MemoryOfficeLoads(transaction, tables),
        outbox=MemoryOutbox(transaction, tables),
        park=MemoryPark(transaction, tables, CONSUMER),
        attempt=transaction.attempt,
    )
