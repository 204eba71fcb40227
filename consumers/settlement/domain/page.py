"""One log partition's page of the ledger while a batch is entered: its chain, its open window, and what is new."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from consumers.settlement.domain.booking import Booking
from consumers.settlement.domain.chain import Chain, Row, link, pack


class BalanceChange(NamedTuple):
    """What rows add to one account's sums in one partition and window, in rial."""

    partition: int
    account: str
    window_number: int
    debits_rial: int
    credits_rial: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A marker was met: `chain` is the partition's chain there, before any row of the next window."""

    window: int
    partition: int
    partitions: int
    marked_at: datetime
    chain: Chain


class WindowSkipped(ValueError):
    """A marker ends a window that is not open yet in its partition: an earlier marker is missing."""


class Page:
    """Mutable, for one batch. The rows, the same rows packed, and the marks that it holds are what the batch adds."""

    def __init__(self, partition: int, chain: Chain, window: int) -> None:
        self.partition = partition
        self.window = window
        self.rows: list[Row] = []
        self.packed: list[bytes] = []
        self.marks: list[Mark] = []
        self.chain = chain

    def enter(
        self, booking: Booking, transaction_id: UUID, event_id: str, request_id: UUID | None, recorded_at: datetime
    ) -> None:
        """Add the rows of one business transaction; its first row carries the change of exposure."""
        kind = booking.kind.value
        office = booking.office if booking.exposure_rial else None
        exposure_rial = booking.exposure_rial or None
        head, number = self.chain.head, self.chain.count
        rows, packed = [], []
        for debit, credit, amount_rial in booking.transfers:
            number += 1
            row = Row(
                self.partition,
                number,
                transaction_id,
                event_id,
                request_id,
                kind,
                debit,
                credit,
                amount_rial,
                self.window,
                recorded_at,
                office,
                exposure_rial,
            )
            office = exposure_rial = None
            rows.append(row)
            packed.append(pack(row))
            head = link(head, packed[-1])
        self.rows += rows
        self.packed += packed
        self.chain = Chain(head, number)

    def mark(self, window: int, partitions: int, marked_at: datetime) -> bool:
        """End `window` here; return whether it was open. A marker that comes twice ends nothing twice.

        Raises:
            WindowSkipped: an earlier window is still open.
        """
        if window > self.window:
            raise WindowSkipped(f"window {window} was marked while {self.window} is open")
        if window < self.window:
            return False
        self.marks.append(Mark(window, self.partition, partitions, marked_at, self.chain))
        self.window += 1
        return True


def balance_changes(rows: Iterable[Row]) -> list[BalanceChange]:
    """Return what `rows` add to the running sums, one change per partition, account and window, in that order."""
    debits: dict[tuple[int, str, int], int] = {}
    credited: dict[tuple[int, str, int], int] = {}
    for row in rows:
        debit = (row.partition, row.debit_account, row.window_number)
        credit = (row.partition, row.credit_account, row.window_number)
        debits[debit] = debits.get(debit, 0) + row.amount_rial
        credited[credit] = credited.get(credit, 0) + row.amount_rial
    return [BalanceChange(*key, debits.get(key, 0), credited.get(key, 0)) for key in sorted(debits | credited)]
