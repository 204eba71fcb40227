"""The envelope: both forms carry everything, and what is malformed is refused by name."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.envelope import (
    Envelope,
    EnvelopeInvalid,
    format_time,
    from_headers,
    from_structured,
    to_headers,
    to_structured,
)
from schemas.instant import EARLIEST, LATEST

printable = st.text(st.characters(codec="utf-8"), min_size=1, max_size=120).filter(str.isprintable)
moments = st.datetimes(
    EARLIEST.replace(tzinfo=None) + timedelta(days=1),
    LATEST.replace(tzinfo=None) - timedelta(days=1),
    timezones=st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
positions = st.none() | st.integers(0, 10**18 - 1)
envelopes = st.builds(
    Envelope,
    id=printable,
    source=printable,
    type=printable,
    subject=st.none() | printable,
    time=st.none() | moments,
    sequence=positions,
    load_revision=positions,
    load_index=positions,
)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=8,
)
bodies = st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=20), values, max_size=4)

REQUIRED = {"specversion": "1.0", "id": "e-1", "source": "/agencies/post", "type": "ir.pishkhan.RequestSubmitted.v1"}


def headers(**changes: str | bytes | None) -> list[tuple[str, bytes | None]]:
    given_values = {**REQUIRED, **changes}
    return [(f"ce_{name}", value.encode() if isinstance(value, str) else value) for name, value in given_values.items()]


def line(**changes: object) -> str:
    return json.dumps({**REQUIRED, "data": {"a": 1}, **changes})


@given(envelopes)
def test_headers_carry_the_whole_envelope(envelope: Envelope) -> None:
    assert from_headers(to_headers(envelope)) == envelope


@given(envelopes, bodies)
def test_a_structured_line_carries_the_envelope_and_the_body(envelope: Envelope, body: dict[str, object]) -> None:
    found, data = from_structured(to_structured(envelope, json.dumps(body).encode()))
    assert found == envelope
    assert json.loads(data) == body


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type"])
def test_a_missing_required_attribute_is_named(name: str) -> None:
    with pytest.raises(EnvelopeInvalid, match=f"ce_{name}: is missing"):
        from_headers(headers(**{name: None}))
    with pytest.raises(EnvelopeInvalid, match=f"^{name}: is missing"):
        from_structured(line(**{name: None}))


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("specversion", "0.3", "must be 1.0"),
        ("id", "x" * 129, "longer than 128"),
        ("id", "a\nb", "must be printable"),
        ("source", "/agencies/\x00", "must be printable"),
        ("subject", "s" * 201, "at most 200"),
        ("time", "2027-11-26T08:30:00", "RFC 3339"),
        ("time", "2027-11-26", "RFC 3339"),
        ("time", "1764059400", "RFC 3339"),
        ("time", "20261125T083000Z", "RFC 3339"),
        ("time", "2026-13-25T08:30:00Z", "not a moment"),
        ("time", "0001-01-01T00:00:00+05:00", "1900 to 2199"),
        ("time", "9999-12-31T23:59:59-05:00", "1900 to 2199"),
        ("sequence", "-1", "whole number"),
        ("sequence", "٣", "whole number"),
        ("loadrevision", "9" * 19, "whole number"),
    ],
)
def test_a_malformed_attribute_is_named_in_both_forms(name: str, value: str, problem: str) -> None:
    with pytest.raises(EnvelopeInvalid, match=problem) as binary:
        from_headers(headers(**{name: value}))
    with pytest.raises(EnvelopeInvalid, match=problem) as structured:
        from_structured(line(**{name: value}))
    assert (binary.value.field, structured.value.field) == (f"ce_{name}", name)
    assert value not in str(binary.value)


def test_a_header_that_is_not_text_is_refused() -> None:
    with pytest.raises(EnvelopeInvalid, match="ce_subject: is not UTF-8"):
        from_headers(headers(subject=b"\xff\xfe"))


def test_an_attribute_given_twice_is_refused_rather_than_chosen_from() -> None:
    with pytest.raises(EnvelopeInvalid, match="ce_source: is given twice"):
        from_headers([*headers(), ("ce_source", b"/agencies/water")])


def test_unknown_headers_and_extensions_are_tolerated() -> None:
    found = from_headers([*headers(), ("ce_traceparent", b"00-1"), ("x-anything", b"\xff")])
    assert found == from_structured(line(traceparent="00-1", priority=5, urgent=True))[0]


def test_null_is_the_same_as_absent() -> None:
    assert from_structured(line(subject=None))[0].subject is None


@pytest.mark.parametrize(
    ("text", "field", "problem"),
    [
        ("{", "line", "is not JSON"),
        ("", "line", "is not JSON"),
        ("[]", "line", "must be one JSON object"),
        (b"\xff{}", "line", "is not UTF-8"),
        ("[" * 100_000, "line", "too deeply"),
        ('{"data": {"n": ' + "9" * 5000 + "}}", "line", "number too long"),
        (line(data=None), "data", "must be a JSON object"),
        (line(data="text"), "data", "must be a JSON object"),
        (line(id=5), "id", "must be text"),
        (line(Subject="x"), "Subject", "lower-case letters and digits"),
        (line(**{"0012345678 is secret": "x"}), "an attribute", "lower-case letters and digits"),
    ],
)
def test_a_line_that_is_no_event_is_refused_by_field(text: str | bytes, field: str, problem: str) -> None:
    with pytest.raises(EnvelopeInvalid, match=problem) as refused:
        from_structured(text)
    assert refused.value.field == field


def test_a_lone_surrogate_in_the_data_is_left_to_the_bodys_parser() -> None:
    _, body = from_structured(line(data={"a": "\ud800"}))
    with pytest.raises(UnicodeDecodeError):
        body.decode("utf-8")


def test_time_is_written_in_utc_with_microseconds() -> None:
    tehran = timezone(timedelta(hours=3, minutes=30))
    assert format_time(datetime(2026, 11, 25, 12, 0, tzinfo=tehran)) == "2026-11-25T08:30:00.000000Z"
    assert format_time(datetime(2026, 11, 25, 8, 30, 0, 5, tzinfo=UTC)) == "2026-11-25T08:30:00.000005Z"
