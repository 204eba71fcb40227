"""The table of acts: nothing that may be said is left out, and nothing has two names."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from producers.access.parties import GRANTABLE, PartyKind
from producers.acts import ACTS, Act, act_named
from producers.claims import ClaimInvalid
from schemas.base import Event
from schemas.speakers import SpeakerKind
from schemas.topics import INTAKE_AGENCY, INTAKE_DIRECTORATE, INTAKE_OFFICES

TOPICS = {
    SpeakerKind.AGENCY: INTAKE_AGENCY,
    SpeakerKind.OFFICE: INTAKE_OFFICES,
    SpeakerKind.DIRECTORATE: INTAKE_DIRECTORATE,
}
MAY_SAY = [(speaker, event) for speaker, topic in TOPICS.items() for event in topic.events]


def named(act: Act) -> str:
    return f"{act.speaker}-{act.name}"


def field_at(event: type[BaseModel], place: str) -> Any:
    """Return the type of the field at `place`; raises KeyError when there is none."""
    model: Any = event
    for name in place.split("."):
        model = model.model_fields[name].annotation
    return model


def repeated(values: Iterator[Any]) -> list[Any]:
    return [value for value, count in Counter(values).items() if count > 1]


@pytest.mark.parametrize(("speaker", "event"), MAY_SAY, ids=lambda one: getattr(one, "__name__", str(one)))
def test_what_may_be_said_is_one_act_or_one_for_each_value_of_a_field(speaker: SpeakerKind, event: type[Event]) -> None:
    acts = [act for act in ACTS if (act.speaker, act.event) == (speaker, event)]
    if len(acts) == 1:
        return
    fields = {name for act in acts for name in act.fixed}
    assert fields == {"paused"}, f"{speaker} {event.__name__}: one row, or rows that differ in one field of two values"
    assert sorted(act.fixed["paused"] for act in acts) == [False, True]


def test_no_act_says_what_its_speaker_may_not() -> None:
    assert [named(act) for act in ACTS if (act.speaker, act.event) not in MAY_SAY] == []


def test_names_and_commands_and_requests_are_one_speakers_once() -> None:
    assert repeated((act.speaker, act.name) for act in ACTS) == []
    assert repeated(act.command for act in ACTS) == []
    assert repeated((act.speaker, act.method, act.path) for act in ACTS) == []
    assert {act.command[0] for act in ACTS} == {speaker.value for speaker in SpeakerKind}


def test_a_request_that_two_speakers_may_make_says_the_same_event() -> None:
    events: dict[tuple[str, str], set[type[Event]]] = {}
    for act in ACTS:
        events.setdefault((act.method, act.path), set()).add(act.event)
    assert [request for request, kinds in events.items() if len(kinds) > 1] == []


@pytest.mark.parametrize("act", ACTS, ids=named)
def test_everything_a_row_names_is_a_field_of_its_event(act: Act) -> None:
    for place in filter(None, (act.place, act.own, *act.fixed, *act.made)):
        field_at(act.event, place)
    assert act.path.count("{") == (0 if act.about is None else 1)
    if act.at is not None:
        assert act.about is not None
        assert act.at == f"{act.about}.code", "what is nested is a value with a code, under its own name"
    if act.place in act.made:
        pytest.fail("what the path names is not left out")


@pytest.mark.parametrize("act", ACTS, ids=named)
def test_a_made_field_is_an_id(act: Act) -> None:
    assert {name: field_at(act.event, name).__name__ for name in act.made} == dict.fromkeys(act.made, "UUID")


@pytest.mark.parametrize("act", ACTS, ids=named)
def test_each_act_has_a_scope_of_its_speaker_and_a_plain_path(act: Act) -> None:
    assert act.scope in GRANTABLE[PartyKind(act.speaker.value)], "no key of its party could be given the scope"
    assert act.method in {"POST", "PUT"}
    assert act.path.startswith("/v1/")
    assert act.method == "POST" or act.path.endswith("}"), "PUT goes to the thing itself"
    assert act.path == act.path.lower()
    assert act.name.replace("-", "").isalpha()


def test_an_act_is_found_by_speaker_and_name() -> None:
    office = act_named(SpeakerKind.OFFICE, "withdraw-claim")
    agency = act_named(SpeakerKind.AGENCY, "withdraw-claim")
    assert office is not None
    assert agency is not None
    assert (office.speaker, agency.speaker) == (SpeakerKind.OFFICE, SpeakerKind.AGENCY)
    assert act_named(SpeakerKind.OFFICE, "submit-request") is None


def act(speaker: SpeakerKind, name: str) -> Act:
    found = act_named(speaker, name)
    assert found is not None
    return found


def test_act_speaker_and_path_fill_their_fields() -> None:
    walk_in = act(SpeakerKind.OFFICE, "submit-walk-in")
    assert walk_in.said({"service": "a.b"}, "o-1") == {"service": "a.b", "origin": "walk_in", "office": "o-1"}
    pause = act(SpeakerKind.AGENCY, "pause-agreement")
    assert pause.said({"reason": "flood"}, "water", "mou-1") == {
        "reason": "flood",
        "paused": True,
        "agreement": "mou-1",
    }
    window = act(SpeakerKind.DIRECTORATE, "close-window")
    assert window.said({}, "directorate", "7") == {"window": 7}
    assert window.said({}, "directorate", "seven") == {"window": "seven"}, "the event's own parser refuses it"


def test_a_value_within_is_filled_and_the_callers_own_is_left_as_it_was() -> None:
    publish = act(SpeakerKind.AGENCY, "publish-service")
    given = {"service": {"version": 1}}
    assert publish.said(given, "water", "water.bill") == {
        "service": {"version": 1, "agency": "water", "code": "water.bill"}
    }
    assert given == {"service": {"version": 1}}
    assert publish.said({}, "water", "water.bill") == {"service": {"agency": "water", "code": "water.bill"}}
    assert publish.said({"service": 7}, "water", "water.bill") == {"service": 7}


@pytest.mark.parametrize(
    ("speaker", "name", "given", "path", "field"),
    [
        (SpeakerKind.AGENCY, "publish-service", {"service": {"code": "water.x"}}, "water.bill", "service.code"),
        (SpeakerKind.AGENCY, "publish-service", {"service": {"agency": "gas"}}, "water.bill", "service.agency"),
        (SpeakerKind.AGENCY, "pause-agreement", {"paused": False}, "mou-1", "paused"),
        (SpeakerKind.AGENCY, "pause-agreement", {"paused": 1}, "mou-1", "paused"),
        (SpeakerKind.AGENCY, "cancel-request", {"request_id": "b"}, "a", "request_id"),
        (SpeakerKind.OFFICE, "submit-walk-in", {"office": "o-2"}, None, "office"),
        (SpeakerKind.OFFICE, "submit-walk-in", {"origin": "agency"}, None, "origin"),
        (SpeakerKind.DIRECTORATE, "close-window", {"window": 8}, "7", "window"),
        (SpeakerKind.DIRECTORATE, "change-office", {"office": {"code": "o-2"}}, "o-1", "office.code"),
    ],
)
def test_what_says_otherwise_is_refused_by_its_field(
    speaker: SpeakerKind, name: str, given: dict[str, Any], path: str | None, field: str
) -> None:
    with pytest.raises(ClaimInvalid) as refused:
        act(speaker, name).said(given, "water" if speaker is SpeakerKind.AGENCY else "o-1", path)
    assert refused.value.field == field


def test_the_same_said_twice_is_no_contradiction() -> None:
    cancel = act(SpeakerKind.AGENCY, "cancel-request")
    assert cancel.said({"request_id": "AB-1"}, "water", "ab-1") == {"request_id": "AB-1"}
