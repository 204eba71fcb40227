"""What settlement needs inside one open transaction. Every call may raise `Contention` or `DatabaseUnavailable`."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from consumers.keeping import KeptEvents
from consumers.settlement.domain.chain import Chain, Row
from consumers.settlement.domain.page import BalanceChange, Mark
from consumers.settlement.domain.windows import AccountMovement, WindowCut
from schemas.log_settlement import WindowClosed
from schemas.message import Message


class Opened(NamedTuple):
    """Where one partition's page continues."""

    chain: Chain
    window: int


class LedgerEnd(NamedTuple):
    """Where one partition's part of the ledger ends by its own rows: the last row's number, and the last window cut."""

    rows: int
    cut: int


class OfficeChange(NamedTuple):
    """What a batch changes of one office's position, in rial: the reservation shrinks, the income grows (or not).

    `income_month` is the Jalali month that the income belongs to, 0 when there is none. Of what is released,
    `late_cash_rial` was reserved for late cash.
    """

    office: str
    released_rial: int
    income_rial: int
    income_month: int
    late_cash_rial: int = 0


class Ledger(Protocol):
    """The ledger's rows and what is kept beside them."""

    def open(self, partitions: Collection[int]) -> Mapping[int, Opened]:
        """Lock these partitions' rows, in order, and return where their pages continue."""

    def ends(self, partitions: Collection[int]) -> Mapping[int, LedgerEnd]:
        """Return where these partitions' rows end; they are locked, so that nobody adds any meanwhile."""

    def progress(self, subjects: Collection[str]) -> Mapping[str, int]:
        """Return the last sequence folded per subject; a subject never seen is left out."""

    def entered(self, transactions: Collection[UUID]) -> Collection[UUID]:
        """Return those of `transactions` that the ledger has rows of, whatever progress says."""

    def append(self, rows: Sequence[Row], packed: Sequence[bytes], changes: Sequence[BalanceChange]) -> None:
        """Add rows, given also packed, and what they change of the running sums; accounts seen first are opened."""

    def keep_progress(self, added: Mapping[str, int], changed: Mapping[str, int]) -> None:
        """Keep the last sequences of subjects never seen before (`Collision` if they were) and of known ones."""

    def keep_pages(self, pages: Mapping[int, Opened]) -> None:
        """Keep where the pages continue."""

    def mark_disputes(self, marks: Mapping[UUID, tuple[bool, datetime]]) -> None:
        """Keep whether requests' legs are disputed, and since when that is so."""


class Windows(Protocol):
    """Cuts and closings of settlement windows."""

    def cut(self, mark: Mark) -> None:
        """Keep a partition's cut with its sums; the rows before the mark are in the ledger already."""

    def lock(self) -> None:
        """Wait until no other transaction is closing windows; what it committed is visible afterwards."""

    def cuts(self, window: int) -> Sequence[WindowCut]:
        """Return the cuts of `window` so far, in partition order."""

    def movements(self, window: int) -> Sequence[AccountMovement]:
        """Return every account's balance before `window` and its movements in it."""

    def close(self, closed: WindowClosed) -> None:
        """Keep a closed window. Raises `Collision` when it was closed before."""


class Loads(Protocol):
    """The offices' positions, under the one clock that orders all their changes."""

    def move(self, changes: Sequence[OfficeChange]) -> int:
        """Lock the clock, apply `changes` in office order, and return the new load revision.

        A position keeps the income of one month: the first of a newer month displaces it, that of an older one is lost.
        """


class Outbox(Protocol):
    """What is to be published."""

    def add(self, messages: Iterable[Message]) -> None:
        """Add messages in their order."""


class Park(KeptEvents, Protocol):
    """Events that wait."""

    def given_up(self, event_ids: Collection[str]) -> Collection[str]:
        """Return those of `event_ids` that this consumer never applies: an operator has given them up."""


@dataclass(frozen=True, slots=True)
class SettlementStores:
    """All stores, on one connection. `attempt` opens a part of the transaction that an exception undoes alone."""

    ledger: Ledger
    windows: Windows
    loads: Loads
    outbox: Outbox
    park: Park
    attempt: Callable[[], AbstractContextManager[None]]


def merged(changes: Iterable[OfficeChange]) -> list[OfficeChange]:
    """Return one change per office, in office order, with the income of its newest month; nothing cancels out."""
    sums: dict[str, OfficeChange] = {}
    for change in changes:
        before = sums.get(change.office)
        if before is not None:
            month = max(before.income_month, change.income_month)
            income_rial = sum(one.income_rial for one in (before, change) if one.income_month == month)
            released_rial = before.released_rial + change.released_rial
            late_cash_rial = before.late_cash_rial + change.late_cash_rial
            change = OfficeChange(change.office, released_rial, income_rial, month, late_cash_rial)
        sums[change.office] = change
    return [sums[office] for office in sorted(sums)]
