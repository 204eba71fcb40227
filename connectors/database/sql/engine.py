"""The database connection: engines with bounded waits."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url

from connectors.database.sql.overlapped import OverlappedConnection
from consumers.runner.ports import Meanwhile

#: A worker's batch may wait this long for a lock; then the batch is rolled back and done again.
LOCK_TIMEOUT_MS = 2_000
STATEMENT_TIMEOUT_MS = 60_000
IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000
#: How a connection finds out that nobody is on its other side any more, in libpq's names. What is sent must be
#: acknowledged in time; while an answer is awaited nothing is sent, so that the silence has to be asked after.
NOBODY_THERE: Mapping[str, str] = {
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "tcp_user_timeout": "30000",
}


def database_url(url: str) -> URL:
    """Return `url` with the driver that this project uses; `postgresql://…` and `postgres://…` are accepted."""
    parsed = make_url(url.replace("postgres://", "postgresql://", 1))
    return parsed.set(drivername="postgresql+psycopg")


def plain_url(url: str) -> str:
    """Return `url` as libpq reads it, for a connection outside any engine that finds out as soon when it is dead."""
    return database_url(url).set(drivername="postgresql").update_query_dict(NOBODY_THERE).render_as_string(False)


def build_engine(url: str, name: str, connections_max: int = 5, meanwhile: Meanwhile | None = None) -> Engine:
    """Return an engine; nothing connects yet. `name` shows in `pg_stat_activity`.

    One connection is kept and used again and again, so a single-threaded worker always has the same backend. It does
    `meanwhile` while the server works, which must neither raise nor use the engine.
    """
    options = (
        f"-c lock_timeout={LOCK_TIMEOUT_MS} -c statement_timeout={STATEMENT_TIMEOUT_MS} "
        f"-c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_TIMEOUT_MS} -c timezone=UTC"
    )
    engine = create_engine(
        database_url(url),
        pool_size=1,
        max_overflow=connections_max - 1,
        pool_use_lifo=True,
        # Parameters may be a citizen's; an error's text goes to logs.
        hide_parameters=True,
        connect_args={
            "options": options,
            "application_name": name[:63],
            **NOBODY_THERE,
        },
    )
    if meanwhile is not None:
        event.listen(engine, "do_connect", partial(_connect, meanwhile))
    return engine


def _connect(
    meanwhile: Meanwhile, _: object, __: object, arguments: list[Any], options: dict[str, Any]
) -> OverlappedConnection:
    """Connect as the dialect would, unhurriedly: SQLAlchemy asks here first."""
    connection = OverlappedConnection.connect(*arguments, **options)
    connection.fill_waits(meanwhile)
    return connection
