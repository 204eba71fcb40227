"""Taking a dependency away from the workers of a test, and giving it back."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tests.kit.real.engines import Engines


@contextmanager
def closed_to_workers(engines: Engines) -> Iterator[None]:
    """End the workers' connections to the database and let them make no new ones."""
    with psycopg.connect(engines.postgres.administrator_url, autocommit=True) as administrator:
        administrator.execute("ALTER ROLE pishkhan_worker NOLOGIN")
        try:
            administrator.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'pishkhan_worker'"
            )
            yield
        finally:
            administrator.execute("ALTER ROLE pishkhan_worker LOGIN")
