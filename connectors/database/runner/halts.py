"""A worker's own halts, recorded inside its transactions, and the operators' decisions that it reads there."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from connectors.database.runner.dead_letters import clean_text
from connectors.database.sql.driver import driver_connection
from consumers.runner.records import HaltNote

#: How many characters of a cause are kept.
WHY_LENGTH = 1_000

#: Another topic of the same name is another place, except to somebody who reads again and does not know which it is.
_HERE = """
consumer = %(consumer)s AND topic = %(topic)s AND (topic_id = %(topic_id)s OR %(topic_id)s = '')
    AND partition = %(partition)s AND position = %(position)s AND end_position = %(end)s AND sha256 = %(sha256)s
"""
_NOTE = """
INSERT INTO partition_halt (consumer, topic, topic_id, partition, position, end_position, cause, why, length, sha256)
VALUES (%(consumer)s, %(topic)s, %(topic_id)s, %(partition)s, %(position)s, %(end)s, %(cause)s, %(why)s, %(length)s,
    %(sha256)s)
ON CONFLICT (consumer, topic, topic_id, partition, position, end_position, sha256)
    DO UPDATE SET cause = excluded.cause, why = excluded.why, seen_at = clock_timestamp()
    WHERE partition_halt.decided_at IS NULL
"""
_DECIDED = f"SELECT decided_by, decided_why FROM partition_halt WHERE {_HERE} AND decided_at IS NOT NULL"
_CARRY_OUT = f"""
UPDATE partition_halt SET passed_at = coalesce(passed_at, clock_timestamp())
WHERE {_HERE} AND decided_at IS NOT NULL RETURNING decided_by, decided_why
"""


@dataclass(frozen=True, slots=True)
class PassDecision:
    """Who passed what a partition halted at, and why."""

    by: str
    why: str


def note(connection: Connection, consumer: str, halt: HaltNote) -> None:
    """Keep a standstill for operators; the same one again is kept once."""
    driver_connection(connection).execute(_NOTE, _columns(consumer, halt))


def decision_on(connection: Connection, consumer: str, halt: HaltNote) -> PassDecision | None:
    """Return what an operator decided on exactly this, or none."""
    return _first(driver_connection(connection).execute(_DECIDED, _columns(consumer, halt)).fetchone())


def carry_out(connection: Connection, consumer: str, halt: HaltNote) -> PassDecision | None:
    """Note that the decision on exactly this is carried out, and return it; none when there is none."""
    return _first(driver_connection(connection).execute(_CARRY_OUT, _columns(consumer, halt)).fetchone())


def _first(row: tuple[Any, ...] | None) -> PassDecision | None:
    return None if row is None else PassDecision(*row)


def _columns(consumer: str, halt: HaltNote) -> dict[str, object]:
    partition = halt.move.partition
    return {
        "consumer": consumer,
        "topic": partition.topic,
        "topic_id": partition.topic_id,
        "partition": partition.number,
        "position": halt.move.start,
        "end": halt.move.end,
        "cause": halt.cause,
        "why": clean_text(halt.why, WHY_LENGTH),
        "length": halt.length,
        "sha256": halt.sha256,
    }
