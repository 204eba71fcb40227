"""Subject and key: both name what the body is about, and whatever else they name is told with its remedy."""

from uuid import UUID

import pytest

from schemas.base import Event
from schemas.decode import all_events, parse
from schemas.examples import example
from schemas.export import written_by_outsiders
from schemas.intake_agency import RequestCancelled
from schemas.intake_directorate import CorrectionOrdered, OfficePaid
from schemas.subject import astray, subject_of, subject_problem
from tests.unit.schemas.test_decode import body

REQUEST = UUID("0199f3c2-7a10-7c3e-8f51-2b6d0e4a9c11")
CANCELLED = RequestCancelled(request_id=REQUEST, reason="moved")
WRITTEN = [model for model in all_events().values() if written_by_outsiders(model)]


@pytest.mark.parametrize("model", WRITTEN, ids=lambda model: model.__name__)
def test_everything_that_outsiders_write_is_about_something_as_its_example_shows(model: type[Event]) -> None:
    event = parse(model, body(model))
    subject = example(model)["subject"]
    assert subject_of(event) in (subject, None if model is CorrectionOrdered else subject)
    assert astray(event, subject, subject.encode()) is None
    assert astray(event, None, subject.encode()) is not None


@pytest.mark.parametrize("subject", [str(REQUEST), str(REQUEST).upper(), REQUEST.hex, REQUEST.hex.upper()])
def test_an_id_may_be_spelled_as_a_body_may_spell_it_and_the_key_follows_the_spelling(subject: str) -> None:
    assert astray(CANCELLED, subject, subject.encode()) is None
    found = astray(CANCELLED, subject, b"" + subject.swapcase().encode() + b" ")
    assert found is not None
    assert found.field == "key"


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        (None, "is missing"),
        (str(UUID(int=REQUEST.int + 1)), "is not what the body is about"),
        ("", "is not what the body is about"),
        (str(REQUEST)[:-1], "is not what the body is about"),
        (f" {REQUEST}", "is not what the body is about"),
    ],
)
def test_another_subject_or_none_is_told_and_not_repeated(subject: str | None, words: str) -> None:
    found = astray(CANCELLED, subject, str(REQUEST).encode())
    assert found is not None
    assert found.field == "ce_subject"
    assert found.problem.startswith(words)
    assert "request id" in found.problem
    assert str(REQUEST) not in found.problem


@pytest.mark.parametrize(
    ("key", "words"), [(None, "is missing"), (b"", "is another"), (b"water", "is another"), (b"\xff\x00", "is another")]
)
def test_another_key_or_none_is_told(key: bytes | None, words: str) -> None:
    found = astray(CANCELLED, str(REQUEST), key)
    assert found is not None
    assert found.field == "key"
    assert found.problem.startswith(words)


def test_a_code_is_spelled_in_one_way() -> None:
    paid = parse(OfficePaid, body(OfficePaid))
    assert subject_problem(paid, "urban-001") is None
    for other in ("urban001", "URBAN-001", "urban-002"):
        assert subject_problem(paid, other)
