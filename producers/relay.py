"""The relay: takes unpublished rows in id order, publishes them, and notes it; the same event id on every try.

One batch per shard is in flight. After any failure the producer is closed, the locks are checked by using the
connection that holds them, and the rows are read again: what was acknowledged but not noted goes out twice, and readers
skip it by its sequence. A topic that lost its tail is left alone: what was appended now would lie where consumers have
been already, and they would never read it.

A row that no broker will ever take (it is larger than its topic may hold) is set aside with its cause, and with it all
later ones of its key in that topic, whose readers count on their order. All other keys go on.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event

from producers.ports import (
    Log,
    LogUnavailable,
    Outbox,
    OutboxRow,
    OutboxUnavailable,
    RelayReport,
    RowsRefused,
    TopicMissing,
)
from schemas.limits import PRODUCER_MESSAGE_BYTES, limits_of
from schemas.topics import topic_of

#: What the log's format adds to one record, with a batch of its own around it.
RECORD_OVERHEAD_BYTES = 200


@dataclass(frozen=True, slots=True)
class RelayPace:
    """How much is in flight, and how often things are done, in seconds of real time."""

    rows_max: int = 500
    poll_seconds: float = 1.0
    standby_seconds: float = 1.0
    maintain_seconds: float = 3_600.0
    letters_seconds: float = 60.0
    letters_left_seconds: float = 1.0
    reach_seconds: float = 5.0
    missing_topic_seconds: float = 30.0
    wait_first_seconds: float = 0.1
    wait_last_seconds: float = 5.0


class Relay:
    """One relay process. `connect_outbox` and `connect_log` open connections and may raise their unavailability."""

    def __init__(
        self,
        connect_outbox: Callable[[], Outbox],
        connect_log: Callable[[], Log],
        report: RelayReport,
        *,
        pace: RelayPace | None = None,
        chance: Callable[[], float],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connect_outbox = connect_outbox
        self._connect_log = connect_log
        self._report = report
        self._pace = pace or RelayPace()
        self._chance = chance
        self._monotonic = monotonic
        self._outbox: Outbox | None = None
        self._log: Log | None = None
        self._failures = 0
        self._rows_max = self._pace.rows_max
        self._maintain_at = float("-inf")
        self._letters_at = float("-inf")
        self._shards_at = float("-inf")
        self._reach_at = float("-inf")
        self._missing_until = float("-inf")
        self._missing: frozenset[str] = frozenset()
        self._compared_at = float("-inf")
        self._cut: frozenset[str] = frozenset()
        self._shards = 0

    def run(self, stop: Event) -> None:
        """Publish until `stop` is set. Every failure of database or broker is waited out."""
        try:
            while not stop.is_set():
                self.turn(stop)
        finally:
            self._close_log()
            self._close_outbox()

    def turn(self, stop: Event) -> None:
        """Publish one batch of every held shard, or wait for work. Never raises for a broken dependency."""
        try:
            outbox = self._ready_outbox()
            log = self._ready_log(outbox)
            moved = self._publish(outbox, log)
        except OutboxUnavailable as error:
            # The locks went with the connection: another relay may hold them now, so nothing in flight is trusted.
            self._close_log()
            self._close_outbox()
            self._report.waiting_for_database(str(error))
            self._wait_after_failure(stop)
        except TopicMissing as error:
            # The others continue; these are checked again after a while.
            self._missing |= error.topics
            self._missing_until = self._monotonic() + self._pace.missing_topic_seconds
            self._report.topics_missing(self._missing)
        except LogUnavailable as error:
            self._close_log()
            self._report.waiting_for_broker(str(error))
            self._wait_after_failure(stop)
        except RowsRefused as error:
            # What was refused with the row at fault is not told apart from it: fewer at once, until one stands alone.
            self._close_log()
            self._rows_max = max(1, min(self._rows_max, len(error.refused)) // 2)
        else:
            self._failures = 0
            self._report.working()
            if not moved:
                self._idle(outbox, stop)

    def _publish(self, outbox: Outbox, log: Log) -> bool:
        """Send one batch per shard, wait for it and note it; say whether there was anything."""
        started = self._monotonic()
        found = outbox.unpublished(self._rows_max, self._missing | self._cut)
        rows = self._that_fit(outbox, found)
        if rows:
            self._send(outbox, log, rows)
            self._reach_at = self._monotonic() + self._pace.reach_seconds
            self._rows_max = min(self._pace.rows_max, 2 * self._rows_max)
            self._report.published(len(rows), self._monotonic() - started)
        return bool(found)

    def _that_fit(self, outbox: Outbox, rows: Sequence[OutboxRow]) -> list[OutboxRow]:
        """Set aside what is too large for its topic, and leave out what follows it in its key; return the others."""
        held: set[tuple[str, bytes]] = set()
        fit = []
        for row in rows:
            cause = _too_large(row)
            if (row.topic, row.key) in held:
                continue
            if cause is None:
                fit.append(row)
            else:
                self._set_aside(outbox, row, cause)
                held.add((row.topic, row.key))
        return fit

    def _send(self, outbox: Outbox, log: Log, rows: Sequence[OutboxRow]) -> None:
        """Publish `rows` and note those that are. Raises `RowsRefused` when it is not yet known which are at fault."""
        try:
            log.send(rows)()
        except RowsRefused as error:
            acknowledged = [row for row in rows if row.id in error.acknowledged]
            if acknowledged:
                outbox.published(acknowledged)
            if len(error.refused) > 1 and self._rows_max > 1:
                raise
            # Alone, or each alone in its partition.
            for row in rows:
                if row.id in error.refused:
                    self._set_aside(outbox, row, error.refused[row.id])
            self._close_log()
        else:
            outbox.published(rows)

    def _set_aside(self, outbox: Outbox, row: OutboxRow, cause: str) -> None:
        outbox.set_aside(row, cause)
        self._report.set_aside(row, cause)
        self._report.held(outbox.held())

    def _ready_outbox(self) -> Outbox:
        now = self._monotonic()
        if self._outbox is None:
            self._outbox = self._connect_outbox()
            self._shards_at = self._maintain_at = float("-inf")
        if now >= self._maintain_at:
            self._outbox.maintain()
            self._maintain_at = now + self._pace.maintain_seconds
        if now >= self._letters_at:
            more = self._outbox.let_letters_go()
            self._letters_at = now + (self._pace.letters_left_seconds if more else self._pace.letters_seconds)
        if now >= self._shards_at:
            self._shards = len(self._outbox.shards())
            self._shards_at = now + self._pace.standby_seconds
            self._report.holding(self._shards)
            self._report.held(self._outbox.held())
        if self._missing and now >= self._missing_until:
            self._missing = frozenset()
            self._report.topics_missing(self._missing)
            # A topic that was gone and is there again is empty, and consumers have been further in it.
            self._compared_at = float("-inf")
        return self._outbox

    def _ready_log(self, outbox: Outbox) -> Log:
        """Return the connection to the broker. With nothing to publish, a broker that is away must be looked for."""
        now = self._monotonic()
        if self._log is None:
            self._log = self._connect_log()
            self._reach_at = now + self._pace.reach_seconds
            self._compared_at = float("-inf")
        elif now >= self._reach_at:
            self._log.reach()
            self._reach_at = now + self._pace.reach_seconds
        if self._log.was_away() or now >= self._compared_at:
            self._cut = _cut_topics(outbox, self._log)
            self._report.logs_cut(self._cut)
            # Only a broker, or a topic, that has been away can have lost a tail.
            self._compared_at = now + self._pace.missing_topic_seconds if self._cut else float("inf")
        return self._log

    def _idle(self, outbox: Outbox, stop: Event) -> None:
        if self._shards == 0:
            stop.wait(self._pace.standby_seconds)
            return
        try:
            outbox.wait(self._pace.poll_seconds)
        except OutboxUnavailable as error:
            self._close_log()
            self._close_outbox()
            self._report.waiting_for_database(str(error))

    def _wait_after_failure(self, stop: Event) -> None:
        doubled = self._pace.wait_first_seconds * float(1 << min(self._failures, 16))
        self._failures += 1
        stop.wait(min(self._pace.wait_last_seconds, doubled) * (0.5 + self._chance() / 2))

    def _close_log(self) -> None:
        log, self._log = self._log, None
        if log is not None:
            log.close()

    def _close_outbox(self) -> None:
        outbox, self._outbox = self._outbox, None
        self._shards = 0
        if outbox is not None:
            outbox.close()


def _cut_topics(outbox: Outbox, log: Log) -> frozenset[str]:
    """Return the topics that end before a position that a consumer has passed."""
    passed = outbox.passed()
    ends = log.ends(passed.keys()) if passed else {}
    return frozenset(place[0] for place, end in ends.items() if end < passed[place])


def _too_large(row: OutboxRow) -> str | None:
    """Return why no broker of the bus takes `row`, or none."""
    topic = topic_of(row.topic)
    most = PRODUCER_MESSAGE_BYTES if topic is None else limits_of(topic).batch_bytes
    headers = sum(len(name) + len(value) for name, value in row.headers)
    size = len(row.body) + len(row.key) + headers + RECORD_OVERHEAD_BYTES
    return f"it has {size} bytes, and its topic takes {most}" if size > most else None
