"""Binary COPY through the transaction's own connection: the fast way to insert many rows."""

import json
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import chain
from select import select
from typing import Any, LiteralString

from psycopg import Copy, Cursor, sql
from psycopg.abc import Buffer, PQGen, Query
from psycopg.copy import LibpqWriter
from psycopg.generators import copy_end
from psycopg.pq.abc import PGresult
from psycopg.types.string import BytesBinaryDumper
from sqlalchemy import BigInteger, Boolean, Connection, Date, DateTime, Integer, LargeBinary, SmallInteger, Table, Text
from sqlalchemy import Uuid as UuidType
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from connectors.database.driver import driver_connection, meaningful_errors
from connectors.failpoints import Failpoint, failpoint
from consumers.runner.ports import Meanwhile

#: The first match counts, so the narrower types come first.
_TYPES: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
    (SmallInteger, "int2"),
    (BigInteger, "int8"),
    (Integer, "int4"),
    (Text, "text"),
    (Boolean, "bool"),
    (DateTime, "timestamptz"),
    (Date, "date"),
    (LargeBinary, "bytea"),
    (UuidType, "uuid"),
    # The binary form of jsonb is a version byte and the JSON text: bytes pass through without being parsed again.
    (JSONB, "bytea"),
)
#: What binary COPY begins and ends with, around packed rows.
_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
#: Some tens of kilobytes: the driver's own measure of what is handed over at once.
_PACKED_TOGETHER = 256


def copy_rows(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    meanwhile: Meanwhile | None = None,
) -> None:
    """Insert `rows`, in their order; a missing column takes its default.

    A JSONB column takes bytes (JSON text) or any JSON value; a UUID column takes `UUID`. There is no ON CONFLICT:
    a duplicate raises `Collision`. An empty `rows` sends nothing. `meanwhile` is called as long as it has something to
    do and the server is not done with the rows.
    """
    remaining = iter(rows)
    first = next(remaining, None)
    if first is None:
        return
    statement, types, json_places = _plan(table, tuple(columns))
    with _copy(connection, statement, meanwhile) as copy:
        # Of the two dumpers that the driver has for bytea, the one in C.
        copy.cursor.adapters.register_dumper(bytes, BytesBinaryDumper)
        copy.set_types(types)
        for row in chain((first,), remaining):
            copy.write_row(_with_json(row, json_places) if json_places else row)


def copy_packed(
    connection: Connection, statement: LiteralString, packed: Sequence[bytes], meanwhile: Meanwhile | None = None
) -> None:
    """Insert rows that are packed as `statement`, a binary COPY, takes them; `meanwhile` as in `copy_rows`."""
    with _copy(connection, statement, meanwhile) as copy:
        copy.write(_SIGNATURE)
        for first in range(0, len(packed), _PACKED_TOGETHER):
            copy.write(b"".join(packed[first : first + _PACKED_TOGETHER]))
        copy.write(_TRAILER)


@contextmanager
def _copy(connection: Connection, statement: Query, meanwhile: Meanwhile | None) -> Iterator[Copy]:
    with meaningful_errors(), driver_connection(connection).cursor() as cursor:
        writer = None if meanwhile is None else _UnhurriedWriter(cursor, meanwhile)
        with cursor.copy(statement, writer=writer) as copy:
            yield copy
            failpoint(Failpoint.INSIDE_COPY)


class _UnhurriedWriter(LibpqWriter):
    """Hands the server what it takes at once and keeps the rest, so that nobody waits while there is other work."""

    def __init__(self, cursor: Cursor[Any], meanwhile: Meanwhile) -> None:
        super().__init__(cursor)
        self._meanwhile: Meanwhile | None = meanwhile
        self._failure: Exception | None = None
        self._kept: deque[Buffer] = deque()

    def write(self, data: Buffer) -> None:
        """Send `data` in its turn; never waits."""
        self._kept.append(data)
        self._send()

    def finish(self, exc: BaseException | None = None) -> None:
        """Send the rest and take the server's answer; wait for neither while there is other work."""
        if exc is not None:
            super().finish(exc)
            return
        while self._kept and self._work():
            self._send()
        for data in self._kept:
            super().write(data)
        self.connection.wait(self._working(copy_end(self._pgconn, None)))
        if self._failure is not None:
            raise self._failure

    def _send(self) -> None:
        while self._kept and self._pgconn.flush() == 0:
            self._pgconn.put_copy_data(self._kept.popleft())

    def _work(self) -> bool:
        if self._meanwhile is None:
            return False
        try:
            more = self._meanwhile()
        except Exception as failure:
            # Raised when the server has answered: until then the connection is good for nothing else.
            self._failure, more = failure, False
        if not more:
            self._meanwhile = None
        return more

    def _working(self, waits: PQGen[PGresult]) -> PQGen[PGresult]:
        """Wait as `waits` does, but only for what is not there when the other work is done."""
        try:
            wanted = next(waits)
            while True:
                while not self._answered() and self._work():
                    pass
                wanted = waits.send((yield wanted))
        except StopIteration as end:
            result: PGresult = end.value
            return result

    def _answered(self) -> bool:
        return bool(select([self._pgconn.socket], [], [], 0)[0])


def json_bytes(value: object) -> bytes:
    """Return `value` as JSON text for a JSONB column."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _with_json(row: Sequence[object], places: tuple[int, ...]) -> Sequence[object]:
    changed = list(row)
    for place in places:
        value = changed[place]
        if value is not None:
            changed[place] = b"\x01" + (value if isinstance(value, bytes) else json_bytes(value))
    return changed


@cache
def _plan(table: Table, columns: tuple[str, ...]) -> tuple[sql.Composed, list[str], tuple[int, ...]]:
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(table.name), sql.SQL(", ").join(sql.Identifier(name) for name in columns)
    )
    kinds = [table.columns[name].type for name in columns]
    json_places = tuple(place for place, kind in enumerate(kinds) if isinstance(kind, JSONB))
    return statement, [_type_name(kind) for kind in kinds], json_places


def _type_name(kind: TypeEngine[Any]) -> str:
    for known, name in _TYPES:
        if isinstance(kind, known):
            return name
    raise AssertionError(f"COPY knows no type for {kind!r}: add it to the table in this module")
