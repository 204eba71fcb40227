"""Facts and figures in PostgreSQL: implements the ports of `consumers.kpi`."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Engine

from connectors.database.kpi.figures import SqlFigures
from connectors.database.parking.park import ParkedStore
from connectors.database.publication.outbox import OutboxStore
from connectors.database.runner.dead_letters import DeadLetterStore
from connectors.database.schema.figure_tables import kpi_income_fact, kpi_request_fact
from connectors.database.sql.columns import as_columns
from connectors.database.sql.copy import copy_rows
from connectors.database.sql.driver import attempt, driver_connection, meaningful_errors
from connectors.database.sql.signs import give_a_sign
from consumers.kpi.domain.facts import Fact, Income, Named
from consumers.kpi.handlers import CONSUMER
from consumers.runner.clocks import ClockWatch
from schemas.partition import Place

_FACT_COLUMNS = (
    "request_id",
    "sequence",
    "agency",
    "service",
    "office",
    "office_sequence",
    "county",
    "county_sequence",
    "opened_at",
    "routed_at",
    "accepted_at",
    "started_at",
    "delivered_at",
    "completed_at",
    "closed_at",
    "refused_at",
    "refusal_reason",
)
_FACT_TYPES = ("uuid", "int", "text", "text", "text", "int", "text", "int", *["timestamptz"] * 8, "text")
_INCOME_COLUMNS = ("transaction_id", "request_id", "office", "at", "income_rial")

_LOCK_FACTS = f"""
SELECT {", ".join(_FACT_COLUMNS)} FROM kpi_request_fact WHERE request_id = ANY(%(ids)s::uuid[])
ORDER BY request_id FOR UPDATE
"""
_CHANGE_FACTS = f"""
UPDATE kpi_request_fact AS fact SET {", ".join(f"{name} = new.{name}" for name in _FACT_COLUMNS[1:])}
FROM unnest({", ".join(f"%s::{kind}[]" for kind in _FACT_TYPES)}) AS new ({", ".join(_FACT_COLUMNS)})
WHERE fact.request_id = new.request_id
"""
_INCOMES = f"SELECT {', '.join(_INCOME_COLUMNS)} FROM kpi_income_fact WHERE request_id = ANY(%(ids)s::uuid[])"
_NEXT_POSITIONS = """
SELECT topic, partition, next_position FROM kpi_position
JOIN unnest(%(topics)s::text[], %(partitions)s::int[]) AS place (topic, partition) USING (topic, partition)
ORDER BY topic, partition FOR UPDATE OF kpi_position
"""
_ADVANCE = """
INSERT INTO kpi_position (topic, partition, next_position)
SELECT * FROM unnest(%(topics)s::text[], %(partitions)s::int[], %(ends)s::bigint[])
ON CONFLICT (topic, partition)
DO UPDATE SET next_position = GREATEST(kpi_position.next_position, excluded.next_position)
"""
#: Nobody asks for the signs of these workers but the doctor: partitions are shared out by the consumer group.
_FORGET_GONE = """
DELETE FROM worker
WHERE consumer = %(consumer)s AND worker_id <> %(worker_id)s AND seen_at < clock_timestamp() - interval '10 min'
"""


class SqlKpiPositions:
    """Implements `consumers.kpi.ports.FigurePositions` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def next_positions(self, places: Collection[Place]) -> Mapping[Place, int]:
        """Return the next position of each of `places`, and lock it; zero for one that was never read."""
        rows = driver_connection(self._connection).execute(_NEXT_POSITIONS, _unzipped(places))
        return dict.fromkeys(places, 0) | {Place(topic, partition): position for topic, partition, position in rows}

    def advance(self, ends: Mapping[Place, int]) -> None:
        """Move to `ends`; a position never goes back."""
        places = sorted(ends)
        parameters = {**_unzipped(places), "ends": [ends[place] for place in places]}
        driver_connection(self._connection).execute(_ADVANCE, parameters)


class SqlFacts:
    """Implements `consumers.kpi.ports.Facts` on one connection, for one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: set[UUID] = set()

    def lock(self, request_ids: Collection[UUID]) -> Mapping[UUID, Fact]:
        """Return the facts that are known of these requests; they stay locked until the commit."""
        cursor = driver_connection(self._connection).execute(_LOCK_FACTS, {"ids": list(request_ids)}, binary=True)
        facts = {row[0]: _fact(row) for row in cursor}
        self._known |= facts.keys()
        return facts

    def incomes(self, request_ids: Collection[UUID]) -> Mapping[UUID, Sequence[Income]]:
        """Return the known incomes of these requests."""
        cursor = driver_connection(self._connection).execute(_INCOMES, {"ids": list(request_ids)}, binary=True)
        incomes: dict[UUID, list[Income]] = {}
        for transaction_id, request_id, office, at, rial in cursor:
            incomes.setdefault(request_id, []).append(Income(transaction_id, request_id, office, at, rial))
        return incomes

    def save(self, facts: Sequence[Fact], incomes: Sequence[Income]) -> None:
        """Keep changed facts and new incomes. Raises `Collision` when another worker added one meanwhile."""
        changed = [_row(fact) for fact in facts if fact.request_id in self._known]
        if changed:
            columns = as_columns(changed)
            driver_connection(self._connection).execute(_CHANGE_FACTS, columns)
        new = [_row(fact) for fact in facts if fact.request_id not in self._known]
        copy_rows(self._connection, kpi_request_fact, _FACT_COLUMNS, new)
        rows = [(one.transaction_id, one.request_id, one.office, one.at, one.rial) for one in incomes]
        copy_rows(self._connection, kpi_income_fact, _INCOME_COLUMNS, rows)


class SqlKpiStores:
    """All stores of the figures on one connection: implements `consumers.kpi.ports.Stores`."""

    def __init__(self, connection: Connection, watch: ClockWatch, worker_id: str = CONSUMER) -> None:
        self.positions = SqlKpiPositions(connection)
        self.facts = SqlFacts(connection)
        self.figures = SqlFigures(connection)
        self.park = ParkedStore(connection, CONSUMER)
        self.dead_letters = DeadLetterStore(connection)
        self.outbox = OutboxStore(connection)
        self._connection = connection
        self._watch = watch
        self._worker_id = worker_id

    def give_a_sign(self) -> None:
        """Note that this worker lives and how its clock goes, and forget those that do not live."""
        driver = driver_connection(self._connection)
        driver.execute(_FORGET_GONE, {"consumer": CONSUMER, "worker_id": self._worker_id})
        self._watch.reading(lambda own: give_a_sign(driver, CONSUMER, self._worker_id, own))

    def attempt(self) -> AbstractContextManager[None]:
        """Open a part of the transaction that an exception undoes alone; its errors have their meanings."""
        return attempt(self._connection)


class SqlKpiWork:
    """Transactions of the figures' worker: implements `consumers.kpi.ports.FigureWork`."""

    def __init__(self, engine: Engine, watch: ClockWatch, worker_id: str = CONSUMER) -> None:
        self._engine = engine
        self._watch = watch
        self._worker_id = worker_id

    @contextmanager
    def transaction(self) -> Iterator[SqlKpiStores]:
        """Open one transaction; commit on leaving, roll back on an exception."""
        with meaningful_errors(), self._engine.begin() as connection:
            yield SqlKpiStores(connection, self._watch, self._worker_id)


def _unzipped(places: Collection[Place]) -> dict[str, object]:
    return {"topics": [topic for topic, _ in places], "partitions": [partition for _, partition in places]}


def _row(fact: Fact) -> tuple[UUID | int | str | datetime | None, ...]:
    return (
        fact.request_id,
        fact.sequence,
        fact.agency,
        fact.service,
        fact.office.code,
        fact.office.sequence,
        fact.county.code,
        fact.county.sequence,
        fact.opened_at,
        fact.routed_at,
        fact.accepted_at,
        fact.started_at,
        fact.delivered_at,
        fact.completed_at,
        fact.closed_at,
        fact.refused_at,
        fact.refusal_reason,
    )


def _fact(row: Sequence[object]) -> Fact:
    named = dict(zip(_FACT_COLUMNS, row, strict=True))
    office = Named(named.pop("office"), named.pop("office_sequence"))  # type: ignore[arg-type]  # the columns' own types
    county = Named(named.pop("county"), named.pop("county_sequence"))  # type: ignore[arg-type]  # the columns' own types
    return Fact(office=office, county=county, **named)  # type: ignore[arg-type]  # the columns' own types
