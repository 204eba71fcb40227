"""How a request comes in and finds its office, or is refused, or goes back."""

from datetime import timedelta
from typing import Any

import pytest

from consumers.requests.domain.life.lifecycle import transition
from consumers.requests.domain.life.outcome import Apply, Await, AwaitReason
from consumers.requests.domain.life.state import RequestStage, Signal, Speaker, unknown, with_form
from schemas.catalogue import Datatype, FormAttribute
from schemas.intake_agency import Origin
from schemas.log_requests import (
    OfficeTimedOut,
    RefusalReason,
    RequestEscalated,
    RequestOpened,
    RequestRefused,
    RequestRouted,
)
from tests.kit.values.builders import (
    MOMENT,
    agreement,
    calendar,
    entries,
    office,
    policy,
    service,
    small_province,
    terms,
    territory,
    words,
)
from tests.kit.values.requests_world import (
    CANCELLED,
    DECLINED,
    OWNER,
    REQUEST,
    SUBMITTED,
    context,
    make_world,
    walk,
)

S = RequestStage


def test_a_submission_opens_and_routes() -> None:
    state, events = walk(SUBMITTED)
    opened, routed = events
    assert isinstance(opened, RequestOpened)
    assert (opened.agency, opened.county) == ("civil-registry", "bojnord")
    assert isinstance(routed, RequestRouted)
    assert routed.decision.office == state.office
    assert routed.decision.loads_seen == 7
    assert state.accept_by == routed.accept_by == MOMENT + timedelta(hours=4)


def test_the_blob_is_in_the_log_and_not_kept() -> None:
    state, events = walk(SUBMITTED.model_copy(update={"personal": b"sealed"}))
    assert isinstance(events[0], RequestOpened)
    assert events[0].personal == b"sealed"
    assert state.asked().personal is None


def test_a_declined_request_goes_elsewhere_and_in_the_end_to_a_person() -> None:
    world = make_world(small_province(*(office(f"office-{number}") for number in range(5))))
    state, events = walk(SUBMITTED, DECLINED, DECLINED, DECLINED, world=world)
    routed = [event.decision.office for event in events if isinstance(event, RequestRouted)]
    assert len(set(routed)) == 3
    assert [event.decision.attempt for event in events if isinstance(event, RequestRouted)] == [1, 2, 3]
    assert isinstance(events[-1], RequestEscalated)
    assert events[-1].attempts == 3
    assert (state.stage, state.office, state.tried) == (S.ESCALATED, None, tuple(routed))


def test_without_another_office_a_person_must_find_one() -> None:
    world = make_world(small_province(office("only")))
    state, events = walk(SUBMITTED, DECLINED, world=world)
    assert state.stage is S.ESCALATED
    assert isinstance(events[-1], RequestEscalated)
    assert sum(events[-1].excluded.values()) == 1


def test_a_deadline_passes_to_the_next_office() -> None:
    world = make_world()
    state, events = walk(SUBMITTED, Signal.ACCEPTANCE_OVERDUE, world=world)
    first, timed_out, second = events[1:]
    assert isinstance(first, RequestRouted)
    assert isinstance(timed_out, OfficeTimedOut)
    assert isinstance(second, RequestRouted)
    assert timed_out.office == first.decision.office != second.decision.office
    assert state.office == second.decision.office
    assert state.accept_by == MOMENT + timedelta(days=400, hours=4)


def test_an_unknown_service_waits_for_the_registry_and_is_then_refused() -> None:
    world = make_world()
    claim = SUBMITTED.model_copy(update={"service": "unheard-of", "personal": b"sealed"})
    outcome = transition(unknown(REQUEST), claim, context(OWNER, world))
    assert isinstance(outcome, Await)
    assert outcome.reason is AwaitReason.REGISTRY
    assert outcome.state is not None
    assert outcome.state.stage is S.PARKED
    assert outcome.state.asked().personal == b"sealed"
    resumed = transition(outcome.state, Signal.REGISTRY_READ, context(Speaker(), world, MOMENT, registry_complete=True))
    assert isinstance(resumed, Apply)
    opened, refused = resumed.events
    assert isinstance(opened, RequestOpened)
    assert opened.personal == b"sealed"
    assert isinstance(refused, RequestRefused)
    assert refused.reason is RefusalReason.UNKNOWN_SERVICE
    assert resumed.state.asked().personal is None


def test_a_service_that_came_meanwhile_is_routed() -> None:
    world = make_world()
    waiting = transition(unknown(REQUEST), SUBMITTED.model_copy(update={"service": "late"}), context(OWNER, world))
    assert isinstance(waiting, Await)
    assert waiting.state is not None
    more = make_world(
        entries(
            [
                territory(),
                policy(),
                calendar(),
                service("late"),
                agreement(services=(terms("late"),)),
                office("office-1"),
            ]
        )
    )
    resumed = transition(waiting.state, Signal.REGISTRY_READ, context(Speaker(), more))
    assert isinstance(resumed, Apply)
    assert resumed.state.stage is S.ROUTED


def test_without_a_policy_nothing_is_decided() -> None:
    world = make_world(entries([territory(), service(), agreement(), office("office-1")]))
    assert isinstance(transition(unknown(REQUEST), SUBMITTED, context(OWNER, world)), Await)
    refused = transition(unknown(REQUEST), SUBMITTED, context(OWNER, world, registry_complete=True))
    assert isinstance(refused, Apply)
    event = refused.events[-1]
    assert isinstance(event, RequestRefused)
    assert event.reason is RefusalReason.SERVICE_NOT_LIVE


@pytest.mark.parametrize(
    ("changes", "speaker", "reason", "detail"),
    [
        ({}, Speaker(agency="other"), RefusalReason.NOT_OWNER, "service: "),
        ({}, Speaker(office="office-1"), RefusalReason.NOT_OWNER, "origin: "),
        (
            {"origin": Origin.WALK_IN, "office": "office-2"},
            Speaker(office="office-1"),
            RefusalReason.NOT_OWNER,
            "origin: ",
        ),
        ({"origin": Origin.CITIZEN_CHOICE}, OWNER, RefusalReason.UNKNOWN_OFFICE, "office: "),
        ({"form": {"unheard_of": 1}}, OWNER, RefusalReason.FORM_INVALID, "form.unheard_of: "),
        ({"city": "atlantis"}, OWNER, RefusalReason.UNKNOWN_PLACE, ""),
    ],
)
def test_what_is_refused_before_routing(
    changes: dict[str, Any], speaker: Speaker, reason: RefusalReason, detail: str
) -> None:
    outcome = transition(unknown(REQUEST), SUBMITTED.model_copy(update=changes), context(speaker, make_world()))
    assert isinstance(outcome, Apply)
    event = outcome.events[-1]
    assert isinstance(event, RequestRefused)
    assert event.reason is reason
    assert event.detail.startswith(detail)


def test_a_walk_in_at_a_desk_means_that_desk() -> None:
    claim = SUBMITTED.model_copy(update={"origin": Origin.WALK_IN})
    outcome = transition(unknown(REQUEST), claim, context(Speaker(office="office-2"), make_world()))
    assert isinstance(outcome, Apply)
    assert outcome.state.office == "office-2"


FORM = (
    FormAttribute(code="reason", datatype=Datatype.STRING, required=True, order=1, names=words("reason")),
    FormAttribute(code="copies", datatype=Datatype.NUMBER, required=False, order=2, names=words("copies")),
    FormAttribute(
        code="national-id", datatype=Datatype.STRING, required=False, order=3, personal=True, names=words("n")
    ),
)
STRAY = {"national-id": "0012345678", "mobile": "09150000000", "copies": "0012345678"}


@pytest.mark.parametrize("field", STRAY)
def test_a_refused_form_leaves_nothing_but_declared_fields_that_are_not_personal(field: str) -> None:
    world = make_world(
        entries([territory(), policy(), calendar(), service(form=FORM), agreement(), office("office-1")])
    )
    claim = SUBMITTED.model_copy(update={"form": {"reason": "lost", field: STRAY[field]}})
    outcome = transition(unknown(REQUEST), claim, context(OWNER, world))
    assert isinstance(outcome, Apply)
    opened, refused = outcome.events
    assert isinstance(opened, RequestOpened)
    assert isinstance(refused, RequestRefused)
    assert refused.reason is RefusalReason.FORM_INVALID
    assert opened.form == outcome.state.asked().form == {"reason": "lost"}
    assert STRAY[field] not in refused.detail


def test_another_agencys_form_is_judged_by_the_service_as_well() -> None:
    world = make_world(
        entries([territory(), policy(), calendar(), service(form=FORM), agreement(), office("office-1")])
    )
    claim = SUBMITTED.model_copy(update={"form": {"reason": "lost", **STRAY}})
    outcome = transition(unknown(REQUEST), claim, context(Speaker(agency="other"), world))
    assert isinstance(outcome, Apply)
    assert isinstance(outcome.events[0], RequestOpened)
    assert outcome.events[0].form == outcome.state.asked().form == {"reason": "lost"}


def test_the_form_of_an_unknown_service_is_not_kept_while_it_waits_nor_when_it_is_refused() -> None:
    world = make_world()
    claim = SUBMITTED.model_copy(update={"service": "unheard-of", "form": {"reason": "lost", **STRAY}})
    waiting = transition(unknown(REQUEST), claim, context(OWNER, world))
    assert isinstance(waiting, Await)
    assert waiting.state is not None
    assert waiting.state.asked().form == {}
    parked = with_form(waiting.state, claim)
    for state, trigger, speaker in (
        (parked, Signal.REGISTRY_READ, Speaker()),
        (waiting.state, CANCELLED, OWNER),
        (unknown(REQUEST), claim, OWNER),
    ):
        ended = transition(state, trigger, context(speaker, world, registry_complete=True))
        assert isinstance(ended, Apply)
        assert isinstance(ended.events[0], RequestOpened)
        assert ended.events[0].form == ended.state.asked().form == {}
