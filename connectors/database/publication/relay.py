"""The outbox's reading side: one connection holds the shards' locks, listens, reads, and notes what is published."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime

import psycopg
from psycopg import sql

from connectors.database.publication.outbox import CHANNEL, SHARDS
from connectors.database.schema.metadata import OUTBOX_DAYS_AHEAD, OUTBOX_DAYS_KEPT
from connectors.database.sql.engine import plain_url
from connectors.database.sql.signs import give_a_sign
from connectors.failpoints import Failpoint, failpoint
from consumers.runner.clocks import ClockWatch
from producers.ports import OutboxRow, OutboxUnavailable
from schemas.envelope import Envelope, to_headers
from schemas.limits import LETTER_ROOM, LetterRoom
from schemas.partition import Place

#: The first half of the shards' advisory locks; the second is the shard's number.
LOCK_CLASS = 7_236
#: Of one topic at most so many letters are let go at once: some 50 ms.
LETTERS_AT_ONCE = 2_000
#: A relay that gives no sign for so long is frozen: its connection is ended, so that a stand-by can go on.
LEASE_SECONDS = 10.0

_TAKE = """
SELECT shard, pg_try_advisory_lock(%(lock_class)s, shard) FROM unnest(%(missing)s::int[]) AS shard
"""
_FORGET_GONE = """
DELETE FROM worker WHERE consumer = 'relay' AND seen_at < clock_timestamp() - make_interval(secs => 60 * %(lease)s)
"""
_FENCE = """
SELECT pg_terminate_backend(lock.pid)
FROM pg_locks AS lock
JOIN pg_stat_activity AS holder ON holder.pid = lock.pid
LEFT JOIN worker ON worker.consumer = 'relay' AND worker.worker_id = holder.application_name
WHERE lock.locktype = 'advisory' AND lock.classid = %(lock_class)s AND lock.objsubid = 2 AND lock.granted
    AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND lock.pid <> pg_backend_pid()
    AND holder.backend_start < clock_timestamp() - make_interval(secs => %(lease)s)
    AND (worker.seen_at IS NULL OR worker.seen_at < clock_timestamp() - make_interval(secs => %(lease)s))
"""
_UNPUBLISHED = """
SELECT row.id, row.created_at, row.topic, row.partition, row.key, row.event_id, row.source, row.type, row.subject,
    row.time, row.sequence, row.load_revision, row.load_index, row.body
FROM unnest(%s::smallint[]) AS held (shard)
CROSS JOIN LATERAL (
    SELECT * FROM outbox WHERE outbox.shard = held.shard AND published_at IS NULL AND topic <> ALL (%s::text[])
        AND id <> ALL (%s::bigint[])
        AND NOT EXISTS (
            SELECT FROM unnest(%s::text[], %s::text[]) AS waits (topic, key)
            WHERE waits.topic = outbox.topic AND waits.key = outbox.key
        )
    ORDER BY id LIMIT %s
) AS row
"""
#: What waits for a person, and what a person has given up.
_ASIDE = """
SELECT outbox_id, topic, partition, key, action FROM set_aside_row WHERE decided_at IS NULL OR action = 'give_up'
"""
_SET_ASIDE = """
INSERT INTO set_aside_row (outbox_id, topic, partition, key, source, event_id, type, sequence, bytes, cause)
SELECT id, topic, partition, key, source, event_id, type, sequence, octet_length(body), %s
FROM outbox WHERE id = %s AND created_at = %s
ON CONFLICT DO NOTHING
"""
_PASSED = """
SELECT topic, partition, max(next_position)
FROM (
    SELECT topic, partition, next_position FROM consumer_offset
    UNION ALL SELECT topic, partition, next_position FROM kpi_position
) AS kept
GROUP BY topic, partition
"""
_LET_LETTERS_GO = """
SELECT let_letters_go(
    %(days)s, %(topic_letters)s, %(topic_bytes)s, %(letters)s, %(bytes)s, %(at_once)s
)
"""
_PUBLISHED = """
UPDATE outbox SET published_at = clock_timestamp()
WHERE id = ANY (%s::bigint[]) AND created_at BETWEEN %s AND %s
"""


class SqlRelayOutbox:
    """Implements `producers.ports.Outbox`. Connects at once; raises `OutboxUnavailable` when it cannot."""

    def __init__(
        self,
        url: str,
        worker_id: str,
        watch: ClockWatch,
        lease_seconds: float = LEASE_SECONDS,
        room: LetterRoom = LETTER_ROOM,
    ) -> None:
        name = self._name = worker_id[:63]
        self._room = {**asdict(room), "at_once": LETTERS_AT_ONCE}
        self._watch = watch
        self._names = {"lock_class": LOCK_CLASS, "worker_id": name, "lease": lease_seconds}
        self._held: set[int] = set()
        #: Keys that wait, with their places, and rows that were given up. There are hardly ever any.
        self._waiting: dict[tuple[str, str], Place] = {}
        self._given_up: list[int] = []
        with _meaningful_errors():
            self._connection = psycopg.connect(
                plain_url(url),
                autocommit=True,
                application_name=name,
                options="-c lock_timeout=5000 -c statement_timeout=60000 -c timezone=UTC",
            )
            self._connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))

    def shards(self) -> Collection[int]:
        """Take every free shard; a holder that gives no sign any more loses its connection."""
        with _meaningful_errors():
            self._watch.reading(lambda own: give_a_sign(self._connection, "relay", self._name, own))
            missing = sorted(set(range(SHARDS)) - self._held)
            if missing:
                self._connection.execute(_FENCE, self._names)
                self._connection.execute(_FORGET_GONE, self._names)
                taken = self._connection.execute(_TAKE, {**self._names, "missing": missing})
                self._held |= {shard for shard, mine in taken if mine}
            self._look_aside()
        return frozenset(self._held)

    def unpublished(self, limit: int, passed_over: Collection[str]) -> Sequence[OutboxRow]:
        """Return the first unpublished rows of each held shard, by id."""
        topics, keys = [topic for topic, _ in self._waiting], [key for _, key in self._waiting]
        parameters = (sorted(self._held), list(passed_over), self._given_up, topics, keys, limit)
        with _meaningful_errors():
            return [_row(*row) for row in self._connection.execute(_UNPUBLISHED, parameters, binary=True)]

    def published(self, rows: Sequence[OutboxRow]) -> None:
        """Note that `rows` are in the log."""
        failpoint(Failpoint.RELAY_ACKNOWLEDGED)
        times = [row.created_at for row in rows]
        with _meaningful_errors():
            self._connection.execute(_PUBLISHED, ([row.id for row in rows], min(times), max(times)))
        failpoint(Failpoint.RELAY_MARKED)

    def set_aside(self, row: OutboxRow, cause: str) -> None:
        """Note why `row` cannot be published; its key waits from now on."""
        with _meaningful_errors():
            self._connection.execute(_SET_ASIDE, (cause, row.id, row.created_at))
            self._look_aside()

    def held(self) -> Collection[Place]:
        """Return where keys wait behind a row that was set aside."""
        return frozenset(self._waiting.values())

    def passed(self) -> Mapping[Place, int]:
        """Return the furthest next position of any consumer in each partition."""
        with _meaningful_errors():
            return {Place(topic, number): position for topic, number, position in self._connection.execute(_PASSED)}

    def wait(self, seconds: float) -> None:
        """Return when a transaction has added rows, or after `seconds`."""
        with _meaningful_errors():
            for _ in self._connection.notifies(timeout=seconds, stop_after=1):
                pass

    def maintain(self) -> None:
        """Make the coming days' partitions, and drop those whose rows are old and published."""
        with _meaningful_errors():
            self._connection.execute("SELECT outbox_maintain(%s, %s)", (OUTBOX_DAYS_AHEAD, OUTBOX_DAYS_KEPT))

    def let_letters_go(self) -> bool:
        """Let dead letters go that are old or have no room. What takes too long is put off: events come first."""
        with _meaningful_errors():
            try:
                answer = self._connection.execute(_LET_LETTERS_GO, self._room).fetchone()
            except (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable):
                return False
        assert answer is not None, "a function returns a row"
        gone: int = answer[0]
        return gone >= LETTERS_AT_ONCE

    def close(self) -> None:
        """End the connection; the locks go with it."""
        self._connection.close()

    def _look_aside(self) -> None:
        self._waiting, self._given_up = {}, []
        for row_id, topic, partition, key, action in self._connection.execute(_ASIDE):
            if action is None:
                self._waiting[topic, key] = Place(topic, partition)
            else:
                self._given_up.append(row_id)


def _row(
    row_id: int,
    created_at: datetime,
    topic: str,
    partition: int,
    key: str,
    event_id: str,
    source: str,
    type_name: str,
    subject: str | None,
    time: datetime,
    sequence: int | None,
    load_revision: int | None,
    load_index: int | None,
    body: bytes,
) -> OutboxRow:
    envelope = Envelope(event_id, source, type_name, subject, time, sequence, load_revision, load_index)
    return OutboxRow(row_id, created_at, topic, partition, key.encode(), to_headers(envelope), body)


@contextmanager
def _meaningful_errors() -> Iterator[None]:
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise OutboxUnavailable(" ".join(str(error).split()) or type(error).__name__) from error
