"""Dead letters keep the whole record, however broken it is."""

import pytest
from sqlalchemy import Engine, select

from connectors.database.dead_letters import DeadLetterStore
from connectors.database.kafka_columns import headers_from_json
from connectors.database.tables import dead_letter
from consumers.intake import Conflict, DeadLetterReason, IntakeReader, Unreadable, conflicting, read_claim
from consumers.runner.ports import Record
from tests.claims import APPENDED, claim

pytestmark = pytest.mark.integration


def test_a_broken_record_is_kept_whole(engine: Engine) -> None:
    headers = (("ce_id", b"\xff\x00"), ("x\0y", b"1"), ("ce_type", None))
    record = Record("pishkhan.intake.water", 1, 5, None, headers, b"\x00\xff", APPENDED)
    letter = read_claim(record, IntakeReader.REQUESTS)
    assert isinstance(letter, Unreadable)
    with engine.begin() as connection:
        DeadLetterStore(connection).add("requests", [letter])
        row = connection.execute(select(dead_letter)).one()
    assert (row.topic, row.partition, row.position) == ("pishkhan.intake.water", 1, 5)
    assert (row.reason, row.body) == ("malformed", b"\x00\xff")
    assert headers_from_json(row.headers)[0] == headers[0]


def test_a_record_without_a_body_is_kept_without_one(engine: Engine) -> None:
    record = Record("pishkhan.intake.water", 1, 5, None, (), None, APPENDED)
    letter = Unreadable(record, DeadLetterReason.MALFORMED, "ce_id", "is missing")
    with engine.begin() as connection:
        DeadLetterStore(connection).add("requests", [letter])
        assert connection.execute(select(dead_letter.c.body)).scalar_one() is None


def test_people_see_the_newest_first(engine: Engine) -> None:
    with engine.begin() as connection:
        store = DeadLetterStore(connection)
        store.add("requests", [conflicting(Conflict(claim(f"e-{number}"), ("body",))) for number in range(3)])
        store.add("registry", [conflicting(Conflict(claim("e-9"), ("body",)))])
        assert [row.event_id for row in store.newest(2)] == ["e-9", "e-2"]
        [row, *_] = store.newest(10, "requests")
        assert (row.event_id, row.source, row.field) == ("e-2", "/agencies/water", "ce_id")
        assert row.reason == DeadLetterReason.IDENTITY_CONFLICT
