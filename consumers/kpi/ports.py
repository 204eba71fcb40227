"""What the figures need from the outside: one transaction's stores, and business time."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol
from uuid import UUID

from consumers.keeping import DeadLetters, KeptEvents
from consumers.kpi.domain.facts import Fact, Income
from consumers.kpi.domain.measures import Cell, Expectation, Reading
from consumers.runner.records import Span
from schemas.kpi import KeyKind
from schemas.message import Message
from schemas.partition import Place


class RecordsMissing(Exception):
    """A batch starts after the next position, or has a gap: `spans` must be read from the log first."""

    def __init__(self, spans: Mapping[Place, Span]) -> None:
        super().__init__(f"{len(spans)} partitions skipped records")
        self.spans = spans


class FigurePositions(Protocol):
    """The next position of each partition that facts rest on: Faust's own commits are only a hint."""

    def next_positions(self, places: Collection[Place]) -> Mapping[Place, int]:
        """Return the next position of each of `places`, and lock it; zero for one that was never read."""

    def advance(self, ends: Mapping[Place, int]) -> None:
        """Move to `ends`; a position never goes back."""


class Facts(Protocol):
    """Facts and incomes."""

    def lock(self, request_ids: Collection[UUID]) -> Mapping[UUID, Fact]:
        """Return the facts that are known of these requests; they stay locked until the commit."""

    def incomes(self, request_ids: Collection[UUID]) -> Mapping[UUID, Sequence[Income]]:
        """Return the known incomes of these requests."""

    def save(self, facts: Sequence[Fact], incomes: Sequence[Income]) -> None:
        """Keep changed facts and new incomes. Raises `Contention` when another worker added one meanwhile."""


class Figures(Protocol):
    """Cells that are out of date, and what was last read in each."""

    def known(self, names: Collection[tuple[KeyKind, str]]) -> Collection[tuple[KeyKind, str]]:
        """Return those of `names`, offices and services, that the registry knows."""

    def mark(self, cells: Collection[Cell]) -> None:
        """Note that `cells` must be measured again."""

    def take(self, limit: int) -> Sequence[Cell]:
        """Take up to `limit` notes, oldest window first, for this transaction; none when another worker is at it."""

    def measure(self, cells: Sequence[Cell]) -> Sequence[Reading]:
        """Measure `cells` on the facts as they are now; a cell without facts reads zero."""

    def expectations(self, offices: Collection[str]) -> Mapping[str, Expectation]:
        """Return what each of `offices` is expected to earn."""

    def keep(self, readings: Sequence[Reading]) -> Sequence[Reading]:
        """Keep `readings` as the newest ones; return those that say something new."""


class Park(KeptEvents, Protocol):
    """Events on which the handler failed, until they are kept after all or an operator gives them up."""

    def now(self) -> datetime:
        """Return the database's time."""


class Outbox(Protocol):
    """What is to be published."""

    def add(self, messages: Sequence[Message]) -> None:
        """Add `messages`, in this order per key."""


class Stores(Protocol):
    """All stores of one open transaction."""

    @property
    def positions(self) -> FigurePositions:
        """Where to continue."""

    @property
    def facts(self) -> Facts:
        """What is known."""

    @property
    def figures(self) -> Figures:
        """What was measured."""

    @property
    def park(self) -> Park:
        """What waits for an operator."""

    @property
    def dead_letters(self) -> DeadLetters:
        """What cannot be read."""

    @property
    def outbox(self) -> Outbox:
        """What goes out."""

    def give_a_sign(self) -> None:
        """Note that this worker lives."""

    def attempt(self) -> AbstractContextManager[None]:
        """Open a part of the transaction that an exception undoes alone."""


class FigureWork(Protocol):
    """Transactions. Leaving one commits. May raise `DatabaseUnavailable` and `Contention`."""

    def transaction(self) -> AbstractContextManager[Stores]:
        """Open one transaction."""
