"""What the runner needs from the outside, and what it needs from a handler.

Lock order everywhere: positions, the registry's head, event identities, request rows by id (delivery's own likewise),
what is parked, and last, as late as possible, the load clock and the office positions, or the heads of feeds by name.
Behind everything comes what is left of each topic's share of letters.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar

from consumers.runner.outcomes import Outcome, Setback
from consumers.runner.records import HaltNote, Move, Partition, Record
from schemas.partition import Place

#: A handler's own stores, all on one connection: what a transaction opens and what a handler is given.
Opened = TypeVar("Opened", covariant=True)
Stores = TypeVar("Stores", contravariant=True)
#: Does a little pending work while the caller waits for something else; returns whether any is left.
Meanwhile = Callable[[], bool]


class Source(Protocol):
    """The broker's reading side. Every call may raise `BrokerUnavailable`."""

    def partitions(self) -> Sequence[Partition]:
        """Return all partitions of the consumer's topics as they exist now."""

    def assign(self, positions: Mapping[Partition, int]) -> None:
        """Read exactly these partitions from these positions. Raises `PositionLost` when a log does not hold one."""

    def poll(self, timeout_seconds: float, records_max: int) -> Sequence[Record]:
        """Return up to `records_max` records, in order per partition; empty after the timeout."""

    def turn(self) -> None:
        """Begin a turn: what was polled until now was one batch, and topics that had their share get a new one."""

    def ends(self, topics: Sequence[str]) -> Mapping[str, int]:
        """Return the end position of every partition of `topics`, keyed `<topic>/<partition>`."""

    def known_ends(self) -> Mapping[Partition, int]:
        """Return the ends of assigned partitions as the last polls saw them; never asks the broker."""

    def note(self, positions: Mapping[Partition, int]) -> None:
        """Commit positions to Kafka for lag tools only: best effort, never waits, never raises."""

    def close(self) -> None:
        """Stop reading."""


class Positions(Protocol):
    """The positions inside one open transaction."""

    def advance(self, moves: Sequence[Move]) -> None:
        """Compare-and-set all moves, first statement of the transaction. Raises `Fenced`."""

    def note_halt(self, halt: HaltNote) -> bool:
        """Keep for operators where and why one partition is halted; return whether one has passed exactly this.

        A decision counts for the place that it was shown: from the same position, up to the same end.
        """

    def pass_over(self, halt: HaltNote, record: Record, reason: StrEnum) -> bool:
        """Keep `record` among the dead letters, unapplied, and note an operator's decision as done.

        `reason` is one of the dead letters' own. Says whether the dead letter is new.
        """


class Work(Protocol[Opened]):
    """Transactions. Leaving it commits; an exception rolls back. May raise `DatabaseUnavailable`, `Contention`."""

    def transaction(self) -> AbstractContextManager[tuple[Positions, Opened]]:
        """Open one transaction with the handler's stores on it."""


class Leases(Protocol):
    """Ownership of partitions by a lease in the position's row (real time). May raise `DatabaseUnavailable`."""

    def hold(self, known: Sequence[Partition]) -> Mapping[Partition, int]:
        """Renew this worker's leases, take its fair share of free ones, give up excess; return owned positions.

        Owners that froze in an open transaction lose their connection, so that their locks go. Raises `PositionLost`
        when a known partition's topic is another incarnation than the one its position was kept for.
        """

    def release(self) -> None:
        """Give every lease back."""


class Handler(Protocol[Stores]):
    """What a capability does with records. Called inside the transaction that moves the positions."""

    def handle(self, stores: Stores, records: Sequence[Record]) -> Collection[Place]:
        """Apply a batch, in the order given per partition. An exception rolls everything back.

        Returns where the code decided on a record, whatever it decided. A record that it only passes over, or that
        waits behind another one, does not show that the code works.
        """

    def park_failed(self, stores: Stores, record: Record, error: Exception) -> None:
        """Park one record on which `handle` fails by itself; later events of its key wait behind it."""

    def sweep(self, stores: Stores) -> int:
        """Do what is due by itself (deadlines, parked events), in a transaction of its own; return how many."""


class Telemetry(Protocol):
    """What a worker reports about itself, for one consumer. No call blocks or raises.

    `count` is called inside a transaction, so it only notes; the next `committed` makes the notes count and the next
    `rolled_back` forgets them.
    """

    def count(self, outcome: Outcome, events: int = 1, reason: StrEnum | None = None) -> None:
        """Note what became of `events` events of the open transaction; `reason` is a member of a closed enum."""

    def unread_deadlines(self, fired: int) -> None:
        """Note deadlines of the open transaction that fired though intake was not read up to them."""

    def committed(self, records: int, seconds: float) -> None:
        """The open transaction committed: it took `seconds` and held `records` records (none for a sweep)."""

    def rolled_back(self, cause: Setback) -> None:
        """The open transaction rolled back."""

    def lag(self, behind: Mapping[str, int]) -> None:
        """Records not yet read, by topic, over the partitions that this worker owns."""

    def owned(self, partitions: int) -> None:
        """How many partitions this worker owns now. From the first call on, its leases are known."""

    def ready(self) -> None:
        """Broker and database answer."""

    def unready(self, cause: Setback) -> None:
        """The worker waits; readiness fails until `ready` is called."""

    def halted(self, partition: Partition, cause: Setback, why: str) -> None:
        """One partition is halted until a person acts: alert. The others continue. `why` is one line for people."""

    def resumed(self, partition: Partition) -> None:
        """A halted partition is tried again."""


class Clock(Protocol):
    """Business time. It goes by a clock that workers share: none of them reads its own."""

    def at(self, database: datetime) -> datetime:
        """Return the business time of this moment, at which the database's clock shows `database`."""

    def business(self, real: datetime) -> datetime:
        """Return the business time of a real moment."""
