"""Tables that somebody changes by hand, as their owner can, and that are as before when a trial is over."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.kit.real.stepped import SmallBus


@contextmanager
def put_back(bus: SmallBus, *tables: str) -> Iterator[None]:
    """Keep these tables as they are in a schema of their own; put them back on leaving."""
    bus.harm("CREATE SCHEMA kept")
    for table in tables:
        bus.harm(f"CREATE TABLE kept.{table} AS TABLE {table}")
    try:
        yield
    finally:
        for table in tables:
            bus.harm(f"TRUNCATE {table}")
            bus.harm(f"INSERT INTO {table} SELECT * FROM kept.{table}")
        bus.harm("DROP SCHEMA kept CASCADE")
