"""A log's events, done in the order of each subject, together with what of them is parked.

What came before is skipped, what comes too early waits until the gap before it is filled, and what the code fails on
rests. Whoever folds a log says what doing an event means; here is when its turn is, and what becomes of it else.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar

import structlog

from consumers.failures import failure_detail, place_of
from consumers.in_order import InOrder, Turn
from consumers.keeping import KeptEvents
from consumers.logs import LogUnreadable
from consumers.parking import NEVER, ParkedEvent, ParkedRow, ParkReason, failed_event, is_parked
from consumers.runner.outcomes import Outcome, Setback
from consumers.runner.ports import Telemetry
from consumers.runner.records import Record
from schemas.partition import Place

_STILL_MISSING = "events that must precede it are still missing"
_NOT_NEXT = "cannot be skipped: events that must precede it are missing; bring the log's missing part back first"


class Arrived(Protocol):
    """One record with its headers read.

    `queue` is the subject among whose events it is the `sequence`-th; none for an event that stands alone. Under `key`
    it is parked.
    """

    @property
    def record(self) -> Record:
        """The record."""

    @property
    def key(self) -> str:
        """What it is parked under."""

    @property
    def queue(self) -> str | None:
        """The subject whose order it follows."""

    @property
    def sequence(self) -> int:
        """Its place there, from 1."""


Arrival = TypeVar("Arrival", bound=Arrived)


class Tally(NamedTuple):
    """What became of a batch's events."""

    handled: int
    duplicates: int
    parked: int
    unparked: int


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[Arrival]):
    """An event that is not done yet: parked before (then it has a row), or set aside by this batch."""

    arrival: Arrival
    row: ParkedRow | None = None

    @property
    def held(self) -> bool:
        """Whether it does not simply wait for its turn: the code failed on it before, or an operator gives it up."""
        return self.row is not None and (self.row.event.reason is ParkReason.FAILED or self.row.to_skip)


class InTurn(Generic[Arrival]):
    """Does a batch's events in turn. After an exception of `take`, drop it."""

    def __init__(
        self,
        last: Mapping[str, int],
        rows: Iterable[ParkedRow],
        read: Callable[[Record], Arrival],
        do: Callable[[Arrival], bool],
    ) -> None:
        """Begin with the last place done of each known subject, and with what waits for them.

        `do` says whether the event was handled, or was there before after all; when it raises it has changed nothing.
        """
        self._order = InOrder[_Waiting[Arrival]](last)
        self._do = do
        self._unparked: list[int] = []
        self._skipped: list[int] = []
        self._kept: list[ParkedRow] = []
        self._handled = self._duplicates = 0
        self.done_in: set[Place] = set()
        for row in rows:
            self._remember(row, read)

    @property
    def last(self) -> Mapping[str, int]:
        """The last place done of each subject."""
        return self._order.last

    def waiting(self) -> Iterator[Arrival]:
        """Yield what still waits for its turn."""
        return (event.arrival for event in self._order.waiting())

    def take(self, arrival: Arrival) -> None:
        """Do one event, or skip it, or set it aside; then do what waited for it."""
        queue = arrival.queue
        if queue is None:
            self._done(arrival)
            return
        match self._order.turn(queue, arrival.sequence):
            case Turn.PAST:
                self._duplicates += 1
            case Turn.EARLY:
                self._order.wait(queue, arrival.sequence, _Waiting(arrival))
            case Turn.NEXT:
                self._done(arrival)
                self._do_waiting(queue)

    def retry(self, arrival: Arrival, row: ParkedRow) -> None:
        """Do a parked event when its turn has come; it stays parked before that, and when the code fails again."""
        queue = arrival.queue
        try:
            if queue is None:
                self._done(arrival)
            elif not self._order.follows(queue, arrival.sequence):
                self._kept.append(row.with_reason(ParkReason.GAP, _STILL_MISSING, NEVER))
                return
            elif arrival.sequence > self._order.last.get(queue, 0):
                self._done(arrival)
        except Exception as error:
            self._kept.append(row.with_failure(failure_detail(error)))
            return
        self._unparked.append(row.id)
        if queue is not None:
            self._do_waiting(queue)

    def skip(self, arrival: Arrival, row: ParkedRow) -> None:
        """Leave a parked event undone, and continue after it.

        Only the next event of a subject can be left out: leaving out one behind a gap would make the missing ones, when
        they come at last, look like repetitions, and they would be lost without a word.
        """
        queue = arrival.queue
        if queue is not None and not self._order.follows(queue, arrival.sequence):
            self._kept.append(row.with_reason(ParkReason.GAP, _NOT_NEXT, NEVER))
            return
        self._skipped.append(row.id)
        if queue is not None:
            self._order.take(queue, arrival.sequence)
            # Among those that wait it would be taken for a repetition, and its skipping for a doing.
            self._order.forget(queue, arrival.sequence)
            self._do_waiting(queue)

    def write(self, park: KeptEvents) -> Tally:
        """Write what waits now and what waits no longer, and return what became of the batch."""
        parked = [_parked(event.arrival) for event in self._order.waiting() if event.row is None]
        park.park(parked)
        # What is left out was waiting, too: it goes as skipped, so that nobody reads that it was done.
        park.skip(self._skipped)
        park.remove(self._unparked)
        park.keep(self._kept)
        return Tally(self._handled, self._duplicates, len(parked), len({*self._unparked, *self._skipped}))

    def _done(self, arrival: Arrival) -> None:
        handled = self._do(arrival)
        if arrival.queue is not None:
            self._order.take(arrival.queue, arrival.sequence)
        if handled:
            self._handled += 1
            self.done_in.add(arrival.record.place)
        else:
            self._duplicates += 1

    def _do_waiting(self, queue: str) -> None:
        """Do what waits in sequence from here on, up to the first that is held."""
        for sequence, event in self._order.due(queue):
            if sequence > self._order.last[queue] and (event.held or not self._done_parked(event)):
                break
            self._order.forget(queue, sequence)
            if event.row is not None:
                self._unparked.append(event.row.id)

    def _done_parked(self, event: _Waiting[Arrival]) -> bool:
        if event.row is None:
            self._done(event.arrival)
            return True
        try:
            self._done(event.arrival)
        except Exception as error:
            # The event that let it in is not at fault; this one rests from now on.
            self._kept.append(event.row.with_failure(failure_detail(error)))
            return False
        return True

    def _remember(self, row: ParkedRow, read: Callable[[Record], Arrival]) -> None:
        try:
            arrival = read(row.event.record)
        except LogUnreadable:
            return
        if arrival.queue is not None:
            self._order.wait(arrival.queue, arrival.sequence, _Waiting(arrival, row))


class Batch(Protocol[Arrival]):
    """A capability's batch: `InTurn`, and what doing an event writes."""

    @property
    def turns(self) -> InTurn[Arrival]:
        """What knows whose turn it is."""

    def write(self) -> Tally:
        """Write everything at once."""


def take_up(
    park: KeptEvents,
    keys: Collection[str],
    read: Callable[[Record], Arrival],
    batch_of: Callable[[Sequence[Arrival]], Batch[Arrival]],
) -> int:
    """Do or skip what is due of `keys`, in the order of parking, and return how many left the park."""
    due: list[tuple[Arrival, ParkedRow]] = []
    broken: list[tuple[LogUnreadable, ParkedRow]] = []
    for row in park.of_keys(keys):
        if row.to_try or row.to_skip:
            try:
                due.append((read(row.event.record), row))
            except LogUnreadable as error:
                broken.append((error, row))
    skipped = [row.id for _, row in broken if row.to_skip]
    park.skip(skipped)
    park.keep([row.with_failure(failure_detail(error)) for error, row in broken if not row.to_skip])
    batch = batch_of([arrival for arrival, _ in due])
    for arrival, row in due:
        if row.to_skip:
            batch.turns.skip(arrival, row)
        else:
            batch.turns.retry(arrival, row)
    return batch.write().unparked + len(skipped)


def park_failed(park: KeptEvents, telemetry: Telemetry, key: str, record: Record, detail: str) -> None:
    """Park one record on which the code fails, unless it waits already."""
    if is_parked(record, park.of_keys([key])):
        telemetry.count(Outcome.DUPLICATE)
    else:
        park.park([failed_event(key, detail, record)])
        telemetry.count(Outcome.PARKED, reason=ParkReason.FAILED)


def keep_failed(park: KeptEvents, telemetry: Telemetry, consumer: str, named: str, key: str, error: Exception) -> None:
    """Keep as failed what was due of one key, because it cannot even be written; the log calls the key `named`."""
    rows = [row for row in park.of_keys([key]) if row.to_try or row.to_skip]
    park.keep([row.with_failure(failure_detail(error)) for row in rows])
    telemetry.rolled_back(Setback.HANDLER_FAILED)
    structlog.get_logger(consumer).error(
        "set aside: the sweep fails on it", **{named: key}, error=type(error).__name__, where=place_of(error)
    )


def _parked(arrival: Arrived) -> ParkedEvent:
    return ParkedEvent(
        key=arrival.key,
        reason=ParkReason.GAP,
        detail=f"sequence {arrival.sequence} came before the ones that must precede it",
        record=arrival.record,
        expires_at=NEVER,
    )
