"""A connection for commands that look into the database or note a person's decision there."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from connectors.database.sql.driver import meaningful_errors
from connectors.database.sql.engine import build_engine
from consumers.runner.errors import Contention, DatabaseUnavailable
from deploy.problem import Unreachable
from deploy.settings import load_settings


@contextmanager
def worker_connection(data: Path | None) -> Iterator[Connection]:
    """Open one transaction as the workers' role; leaving it commits. Raises Unreachable when nothing answers."""
    engine = build_engine(load_settings(data).worker_database_url(), "pishkhan command")
    try:
        with meaningful_errors(), engine.begin() as connection:
            yield connection
    except Contention as error:
        raise Unreachable("Somebody else has these rows in hand just now. Nothing was changed; do it again.") from error
    except DatabaseUnavailable as error:
        raise Unreachable(f"The database does not answer: {error}. Is `pishkhan up` running?") from error
    finally:
        engine.dispose()
