"""The bare binary COPY beside settlement: the same rows, into empty tables with the same keys, and nothing else."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, MetaData, Table, select

from connectors.database.copy import copy_rows
from connectors.database.engine import build_engine
from connectors.database.tables import metadata
from tests.bench.bus import BenchBus

Rows = Sequence[Sequence[Any]]


def copy_again(bus: BenchBus, tables: Sequence[str], batches: int) -> float:
    """Return the seconds of copying the rows of `tables` again, in `batches` transactions, as the worker did."""
    engine = build_engine(bus.settings.owner_database_url(), "bench")
    try:
        with engine.connect() as connection:
            originals = [metadata.tables[name] for name in tables]
            rows = [_rows(connection, table) for table in originals]
            copies = [table.to_metadata(MetaData(), name=f"{table.name}_again") for table in originals]
            for original, copy in zip(originals, copies, strict=True):
                connection.exec_driver_sql(f"CREATE TABLE {copy.name} (LIKE {original.name} INCLUDING ALL)")
            connection.commit()
            started = time.monotonic()
            for parts in zip(*(_parts(each, batches) for each in rows), strict=True):
                for copy, part in zip(copies, parts, strict=True):
                    copy_rows(connection, copy, list(copy.columns.keys()), part)
                connection.commit()
            seconds = time.monotonic() - started
            for copy in copies:
                connection.exec_driver_sql(f"DROP TABLE {copy.name}")
            connection.commit()
            return seconds
    finally:
        engine.dispose()


def _rows(connection: Connection, table: Table) -> Rows:
    return [tuple(row) for row in connection.execute(select(table))]


def _parts(rows: Rows, parts: int) -> Iterator[Rows]:
    for number in range(parts):
        yield rows[len(rows) * number // parts : len(rows) * (number + 1) // parts]
