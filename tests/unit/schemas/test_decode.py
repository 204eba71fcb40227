"""Bodies: strict types, tolerant consumers, strict producers, and errors that never repeat a value."""

import base64
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.base import Event
from schemas.decode import EventInvalid, all_events, encode, parse, parse_strictly
from schemas.examples import example, exemplified
from schemas.intake_agency import AgencyAnswered, RequestSubmitted, ServiceWithdrawn
from schemas.intake_directorate import AgreementChanged, CalendarChanged, OfficeLicensed, OfficePaid
from schemas.kpi import KpiMeasured
from schemas.log_requests import RequestOpened

SECRET = "0067491352 secret"


def body(model: type[Event], **changes: object) -> bytes:
    """Return the model's published example with top-level fields changed."""
    return json.dumps({**example(model)["data"], **changes}, ensure_ascii=False).encode()


def inside(model: type[Event], path: str, value: object) -> bytes:
    """Return the model's published example with the field at dotted `path` replaced."""
    data = example(model)["data"]
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place: Any = data
    for part in parents:
        place = place[part]
    place[last] = value
    return json.dumps(data).encode()


@pytest.mark.parametrize(
    ("model", "path", "value"),
    [
        (OfficePaid, "amount_rial", "2100000"),
        (OfficePaid, "amount_rial", 2100000.0),
        (OfficePaid, "amount_rial", True),
        (OfficePaid, "amount_rial", 0),
        (OfficePaid, "amount_rial", -1),
        (OfficePaid, "amount_rial", 10**15 + 1),
        (OfficePaid, "reference", 77),
        (OfficePaid, "reference", ""),
        (OfficePaid, "reference", "7\x007"),
        (OfficePaid, "office", "Bojnurd"),
        (OfficePaid, "office", "bojnord\n"),
        (OfficeLicensed, "office.latitude", "37.4"),
        (OfficeLicensed, "office.latitude", 90.1),
        (OfficeLicensed, "office.latitude", float("nan")),
        (OfficeLicensed, "office.hours.0.weekday", "5"),
        (ServiceWithdrawn, "valid_from", "2026-11-25T08:30:00"),
        (ServiceWithdrawn, "valid_from", "2026-11-25"),
        (ServiceWithdrawn, "valid_from", "1764059400"),
        (ServiceWithdrawn, "valid_from", 1764059400),
        (ServiceWithdrawn, "valid_from", "0001-01-01T00:00:00+05:00"),
        (AgreementChanged, "agreement.letter_date", "86400"),
        (CalendarChanged, "calendar.holidays.0.on", "2027-03-21T00:00:00Z"),
        (RequestSubmitted, "request_id", "12"),
        (RequestSubmitted, "origin", "Agency"),
        (RequestSubmitted, "form.reason", 1.5),
        (RequestSubmitted, "form.reason", 10**30),
        (RequestSubmitted, "form.reason", "x" * 501),
        (RequestSubmitted, "form.reason", "a\x00"),
        (RequestSubmitted, "form.reason", {"a": 1}),
        (RequestSubmitted, "form.reason", ["Lost"]),
        (RequestSubmitted, "personal", "not base64!"),
        (RequestSubmitted, "personal", "A" * 26_672),
    ],
)
def test_a_value_of_the_wrong_type_or_bound_is_refused_by_field(model: type[Event], path: str, value: object) -> None:
    with pytest.raises(EventInvalid) as refused:
        parse(model, inside(model, path, value))
    assert refused.value.field == path
    assert refused.value.problem


def test_kpis_are_numbers() -> None:
    measured = (
        b'{"figure":"volume","key_kind":"office","key":"bojnord-01","window_from":"2026-11-25T00:00:00Z",'
        b'"window_to":"2026-11-26T00:00:00Z","value":%s,"samples":1,"rests_on_generated":true}'
    )
    assert parse(KpiMeasured, measured % b"1.5").value == 1.5
    for value in (b"NaN", b"Infinity", b"1e999"):
        with pytest.raises(EventInvalid, match="value: Input should be a finite number"):
            parse(KpiMeasured, measured % value)


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[" * 100_000, b'{"a": "\\ud800"}', "{}".encode("utf-16")])
def test_what_is_not_json_is_refused_as_a_whole(text: bytes) -> None:
    with pytest.raises(EventInvalid, match="body: Body should be one JSON object in UTF-8"):
        parse(RequestSubmitted, text)


def test_unknown_fields_are_tolerated_by_a_consumer_and_refused_of_a_producer() -> None:
    text = body(AgencyAnswered, priority=1)
    assert parse(AgencyAnswered, text) == parse(AgencyAnswered, body(AgencyAnswered))
    with pytest.raises(EventInvalid, match="priority: The schema has no such field"):
        parse_strictly(AgencyAnswered, text)
    nested = inside(OfficeLicensed, "office.licence.colour", "green")
    assert parse(OfficeLicensed, nested).office.licence.number
    with pytest.raises(EventInvalid, match=r"office\.licence\.colour: The schema has no such field"):
        parse_strictly(OfficeLicensed, nested)


def test_a_missing_field_is_named() -> None:
    with pytest.raises(EventInvalid, match="answer: Field required"):
        parse(AgencyAnswered, b'{"request_id": "0199f3c2-7a10-7c3e-8f51-2b6d0e4a9c11"}')


def leaves(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    if isinstance(value, dict):
        return [path, *(leaf for key, entry in value.items() for leaf in leaves(entry, (*path, key)))]
    if isinstance(value, list):
        return [path, *(leaf for index, entry in enumerate(value) for leaf in leaves(entry, (*path, index)))]
    return [path]


def refusal(model: type[Event], text: bytes) -> str:
    """Return how a producer's body is refused, or nothing when it is not."""
    try:
        parse_strictly(model, text)
    except EventInvalid as refused:
        return str(refused)
    return ""


EXAMPLES = [model for model in all_events().values() if exemplified(model)]


@pytest.mark.parametrize("model", EXAMPLES, ids=lambda model: model.__name__)
@given(st.data())
def test_an_error_never_repeats_a_value_wherever_it_stands(model: type[Event], data: st.DataObject) -> None:
    """A citizen's number put in any place, as value or as key, in any type, is not in the error."""
    content = example(model)["data"]
    path = data.draw(st.sampled_from(leaves(content)[1:]))
    bad = data.draw(
        st.sampled_from([SECRET + "/", [SECRET], {SECRET: SECRET}, {"0067491352": 1}, 67491352.5, "\x00" + SECRET])
    )
    place: Any = content
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = bad
    problem = refusal(model, json.dumps(content).encode())
    assert "0067491352" not in problem
    assert "67491352.5" not in problem


@pytest.mark.parametrize("model", EXAMPLES, ids=lambda model: model.__name__)
def test_every_example_is_a_strict_body_and_survives_encoding(model: type[Event]) -> None:
    event = parse_strictly(model, body(model))
    assert parse_strictly(model, encode(event)) == event


@given(st.binary(max_size=200))
def test_an_encrypted_blob_travels_as_it_is(blob: bytes) -> None:
    for alphabet in (base64.b64encode, base64.urlsafe_b64encode):
        submitted = parse(RequestSubmitted, body(RequestSubmitted, personal=alphabet(blob).decode()))
        assert submitted.personal == blob
    opened = RequestOpened(
        request_id=submitted.request_id,
        origin=submitted.origin,
        service=submitted.service,
        agency="civil-registration",
        city=submitted.city,
        county=None,
        office=None,
        citizen_ref=None,
        form=submitted.form,
        personal=submitted.personal,
        submitted_at=datetime(2026, 11, 25, tzinfo=UTC),
    )
    again = parse(RequestOpened, encode(opened))
    assert again == opened
    assert base64.urlsafe_b64decode(json.loads(encode(opened))["personal"]) == blob


def test_times_are_held_and_written_in_utc() -> None:
    event = parse(ServiceWithdrawn, body(ServiceWithdrawn, valid_from="2026-11-25T12:00:00+03:30"))
    assert event.valid_from == datetime(2026, 11, 25, 8, 30, tzinfo=UTC)
    assert event.valid_from.tzinfo is UTC
    assert json.loads(encode(event))["valid_from"] == "2026-11-25T08:30:00Z"


def test_every_spelling_of_a_request_id_is_one_id() -> None:
    request_id = "0199f3c2-7a10-7c3e-8f51-2b6d0e4a9c11"
    for spelling in (request_id, request_id.upper(), request_id.replace("-", "")):
        event = parse(RequestSubmitted, body(RequestSubmitted, request_id=spelling))
        assert event.request_id == UUID(request_id)
