"""What may be published, by whom and where; and the line-by-line form of it."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from producers.claims import ClaimInvalid, check_speaker, message_from_event, message_of
from producers.lines import LineProblem, ReadLine, read_lines
from schemas.envelope import Envelope, to_structured
from schemas.intake_agency import AgreementPaused, RequestCancelled
from schemas.intake_directorate import FineImposed, WindowCloseRequested
from schemas.intake_office import RequestAccepted

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
REQUEST = UUID("0197a1b2-0000-7000-8000-000000000001")
BODY: dict[str, Any] = {"request_id": str(REQUEST), "service": "water.bill", "origin": "agency", "city": "bojnurd"}
SUBMITTED = "ir.pishkhan.RequestSubmitted.v1"


def envelope(**changes: Any) -> Envelope:
    return Envelope(**{"id": "e-1", "source": "/agencies/water", "type": SUBMITTED, **changes})


def body(**changes: Any) -> bytes:
    return json.dumps({**BODY, **changes}).encode()


@pytest.mark.parametrize(
    ("source", "event", "topic"),
    [
        ("/agencies/water", RequestCancelled(request_id=REQUEST, reason="moved"), "pishkhan.intake.water"),
        ("/offices/o-1", RequestAccepted(request_id=REQUEST, operator="op"), "pishkhan.intake.offices"),
        ("/directorate", WindowCloseRequested(window=3), "pishkhan.intake.directorate"),
    ],
)
def test_the_speaker_decides_the_topic(source: str, event: Any, topic: str) -> None:
    assert message_from_event(source, event, "e-1", NOW).topic == topic


def test_the_key_is_the_subject_and_the_subject_is_what_the_event_is_about() -> None:
    about = {
        str(REQUEST): ("/agencies/water", RequestCancelled(request_id=REQUEST, reason="moved")),
        "mou-1": ("/agencies/water", AgreementPaused(agreement="mou-1", paused=True, reason="flood")),
        "window-3": ("/directorate", WindowCloseRequested(window=3)),
        str(UUID(int=5)): (
            "/directorate",
            FineImposed(fine_id=UUID(int=5), office="o-1", amount_rial=1, minutes_number="7"),
        ),
    }
    for subject, (source, event) in about.items():
        message = message_from_event(source, event, "e-1", NOW)
        assert (message.key, message.envelope.subject) == (subject, subject)


def test_a_given_time_is_kept_and_missing_attributes_are_filled_in() -> None:
    earlier = datetime(2026, 11, 24, tzinfo=UTC)
    assert message_of(envelope(time=earlier), body(), NOW).envelope.time == earlier
    filled = message_of(envelope(), body(), NOW)
    assert (filled.key, filled.envelope.subject, filled.envelope.time) == (str(REQUEST), str(REQUEST), NOW)


def test_however_its_id_is_spelled_what_is_said_of_one_request_goes_to_one_partition() -> None:
    spellings = (str(REQUEST), str(REQUEST).upper(), REQUEST.hex, None)
    messages = [message_of(envelope(subject=subject), body(), NOW) for subject in spellings]
    assert {(message.key, message.envelope.subject) for message in messages} == {(str(REQUEST), str(REQUEST))}


@pytest.mark.parametrize(
    ("changes", "data", "field"),
    [
        ({"source": "/banks/melli"}, {}, "source"),
        ({"source": "/agencies/Water"}, {}, "source"),
        ({"source": "/agencies/offices"}, {}, "source"),
        ({"source": "/agencies/directorate"}, {}, "source"),
        ({"source": "/bus"}, {}, "source"),
        ({"sequence": 1}, {}, "sequence"),
        ({"load_revision": 1}, {}, "loadrevision"),
        ({"load_index": 1}, {}, "loadindex"),
        ({"subject": "mine"}, {}, "subject"),
        ({"subject": str(UUID(int=1))}, {}, "subject"),
        ({"type": "ir.pishkhan.RequestAccepted.v1"}, {}, "type"),
        ({"type": "ir.pishkhan.Nonsense.v1"}, {}, "type"),
        ({}, {"service": 5}, "data.service"),
        ({}, {"colour": "blue"}, "data.colour"),
        ({}, {"form": {f"f{number}": ["x" * 63] * 30 for number in range(100)}}, "data"),
    ],
)
def test_what_may_not_be_published_is_refused_at_its_field(
    changes: dict[str, Any], data: dict[str, Any], field: str
) -> None:
    with pytest.raises(ClaimInvalid) as refused:
        message_of(envelope(**changes), body(**data), NOW)
    assert refused.value.field == field
    assert refused.value.problem


def test_lines_are_numbered_blank_ones_pass_and_each_bad_one_is_told() -> None:
    good = to_structured(envelope(), body())
    lines = [good, b"\n", b"not json\n", to_structured(envelope(sequence=4), body()), b"[]", good]
    found = list(read_lines(lines, NOW, ["water"], first_number=11))
    assert [type(item) for item in found] == [ReadLine, LineProblem, LineProblem, LineProblem, ReadLine]
    problems = [item for item in found if isinstance(item, LineProblem)]
    assert [(problem.line_number, problem.field) for problem in problems] == [
        (13, "line"),
        (14, "sequence"),
        (15, "line"),
    ]


def test_an_agency_that_has_no_topic_is_refused_at_its_line_with_those_that_have() -> None:
    [problem] = read_lines([to_structured(envelope(), body())], NOW, ["gas", "electricity"])
    assert isinstance(problem, LineProblem)
    assert problem.field == "source"
    assert problem.problem == "no agency is called water; known are electricity, gas"
    [problem] = read_lines([to_structured(envelope(), body())], NOW, [])
    assert isinstance(problem, LineProblem)
    assert problem.problem.endswith("none is known yet, load a province first")


@pytest.mark.parametrize("source", ["/offices/o-1", "/directorate", "/agencies/water"])
def test_offices_the_directorate_and_known_agencies_may_speak(source: str) -> None:
    check_speaker(source, ["water"])
    with pytest.raises(ClaimInvalid):
        check_speaker("/agencies/offices", ["water"])


def test_a_line_without_an_id_is_refused_for_a_repeat_could_not_be_told_from_a_new_event() -> None:
    line = json.dumps({"specversion": "1.0", "source": "/agencies/water", "type": SUBMITTED, "data": BODY}).encode()
    [problem] = read_lines([line], NOW, ["water"])
    assert isinstance(problem, LineProblem)
    assert problem.field == "id"
