"""The cheap questions of the database: one statement each, of one moment, that gives up when it takes too long."""

from typing import Any, LiteralString

import psycopg

from consumers.reconciliation.domain.questions import Entered, PartitionCounts, Registered, SettlementCounts
from schemas.topics import LOG_REGISTRY, LOG_REQUESTS, LOG_SETTLEMENT

#: So long one question may take, in ms: nobody waits for a doctor that counts for minutes.
ANSWER_WITHIN_MS = 3_000

#: An act has an id of its own and one event; so has a refused one, of which nothing else is kept.
_ENTERED: LiteralString = """
WITH known AS (
    SELECT coalesce(request_id, subject) AS subject, request.version, progress.sequence
    FROM request FULL JOIN settlement_progress AS progress ON progress.subject = request.request_id
), missing AS (
    SELECT subject FROM known WHERE sequence > coalesce(version, 1)
    UNION
    SELECT fact.request_id FROM kpi_request_fact AS fact
    WHERE NOT EXISTS (SELECT FROM request WHERE request.request_id = fact.request_id)
), counted AS (
    SELECT coalesce(sum(version), 0) + count(*) FILTER (WHERE version IS NULL AND sequence = 1) AS events,
        coalesce(sum(greatest(0, version - coalesce(sequence, 0))), 0) AS not_entered,
        coalesce(sum(sequence), 0) AS entered
    FROM known
), kept AS (
    SELECT coalesce(sum(next_position), 0) AS passed, coalesce(sum(window_number - 1), 0) AS markers
    FROM consumer_offset WHERE consumer = 'settlement' AND topic = %(log)s
), unpublished AS (
    SELECT count(*) AS rows FROM outbox WHERE published_at IS NULL AND topic = %(log)s
)
SELECT (SELECT count(*) FROM missing), events::bigint, markers::bigint, not_entered::bigint,
    (SELECT count(*) FROM parked_event WHERE consumer = 'settlement')
        + (SELECT count(*) FROM dead_letter WHERE consumer = 'settlement') + unpublished.rows,
    unpublished.rows, entered::bigint, passed::bigint
FROM counted, kept, unpublished
"""
_REGISTERED: LiteralString = """
SELECT (SELECT count(*) FROM registry_version), (SELECT coalesce(max(revision), 0) FROM registry_head),
    (SELECT count(*) FROM outbox WHERE published_at IS NULL AND topic = %(log)s)
"""
#: A statement per account that had a balance or moved, as `consumers.settlement.domain.windows.statements` has it.
_TOLD: LiteralString = """
SELECT (SELECT count(*) FROM (SELECT DISTINCT transaction_id FROM ledger_transfer) AS one),
    (SELECT count(*) FROM settlement_window),
    (
        SELECT count(*) FROM settlement_window AS ended, LATERAL (
            SELECT FROM ledger_balance AS sums WHERE sums.window_number <= ended.window_number GROUP BY account
            HAVING coalesce(sum(debits_rial - credits_rial)
                    FILTER (WHERE sums.window_number < ended.window_number), 0) <> 0
                OR bool_or(sums.window_number = ended.window_number)
        ) AS moved
    ),
    (SELECT count(*) FROM outbox WHERE published_at IS NULL AND topic = %(log)s)
"""
_PAGES: LiteralString = """
WITH found AS (
    SELECT partition, count(*) AS rows, sum(amount_rial) AS amount_rial FROM ledger_transfer GROUP BY partition
), kept AS (
    SELECT partition, chain_count AS rows FROM consumer_offset
    WHERE consumer = 'settlement' AND topic = %(log)s AND chain_count > 0
), sums AS (
    SELECT partition, sum(debits_rial) AS amount_rial FROM ledger_balance GROUP BY partition
)
SELECT partition::int, coalesce(found.rows, 0), coalesce(kept.rows, 0), coalesce(found.amount_rial, 0)::bigint,
    coalesce(sums.amount_rial, 0)::bigint
FROM found FULL JOIN kept USING (partition) FULL JOIN sums USING (partition) ORDER BY partition
"""


class GivenUp(Exception):
    """A question was given up: the database is too busy, or too large for it."""


def entered(database: psycopg.Connection[Any]) -> Entered:
    """Count requests' rows beside what settlement and figures know of them. Raises `Unanswered`."""
    return Entered(*_asked(database, _ENTERED, LOG_REQUESTS.name)[0])


def registered(database: psycopg.Connection[Any]) -> Registered:
    """Count the registry's versions. Raises `Unanswered`."""
    return Registered(*_asked(database, _REGISTERED, LOG_REGISTRY.name)[0])


def told(database: psycopg.Connection[Any]) -> SettlementCounts:
    """Count what settlement's log must tell of. Raises `Unanswered`."""
    return SettlementCounts(*_asked(database, _TOLD, LOG_SETTLEMENT.name)[0])


def pages(database: psycopg.Connection[Any]) -> list[PartitionCounts]:
    """Count the ledger's rows by partition, beside what was kept for them. Raises `Unanswered`."""
    return [PartitionCounts(*row) for row in _asked(database, _PAGES, LOG_REQUESTS.name)]


def _asked(database: psycopg.Connection[Any], question: LiteralString, log: str) -> list[Any]:
    try:
        with database.transaction():
            database.execute(f"SET LOCAL statement_timeout = {ANSWER_WITHIN_MS}")
            return database.execute(question, {"log": log}).fetchall()
    except psycopg.errors.QueryCanceled:
        raise GivenUp(f"no answer within {ANSWER_WITHIN_MS // 1_000} s") from None
