"""What stands beside settlement: the bare binary COPY of the same rows, and the bare loop without a ledger.

Both write into empty tables with the same keys; the bare loop also reads and decodes the same events with the same
client and models, batch by batch.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, MetaData, Table, select

from connectors.broker.source import KafkaSource
from connectors.database.schema.tables import metadata
from connectors.database.sql.copy import copy_rows
from connectors.database.sql.engine import build_engine
from consumers.settlement.arrival import read_arrival
from schemas.topics import LOG_REQUESTS
from tests.bench.bus import BenchBus

Rows = Sequence[Sequence[Any]]


class EventReader:
    """Reads and decodes the requests' log from its beginning, and makes nothing of it."""

    def __init__(self, bus: BenchBus, batch_events: int) -> None:
        """Connect, and wait for the first record, so that connecting is not counted."""
        self._source = KafkaSource(bus.settings.kafka_login(), lambda topic: topic == LOG_REQUESTS.name, "bench")
        self._source.assign(dict.fromkeys(self._source.partitions(), 0))
        self._batch_events = batch_events
        self._read = len(self._source.poll(10.0, 1))

    def read_batch(self) -> None:
        """Read and decode the next batch. Raises `TimeoutError` when no record comes."""
        while self._read < self._batch_events:
            records = self._source.poll(10.0, self._batch_events - self._read)
            if not records:
                raise TimeoutError("the requests' log holds fewer events than were put there")
            for record in records:
                read_arrival(record).decode()
            self._read += len(records)
        self._read = 0

    def close(self) -> None:
        """End the connection."""
        self._source.close()


def nothing() -> None:
    """Do nothing before a batch."""


def copy_again(bus: BenchBus, tables: Sequence[str], batches: int, before_each: Callable[[], None] = nothing) -> float:
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
                before_each()
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
