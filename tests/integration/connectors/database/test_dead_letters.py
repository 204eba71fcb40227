"""Dead letters keep the record, however broken it is, as far as it is of use, and say how much of it there was."""

from dataclasses import replace
from hashlib import sha256

import pytest
from sqlalchemy import Engine, insert, select

from connectors.database.runner.dead_letters import HEADER_BYTES, WORDS_LENGTH, DeadLetterStore
from connectors.database.schema.letter_tables import dead_letter
from connectors.database.sql.kafka_columns import headers_from_json
from consumers.intake import Conflict, IntakeReader, Unreadable, conflicting, read_claim
from consumers.runner.outcomes import DeadLetterReason
from consumers.runner.records import Record
from schemas.limits import LETTER_BYTES_MAX
from tests.kit.values.claims import APPENDED, claim

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


def test_of_a_large_record_the_beginning_is_kept_with_its_length_and_its_hash(engine: Engine) -> None:
    body = b"0123456789" * 20_000
    headers = (("ce_id", b"e-1"), ("x-huge", b"h" * 100_000), ("ce_type", b"t"))
    record = Record("pishkhan.intake.water", 1, 5, b"key", headers, body, APPENDED)
    letter = Unreadable(record, DeadLetterReason.MALFORMED, "x" * 5_000, "is \0 bad \ud800" + "y" * 100_000)
    with engine.begin() as connection:
        store = DeadLetterStore(connection)
        assert store.add("requests", [letter]) == [letter]
        assert store.add("requests", [letter]) == [], "it is known again by its hash"
        row = connection.execute(select(dead_letter)).one()
    assert [name for name, _ in headers_from_json(row.headers)] == ["ce_id", "ce_type"]
    assert body.startswith(row.body)
    assert len(row.body) <= LETTER_BYTES_MAX < len(body)
    assert row.length == len(body) + 100_000 + len("ce_idx-hugece_typee-1tkey")
    assert row.sha256 == sha256(body).digest()
    assert (len(row.field), len(row.detail)) == (WORDS_LENGTH, WORDS_LENGTH)


def test_no_number_of_headers_is_too_many(engine: Engine) -> None:
    record = Record("pishkhan.intake.water", 1, 5, None, (("", b""),) * 50_000, b"body", APPENDED)
    with engine.begin() as connection:
        DeadLetterStore(connection).add("requests", [Unreadable(record, DeadLetterReason.MALFORMED, "ce_id", "x")])
        row = connection.execute(select(dead_letter)).one()
    assert len(row.headers) == LETTER_BYTES_MAX // HEADER_BYTES


def test_a_letter_from_before_is_known_again_by_its_body(engine: Engine) -> None:
    record = Record("pishkhan.intake.water", 1, 5, None, (), b"body", APPENDED)
    letter = Unreadable(record, DeadLetterReason.MALFORMED, "ce_id", "is missing")
    with engine.begin() as connection:
        store = DeadLetterStore(connection)
        store.add("requests", [letter])
    with engine.begin() as connection:
        [row] = connection.execute(select(dead_letter)).mappings().all()
        before = {**row, "position": 6, "id": None, "length": None, "sha256": None}
        del before["id"]
        connection.execute(insert(dead_letter).values(**before))
        store = DeadLetterStore(connection)
        assert store.add("requests", [replace(letter, record=replace(record, position=6))]) == []
        other = replace(letter, record=replace(record, position=6, value=b"other"))
        assert store.add("requests", [other]) == [other]
