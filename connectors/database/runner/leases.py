"""Ownership of partitions by lease, in the position's own row; all times are the database's: one clock rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection as DriverConnection
from sqlalchemy import Engine

from connectors.database.sql.driver import driver_connection, meaningful_errors
from connectors.database.sql.signs import give_a_sign
from consumers.runner.clocks import ClockWatch
from consumers.runner.errors import PositionLost
from consumers.runner.records import Partition

LEASE_SECONDS = 10.0

_FORGET_GONE = """
DELETE FROM worker
WHERE consumer = %(consumer)s AND seen_at < clock_timestamp() - make_interval(secs => 60 * %(lease)s)
"""
_ALIVE = """
SELECT worker_id FROM worker
WHERE consumer = %(consumer)s AND seen_at > clock_timestamp() - make_interval(secs => %(lease)s) ORDER BY worker_id
"""
_ROWS = """
SELECT topic, topic_id, partition, cluster_id, owner, next_position,
    owner IS NULL OR lease_until IS NULL OR lease_until < clock_timestamp() AS free
FROM consumer_offset WHERE consumer = %(consumer)s ORDER BY topic, partition
"""
_BEGIN = """
INSERT INTO consumer_offset (consumer, cluster_id, topic, topic_id, partition, next_position)
SELECT %(consumer)s, %(cluster_id)s, topic, topic_id, partition, 0
FROM unnest(%(topics)s::text[], %(topic_ids)s::text[], %(numbers)s::int[]) AS missing (topic, topic_id, partition)
ON CONFLICT DO NOTHING
"""
#: Whoever holds a row's lock is in the middle of a batch; it is passed over and asked for again at the next round.
_TAKE = """
UPDATE consumer_offset AS row SET
    owner = %(owner)s,
    lease_until = clock_timestamp() + make_interval(secs => %(lease)s),
    backend_pid = pg_backend_pid(),
    backend_start = (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid())
FROM (
    SELECT consumer, cluster_id, topic, topic_id, partition FROM consumer_offset
    WHERE consumer = %(consumer)s AND cluster_id = %(cluster_id)s
        AND (topic, topic_id, partition)
            IN (SELECT * FROM unnest(%(topics)s::text[], %(topic_ids)s::text[], %(numbers)s::int[]))
        AND (owner IS NULL OR owner = %(owner)s OR lease_until IS NULL OR lease_until < clock_timestamp())
    ORDER BY topic, partition
    FOR UPDATE SKIP LOCKED
) AS wanted
WHERE row.consumer = wanted.consumer AND row.cluster_id = wanted.cluster_id AND row.topic = wanted.topic
    AND row.topic_id = wanted.topic_id AND row.partition = wanted.partition
RETURNING row.topic, row.topic_id, row.partition, row.next_position
"""
_GIVE_UP = """
UPDATE consumer_offset SET owner = NULL, lease_until = NULL, backend_pid = NULL, backend_start = NULL
WHERE consumer = %(consumer)s AND owner = %(owner)s
    AND (topic, partition) NOT IN (SELECT * FROM unnest(%(topics)s::text[], %(numbers)s::int[]))
"""
#: A process that was stopped in the middle of a transaction keeps its locks, and inside COPY no session time-out ends
#: it. Its lease is over and its transaction began before that: its backend, known by pid and start, is ended, whatever
#: its consumer, for it may hold rows that all of them need. One of another role is the owner's to end; one of our own
#: role is ours, for the owner may not have been let into a role that it did not make.
_FENCE = """
SELECT end_frozen_owners(), count(*) FILTER (WHERE pg_terminate_backend(frozen.pid, 1000))
FROM (
    SELECT DISTINCT activity.pid
    FROM consumer_offset AS row
    JOIN pg_stat_activity AS activity
        ON activity.pid = row.backend_pid AND activity.backend_start = row.backend_start
    WHERE row.lease_until < clock_timestamp() AND activity.xact_start < row.lease_until
        AND activity.pid <> pg_backend_pid() AND activity.usename = current_user
) AS frozen
"""


@dataclass(frozen=True, slots=True)
class _Row:
    partition: Partition
    owner: str | None
    free: bool


class SqlLeases:
    """Implements `consumers.runner.ports.Leases` for one worker of one consumer.

    Give it the engine that the worker's batches use: the backend that is noted must be the one that holds their locks.
    At every renewal `watch` compares the worker's own clock with the database's, and the difference is noted for all
    to see.
    """

    def __init__(
        self,
        engine: Engine,
        consumer: str,
        cluster_id: str,
        owner: str,
        watch: ClockWatch,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self._engine = engine
        self._watch = watch
        self._names = {"consumer": consumer, "cluster_id": cluster_id, "owner": owner, "lease": lease_seconds}
        self._consumer = consumer
        self._owner = owner

    def hold(self, known: Sequence[Partition]) -> Mapping[Partition, int]:
        """Renew, take, give up; see the port. Frozen owners lose their connection, and their locks with it."""
        with meaningful_errors(), self._engine.begin() as connection:
            driver = driver_connection(connection)
            driver.execute(_FENCE)
            self._watch.reading(lambda own: give_a_sign(driver, self._consumer, self._owner, own))
            driver.execute(_FORGET_GONE, self._names)
            rows = self._rows(driver, known)
            wanted = self._wanted(rows, self._share(driver, len(rows)))
            driver.execute(_GIVE_UP, {**self._names, **_columns(wanted)})
            taken = driver.execute(_TAKE, {**self._names, **_columns(wanted)}).fetchall()
        return {Partition(topic, topic_id, number): position for topic, topic_id, number, position in taken}

    def release(self) -> None:
        """Give every lease back and stop being counted."""
        with meaningful_errors(), self._engine.begin() as connection:
            driver = driver_connection(connection)
            driver.execute(_GIVE_UP, {**self._names, **_columns(())})
            driver.execute("DELETE FROM worker WHERE consumer = %(consumer)s AND worker_id = %(owner)s", self._names)

    def _rows(self, driver: DriverConnection[Any], known: Sequence[Partition]) -> list[_Row]:
        """Return the rows of `known`, in order; make those that are missing.

        Raises `PositionLost` for a row of another incarnation of a topic.
        """
        rows = self._found(driver, known)
        # Only what is missing: an insert that meets a row in the middle of a batch would wait for the batch.
        missing = set(known) - {row.partition for row in rows}
        if missing:
            driver.execute(_BEGIN, {**self._names, **_columns(sorted(missing, key=_place))})
            rows = self._found(driver, known)
        return rows

    def _found(self, driver: DriverConnection[Any], known: Sequence[Partition]) -> list[_Row]:
        by_place = {(partition.topic, partition.number): partition for partition in known}
        rows = []
        for topic, topic_id, number, cluster_id, owner, position, free in driver.execute(_ROWS, self._names):
            partition = by_place.get((topic, number))
            if partition is None:
                continue
            if (topic_id, cluster_id) != (partition.topic_id, self._names["cluster_id"]):
                problem = f"its position {position} belongs to topic id {topic_id} of cluster {cluster_id}"
                remedy = f"run `pishkhan repair topic {topic}`"
                raise PositionLost(partition, f"{problem}, the broker now has {partition.topic_id}; {remedy}")
            rows.append(_Row(partition, owner, free))
        return rows

    def _share(self, driver: DriverConnection[Any], partitions: int) -> int:
        """Return how many partitions are this worker's: as even as can be, the remainder to the first by name."""
        alive = [worker_id for (worker_id,) in driver.execute(_ALIVE, self._names)]
        whole, remainder = divmod(partitions, len(alive))
        return whole + (1 if alive.index(self._owner) < remainder else 0)

    def _wanted(self, rows: Sequence[_Row], share: int) -> list[Partition]:
        """Return this worker's own partitions, then free ones, up to its share."""
        own = [row.partition for row in rows if row.owner == self._owner]
        free = [row.partition for row in rows if row.free and row.owner != self._owner]
        return (own + free)[:share]


def _place(partition: Partition) -> tuple[str, int]:
    return partition.topic, partition.number


def _columns(partitions: Sequence[Partition]) -> dict[str, list[Any]]:
    return {
        "topics": [partition.topic for partition in partitions],
        "topic_ids": [partition.topic_id for partition in partitions],
        "numbers": [partition.number for partition in partitions],
    }
