"""The whole bus in a few cheap queries: what the database section of the table of metrics shows.

Everything is read in one snapshot of the database, so the books that are shown together belong together.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from connectors.database.publication import days as outbox_days
from connectors.database.publication.operator import GOES_OUT
from connectors.database.requests.owed import REASONS as OWED_REASONS
from connectors.database.sql.driver import driver_connection
from connectors.telemetry import metrics
from connectors.telemetry.exporter import Series
from connectors.telemetry.metrics import Metric
from consumers.intake import IntakeReader
from consumers.parking import ParkReason
from consumers.runner.outcomes import DeadLetterReason
from consumers.settlement.domain.booking import BookingKind
from schemas.kpi import Figure
from schemas.log_requests import RefusalReason
from schemas.topics import INTAKE_AGENCY, INTAKE_DIRECTORATE, INTAKE_OFFICES

#: What a label shows where the database has no value.
NONE = "none"

#: The consumers that may park events or bury them.
_CONSUMERS = ("registry", "requests", "settlement", "kpi", "delivery")
#: The kinds of feeds, as their names begin.
_PARTIES = ("agency", "office", "directorate")

_OFFICE_CLASS = """
LEFT JOIN (
    SELECT DISTINCT ON (code) code, body -> 'office' ->> 'office_class' AS office_class
    FROM registry_version WHERE kind = 'office' ORDER BY code, version DESC
) AS class ON class.code = {office}
"""
#: Per metric: a query that gives its labels, in order, and then the value.
_QUERIES: Mapping[Metric, str] = {
    metrics.OUTBOX_ROWS: f"SELECT count(*) FROM outbox WHERE {GOES_OUT}",
    metrics.OUTBOX_AGE: f"""
        SELECT coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0) FROM outbox WHERE {GOES_OUT}
    """,
    metrics.SET_ASIDE: "SELECT count(*) FROM set_aside_row WHERE decided_at IS NULL",
    metrics.OUTBOX_DAYS: outbox_days.COUNT,
    metrics.OUTBOX_OLDEST_DAY: outbox_days.OLDEST,
    metrics.OUTBOX_DAYS_AHEAD: outbox_days.AHEAD,
    metrics.REQUESTS: "SELECT agency, state, count(*) FROM request WHERE submitted GROUP BY agency, state",
    # A claim may name any service; only those that the registry knows become labels.
    metrics.OPENED: """
        SELECT agency, known.code, county, count(*) FROM kpi_request_fact
        LEFT JOIN (SELECT DISTINCT code FROM registry_version WHERE kind = 'service') AS known ON known.code = service
        WHERE opened_at IS NOT NULL GROUP BY agency, known.code, county
    """,
    metrics.COMPLETED: f"""
        SELECT agency, county, office_class, count(*) FROM kpi_request_fact AS fact
        {_OFFICE_CLASS.format(office="fact.office")}
        WHERE completed_at IS NOT NULL GROUP BY agency, county, office_class
    """,
    metrics.REFUSED: """
        SELECT agency, refusal_reason, count(*) FROM kpi_request_fact
        WHERE refused_at IS NOT NULL GROUP BY agency, refusal_reason
    """,
    metrics.INCOME: f"""
        SELECT fact.county, office_class, sum(income.income_rial)::float8
        FROM kpi_income_fact AS income LEFT JOIN kpi_request_fact AS fact USING (request_id)
        {_OFFICE_CLASS.format(office="income.office")}
        GROUP BY fact.county, office_class
    """,
    metrics.LEDGER_SUM: "SELECT coalesce(sum(debits_rial - credits_rial), 0)::float8 FROM ledger_balance",
    metrics.STILL_HELD: """
        SELECT coalesce(sum(credits_rial - debits_rial), 0)::float8 FROM ledger_balance WHERE account = 'suspense'
    """,
    metrics.OWED: """
        SELECT CASE state WHEN 'completed' THEN 'refunded' ELSE state END, sum(owed_rial)::float8
        FROM request WHERE owed_rial > 0 GROUP BY 1
    """,
    metrics.PARKED: "SELECT consumer, reason, count(*) FROM parked_event GROUP BY consumer, reason",
    metrics.UNDECIDED: """
        SELECT consumer, count(*) FROM parked_event WHERE reason = 'failed' AND next_try_at IS NULL GROUP BY consumer
    """,
    metrics.FEED_ENTRIES: "SELECT split_part(feed, ':', 1), sum(newest) FROM feed_head GROUP BY 1",
    metrics.DEAD_LETTERS: "SELECT consumer, reason, count(*) FROM dead_letter GROUP BY consumer, reason",
    metrics.LETTERS_LET_GO: """
        SELECT consumer, topic, sum(letters)::float8 FROM dead_letter_let_go GROUP BY consumer, topic
    """,
    metrics.OFFICES_OVER_CAP: "SELECT count(*) FROM office_position WHERE reserved_rial > cap_rial + late_cash_rial",
    metrics.RESERVED: "SELECT coalesce(sum(reserved_rial), 0)::float8 FROM office_position",
    metrics.READ_AT: "SELECT extract(epoch FROM clock_timestamp())",
}
#: Figures of the kpi consumer that are shown per county, for the newest day that has any.
_FIGURES: Mapping[Metric, Figure] = {
    metrics.WAIT_P50: Figure.WAIT_P50_SECONDS,
    metrics.WAIT_P99: Figure.WAIT_P99_SECONDS,
}
_NEWEST_DAY = """
SELECT key, value FROM kpi_figure
WHERE key_kind = 'county' AND figure = %(figure)s AND samples > 0 AND window_to - window_from = interval '1 day'
    AND window_from = (
        SELECT max(window_from) FROM kpi_figure
        WHERE key_kind = 'county' AND figure = %(figure)s AND samples > 0 AND window_to - window_from = interval '1 day'
    )
"""
#: A fee leaves the suspense account once, however many parties it is divided among.
_MOVED = """
SELECT partition, kind, sum(amount_rial)::float8, max(number)
FROM ledger_transfer
JOIN unnest(%(partitions)s::int[], %(numbers)s::bigint[]) AS seen (partition, number_seen) USING (partition)
WHERE number > number_seen AND (kind NOT IN ('post', 'void') OR debit_account = 'suspense')
GROUP BY partition, kind
"""
_PARTITIONS = "SELECT DISTINCT partition FROM ledger_balance"


class SqlGauges:
    """Reads all figures again and again; amounts of the ledger are added up from where the last reading ended."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        self._moved: dict[str, float] = {}

    def read(self, connection: Connection) -> dict[Metric, Series]:
        """Return every figure of the database section, as of one moment; `connection` is in a transaction."""
        driver = driver_connection(connection)
        driver.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        answers = {metric: driver.execute(query).fetchall() for metric, query in _QUERIES.items()}
        for metric, figure in _FIGURES.items():
            answers[metric] = driver.execute(_NEWEST_DAY, {"figure": figure.value}).fetchall()
        snapshot: dict[Metric, Series] = {
            metric: {_labels(row): float(row[-1]) for row in rows} for metric, rows in answers.items()
        }
        snapshot[metrics.LEDGER_MOVED] = self._read_moved(connection)
        return {metric: {**_zeros(metric, snapshot), **series} for metric, series in snapshot.items()}

    def _read_moved(self, connection: Connection) -> Series:
        driver = driver_connection(connection)
        seen = {partition: 0 for (partition,) in driver.execute(_PARTITIONS)} | self._seen
        moved = dict(self._moved)
        parameters = {"partitions": list(seen), "numbers": list(seen.values())}
        for partition, kind, rial, number in driver.execute(_MOVED, parameters):
            moved[kind] = moved.get(kind, 0.0) + rial
            seen[partition] = max(seen[partition], number)
        self._seen, self._moved = seen, moved
        return {(kind,): rial for kind, rial in moved.items()}


def _zeros(metric: Metric, snapshot: Mapping[Metric, Series]) -> Series:
    """Return zero for what has not happened yet: a series that starts with its first event hides that event."""
    if metric is metrics.PARKED:
        return {(consumer, reason.value): 0.0 for consumer in _CONSUMERS for reason in ParkReason}
    if metric is metrics.UNDECIDED:
        return {(consumer,): 0.0 for consumer in _CONSUMERS}
    if metric is metrics.DEAD_LETTERS:
        return {(consumer, reason.value): 0.0 for consumer in _CONSUMERS for reason in DeadLetterReason}
    if metric is metrics.FEED_ENTRIES:
        return {(party,): 0.0 for party in _PARTIES}
    if metric is metrics.LETTERS_LET_GO:
        topics = {INTAKE_AGENCY.for_agency(labels[0]) for labels in snapshot[metrics.OPENED]}
        topics |= {INTAKE_OFFICES.name, INTAKE_DIRECTORATE.name}
        return {(IntakeReader.REQUESTS.value, topic): 0.0 for topic in topics}
    if metric is metrics.LEDGER_MOVED:
        return {(kind.value,): 0.0 for kind in BookingKind}
    if metric is metrics.OWED:
        return {(reason,): 0.0 for reason in OWED_REASONS}
    if metric is metrics.REFUSED:
        agencies = {labels[0] for labels in snapshot[metrics.OPENED]}
        return {(agency, reason.value): 0.0 for agency in agencies for reason in RefusalReason}
    return {}


def _labels(row: Sequence[Any]) -> tuple[str, ...]:
    return tuple(NONE if value is None else str(value) for value in row[:-1])
