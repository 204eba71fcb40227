"""Settlement's stores in memory, for tests: the same promises as the database's, checked by the same suite."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from consumers.runner.ports import Collision, Meanwhile, Outcome, Record
from consumers.settlement.domain.booking import Kind
from consumers.settlement.domain.chain import Chain, Row, pack
from consumers.settlement.domain.page import BalanceChange, Mark
from consumers.settlement.domain.windows import AccountMovement, Cut
from consumers.settlement.handlers import SettlementHandler
from consumers.settlement.ports import OfficeChange, Opened, SettlementStores
from schemas.log_settlement import WindowClosed
from schemas.message import Message
from tests.park_memory import MemoryPark
from tests.runner_memory import MemoryTelemetry


class CheckViolated(Exception):
    """What a database raises that refuses a row."""


@dataclass
class MemoryLedger:
    """Implements the ledger, windows, loads and outbox of settlement, with a park in memory."""

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
    park: MemoryPark = field(default_factory=MemoryPark)
    #: A request whose rows cannot be written.
    refused: UUID | None = None

    def stores(self) -> SettlementStores:
        """Return this as the stores that a handler takes."""
        return SettlementStores(
            ledger=self, windows=self, loads=self, outbox=self, park=self.park, attempt=self.attempt
        )

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Undo everything that happens inside when it ends with an exception."""
        before, park = deepcopy(vars(self)), self.park
        try:
            yield
        except Exception:
            # The stores that were given out hold this very park.
            vars(park).update(vars(before.pop("park")))
            vars(self).update(before)
            raise

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
        if self.refused is not None and any(row.request_id == self.refused for row in rows):
            raise CheckViolated
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

    def balance(self, account: str) -> int:
        """Return an account's balance over all partitions and windows: debits less credits, in rial."""
        return sum(debits - credited for (_, name, _), (debits, credited) in self.balances.items() if name == account)


class Desk:
    """A handler on memory, and what it is fed."""

    def __init__(self) -> None:
        self.memory = MemoryLedger()
        self.telemetry = MemoryTelemetry()
        self._handler = SettlementHandler(self.telemetry)

    def handle(self, *records: Record) -> None:
        self._handler.handle(self.memory.stores(), records)

    def park_failed(self, record: Record, error: Exception) -> None:
        self._handler.park_failed(self.memory.stores(), record, error)

    def sweep(self) -> int:
        return self._handler.sweep(self.memory.stores())

    def count(self, outcome: Outcome) -> int:
        return sum(events for noted, events in self.telemetry.outcomes if noted is outcome)

    def kinds(self) -> list[str]:
        return [row.kind for row in self.memory.rows]
