"""The psycopg connection below SQLAlchemy's, and what its errors mean to the runner."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import Connection as DriverConnection
from psycopg import errors as pg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from consumers.runner.errors import Collision, Contention, DatabaseUnavailable

_CONTENTION = (
    pg.DeadlockDetected,
    pg.LockNotAvailable,
    pg.SerializationFailure,
)
#: What the server refuses though it is there, and says of this one statement: out of memory for it, and everything
#: about limits of a program (class 54). The driver has them among the failures of a connection.
_REFUSED = (pg.OutOfMemory,)
_REFUSED_CLASS = "54"
_UNAVAILABLE = (
    pg.OperationalError,
    pg.InterfaceError,
    pg.IdleInTransactionSessionTimeout,
)


def driver_connection(connection: Connection) -> DriverConnection[Any]:
    """Return the psycopg connection below an SQLAlchemy connection, inside the same transaction."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, DriverConnection)
    return driver


@contextmanager
def meaningful_errors() -> Iterator[None]:
    """Turn driver errors into `Contention`, `Collision` and `DatabaseUnavailable`; others pass as they are.

    A statement that the server refuses, for its values, its size or the memory that it takes, is no lost connection.
    """
    try:
        yield
    except DBAPIError as error:
        cause = error.orig
        if isinstance(cause, pg.Error):
            _raise_meaning(cause)
        if error.connection_invalidated:
            raise DatabaseUnavailable(str(cause)) from error
        raise
    except pg.Error as error:
        _raise_meaning(error)
        raise
    except PoolTimeout as error:
        raise DatabaseUnavailable("no free connection") from error


@contextmanager
def attempt(connection: Connection) -> Iterator[None]:
    """Open a part of the open transaction that an exception undoes alone; its errors have their meanings."""
    with meaningful_errors(), connection.begin_nested():
        yield


def _raise_meaning(error: pg.Error) -> None:
    if isinstance(error, pg.UniqueViolation):
        raise Collision(error.diag.constraint_name or "unique violation") from error
    if isinstance(error, _CONTENTION):
        raise Contention(type(error).__name__) from error
    # A missing outbox partition is the database not being ready, not a fault of the record.
    if isinstance(error, pg.CheckViolation) and error.diag.constraint_name is None:
        raise DatabaseUnavailable(f"{error.diag.message_primary}; run the relay, which creates partitions") from error
    if isinstance(error, _REFUSED) or (error.sqlstate or "").startswith(_REFUSED_CLASS):
        return
    if isinstance(error, _UNAVAILABLE):
        # In one line, for a person's terminal.
        raise DatabaseUnavailable(" ".join(str(error).split()) or type(error).__name__) from error
