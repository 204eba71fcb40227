"""Reading intake: every kind of bad input has its own end, and nothing raises."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from consumers.intake import (
    REGISTRY_CLAIMS,
    Claim,
    Conflict,
    IntakeReader,
    NotMine,
    Unreadable,
    Words,
    conflicting,
    objection,
    read_claim,
    sort_out,
)
from consumers.runner.outcomes import DeadLetterReason
from consumers.runner.records import Record
from schemas.canonical import about_hash, body_hash
from schemas.intake_agency import RequestSubmitted
from schemas.limits import limits_of
from schemas.speakers import SpeakerKind
from schemas.topics import INTAKE_AGENCY, TOPICS, Writer

APPENDED = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
REQUEST = UUID("0197a1b2-0000-7000-8000-000000000001")
BODY: dict[str, Any] = {
    "request_id": str(REQUEST),
    "service": "water.bill",
    "origin": "agency",
    "city": "bojnurd",
}
HEADERS = {
    "ce_specversion": b"1.0",
    "ce_id": b"event-1",
    "ce_source": b"/agencies/water",
    "ce_type": b"ir.pishkhan.RequestSubmitted.v1",
    "ce_subject": str(REQUEST).encode(),
    "content-type": b"application/json",
}


def record(
    topic: str = "pishkhan.intake.water",
    value: bytes | None = json.dumps(BODY).encode(),
    headers: Mapping[str, bytes | None] | None = None,
    key: bytes | None = str(REQUEST).encode(),
) -> Record:
    """Return a good record with some headers changed; a header of None is left out."""
    merged = {**HEADERS, **(headers or {})}
    pairs = tuple((name, text) for name, text in merged.items() if text is not None)
    return Record(topic, 0, 7, key, pairs, value, APPENDED)


def read(bad: Record) -> Unreadable:
    found = read_claim(bad, IntakeReader.REQUESTS)
    assert isinstance(found, Unreadable)
    assert found.record is bad
    return found


def test_a_good_record_is_a_claim() -> None:
    good = record()
    claim = read_claim(good, IntakeReader.REQUESTS)
    assert isinstance(claim, Claim)
    assert isinstance(claim.event, RequestSubmitted)
    assert claim.event.request_id == REQUEST
    assert (claim.speaker_kind, claim.speaker_code) == (SpeakerKind.AGENCY, "water")
    assert claim.identity == ("/agencies/water", "event-1")
    assert good.value is not None
    assert claim.body_hash == body_hash(good.value)


def test_unknown_fields_are_tolerated_from_outsiders() -> None:
    assert isinstance(
        read_claim(record(value=json.dumps({**BODY, "colour": "blue"}).encode()), IntakeReader.REQUESTS), Claim
    )


def test_what_only_the_bus_sets_is_ignored_on_intake() -> None:
    claim = read_claim(record(headers={"ce_sequence": b"7"}), IntakeReader.REQUESTS)
    assert isinstance(claim, Claim)


@pytest.mark.parametrize(
    ("topic", "source", "kind", "code"),
    [
        ("pishkhan.intake.water", "/agencies/water", SpeakerKind.AGENCY, "water"),
        ("pishkhan.intake.offices", "/offices/o-17", SpeakerKind.OFFICE, "o-17"),
    ],
)
def test_the_topic_says_who_speaks(topic: str, source: str, kind: SpeakerKind, code: str) -> None:
    claim = read_claim(record(topic, headers={"ce_source": source.encode()}), IntakeReader.REQUESTS)
    assert isinstance(claim, Claim)
    assert (claim.speaker_kind, claim.speaker_code) == (kind, code)


@pytest.mark.parametrize(
    ("topic", "source"),
    [
        ("pishkhan.intake.water", "/agencies/roads"),
        ("pishkhan.intake.water", "/offices/o-17"),
        ("pishkhan.intake.water", "/directorate"),
        ("pishkhan.intake.water", "/bus"),
        ("pishkhan.intake.offices", "/agencies/offices"),
        ("pishkhan.intake.offices", "/offices/"),
        ("pishkhan.intake.offices", "/offices/o-17/../o-18"),
        ("pishkhan.intake.directorate", "/agencies/directorate"),
    ],
)
def test_a_source_that_is_not_the_topics_own_is_a_forgery(topic: str, source: str) -> None:
    letter = read(record(topic, headers={"ce_source": source.encode()}))
    assert letter.reason is DeadLetterReason.FORGED_SOURCE
    assert letter.field == "ce_source"


@pytest.mark.parametrize("name", ["ce_specversion", "ce_id", "ce_source", "ce_type"])
def test_a_missing_attribute_is_named(name: str) -> None:
    letter = read(record(headers={name: None}))
    assert (letter.reason, letter.field) == (DeadLetterReason.MALFORMED, name)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("ce_specversion", b"0.3"),
        ("ce_id", b"x" * 129),
        ("ce_id", b"\xff\xfe"),
        ("ce_id", "a\u0000b".encode()),
        ("ce_time", b"yesterday"),
        ("ce_time", b"2026-11-25T08:00:00"),
        ("ce_sequence", b"-1"),
    ],
)
def test_a_malformed_attribute_is_named(header: str, value: bytes) -> None:
    letter = read(record(headers={header: value}))
    assert (letter.reason, letter.field) == (DeadLetterReason.MALFORMED, header)


def test_no_headers_at_all_is_malformed() -> None:
    letter = read(Record("pishkhan.intake.water", 0, 7, None, (), b"{}", APPENDED))
    assert letter.reason is DeadLetterReason.MALFORMED
    assert letter.envelope is None


def test_a_type_of_another_topic_is_told_apart_from_one_that_does_not_exist() -> None:
    wrong = read(record(headers={"ce_type": b"ir.pishkhan.RequestAccepted.v1"}))
    assert (wrong.reason, wrong.field) == (DeadLetterReason.WRONG_TOPIC, "ce_type")
    log = read(record(headers={"ce_type": b"ir.pishkhan.RequestRouted.v1"}))
    assert log.reason is DeadLetterReason.WRONG_TOPIC
    unknown = read(record(headers={"ce_type": b"ir.pishkhan.RequestSubmitted.v2"}))
    assert (unknown.reason, unknown.field) == (DeadLetterReason.UNKNOWN_TYPE, "ce_type")


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (None, "body"),
        (b"", "body"),
        (b"not json", "body"),
        (b"\xff\xfe\x00", "body"),
        (b"[]", "body"),
        (b"null", "body"),
        (json.dumps({**BODY, "unheard_of": float("nan")}).encode(), "body"),
        (b"[" * 100_000, "body"),
        (json.dumps({**BODY, "service": 7}).encode(), "service"),
        (json.dumps({**BODY, "request_id": "17"}).encode(), "request_id"),
        (json.dumps({name: value for name, value in BODY.items() if name != "city"}).encode(), "city"),
        (json.dumps({**BODY, "form": {"note": "a\u0000b"}}).encode(), "form.note"),
    ],
)
def test_a_bad_body_is_malformed_at_its_field(value: bytes | None, field: str) -> None:
    letter = read(record(value=value))
    assert letter.reason is DeadLetterReason.MALFORMED
    assert letter.field == field
    assert letter.envelope is not None


def test_an_escaped_backslash_before_u0000_is_ordinary_text() -> None:
    value = json.dumps({**BODY, "form": {"note": r"path\u0000"}}).encode()
    assert isinstance(read_claim(record(value=value), IntakeReader.REQUESTS), Claim)


def test_details_never_repeat_a_value() -> None:
    secret = "0012345678"
    letters = [
        read(record(headers={"ce_source": f"/agencies/{secret}".encode()})),
        read(record(value=json.dumps({**BODY, "origin": secret}).encode())),
        read(record(headers={"ce_time": secret.encode()})),
    ]
    assert all(secret not in letter.detail and secret not in letter.field for letter in letters)


def test_each_record_is_exactly_one_consumers() -> None:
    others = [b"ir.pishkhan.RequestSubmitted.v1", b"garbage", b"\xff", b"ir.pishkhan.RequestRouted.v1", None]
    for type_name in [*(name.encode() for name in REGISTRY_CLAIMS), *others]:
        takers = [
            reader
            for reader in IntakeReader
            if not isinstance(read_claim(record(headers={"ce_type": type_name}), reader), NotMine)
        ]
        expected = IntakeReader.REGISTRY if (type_name or b"").decode("latin-1") in REGISTRY_CLAIMS else None
        assert takers == [expected or IntakeReader.REQUESTS]


def test_the_registrys_types_are_all_intake_types() -> None:
    intake = {model.type_name() for topic in TOPICS if topic.writer is not Writer.BUS for model in topic.events}
    assert intake >= REGISTRY_CLAIMS


def test_a_conflict_of_identities_names_the_id() -> None:
    claim = read_claim(record(), IntakeReader.REQUESTS)
    assert isinstance(claim, Claim)
    letter = conflicting(Conflict(claim, ("type", "body")))
    assert letter.detail == "was used before with another type and another body; give every new event a new id"
    assert (letter.reason, letter.field) == (DeadLetterReason.IDENTITY_CONFLICT, "ce_id")


def test_of_what_the_first_release_kept_the_bodies_are_compared() -> None:
    claim = read_claim(record(), IntakeReader.REQUESTS)
    assert isinstance(claim, Claim)
    other = claim.envelope._replace(type="ir.pishkhan.RequestCancelled.v1", subject=None)
    elsewhere = claim._replace(envelope=other, about_hash=about_hash(other.type, other.subject))
    kept = {claim.identity: Words(claim.body_hash, None)}
    assert sort_out([elsewhere], kept).duplicates == [elsewhere]
    assert sort_out([elsewhere], {claim.identity: claim.words}).conflicts == [Conflict(elsewhere, ("type", "subject"))]
    lie = elsewhere._replace(body_hash=bytes(32))
    assert sort_out([lie], kept).conflicts == [Conflict(lie, ("body",))]


def test_of_two_claims_of_one_identity_in_one_batch_the_first_is_new() -> None:
    claim, again = (read_claim(record(), IntakeReader.REQUESTS) for _ in range(2))
    assert isinstance(claim, Claim)
    assert isinstance(again, Claim)
    lie = again._replace(body_hash=bytes(32))
    screened = sort_out([claim, again, lie], {})
    assert (screened.fresh, screened.duplicates) == ([claim], [again])
    assert screened.conflicts == [Conflict(lie, ("body",))]


def test_what_may_not_be_accepted_takes_no_id_from_an_honest_claim_of_its_batch() -> None:
    wrong, honest, wrong_again = (
        read_claim(record(headers={"ce_subject": subject}, key=subject), IntakeReader.REQUESTS)
        for subject in (b"other", str(REQUEST).encode(), b"other")
    )
    assert isinstance(wrong, Claim)
    assert isinstance(honest, Claim)
    assert isinstance(wrong_again, Claim)
    alone = sort_out([wrong, wrong_again], {})
    assert (alone.fresh, alone.duplicates, alone.conflicts) == ([], [], [])
    assert [letter.reason for letter in alone.letters] == [DeadLetterReason.MISADDRESSED] * 2
    screened = sort_out([wrong, honest, wrong_again], {})
    assert screened.fresh == [honest]
    assert [(letter.record, letter.reason) for letter in screened.letters] == [
        (wrong_again.record, DeadLetterReason.IDENTITY_CONFLICT),
        (wrong.record, DeadLetterReason.MISADDRESSED),
    ]


def test_a_claim_that_is_too_large_to_be_said_on_is_a_dead_letter_and_the_others_are_admitted() -> None:
    most = limits_of(INTAKE_AGENCY).body_bytes
    padded = json.dumps(BODY)[:-1] + " " * most + "}"
    good, large = (
        read_claim(record(value=value), IntakeReader.REQUESTS) for value in (json.dumps(BODY).encode(), padded.encode())
    )
    assert isinstance(good, Claim)
    assert isinstance(large, Claim), "what was accepted before there were limits can still be read"
    screened = sort_out([good._replace(envelope=good.envelope._replace(id="another")), large], {})
    [letter] = screened.unfit
    assert [claim.envelope.id for claim in screened.fresh] == ["another"]
    assert (letter.record, letter.reason, letter.field) == (large.record, DeadLetterReason.TOO_LARGE, "body")
    assert str(most) in letter.detail
    assert letter.envelope == large.envelope


def test_a_national_id_in_clear_is_a_dead_letter_and_what_was_accepted_before_is_read() -> None:
    body = {"request_id": str(REQUEST), "reason": "۰۴۹۹۳۷۰۸۹۹ called"}
    headers = {"ce_type": b"ir.pishkhan.RequestCancelled.v1"}
    claim = read_claim(record(value=json.dumps(body).encode(), headers=headers), IntakeReader.REQUESTS)
    assert isinstance(claim, Claim), "reading alone asks nothing"
    letter = objection(claim)
    assert letter is not None
    assert (letter.reason, letter.field) == (DeadLetterReason.NATIONAL_ID, "reason")
    assert "0499370899" not in letter.detail
    assert "۰۴۹۹۳۷۰۸۹۹" not in letter.detail


def objection_to(new: Record) -> Unreadable | None:
    """Return why a record that reads well is not accepted as a new claim, or none."""
    claim = read_claim(new, IntakeReader.REQUESTS)
    assert isinstance(claim, Claim), "what was accepted before these rules is read as it was"
    screened = sort_out([claim], {})
    assert len(screened.fresh) + len(screened.unfit) == 1
    letter = objection(claim)
    assert screened.unfit == ([] if letter is None else [letter])
    assert letter is None or letter.envelope == claim.envelope
    return letter


@pytest.mark.parametrize("subject", [None, b"0197a1b2-0000-7000-8000-000000000002", b"water.bill", b""])
def test_a_subject_other_than_the_request_or_none_is_a_dead_letter(subject: bytes | None) -> None:
    letter = objection_to(record(headers={"ce_subject": subject}, key=subject))
    assert letter is not None
    assert (letter.reason, letter.field) == (DeadLetterReason.MISADDRESSED, "ce_subject")


@pytest.mark.parametrize("key", [None, b"", b"other", b"\xff\x00", str(REQUEST).upper().encode()])
def test_a_key_other_than_the_subject_is_a_dead_letter(key: bytes | None) -> None:
    letter = objection_to(record(key=key))
    assert letter is not None
    assert (letter.reason, letter.field) == (DeadLetterReason.MISADDRESSED, "key")


@pytest.mark.parametrize("header", ["content-type", "ce_datacontenttype"])
@pytest.mark.parametrize(
    "told",
    [
        b"text/plain",
        b"application/xml",
        b"application/json; charset=utf-16",
        b"application/json; charset=windows-1256",
        b"application/json-seq",
        b"application/avro",
        b"",
        b"application/json\n",
    ],
)
def test_another_content_type_is_malformed_and_named(header: str, told: bytes) -> None:
    letter = objection_to(record(headers={header: told}))
    assert letter is not None
    assert (letter.reason, letter.field) == (DeadLetterReason.MALFORMED, header)
    assert "application/json" in letter.detail


@pytest.mark.parametrize(
    "told",
    [
        None,
        b"application/json",
        b"application/json; charset=utf-8",
        b"application/json;charset=UTF-8",
        b'Application/JSON; Charset="utf-8"',
    ],
)
def test_json_in_utf_8_is_accepted_however_it_is_written_or_left_out(told: bytes | None) -> None:
    assert objection_to(record(headers={"content-type": told})) is None


def test_a_content_type_that_is_told_twice_is_not_chosen_from() -> None:
    good = record()
    letter = objection_to(replace(good, headers=(*good.headers, ("content-type", b"application/json"))))
    assert letter is not None
    assert (letter.field, letter.detail) == ("content-type", "is given twice; send it once")


def test_a_claim_without_a_time_is_accepted_and_so_are_fields_of_a_newer_minor_version() -> None:
    newer = {**BODY, "added_in_1_1": {"anything": [1]}}
    headers = {"ce_time": None, "ce_dataschema": b"urn:pishkhan:event:ir.pishkhan.RequestSubmitted.v1"}
    assert objection_to(record(value=json.dumps(newer).encode(), headers=headers)) is None
