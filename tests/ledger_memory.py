"""Settlement's stores in memory, for tests: the same promises as the database's, checked by the same suite."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from consumers.parking import OperatorAction, ParkedEvent, ParkedRow, ParkReason
from consumers.runner.ports import Collision, Meanwhile
from consumers.settlement.domain.booking import Kind
from consumers.settlement.domain.chain import Chain, Row, pack
from consumers.settlement.domain.page import BalanceChange, Mark
from consumers.settlement.domain.windows import AccountMovement, Cut
from consumers.settlement.ports import OfficeChange, Opened, SettlementStores
from schemas.log_settlement import WindowClosed
from schemas.message import Message


@dataclass
class MemoryLedger:
    """Implements the ledger, windows, loads, outbox and park of settlement."""

    rows: list[Row] = field(default_factory=list)
    balances: dict[tuple[int, str, int], tuple[int, int]] = field(default_factory=dict)
    sequences: dict[str, int] = field(default_factory=dict)
    pages: dict[int, Opened] = field(default_factory=dict)
    disputes: dict[UUID, tuple[bool, datetime]] = field(default_factory=dict)
    window_cuts: dict[tuple[int, int], Cut] = field(default_factory=dict)
    closed: dict[int, WindowClosed] = field(default_factory=dict)
    reserved_rial: dict[str, int] = field(default_factory=dict)
    #: Month and rial.
    income: dict[str, tuple[int, int]] = field(default_factory=dict)
    revision: int = 0
    messages: list[Message] = field(default_factory=list)
    parked: list[ParkedRow] = field(default_factory=list)
    parked_ever: int = 0

    def stores(self) -> SettlementStores:
        """Return this as the stores that a handler takes."""
        return SettlementStores(ledger=self, windows=self, loads=self, outbox=self, park=self)

    def open(self, partitions: Collection[int]) -> Mapping[int, Opened]:
        return {number: self.pages.get(number, Opened(Chain(), 1)) for number in sorted(partitions)}

    def progress(self, subjects: Collection[str]) -> Mapping[str, int]:
        return {subject: self.sequences[subject] for subject in subjects if subject in self.sequences}

    def append(
        self,
        rows: Sequence[Row],
        packed: Sequence[bytes],
        changes: Sequence[BalanceChange],
        meanwhile: Meanwhile | None = None,
    ) -> None:
        assert list(map(pack, rows)) == list(packed), "both are the same rows"
        self.rows.extend(rows)
        for partition, account, window, debits_rial, credits_rial in changes:
            before = self.balances.get((partition, account, window), (0, 0))
            self.balances[partition, account, window] = (before[0] + debits_rial, before[1] + credits_rial)

    def keep_progress(self, added: Mapping[str, int], changed: Mapping[str, int]) -> None:
        if added.keys() & self.sequences.keys():
            raise Collision("settlement_progress_pkey")
        self.sequences.update(added)
        self.sequences.update(changed)

    def keep_pages(self, pages: Mapping[int, Opened]) -> None:
        self.pages.update(pages)

    def mark_disputes(self, marks: Mapping[UUID, tuple[bool, datetime]]) -> None:
        self.disputes.update(marks)

    def cut(self, mark: Mark) -> None:
        earlier = self.window_cuts.get((mark.window - 1, mark.partition))
        first = 0 if earlier is None else earlier.chain.count
        rows = [row for row in self.rows if row.partition == mark.partition and first < row.number <= mark.chain.count]
        posted = [row.amount_rial for row in rows if row.kind == Kind.POST and row.debit_account == "suspense"]
        refunded = [row.amount_rial for row in rows if row.kind == Kind.REFUND]
        self.window_cuts[mark.window, mark.partition] = Cut(
            mark.window, mark.partition, mark.marked_at, mark.chain, len(rows), sum(posted), sum(refunded)
        )

    def lock(self) -> None:
        """One thread needs no lock."""

    def cuts(self, window: int) -> Sequence[Cut]:
        return [cut for (number, _), cut in sorted(self.window_cuts.items()) if number == window]

    def movements(self, window: int) -> Sequence[AccountMovement]:
        sums: dict[str, list[int]] = {}
        until = {key: sides for key, sides in self.balances.items() if key[2] <= window}
        for (_, account, number), (debits_rial, credits_rial) in until.items():
            of_account = sums.setdefault(account, [0, 0, 0])
            if number < window:
                of_account[0] += debits_rial - credits_rial
            else:
                of_account[1] += debits_rial
                of_account[2] += credits_rial
        return [AccountMovement(account, *values) for account, values in sorted(sums.items())]

    def close(self, closed: WindowClosed) -> None:
        if closed.window in self.closed:
            raise Collision("settlement_window_pkey")
        self.closed[closed.window] = closed

    def move(self, changes: Sequence[OfficeChange]) -> int:
        for change in changes:
            self.reserved_rial[change.office] = self.reserved_rial.get(change.office, 0) - change.released_rial
            month, income_rial = self.income.get(change.office, (0, 0))
            if change.income_month > month:
                month, income_rial = change.income_month, 0
            if change.income_month == month:
                income_rial += change.income_rial
            self.income[change.office] = (month, income_rial)
        self.revision += 1
        return self.revision

    def add(self, messages: Sequence[Message], meanwhile: Meanwhile | None = None) -> None:
        self.messages.extend(messages)

    def park(self, events: Sequence[ParkedEvent]) -> None:
        for event in events:
            self.parked_ever += 1
            self.parked.append(ParkedRow(self.parked_ever, event, None, None, None))

    def of_keys(self, keys: Collection[str]) -> list[ParkedRow]:
        return [row for row in self.parked if row.event.key in keys]

    def due_keys(self, now: datetime, limit: int) -> list[str]:
        due = [row.event.key for row in self.parked if row.event.expires_at <= now or row.action is not None]
        return list(dict.fromkeys(due))[:limit]

    def remove(self, ids: Collection[int]) -> None:
        self.parked = [row for row in self.parked if row.id not in ids]

    def change(self, parked_id: int, reason: ParkReason, detail: str, expires_at: datetime) -> None:
        self.parked = [
            ParkedRow(row.id, replace(row.event, reason=reason, detail=detail, expires_at=expires_at), None, None, None)
            if row.id == parked_id
            else row
            for row in self.parked
        ]

    def decide(self, action: OperatorAction) -> None:
        """Decide on every parked event, as an operator would."""
        self.parked = [replace(row, action=action, action_by="operator", action_why="test") for row in self.parked]

    def balance(self, account: str) -> int:
        """Return an account's balance over all partitions and windows: debits less credits, in rial."""
        return sum(debits - credited for (_, name, _), (debits, credited) in self.balances.items() if name == account)
