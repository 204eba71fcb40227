"""Transactions that are done until they succeed: facts of a batch, measuring, and records that the stream skipped."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from random import random
from threading import Event
from typing import TypeVar

import structlog

from consumers.failures import place_of
from consumers.kpi.handlers import KpiHandler
from consumers.kpi.ports import FigureWork, RecordsMissing, Stores
from consumers.kpi.reading import TOPICS
from consumers.runner.backoff import Backoff
from consumers.runner.errors import BrokerUnavailable, Contention, DatabaseUnavailable, ParkFull, PositionLost
from consumers.runner.failures import FailedInARow, Failures
from consumers.runner.losses import Losses
from consumers.runner.outcomes import Setback
from consumers.runner.ports import Source, Telemetry
from consumers.runner.records import Partition, Record, Span
from schemas.partition import Place

#: Cells that one measuring transaction takes at most.
CELLS_MAX = 4_000
#: Records that are read from the log in one piece.
RECORDS_MAX = 500
POLL_SECONDS = 0.5
#: A log that has records and yields none for this many polls is away.
EMPTY_POLLS_MAX = 20

Result = TypeVar("Result")
_BROKEN: dict[type[Exception], Setback] = {
    Contention: Setback.CONTENTION,
    DatabaseUnavailable: Setback.DATABASE_UNAVAILABLE,
    BrokerUnavailable: Setback.BROKER_UNAVAILABLE,
    ParkFull: Setback.PARK_FULL,
    FailedInARow: Setback.FAILED_IN_A_ROW,
}


@dataclass
class KpiLoop:
    """What the stream calls, from one thread at a time. Every call blocks on the database, some on the broker."""

    work: FigureWork
    handler: KpiHandler
    #: Reads logs beside the stream: ends, and records that the stream skipped.
    source: Source
    telemetry: Telemetry
    chance: Callable[[], float] = random
    monotonic: Callable[[], float] = time.monotonic
    _failures: Failures = field(default_factory=Failures)
    _losses: Losses = field(default_factory=Losses)
    _looked: dict[Place, int] = field(default_factory=dict)

    def reach_logs(self) -> None:
        """Ask the broker for the logs. Raises `BrokerUnavailable` when it is away or has none."""
        there = {partition.topic for partition in self.source.partitions()}
        if not there.issuperset(TOPICS):
            raise BrokerUnavailable("the logs are not made yet; run `pishkhan up`, which makes them")

    def apply(self, records: Sequence[Record], stop: Event) -> bool:
        """Keep the facts of `records`, however often that takes; false when `stop` came first."""
        return self._persist(lambda: self._apply(records, complete=False), stop)

    def measure(self, stop: Event) -> float:
        """Measure what is out of date, until nothing is or `stop` is set; return the seconds that it took."""
        busy_seconds = 0.0
        more = True

        def once() -> None:
            nonlocal busy_seconds, more
            started = self.monotonic()
            more = self._transact(0, lambda stores: self.handler.measure(stores, CELLS_MAX)) > 0
            busy_seconds += self.monotonic() - started

        while more and self._persist(once, stop):
            pass
        return busy_seconds

    def look_round(self, owned: Collection[Place], stop: Event) -> None:
        """Show the lag of `owned` partitions, and read those that have records and did not move since the last look."""
        self._persist(lambda: self._look_round(owned), stop)

    def _look_round(self, owned: Collection[Place]) -> None:
        ends = {place: end for place, end in _ends(self.source).items() if place in owned}
        positions = self._transact(0, lambda stores: _look(stores, ends))
        behind = dict.fromkeys(TOPICS, 0)
        for place, end in ends.items():
            behind[place[0]] += max(0, end - positions[place])
        self.telemetry.lag(behind)
        stuck = {
            place: Span(positions[place], end)
            for place, end in ends.items()
            if positions[place] < end and self._looked.get(place) == positions[place]
        }
        self._looked = positions
        if stuck:
            self._fill(stuck)

    def _persist(self, action: Callable[[], None], stop: Event) -> bool:
        backoff = Backoff(self.chance)
        while not stop.is_set():
            try:
                action()
            except tuple(_BROKEN) as error:
                cause = next(setback for kind, setback in _BROKEN.items() if isinstance(error, kind))
                self.telemetry.rolled_back(cause)
                if cause is not Setback.CONTENTION:
                    self.telemetry.unready(cause)
                wait_seconds = backoff.next_seconds()
                why = "" if cause is Setback.CONTENTION else str(error)
                structlog.get_logger("kpi").warning("done again", cause=cause.value, why=why, wait_seconds=wait_seconds)
                stop.wait(wait_seconds)
            else:
                self.telemetry.ready()
                return True
        return False

    def _apply(self, records: Sequence[Record], *, complete: bool) -> None:
        """Keep the facts of `records`; a record on which the handler fails by itself is parked.

        A batch that is lost with the connection comes again in smaller parts, and a record that alone ends it is a dead
        letter: tried again from the park, it would end the measuring's connection as well.

        Raises `FailedInARow` rather than park one more when so many have failed that the code must be at fault.
        """
        for part in self._losses.parts(records):
            if self._losses.hopeless(part):
                self._bury(part[0])
            else:
                self._apply_part(part, complete=complete)

    def _apply_part(self, records: Sequence[Record], *, complete: bool) -> None:
        try:
            self._keep_facts(records, complete=complete)
        except RecordsMissing as missing:
            self._fill(missing.spans)
            self._apply(records, complete=complete)
        except tuple(_BROKEN):
            raise
        except Exception as error:
            self.telemetry.rolled_back(Setback.HANDLER_FAILED)
            if len(records) == 1:
                self._park(records[0], error)
                return
            middle = len(records) // 2
            self._apply_part(records[:middle], complete=complete)
            self._apply_part(records[middle:], complete=complete)
        else:
            self._failures.end({record.place for record in records})
            self._losses.end(records)

    def _keep_facts(self, records: Sequence[Record], *, complete: bool) -> None:
        began = False

        def handle(stores: Stores) -> None:
            nonlocal began
            began = True
            self.handler.handle(stores, records, complete=complete)

        try:
            self._transact(len(records), handle)
        except DatabaseUnavailable:
            if began:
                self._losses.add(records)
            raise

    def _bury(self, record: Record) -> None:
        structlog.get_logger("kpi").error(
            "record buried: the database ends the connection at it",
            topic=record.topic,
            partition=record.partition,
            position=record.position,
        )
        self._transact(1, lambda stores: self.handler.bury(stores, record))
        self._losses.end([record])

    def _park(self, record: Record, failure: Exception) -> None:
        self._failures.check(record.place, failure)
        structlog.get_logger("kpi").error(
            "record parked",
            topic=record.topic,
            partition=record.partition,
            position=record.position,
            # A trace would show the values around it, a citizen's among them; and it takes a second to draw.
            error=type(failure).__name__,
            where=place_of(failure),
        )
        self._transact(1, lambda stores: self.handler.park_failed(stores, record, failure))
        self._failures.add(record.place)

    def _fill(self, spans: Mapping[Place, Span]) -> None:
        """Read `spans` from the log itself; afterwards their partitions' positions are at their ends or beyond."""
        partitions = {(one.topic, one.number): one for one in self.source.partitions()}
        for place, (start, end) in spans.items():
            structlog.get_logger("kpi").warning(
                "records read again", topic=place[0], partition=place[1], count=end - start
            )
            try:
                self._read(partitions[place], start, end)
            except PositionLost:
                structlog.get_logger("kpi").error("records lost", topic=place[0], partition=place[1], count=end - start)
            self._skip(place, end)

    def _skip(self, place: Place, end: int) -> None:
        self._transact(0, lambda stores: self.handler.skip(stores, place, end))

    def _read(self, partition: Partition, start: int, end: int) -> None:
        self.source.assign({partition: start})
        next_position, empty_polls = start, 0
        while next_position < end:
            records = self.source.poll(POLL_SECONDS, RECORDS_MAX)
            wanted = [record for record in records if next_position <= record.position < end]
            if wanted:
                self._apply(wanted, complete=True)
            elif not records:
                empty_polls += 1
                if empty_polls == EMPTY_POLLS_MAX:
                    raise BrokerUnavailable("the log has records and yields none")
            if records:
                next_position = records[-1].position + 1

    def _transact(self, records: int, act: Callable[[Stores], Result]) -> Result:
        started = self.monotonic()
        with self.work.transaction() as stores:
            result = act(stores)
        self.telemetry.committed(records, self.monotonic() - started)
        return result


def _look(stores: Stores, ends: Mapping[Place, int]) -> dict[Place, int]:
    stores.give_a_sign()
    return dict(stores.positions.next_positions(ends.keys()))


def _ends(source: Source) -> dict[Place, int]:
    ends: dict[Place, int] = {}
    for text, end in source.ends(TOPICS).items():
        topic, _, number = text.rpartition("/")
        ends[Place(topic, int(number))] = end
    return ends
