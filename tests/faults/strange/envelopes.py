"""Kinds whose key, headers or times are strange."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from deploy.faults.province import PAYING_AGENCY
from schemas.topics import INTAKE_AGENCY
from tests.faults.strange.client import packed
from tests.faults.strange.kinds import APPLIED, NOT_TAKEN, End, Kind, Maker, Strange, dead

#: As many headers as a record of 100 kB holds, and one as long.
MANY_HEADERS = 2_000
LONG_HEADER_BYTES = 60_000
_CENTURY = timedelta(days=36_500)
_REQUIRED = ("ce_specversion", "ce_id", "ce_source", "ce_type")


def _spoilt(name: str, spoil: Callable[[Maker, Strange], Sequence[Strange]], *ends: End) -> Kind:
    return Kind(name, lambda maker: spoil(maker, maker.submit()), ends, packed())


ENVELOPES: tuple[Kind, ...] = (
    _spoilt("no key", lambda maker, good: [replace(good, key=None)], dead("misaddressed", "key")),
    _spoilt(
        "key of bytes",
        lambda maker, good: [replace(good, key=b"\xff\x00" + maker.chance.randbytes(900))],
        dead("misaddressed", "key"),
    ),
    _spoilt(
        "another subject, or none",
        lambda maker, good: [
            replace(good.with_headers(ce_subject=b"another"), key=b"another"),
            maker.submit().with_headers(ce_subject=maker.uuid().encode()),
            maker.submit().without("ce_subject"),
        ],
        dead("misaddressed", "ce_subject"),
    ),
    _spoilt(
        "another content type",
        lambda maker, good: [
            good.with_headers(content_type=b"text/plain"),
            maker.submit().with_headers(content_type=b"application/json; charset=utf-16"),
        ],
        dead("malformed", "content-type"),
    ),
    _spoilt("no content type", lambda maker, good: [good.without("content-type")], APPLIED),
    _spoilt("no time", lambda maker, good: [good.without("ce_time")], APPLIED),
    _spoilt(
        "a required header is missing",
        lambda maker, good: [maker.submit().without(name) for name in _REQUIRED],
        *(dead("malformed", name) for name in _REQUIRED),
    ),
    _spoilt("no headers at all", lambda maker, good: [replace(good, headers=())], dead("malformed", "ce_specversion")),
    _spoilt("header twice", lambda maker, good: [good.and_headers(("ce_id", b"other"))], dead("malformed", "ce_id")),
    _spoilt("header of null", lambda maker, good: [good.with_headers(ce_id=None)], dead("malformed", "ce_id")),
    _spoilt(
        "header not UTF-8",
        lambda maker, good: [good.with_headers(ce_subject=b"\xff\xfe")],
        dead("malformed", "ce_subject"),
    ),
    _spoilt(
        "escapes in a header",
        lambda maker, good: [good.with_headers(ce_subject=b"\x1b[2J\na")],
        dead("malformed", "ce_subject"),
    ),
    _spoilt(
        "many headers", lambda maker, good: [good.and_headers(*((f"x{n}", b"y") for n in range(MANY_HEADERS)))], APPLIED
    ),
    _spoilt("very long header", lambda maker, good: [good.and_headers(("x", b"y" * LONG_HEADER_BYTES))], APPLIED),
    _spoilt("very long id", lambda maker, good: [good.with_headers(ce_id=b"i" * 5_000)], dead("malformed", "ce_id")),
    _spoilt(
        "structured mode",
        lambda maker, good: [good.with_headers(content_type=b"application/cloudevents+json")],
        dead("malformed", "content-type"),
    ),
    _spoilt(
        "batched mode",
        lambda maker, good: [good.with_headers(content_type=b"application/cloudevents-batch+json")],
        dead("malformed", "content-type"),
    ),
    _spoilt(
        "other version of CloudEvents",
        lambda maker, good: [good.with_headers(ce_specversion=b"0.3")],
        dead("malformed", "ce_specversion"),
    ),
    _spoilt(
        "unknown type",
        lambda maker, good: [good.with_headers(ce_type=b"com.example.Anything")],
        dead("unknown_type", "ce_type"),
    ),
    _spoilt(
        "other major version",
        lambda maker, good: [good.with_headers(ce_type=b"ir.pishkhan.RequestSubmitted.v9")],
        dead("unknown_type", "ce_type"),
    ),
    _spoilt(
        "another party's type",
        lambda maker, good: [
            good.with_headers(ce_type=b"ir.pishkhan.OfficePaid.v1"),
            maker.submit().with_headers(ce_type=b"ir.pishkhan.RequestAccepted.v1"),
        ],
        dead("wrong_topic", "ce_type"),
    ),
    _spoilt(
        "forged source",
        lambda maker, good: [
            good.with_headers(ce_source=source.encode())
            for source in (f"/agencies/{PAYING_AGENCY}", "/directorate", "/bus", "/offices/any")
        ],
        dead("forged_source", "ce_source"),
    ),
    _spoilt(
        "another agency's topic",
        lambda maker, good: [replace(good, topic=INTAKE_AGENCY.for_agency(PAYING_AGENCY))],
        NOT_TAKEN,
    ),
    _spoilt(
        "time that is none", lambda maker, good: [good.with_headers(ce_time=b"yesterday")], dead("malformed", "ce_time")
    ),
    _spoilt(
        "said in another century",
        lambda maker, good: [
            one.with_headers(ce_time=(maker.now + way * _CENTURY).isoformat().encode())
            for one, way in ((good, 1), (maker.submit(), -1))
        ],
        APPLIED,
    ),
    # The broker puts its own time on what lies in intake.
    _spoilt(
        "the client's clock in another century",
        lambda maker, good: [
            replace(good, moment_ms=int((maker.now + _CENTURY).timestamp() * 1000)),
            replace(maker.submit(), moment_ms=1),
        ],
        APPLIED,
    ),
)
