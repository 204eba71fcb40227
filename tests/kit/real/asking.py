"""One connection for a test's many questions: a new one for each would cost more than the question."""

from collections.abc import Sequence
from types import TracebackType
from typing import Any

import psycopg


class Asked:
    """A database that is asked now and then. The connection is made at the first question, and anew when it was cut.

    Each statement is a transaction of its own. Used as a context manager, or closed by whoever made it.
    """

    def __init__(self, url: str) -> None:
        """`url` is libpq's form."""
        self._url = url
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None

    def __enter__(self) -> "Asked":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return the statement's rows, none when it has no result."""
        kept = self._connection
        try:
            return self._rows(statement, values)
        except psycopg.OperationalError:
            if kept is None or not kept.closed:
                raise
            return self._rows(statement, values)

    def close(self) -> None:
        """End the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _rows(self, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self._url, autocommit=True)
        cursor = self._connection.execute(statement.encode(), values)
        return cursor.fetchall() if cursor.description else []
