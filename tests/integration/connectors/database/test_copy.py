"""Binary COPY: every column type arrives as it was given."""

import json
import struct
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import Engine, select

from connectors.database.schema.tables import intake_event, outbox, parked_event, request
from connectors.database.sql.copy import copy_packed, copy_rows

pytestmark = pytest.mark.integration

MOMENT = datetime(2026, 11, 25, 8, 0, 1, 234567, tzinfo=UTC)


def test_every_type_arrives(engine: Engine) -> None:
    columns = ("request_id", "state", "version", "submitted", "ever_routed", "due_at", "updated_at", "document")
    document = {"نام": "خدمت", "amounts": [1, 2**40], "none": None, "text": 'quote " and \\'}
    rows = [
        (UUID(int=1), "routed", 2, True, False, MOMENT, MOMENT, document),
        (UUID(int=2), "پارک", 2_147_483_647, False, True, None, MOMENT, json.dumps(document).encode()),
    ]
    with engine.begin() as connection:
        copy_rows(connection, request, columns, rows)
        found = connection.execute(select(*(request.columns[name] for name in columns)).order_by("request_id")).all()
    assert [tuple(row) for row in found] == [(*row[:-1], document) for row in rows]


def test_bytes_and_small_numbers_arrive(engine: Engine) -> None:
    columns = ("shard", "topic", "partition", "key", "event_id", "source", "type", "time", "load_revision", "body")
    row = (3, "t", 11, "k", "e", "/bus", "y", MOMENT, 2**60, bytes(range(256)))
    with engine.begin() as connection:
        copy_rows(connection, outbox, columns, [row])
        assert tuple(connection.execute(select(*(outbox.columns[name] for name in columns))).one()) == row


def test_rows_keep_their_order_and_missing_columns_their_defaults(engine: Engine) -> None:
    columns = ("shard", "topic", "partition", "key", "event_id", "source", "type", "time", "body")
    rows = [(0, "t", 0, "k", str(number), "/bus", "y", MOMENT, b"") for number in range(1_000)]
    with engine.begin() as connection:
        copy_rows(connection, outbox, columns, rows)
        found = connection.execute(select(outbox.c.event_id, outbox.c.published_at).order_by(outbox.c.id)).all()
    assert [tuple(row) for row in found] == [(str(number), None) for number in range(1_000)]


def test_no_rows_send_nothing(engine: Engine) -> None:
    with engine.begin() as connection:
        copy_rows(connection, parked_event, ("consumer",), [])
        assert connection.execute(select(parked_event.c.id)).all() == []


def test_packed_rows_arrive_as_they_are(engine: Engine) -> None:
    count = 1_000
    packed = [struct.pack(">hi1si4si1s", 3, 1, b"s", 4, b"%04d" % number, 1, b"h") for number in range(count)]
    statement = "COPY intake_event (source, event_id, body_hash) FROM STDIN (FORMAT BINARY)"
    with engine.begin() as connection:
        copy_packed(connection, statement, packed)
        found = connection.execute(select(intake_event.c.event_id, intake_event.c.body_hash).order_by("event_id")).all()
    assert [tuple(row) for row in found] == [(f"{number:04d}", b"h") for number in range(count)]
