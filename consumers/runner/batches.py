"""One batch, one transaction: what fails is divided until the record at fault stands alone, and is parked."""

from collections.abc import Callable, Iterable, Sequence
from threading import Event
from typing import Generic, Protocol, TypeVar

import structlog

from consumers.failures import place_of
from consumers.runner.backoff import Backoff
from consumers.runner.failures import FailedInARow, Failures
from consumers.runner.ports import (
    BrokerUnavailable,
    Collision,
    Contention,
    DatabaseUnavailable,
    Fenced,
    Handler,
    Move,
    ParkFull,
    Partition,
    Record,
    Setback,
    Telemetry,
    Work,
)

Stores = TypeVar("Stores")
Result = TypeVar("Result")

#: So often a colliding batch is done again as a whole before it is divided: half the rows are half the quarrel.
TRIES_BEFORE_DIVIDING = 4
#: A single record that still collides is itself at fault.
TRIES_OF_ONE = 8


class Owner(Protocol):
    """Whose records are applied: it says which are to be applied, and hears of those that were."""

    def mine(self, records: Iterable[Record]) -> list[Record]:
        """Return those of `records` that are to be applied."""

    def moves(self, records: Sequence[Record]) -> list[Move]:
        """Return the moves past `records`, which are this owner's and in order per partition."""

    def moved(self, moves: Iterable[Move]) -> None:
        """Note that `moves` were committed."""

    def partition_of(self, record: Record) -> Partition:
        """Return the partition that `record` is from."""

    def halt(self, partition: Partition, cause: Setback, why: str) -> None:
        """Go no further in one partition, and say so."""


class Batches(Generic[Stores]):
    """Applies records in transactions that move the positions past them.

    `apply` may raise `Fenced`, `Contention`, `DatabaseUnavailable` and `BrokerUnavailable`; then the caller reads the
    positions again. No other exception leaves it: a record on which the handler fails is parked, and a partition whose
    record cannot be parked, or in which too many have failed in a row, is halted.
    """

    def __init__(
        self,
        ownership: Owner,
        work: Work[Stores],
        handler: Handler[Stores],
        telemetry: Telemetry,
        chance: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        self._ownership = ownership
        self._work = work
        self._handler = handler
        self._telemetry = telemetry
        self._chance = chance
        self._monotonic = monotonic
        self._failures = Failures()
        self._log = structlog.get_logger("runner")

    def apply(self, records: Sequence[Record], stop: Event) -> None:
        """Apply `records` in the order given; parts of them may be committed when an exception is raised."""
        backoff = Backoff(self._chance, last_seconds=1.0)
        while True:
            try:
                decided_in = self._transact(records, self._handler.handle)
            except Collision as collision:
                self._telemetry.rolled_back(Setback.CONTENTION)
                wait_seconds = backoff.next_seconds()
                if backoff.failures >= (TRIES_BEFORE_DIVIDING if len(records) > 1 else TRIES_OF_ONE):
                    self._divide(records, stop, collision)
                    break
                if stop.wait(wait_seconds):
                    raise
            except (Fenced, Contention, DatabaseUnavailable, BrokerUnavailable):
                # Not divided: whoever holds the locks may be frozen, and only renewing the leases ends that.
                raise
            except ParkFull as full:
                self._telemetry.rolled_back(Setback.PARK_FULL)
                self._divide(records, stop, full)
                break
            except Exception as error:
                self._telemetry.rolled_back(Setback.HANDLER_FAILED)
                self._divide(records, stop, error)
                break
            else:
                self._failures.end(decided_in or ())
                break

    def _divide(self, records: Sequence[Record], stop: Event, error: Exception) -> None:
        if len(records) > 1:
            middle = len(records) // 2
            self.apply(records[:middle], stop)
            self.apply(records[middle:], stop)
        elif isinstance(error, ParkFull):
            self._halt(records[0], Setback.PARK_FULL, str(error))
        else:
            self._park(records[0], error)

    def _park(self, record: Record, error: Exception) -> None:
        try:
            self._failures.check(record.place, error)
        except FailedInARow as many:
            self._telemetry.rolled_back(Setback.FAILED_IN_A_ROW)
            self._halt(record, Setback.FAILED_IN_A_ROW, f"{many}; it failed at {place_of(error)}")
            return
        # The message may quote a citizen's data; the place in the code does not.
        self._log.error(
            "record parked: the handler fails on it",
            topic=record.topic,
            partition=record.partition,
            position=record.position,
            error=type(error).__name__,
            where=place_of(error),
        )
        try:
            self._transact([record], lambda stores, _: self._handler.park_failed(stores, record, error))
            self._failures.add(record.place)
        except (Fenced, Contention, DatabaseUnavailable, BrokerUnavailable):
            raise
        except ParkFull as full:
            self._telemetry.rolled_back(Setback.PARK_FULL)
            self._halt(record, Setback.PARK_FULL, str(full))
        except Exception as failure:
            self._telemetry.rolled_back(Setback.HANDLER_FAILED)
            self._halt(record, Setback.HANDLER_FAILED, f"the record cannot even be parked: {type(failure).__name__}")

    def _halt(self, record: Record, cause: Setback, why: str) -> None:
        if self._ownership.mine([record]):
            self._ownership.halt(self._ownership.partition_of(record), cause, why)

    def _transact(self, records: Sequence[Record], act: Callable[[Stores, Sequence[Record]], Result]) -> Result | None:
        """Return what `act` returned; none when none of `records` is this worker's any more."""
        mine = self._ownership.mine(records)
        if not mine:
            return None
        moves = self._ownership.moves(mine)
        started = self._monotonic()
        with self._work.transaction() as (positions, stores):
            positions.advance(moves)
            result = act(stores, mine)
        self._ownership.moved(moves)
        self._telemetry.committed(len(mine), self._monotonic() - started)
        return result
