"""What one worker reports about one consumer: implements `consumers.runner.ports.Telemetry`."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial

from connectors.telemetry import metrics
from connectors.telemetry.exporter import Exporter
from connectors.telemetry.standing import Halt, Standing
from consumers.parking import ParkReason
from consumers.runner.outcomes import DeadLetterReason, Outcome, Setback
from consumers.runner.records import Partition

#: A worker gives a sign every few seconds. One that gives none for this long, and does not say what it waits for,
#: hangs: a frozen database or network ends no call, and the worker can say nothing of it.
SILENT = timedelta(seconds=30)
#: A partition that is tried again and halted again within this time has not moved: it stands since the first time.
SAME_HALT = timedelta(minutes=1)


def real_now() -> datetime:
    """Return the real moment."""
    return datetime.now(UTC)


class WorkerTelemetry:
    """Counts for one consumer, and how it stands. `now` gives the real moment.

    Counted events become visible with the commit of their transaction and are forgotten with its roll-back, so a batch
    that is done again is counted once.
    """

    def __init__(self, exporter: Exporter, consumer: str, now: Callable[[], datetime] = real_now) -> None:
        self._exporter = exporter
        self._now = now
        self._consumer = consumer
        self._noted: Counter[tuple[Outcome, str]] = Counter()
        self._unread_deadlines = 0
        self._lock = threading.Lock()
        self._waits_for: Setback | None = Setback.STARTING
        self._since = self._sign_at = now()
        self._leases_known = False
        self._clock_doubt: Setback | None = None
        self._clock_doubt_since: datetime | None = None
        self._topics: set[str] = set()
        self._halts: dict[Partition, Halt] = {}
        #: Halts that ended, and when.
        self._tried_again: dict[Partition, tuple[Halt, datetime]] = {}
        self._show_zeros()
        self._follow_standing()

    def count(self, outcome: Outcome, events: int = 1, reason: StrEnum | None = None) -> None:
        """Note what became of `events` events of the open transaction."""
        self._noted[outcome, "" if reason is None else reason.value] += events

    def unread_deadlines(self, fired: int) -> None:
        """Note deadlines of the open transaction that fired though intake was not read up to them."""
        self._unread_deadlines += fired

    def committed(self, records: int, seconds: float) -> None:
        """Make the notes count; a sweep that did nothing leaves no trace."""
        self._sign_at = self._now()
        noted, self._noted = self._noted, Counter()
        unread, self._unread_deadlines = self._unread_deadlines, 0
        if unread:
            self._exporter.increase(metrics.UNREAD_DEADLINES, unread, self._consumer)
        for (outcome, reason), events in noted.items():
            self._exporter.increase(metrics.EVENTS, events, self._consumer, outcome.value)
            if reason:
                self._exporter.increase(metrics.EVENT_REASONS, events, self._consumer, outcome.value, reason)
        if records:
            self._exporter.increase(metrics.BATCH_RECORDS, records, self._consumer)
        if records or noted:
            self._exporter.observe(metrics.BATCH_SECONDS, seconds, self._consumer)

    def rolled_back(self, cause: Setback) -> None:
        """Forget the notes."""
        self._sign_at = self._now()
        self._noted.clear()
        self._unread_deadlines = 0
        self._exporter.increase(metrics.ROLLED_BACK, 1, self._consumer, cause.value)

    def lag(self, behind: Mapping[str, int]) -> None:
        """Show the lag by topic; a topic that is no longer owned shows zero."""
        for topic in self._topics - behind.keys():
            self._exporter.put(metrics.LAG, 0, self._consumer, topic)
        for topic, records in behind.items():
            self._exporter.put(metrics.LAG, records, self._consumer, topic)
        self._topics |= behind.keys()

    def owned(self, partitions: int) -> None:
        """Show how many partitions are owned; from now on the leases are known."""
        self._exporter.put(metrics.OWNED, partitions, self._consumer)
        with self._lock:
            self._leases_known = True

    def ready(self) -> None:
        """Broker and database answer."""
        self._wait_for(None)

    def unready(self, cause: Setback) -> None:
        """The worker waits because of `cause`."""
        self._wait_for(cause)

    def halted(self, partition: Partition, cause: Setback, why: str) -> None:
        """Show one more halted partition; the same one again counts once."""
        now = self._now()
        halt = Halt(partition.topic, partition.number, cause.value, now, why)
        before, ended = self._tried_again.pop(partition, (halt, now))
        if before.cause == halt.cause and now - ended < SAME_HALT:
            halt = replace(halt, since=before.since)
        with self._lock:
            self._halts.setdefault(partition, halt)
        self._show_halts()

    def resumed(self, partition: Partition) -> None:
        """Show one halted partition fewer."""
        with self._lock:
            halt = self._halts.pop(partition, None)
        if halt is not None:
            self._tried_again[partition] = (halt, self._now())
        self._show_halts()

    def clock(self, ahead_seconds: float, doubt: Setback | None, since: datetime | None) -> None:
        """Show how the own clock goes; while there is a doubt the worker is not ready, since a database's moment."""
        self._exporter.put(metrics.CLOCK_AHEAD, ahead_seconds, self._consumer)
        with self._lock:
            self._clock_doubt, self._clock_doubt_since = doubt, since

    def standing(self) -> Standing:
        """Say how the worker stands. Called by the health server's thread."""
        with self._lock:
            halts = tuple(sorted(self._halts.values(), key=lambda halt: (halt.topic, halt.partition)))
            if self._waits_for is not None:
                return Standing(self._waits_for.value, self._since, halts)
            if not self._leases_known:
                return Standing("no_leases_known", self._since, halts)
            if self._clock_doubt is not None:
                return Standing(self._clock_doubt.value, self._clock_doubt_since, halts)
            if self._now() - self._sign_at > SILENT:
                return Standing(Setback.STUCK.value, self._sign_at, halts)
            return Standing(halts=halts)

    def not_ready_because(self) -> str | None:
        """Say why the worker is not ready, or none when it is."""
        return self.standing().cause

    def _show_zeros(self) -> None:
        self._exporter.put(metrics.CLOCK_AHEAD, 0.0, self._consumer)
        self._exporter.begin(metrics.BATCH_SECONDS, self._consumer)
        self._exporter.begin(metrics.BATCH_RECORDS, self._consumer)
        self._exporter.begin(metrics.UNREAD_DEADLINES, self._consumer)
        for outcome in Outcome:
            self._exporter.begin(metrics.EVENTS, self._consumer, outcome.value)
        for reason in ParkReason:
            self._exporter.begin(metrics.EVENT_REASONS, self._consumer, Outcome.PARKED.value, reason.value)
        for letter in DeadLetterReason:
            self._exporter.begin(metrics.EVENT_REASONS, self._consumer, Outcome.DEAD_LETTERED.value, letter.value)
        for cause in Setback:
            self._exporter.begin(metrics.ROLLED_BACK, self._consumer, cause.value)
        self._show_halts()

    def _wait_for(self, cause: Setback | None) -> None:
        with self._lock:
            self._sign_at = self._now()
            if self._waits_for is not cause:
                self._waits_for = cause
                self._since = self._sign_at

    def _follow_standing(self) -> None:
        """Let the metrics say at every scrape what /readyz says: a worker that hangs cannot put them itself."""
        self._exporter.follow(metrics.READY, lambda: 0.0 if self.standing().cause else 1.0, self._consumer)
        for cause in Setback:
            since = partial(self._unready_since, cause)
            self._exporter.follow(metrics.UNREADY_SINCE, since, self._consumer, cause.value)

    def _unready_since(self, cause: Setback) -> float:
        standing = self.standing()
        return _seconds(standing.since if standing.cause == cause.value else None)

    def _show_halts(self) -> None:
        halts = self.standing().halts
        for cause in Setback:
            moments = [halt.since for halt in halts if halt.cause == cause.value]
            self._exporter.put(metrics.HALTED, len(moments), self._consumer, cause.value)
            self._exporter.put(metrics.HALTED_SINCE, _seconds(min(moments, default=None)), self._consumer, cause.value)


def _seconds(moment: datetime | None) -> float:
    return 0.0 if moment is None else moment.timestamp()
