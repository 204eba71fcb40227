"""The loop under every consumer: own, read, apply, sweep; after a failure of a dependency, back off and resume."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import random
from threading import Event
from typing import Generic, TypeVar

import structlog

from consumers.failures import place_of
from consumers.runner.backoff import Backoff
from consumers.runner.batches import Batches
from consumers.runner.collector import CycleCollector
from consumers.runner.errors import BrokerUnavailable, Contention, DatabaseUnavailable, Fenced, PositionLost
from consumers.runner.outcomes import Setback
from consumers.runner.ownership import Ownership
from consumers.runner.ports import Handler, Leases, Source, Telemetry, Work
from consumers.runner.records import Partition, Record

Stores = TypeVar("Stores")


@dataclass(frozen=True, slots=True)
class Pace:
    """How often things are done, in seconds of real time, and how many records one transaction takes at most.

    After a batch that was cut off, half as many are taken, down to `records_min`; each good one allows so many more.
    """

    records_max: int = 2_000
    records_min: int = 50
    renew_seconds: float = 3.0
    sweep_seconds: float = 0.2
    failed_sweep_seconds: float = 5.0
    note_seconds: float = 2.0
    note_anyway_seconds: float = 60.0


class Runner(Generic[Stores]):
    """One consumer's loop. It ends only on request; failures of broker or database are retried until they pass."""

    def __init__(
        self,
        source: Source,
        leases: Leases,
        work: Work[Stores],
        handler: Handler[Stores],
        telemetry: Telemetry,
        *,
        pace: Pace | None = None,
        chance: Callable[[], float] = random,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._leases = leases
        self._work = work
        self._handler = handler
        self._telemetry = telemetry
        self._pace = pace or Pace()
        self._monotonic = monotonic
        self._backoff = Backoff(chance)
        self._collector = CycleCollector()
        self._ownership = Ownership(source, leases, telemetry)
        self._batches = Batches(self._ownership, work, handler, telemetry, chance, monotonic)
        self._log = structlog.get_logger("runner")
        self._records_max = self._pace.records_max
        self._noted: Mapping[Partition, int] = {}
        self._renew_at = self._sweep_at = self._note_at = self._note_anyway_at = float("-inf")

    def run(self, stop: Event) -> None:
        """Work until `stop` is set; then finish the batch, give the leases back and close the source."""
        self._telemetry.unready(Setback.STARTING)
        try:
            with self._collector.by_hand():
                while not stop.is_set():
                    self.turn(stop)
        finally:
            self._leave()

    def turn(self, stop: Event) -> None:
        """Run one iteration: at most one batch and one sweep. Never raises for a broken dependency."""
        try:
            self._renew()
            self._read(stop)
            self._sweep()
            self._note()
        except PositionLost as lost:
            self._ownership.halt(lost.partition, Setback.POSITION_LOST, str(lost))
        except Fenced:
            self._setback(Setback.FENCED, stop, wait=False)
        except Contention:
            self._setback(Setback.CONTENTION, stop)
        except DatabaseUnavailable as error:
            self._setback(Setback.DATABASE_UNAVAILABLE, stop, str(error))
        except BrokerUnavailable as error:
            self._setback(Setback.BROKER_UNAVAILABLE, stop, str(error))
        else:
            # Not before everything went well: a full disk lets leases be renewed, and no batch be written.
            self._telemetry.ready()
            self._backoff.reset()

    def _renew(self) -> None:
        now = self._monotonic()
        if now >= self._renew_at or not self._ownership.certain:
            self._ownership.renew()
            self._renew_at = now + self._pace.renew_seconds

    def _read(self, stop: Event) -> None:
        if not self._ownership.positions:
            stop.wait(self._pace.sweep_seconds)
            return
        records = self._source.poll(self._pace.sweep_seconds, self._records_max)
        backlog = 2 * len(records) > self._records_max
        if records:
            self._apply(records, stop)
        del records
        self._collector.rest(backlog=backlog)

    def _apply(self, records: Sequence[Record], stop: Event) -> None:
        try:
            self._batches.apply(records, stop)
        except (Fenced, DatabaseUnavailable):
            # On a slow machine a batch may outlast its lease, and others end it: as big as before it would never pass.
            self._records_max = min(self._pace.records_max, max(self._pace.records_min, len(records) // 2))
            raise
        self._records_max = min(self._pace.records_max, self._records_max + self._pace.records_min)

    def _sweep(self) -> None:
        now = self._monotonic()
        if now < self._sweep_at:
            return
        try:
            with self._work.transaction() as (_, stores):
                done = self._handler.sweep(stores)
        except (Contention, DatabaseUnavailable, BrokerUnavailable):
            raise
        except Exception as error:
            self._log.error("sweep failed", error=type(error).__name__, where=place_of(error))
            self._telemetry.rolled_back(Setback.HANDLER_FAILED)
            self._sweep_at = self._monotonic() + self._pace.failed_sweep_seconds
        else:
            self._telemetry.committed(0, self._monotonic() - now)
            # As long as a sweep finds something, the next one follows at once.
            self._sweep_at = now if done else self._monotonic() + self._pace.sweep_seconds

    def _note(self) -> None:
        now = self._monotonic()
        if now >= self._note_at:
            positions = dict(self._ownership.positions)
            # The broker keeps what it was told for days, unless the note did not reach it.
            if positions != self._noted or now >= self._note_anyway_at:
                self._source.note(positions)
                self._noted, self._note_anyway_at = positions, now + self._pace.note_anyway_seconds
            self._ownership.report_lag()
            self._note_at = now + self._pace.note_seconds

    def _setback(self, cause: Setback, stop: Event, why: str = "", *, wait: bool = True) -> None:
        """Discard what is in memory as well: positions are read again before anything else is applied."""
        self._telemetry.rolled_back(cause)
        self._ownership.doubt()
        if cause in (Setback.DATABASE_UNAVAILABLE, Setback.BROKER_UNAVAILABLE):
            self._telemetry.unready(cause)
        seconds = self._backoff.next_seconds() if wait else 0.0
        self._log.warning("rolled back", cause=cause, why=why, wait_seconds=round(seconds, 3))
        stop.wait(seconds)

    def _leave(self) -> None:
        for step in (self._leases.release, self._source.close):
            try:
                step()
            except Exception as error:  # the leases run out by themselves, and the process ends
                self._log.warning("not everything could be given back", error=type(error).__name__)
