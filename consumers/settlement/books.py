"""The ledger as people ask for it: its sums, its balances, its entries, and whether it is sound.

The use case of everybody who adds the ledger up, at a terminal, over HTTP or on a page.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from consumers.settlement.domain.audit import Break
from consumers.settlement.domain.chain import Row

#: Given the ledger's rows, returns the same rows and may count them as they pass.
WatchRows = Callable[[Iterator[Row]], Iterator[Row]]


@dataclass(frozen=True, slots=True)
class LedgerSummary:
    """The ledger in five sums, in rial, each over the rows themselves.

    Held = posted + voided + still held; `sum_rial` adds up debits less credits of every account, which must be zero.
    """

    held_rial: int
    posted_rial: int
    voided_rial: int
    still_held_rial: int
    sum_rial: int


class Balance(NamedTuple):
    """One account's sums over all rows, in rial."""

    account: str
    debits_rial: int
    credits_rial: int

    @property
    def balance_rial(self) -> int:
        """Debits less credits."""
        return self.debits_rial - self.credits_rial


class LedgerEntry(NamedTuple):
    """One side of a transfer: a debit is positive, a credit negative."""

    transaction_id: UUID
    event_id: str
    request_id: UUID | None
    kind: str
    account: str
    amount_rial: int
    time: datetime


class Disputed(NamedTuple):
    """How many requests are in dispute, and what was posted for them, in rial."""

    requests: int
    posted_rial: int


class LedgerReads(Protocol):
    """The ledger in one view of the database, which nothing changes while it lasts."""

    def summary(self) -> LedgerSummary:
        """Return the ledger's sums."""

    def balances(self, prefix: str = "") -> Sequence[Balance]:
        """Return the accounts whose name begins with `prefix`, in the order of their names."""

    def disputed(self) -> Disputed:
        """Return what is in dispute."""

    def transfers_kept(self) -> int:
        """Return how many transfers the chains cover; it is cheap."""

    def all_rows(self) -> Iterator[Row]:
        """Yield all rows by partition and number; memory does not grow with the ledger."""

    def wrong_sums(self) -> Iterable[str]:
        """Name the sums over the rows that are not what they must be, or not what is kept."""

    def breaks(self, rows: Iterator[Row]) -> Iterable[Break]:
        """Name where `rows`, all of them in their order, do not make the chains that were kept."""

    def wrong_windows(self) -> Iterable[str]:
        """Name the closed windows whose anchors are not those of their cuts."""


@dataclass(frozen=True, slots=True)
class LedgerAudit:
    """What an audit of the rows found: how many there are, their sums, and everything that is wrong."""

    rows: int
    summary: LedgerSummary
    findings: tuple[str, ...]
    breaks: tuple[Break, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def entries(rows: Iterator[Row]) -> Iterator[LedgerEntry]:
    """Yield both sides of every row, the debit first: added up, they are zero."""
    for row in rows:
        shared = (row.transaction_id, row.event_id, row.request_id, row.kind)
        yield LedgerEntry(*shared, row.debit_account, row.amount_rial, row.recorded_at)
        yield LedgerEntry(*shared, row.credit_account, -row.amount_rial, row.recorded_at)


def audit(ledger: LedgerReads, watch: WatchRows = lambda rows: rows) -> LedgerAudit:
    """Recompute everything that can be recomputed from the rows: sums, chains, anchors, exposure."""
    count = 0

    def counted() -> Iterator[Row]:
        nonlocal count
        for row in watch(ledger.all_rows()):
            count += 1
            yield row

    findings = list(ledger.wrong_sums())
    breaks = tuple(ledger.breaks(counted()))
    findings += [*map(str, breaks), *ledger.wrong_windows()]
    kept = ledger.transfers_kept()
    if count != kept:
        findings.insert(0, f"the ledger has {count:,} rows, and the chains were kept for {kept:,}")
    return LedgerAudit(count, ledger.summary(), tuple(findings), breaks)
