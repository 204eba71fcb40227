"""What the runner needs from the outside, and what it needs from a handler.

Lock order everywhere: positions, then request rows by id, then the load clock and office positions, as late as possible.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

#: A handler's own stores, all on one connection: what a transaction opens and what a handler is given.
Opened = TypeVar("Opened", covariant=True)
Stores = TypeVar("Stores", contravariant=True)


class Fenced(Exception):
    """A position is not where this worker left it: another owner moved it. Roll back, read again, seek again."""


class Contention(Exception):
    """A deadlock, a lock time-out or a unique violation by a racing writer: roll the batch back and do it again."""


class DatabaseUnavailable(Exception):
    """The database cannot be reached; back off and stay alive."""


class BrokerUnavailable(Exception):
    """The broker cannot be reached; back off and stay alive."""


class PositionLost(Exception):
    """The log no longer holds this position, or the topic is another one of the same name: halt and alert, never reset."""


class ParkFull(Exception):
    """The park has reached its limit: halt the partition rather than drop anything."""


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition of one incarnation of a topic."""

    topic: str
    topic_id: str
    number: int


@dataclass(frozen=True, slots=True)
class Record:
    """One Kafka record. `appended_at` is the broker's time (real time) for intake topics."""

    topic: str
    partition: int
    position: int
    key: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    value: bytes | None
    appended_at: datetime


@dataclass(frozen=True, slots=True)
class Move:
    """One step of one position: from `start` (which must still be true) to `end`."""

    partition: Partition
    start: int
    end: int


class Source(Protocol):
    """The broker's reading side. Every call may raise `BrokerUnavailable`."""

    def partitions(self) -> Sequence[Partition]:
        """Return all partitions of the consumer's topics as they exist now."""

    def assign(self, positions: Mapping[Partition, int]) -> None:
        """Read exactly these partitions from these positions. Raises `PositionLost` when a log does not hold one."""

    def poll(self, timeout_seconds: float, records_max: int) -> Sequence[Record]:
        """Return up to `records_max` records, in order per partition; empty after the timeout."""

    def ends(self, topics: Sequence[str]) -> Mapping[str, int]:
        """Return the end position of every partition of `topics`, keyed `<topic>/<partition>`."""

    def close(self) -> None:
        """Stop reading."""


class Positions(Protocol):
    """The positions inside one open transaction."""

    def advance(self, moves: Sequence[Move]) -> None:
        """Compare-and-set all moves, first statement of the transaction. Raises `Fenced`."""


class Work(Protocol[Opened]):
    """Transactions. Leaving the context commits; an exception rolls back. May raise `DatabaseUnavailable`, `Contention`."""

    def transaction(self) -> AbstractContextManager[tuple[Positions, Opened]]:
        """Open one transaction with the handler's stores on it."""


class Leases(Protocol):
    """Ownership of partitions by a lease in the position's row (real time)."""

    def hold(self, known: Sequence[Partition]) -> Mapping[Partition, int]:
        """Renew this worker's leases, take its fair share of free ones, give up excess; return owned positions."""

    def release(self) -> None:
        """Give every lease back."""


class Handler(Protocol[Stores]):
    """What a capability does with records. Called inside the transaction that moves the positions."""

    def handle(self, stores: Stores, records: Sequence[Record]) -> None:
        """Apply a batch, in the order given per partition. An exception rolls everything back."""

    def park_failed(self, stores: Stores, record: Record, error: Exception) -> None:
        """Park one record on which `handle` fails by itself; later events of its key wait behind it."""

    def sweep(self, stores: Stores) -> int:
        """Do what is due by itself (deadlines, parked events), in a transaction of its own; return how many were done."""
