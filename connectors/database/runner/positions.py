"""The positions inside one open transaction: a compare-and-set that fences every owner but one."""

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import Connection

from connectors.database.runner import halts
from connectors.database.runner.dead_letters import DeadLetterStore
from connectors.database.sql.driver import driver_connection
from connectors.failpoints import Failpoint, failpoint
from consumers.passing import letter_of
from consumers.runner.errors import Fenced
from consumers.runner.records import HaltNote, Move, Partition, Record
from schemas.partition import Place
from schemas.topics import INTAKE_PREFIX, RESERVED_AGENCY_CODES

_ADVANCE = """
UPDATE consumer_offset AS row
SET next_position = move.finish
FROM (
    SELECT topic, topic_id, partition, start, finish
    FROM unnest(%(topics)s::text[], %(topic_ids)s::text[], %(numbers)s::int[], %(starts)s::bigint[], %(ends)s::bigint[])
        AS move (topic, topic_id, partition, start, finish)
) AS move
WHERE row.consumer = %(consumer)s AND row.cluster_id = %(cluster_id)s AND row.owner = %(owner)s
    AND row.topic = move.topic AND row.topic_id = move.topic_id AND row.partition = move.partition
    AND row.next_position = move.start
"""
_PASSED = "SELECT topic, topic_id, partition, next_position FROM consumer_offset WHERE consumer = %s"
_PASSED_BY_FIGURES = "SELECT topic, partition, next_position FROM kpi_position"
_AGENCIES = "SELECT DISTINCT topic FROM consumer_offset WHERE starts_with(topic, %s)"


class SqlPositions:
    """Implements `consumers.runner.ports.Positions` for one consumer and one owner on one connection."""

    def __init__(self, connection: Connection, consumer: str, cluster_id: str, owner: str) -> None:
        self._connection = connection
        self._consumer = consumer
        self._cluster_id = cluster_id
        self._owner = owner
        #: Whether the open transaction has moved any position: then it is a batch, and else a sweep.
        self.advanced = False

    def advance(self, moves: Sequence[Move]) -> None:
        """Move every position from its start to its end, in one statement.

        Raises:
            Fenced: a row is not at its start, or is not this owner's any more.
        """
        if not moves:
            return
        failpoint(Failpoint.BEFORE_COMPARE_AND_SET)
        moved = driver_connection(self._connection).execute(
            _ADVANCE,
            {
                "topics": [move.partition.topic for move in moves],
                "topic_ids": [move.partition.topic_id for move in moves],
                "numbers": [move.partition.number for move in moves],
                "starts": [move.start for move in moves],
                "ends": [move.end for move in moves],
                "consumer": self._consumer,
                "cluster_id": self._cluster_id,
                "owner": self._owner,
            },
        )
        if moved.rowcount != len(moves):
            raise Fenced(f"{len(moves) - moved.rowcount} of {len(moves)} positions were moved by another owner")
        self.advanced = True
        failpoint(Failpoint.AFTER_COMPARE_AND_SET)

    def note_halt(self, halt: HaltNote) -> bool:
        """Keep the standstill, unless an operator has passed exactly this; say whether one has."""
        if halts.decision_on(self._connection, self._consumer, halt) is not None:
            return True
        # Who reads again owns nothing, and his standstill is nobody's to pass.
        if self._owner:
            halts.note(self._connection, self._consumer, halt)
        return False

    def pass_over(self, halt: HaltNote, record: Record, reason: StrEnum) -> bool:
        """Keep the dead letter, with whose decision it is; say whether it is new."""
        decision = halts.carry_out(self._connection, self._consumer, halt)
        if decision is None:
            letter = letter_of(halt, record, reason)
        else:
            letter = letter_of(halt, record, reason, decision.by, decision.why)
        return bool(DeadLetterStore(self._connection).add(self._consumer, [letter]))


def passed(connection: Connection, consumer: str) -> dict[Partition, int]:
    """Return the next position of every partition that `consumer` has read."""
    rows = driver_connection(connection).execute(_PASSED, (consumer,))
    return {Partition(topic, topic_id, number): position for topic, topic_id, number, position in rows}


def passed_by_figures(connection: Connection) -> dict[Place, int]:
    """Return the next position of every partition that figures rest on."""
    rows = driver_connection(connection).execute(_PASSED_BY_FIGURES)
    return {Place(topic, number): position for topic, number, position in rows}


def agencies_read(connection: Connection) -> frozenset[str]:
    """Return the codes of the agencies whose intake topics the workers have ever found."""
    rows = driver_connection(connection).execute(_AGENCIES, (INTAKE_PREFIX,))
    return frozenset(topic.removeprefix(INTAKE_PREFIX) for (topic,) in rows) - RESERVED_AGENCY_CODES
