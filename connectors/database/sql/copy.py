"""Binary COPY through the transaction's own connection: the fast way to insert many rows."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import chain
from typing import Any, LiteralString

from psycopg import Copy, sql
from psycopg.abc import Query
from psycopg.types.string import BytesBinaryDumper
from sqlalchemy import BigInteger, Boolean, Connection, Date, DateTime, Integer, LargeBinary, SmallInteger, Table, Text
from sqlalchemy import Uuid as UuidType
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from connectors.database.sql.driver import driver_connection, meaningful_errors
from connectors.failpoints import Failpoint, failpoint

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


def copy_rows(connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bool:
    """Insert `rows`, in their order, and say whether there were any; a missing column takes its default.

    A JSONB column takes bytes (JSON text) or any JSON value; a UUID column takes `UUID`. There is no ON CONFLICT:
    a duplicate raises `Collision`. An empty `rows` sends nothing.
    """
    remaining = iter(rows)
    first = next(remaining, None)
    if first is None:
        return False
    statement, types, json_places = _plan(table, tuple(columns))
    with _copy(connection, statement) as copy:
        # Of the two dumpers that the driver has for bytea, the one in C.
        copy.cursor.adapters.register_dumper(bytes, BytesBinaryDumper)
        copy.set_types(types)
        for row in chain((first,), remaining):
            copy.write_row(_with_json(row, json_places) if json_places else row)
    return True


def copy_packed(connection: Connection, statement: LiteralString, packed: Sequence[bytes]) -> None:
    """Insert rows that are packed as `statement`, a binary COPY, takes them."""
    with _copy(connection, statement) as copy:
        copy.write(_SIGNATURE)
        for first in range(0, len(packed), _PACKED_TOGETHER):
            copy.write(b"".join(packed[first : first + _PACKED_TOGETHER]))
        copy.write(_TRAILER)


@contextmanager
def _copy(connection: Connection, statement: Query) -> Iterator[Copy]:
    with meaningful_errors(), driver_connection(connection).cursor() as cursor, cursor.copy(statement) as copy:
        yield copy
        failpoint(Failpoint.INSIDE_COPY)


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
