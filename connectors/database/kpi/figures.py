"""Measuring in PostgreSQL: every figure is a query over facts, run for the cells that are out of date."""

from collections.abc import Collection, Mapping, Sequence
from itertools import groupby

from sqlalchemy import Connection

from connectors.database.schema.figure_tables import kpi_out_of_date
from connectors.database.sql.columns import as_columns
from connectors.database.sql.copy import copy_rows
from connectors.database.sql.driver import driver_connection
from consumers.kpi.domain.measures import Cell, Expectation, Measure, Reading
from consumers.kpi.domain.windows import Window, day_of
from schemas.base import Provenance
from schemas.kpi import UNKNOWN_KEY, Figure, KeyKind

#: Only one worker measures at a time, so that a key's readings are published in the order of their facts.
_MEASURING_LOCK = 7_236_003

_NOTE_COLUMNS = ("measure", "key_kind", "key", "window_from", "window_to")
_FIGURE_COLUMNS = ("figure", "key_kind", "key", "window_from", "window_to", "value", "samples", "rests_on_generated")
_FIGURE_TYPES = ("text", "text", "text", "timestamptz", "timestamptz", "float8", "bigint", "bool")

_TAKE = f"""
WITH gone AS (
    DELETE FROM kpi_out_of_date WHERE id IN (SELECT id FROM kpi_out_of_date ORDER BY id LIMIT %(limit)s)
    RETURNING {", ".join(_NOTE_COLUMNS)}
)
SELECT DISTINCT {", ".join(_NOTE_COLUMNS)} FROM gone
"""
#: The cells to measure, numbered; then one row per fact and kind of key, of facts in the day that holds all the cells.
_CELLS = """
unnest(%(kinds)s::text[], %(keys)s::text[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
    WITH ORDINALITY AS cell (kind, key, start, finish, number)
"""
#: The key of a name that a claim made up is that of all such names.
_KNOWN_OR_NOT = "CASE WHEN {name} IS NOT NULL THEN coalesce({known}.code, '{unknown}') END"
_OFFICE, _SERVICE = (
    _KNOWN_OR_NOT.format(name=name, known=known, unknown=UNKNOWN_KEY)
    for name, known in (("{office}", "known_office"), ("fact.service", "known_service"))
)
_REGISTERED = """
    LEFT JOIN (SELECT DISTINCT code FROM registry_version WHERE kind = 'office') AS known_office
        ON known_office.code = {office}
    LEFT JOIN (SELECT DISTINCT code FROM registry_version WHERE kind = 'service') AS known_service
        ON known_service.code = fact.service
"""
_KNOWN = """
SELECT DISTINCT kind, code FROM registry_version
WHERE (kind, code) IN (SELECT * FROM unnest(%(kinds)s::text[], %(codes)s::text[]))
"""
_FACTS = f"""
FROM {_CELLS}
JOIN (
    kpi_request_fact AS fact
    {_REGISTERED.format(office="fact.office")}
    CROSS JOIN LATERAL (VALUES
        ('office', {_OFFICE.format(office="fact.office")}), ('service', {_SERVICE}),
        ('agency', fact.agency), ('county', fact.county)
    ) AS named (kind, key)
) ON named.kind = cell.kind AND named.key = cell.key AND fact.{{at}} >= cell.start AND fact.{{at}} < cell.finish
WHERE fact.{{at}} >= %(day_start)s AND fact.{{at}} < %(day_end)s
GROUP BY cell.number
"""
_COUNT = "SELECT cell.number, ARRAY[count(*)::float8], count(*)" + _FACTS
_WAIT = (
    "SELECT cell.number, percentile_disc(ARRAY[0.5, 0.99]) "
    "WITHIN GROUP (ORDER BY extract(epoch FROM fact.accepted_at - fact.opened_at)::float8), count(fact.opened_at)"
    + _FACTS.format(at="accepted_at")
)
_INCOME = f"""
SELECT cell.number, ARRAY[sum(income.income_rial)::float8], count(*)
FROM {_CELLS}
JOIN (
    kpi_income_fact AS income
    LEFT JOIN kpi_request_fact AS fact ON fact.request_id = income.request_id
    {_REGISTERED.format(office="income.office")}
    CROSS JOIN LATERAL (VALUES
        ('office', {_OFFICE.format(office="income.office")}), ('service', {_SERVICE}),
        ('agency', fact.agency), ('county', fact.county)
    ) AS named (kind, key)
) ON named.kind = cell.kind AND named.key = cell.key AND income.at >= cell.start AND income.at < cell.finish
WHERE income.at >= %(day_start)s AND income.at < %(day_end)s
GROUP BY cell.number
"""
_QUERIES: dict[Measure, tuple[str, tuple[Figure, ...]]] = {
    Measure.VOLUME: (_COUNT.format(at="opened_at"), (Figure.VOLUME,)),
    Measure.COMPLETED: (_COUNT.format(at="completed_at"), (Figure.COMPLETED,)),
    Measure.REFUSED: (_COUNT.format(at="refused_at"), (Figure.REFUSED,)),
    Measure.WAIT: (_WAIT, (Figure.WAIT_P50_SECONDS, Figure.WAIT_P99_SECONDS)),
    Measure.INCOME: (_INCOME, (Figure.INCOME_RIAL,)),
}
_EXPECTATIONS = """
SELECT DISTINCT ON (code) code, (body -> 'office' ->> 'expected_monthly_income_rial')::bigint,
    body -> 'office' ->> 'expected_income_provenance'
FROM registry_version WHERE kind = 'office' AND code = ANY(%(offices)s::text[]) ORDER BY code, version DESC
"""
_NEW = f"""
FROM unnest({", ".join(f"%s::{kind}[]" for kind in _FIGURE_TYPES)}) AS new ({", ".join(_FIGURE_COLUMNS)})
"""
_DIFFERS = (
    "(kpi_figure.value, kpi_figure.samples, kpi_figure.rests_on_generated) IS DISTINCT FROM "
    "({new}.value, {new}.samples, {new}.rests_on_generated)"
)
_SET = ", ".join(f"{name} = {{new}}.{name}" for name in _FIGURE_COLUMNS[5:])
_KEEP = f"""
INSERT INTO kpi_figure ({", ".join(_FIGURE_COLUMNS)}) SELECT {", ".join(_FIGURE_COLUMNS)} {_NEW}
ON CONFLICT ({", ".join(_FIGURE_COLUMNS[:5])}) DO UPDATE SET {_SET.format(new="excluded")}
WHERE {_DIFFERS.format(new="excluded")}
RETURNING {", ".join(_FIGURE_COLUMNS[:5])}
"""
#: Nothing was ever counted in most cells that read zero: only a figure that once said more is set back.
_KEEP_ZERO = f"""
UPDATE kpi_figure SET {_SET.format(new="new")} {_NEW}
WHERE {" AND ".join(f"kpi_figure.{name} = new.{name}" for name in _FIGURE_COLUMNS[:5])} AND {_DIFFERS.format(new="new")}
RETURNING {", ".join(f"kpi_figure.{name}" for name in _FIGURE_COLUMNS[:5])}
"""


class SqlFigures:
    """Implements `consumers.kpi.ports.Figures` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def known(self, names: Collection[tuple[KeyKind, str]]) -> Collection[tuple[KeyKind, str]]:
        """Return those of `names`, offices and services, that the registry knows."""
        if not names:
            return frozenset()
        kinds, codes = [kind.value for kind, _ in names], [code for _, code in names]
        rows = driver_connection(self._connection).execute(_KNOWN, {"kinds": kinds, "codes": codes})
        return {(KeyKind(kind), code) for kind, code in rows}

    def mark(self, cells: Collection[Cell]) -> None:
        """Note that `cells` must be measured again."""
        rows = [
            (cell.measure.value, cell.key_kind.value, cell.key, cell.window.start, cell.window.end) for cell in cells
        ]
        copy_rows(self._connection, kpi_out_of_date, _NOTE_COLUMNS, rows)

    def take(self, limit: int) -> Sequence[Cell]:
        """Take up to `limit` notes for this transaction; none when another worker is at it."""
        driver = driver_connection(self._connection)
        locked = driver.execute("SELECT pg_try_advisory_xact_lock(%s)", [_MEASURING_LOCK]).fetchone()
        if locked != (True,):
            return []
        return [
            Cell(Measure(measure), KeyKind(kind), key, Window(start, end))
            for measure, kind, key, start, end in driver.execute(_TAKE, {"limit": limit}, binary=True)
        ]

    def measure(self, cells: Sequence[Cell]) -> Sequence[Reading]:
        """Measure `cells` on the facts as they are now; a cell without facts reads zero."""
        readings: list[Reading] = []
        for (measure, day), group in groupby(sorted(cells, key=_by_day), key=_by_day):
            readings += self._measure(measure, day, list(group))
        return readings

    def expectations(self, offices: Collection[str]) -> Mapping[str, Expectation]:
        """Return what each of `offices` is expected to earn, by its newest version."""
        if not offices:
            return {}
        rows = driver_connection(self._connection).execute(_EXPECTATIONS, {"offices": list(offices)})
        return {office: Expectation(rial, origin != Provenance.FACT) for office, rial, origin in rows}

    def keep(self, readings: Sequence[Reading]) -> Sequence[Reading]:
        """Keep `readings` as the newest ones; return those that say something new."""
        kept: set[tuple[object, ...]] = set()
        for statement, some in (
            (_KEEP, [one for one in readings if one.samples]),
            (_KEEP_ZERO, [one for one in readings if not one.samples]),
        ):
            if some:
                columns = as_columns([_row(one) for one in some])
                kept.update(driver_connection(self._connection).execute(statement, columns))
        return [one for one in readings if _row(one)[:5] in kept]

    def _measure(self, measure: Measure, day: Window, cells: Sequence[Cell]) -> list[Reading]:
        query, figures = _QUERIES[measure]
        parameters = {
            "kinds": [cell.key_kind.value for cell in cells],
            "keys": [cell.key for cell in cells],
            "starts": [cell.window.start for cell in cells],
            "ends": [cell.window.end for cell in cells],
            "day_start": day.start,
            "day_end": day.end,
        }
        rows = driver_connection(self._connection).execute(query, parameters)
        found = {number: (values, samples) for number, values, samples in rows}
        nothing = ([None] * len(figures), 0)
        return [
            Reading(cell, figure, value or 0.0, samples)
            for number, cell in enumerate(cells, start=1)
            for values, samples in [found.get(number, nothing)]
            for figure, value in zip(figures, values, strict=True)
        ]


def _by_day(cell: Cell) -> tuple[Measure, Window]:
    return cell.measure, day_of(cell.window.start)


def _row(reading: Reading) -> tuple[object, ...]:
    cell = reading.cell
    return (
        reading.figure.value,
        cell.key_kind.value,
        cell.key,
        cell.window.start,
        cell.window.end,
        reading.value,
        reading.samples,
        reading.rests_on_generated,
    )
