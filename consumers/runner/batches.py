"""One batch, one transaction: a batch that fails is split until the record at fault is alone, and is parked."""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from threading import Event
from typing import Generic, Protocol, TypeVar

import structlog

from consumers.failures import place_of
from consumers.runner.backoff import Backoff
from consumers.runner.errors import (
    BrokerUnavailable,
    Collision,
    Contention,
    DatabaseUnavailable,
    Fenced,
    ParkFull,
    Standstill,
)
from consumers.runner.failures import FailedInARow, Failures
from consumers.runner.losses import Losses
from consumers.runner.outcomes import DeadLetterReason, Outcome, Setback
from consumers.runner.ports import Handler, Telemetry, Work
from consumers.runner.records import HaltNote, Move, Partition, Record, UnreadReason
from schemas.topics import INTAKE_PREFIX

Stores = TypeVar("Stores")
Result = TypeVar("Result")

#: How often a colliding batch is retried whole before it is split: half the rows meet half the contention.
TRIES_BEFORE_DIVIDING = 4
#: After this many tries a single record that still collides is itself at fault.
TRIES_OF_ONE = 8


class Owner(Protocol):
    """Who owns the records of a batch: decides which are applied, and is notified of those that were."""

    def mine(self, records: Iterable[Record]) -> list[Record]:
        """Return those of `records` that are to be applied."""

    def moves(self, records: Sequence[Record]) -> list[Move]:
        """Return the moves past `records`, which are this owner's and in order per partition."""

    def moved(self, moves: Iterable[Move]) -> None:
        """Note that `moves` were committed."""

    def partition_of(self, record: Record) -> Partition:
        """Return the partition that `record` is from."""

    def halt(self, partition: Partition, cause: Setback, why: str) -> None:
        """Halt one partition, and report it."""


class Batches(Generic[Stores]):
    """Applies records in transactions that move the positions past them.

    `apply` may raise `Fenced`, `Contention`, `DatabaseUnavailable` and `BrokerUnavailable`; then the caller reads the
    positions again. No other exception leaves it: a record on which the handler fails is parked, and a partition whose
    record cannot be parked, or in which too many have failed in a row, is halted. So is one in which something cannot
    be read, one with a record that alone makes the database close the connection, and one of which the handler says
    `Standstill`. An operator may have passed
    exactly what a partition halts at; then it goes to the dead letters, and the partition goes on.
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
        self._losses = Losses()
        self._log = structlog.get_logger("runner")

    def apply(self, records: Sequence[Record], stop: Event) -> None:
        """Apply `records` in the order given; parts of them may be committed when an exception is raised."""
        for part in self._losses.parts(records):
            if part[0].unread is not None:
                self._meet_unread(part[0])
            elif self._losses.hopeless(part):
                self._halt(part[0], Setback.CONNECTION_LOST, "the database closes the connection at this record alone")
            else:
                self._apply(part, stop)

    def _apply(self, records: Sequence[Record], stop: Event) -> None:
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
                # Not split: the holder of the locks may be frozen, and only a renewal of the leases ends it.
                raise
            except Standstill as still:
                # The others of the batch go on: what is halted is not this worker's any more.
                self._telemetry.rolled_back(still.cause)
                there = next(record for record in records if record.place == still.place)
                self._ownership.halt(self._ownership.partition_of(there), still.cause, str(still))
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
            self._apply(records[:middle], stop)
            self._apply(records[middle:], stop)
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

    def _meet_unread(self, record: Record) -> None:
        """Pass what its sender may mend and send again; halt at everything else that cannot be read.

        A batch that is whole, and larger than anybody may send, is nobody's fault but its sender's: he finds it among
        the dead letters. What is damaged, what we cannot read, and whatever it is in a log of our own may be our fault.
        """
        assert record.unread is not None, "it is known to be unreadable"
        reason, why = record.unread.reason, record.unread.why
        if reason is UnreadReason.TOO_LARGE and record.topic.startswith(INTAKE_PREFIX):
            if self._ownership.mine([record]):
                note = self._note_of(record, Setback.UNREADABLE, why)
                self._pass_over(record, note, DeadLetterReason.UNPACKS_TOO_LARGE)
        else:
            self._telemetry.rolled_back(Setback.UNREADABLE)
            self._halt(record, Setback.UNREADABLE, why)

    def _halt(self, record: Record, cause: Setback, why: str) -> None:
        """Stop before `record`, unless an operator has passed exactly this."""
        if not self._ownership.mine([record]):
            return
        note = self._note_of(record, cause, why)
        with self._work.transaction() as (positions, _):
            passed = positions.note_halt(note)
        if passed:
            self._pass_over(record, note, DeadLetterReason.PASSED)
        else:
            place = f"at position {note.move.start}"
            if note.move.end > note.move.start + 1:
                place = f"at positions {note.move.start} to {note.move.end - 1}"
            self._ownership.halt(note.move.partition, cause, f"{place}: {why}")

    def _note_of(self, record: Record, cause: Setback, why: str) -> HaltNote:
        first = record.position if record.unread is None else record.unread.first
        partition = self._ownership.partition_of(record)
        moves = self._ownership.moves([record]) or [Move(partition, first, record.position + 1)]
        body = record.value or b""
        return HaltNote(moves[0], cause.value, why, len(body), sha256(body).digest())

    def _pass_over(self, record: Record, note: HaltNote, reason: DeadLetterReason) -> None:
        moves = self._ownership.moves([record])
        started = self._monotonic()
        with self._work.transaction() as (positions, _):
            positions.advance(moves)
            if positions.pass_over(note, record, reason):
                self._telemetry.count(Outcome.DEAD_LETTERED, 1, reason)
            else:
                self._telemetry.count(Outcome.DUPLICATE)
        self._telemetry.committed(1, self._monotonic() - started)
        self._ownership.moved(moves)
        self._losses.end([record])
        self._log.warning(
            "passed without being applied",
            topic=record.topic,
            partition=record.partition,
            position=note.move.start,
            end=note.move.end,
            reason=reason.value,
        )

    def _transact(self, records: Sequence[Record], act: Callable[[Stores, Sequence[Record]], Result]) -> Result | None:
        """Return what `act` returned; none when none of `records` is this worker's any more."""
        mine = self._ownership.mine(records)
        if not mine:
            return None
        moves = self._ownership.moves(mine)
        started = self._monotonic()
        began = False
        try:
            with self._work.transaction() as (positions, stores):
                positions.advance(moves)
                began = True
                result = act(stores, mine)
        except DatabaseUnavailable:
            # A database that could not even be reached is no evidence about the records.
            if began:
                self._losses.add(mine)
            raise
        self._losses.end(mine)
        self._ownership.moved(moves)
        self._telemetry.committed(len(mine), self._monotonic() - started)
        return result
