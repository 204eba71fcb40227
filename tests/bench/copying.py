"""The bare binary COPY beside settlement: the same rows, encoded beforehand, into empty tables with the same keys."""

import time
from collections.abc import Sequence

import psycopg
from psycopg import sql

from tests.bench.bus import BenchBus


def copy_again(bus: BenchBus, tables: Sequence[str]) -> float:
    """Return the seconds of one COPY and commit per table."""
    seconds = 0.0
    url = bus.settings.owner_database_url().replace("+psycopg", "")
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        for table in tables:
            source, target = sql.Identifier(table), sql.Identifier(f"{table}_again")
            cursor.execute(sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(target, source))
            with cursor.copy(sql.SQL("COPY (SELECT * FROM {}) TO STDOUT (FORMAT binary)").format(source)) as copy:
                blocks = [bytes(block) for block in copy]
            connection.commit()
            started = time.monotonic()
            with cursor.copy(sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(target)) as copy:
                for block in blocks:
                    copy.write(block)
            connection.commit()
            seconds += time.monotonic() - started
            cursor.execute(sql.SQL("DROP TABLE {}").format(target))
            connection.commit()
    return seconds
