"""The states that events lead to are those that the lifecycle gives a request with them."""

from collections.abc import Sequence
from itertools import product

import pytest

from consumers.reconciliation.domain.states import UNOPENED, state_after
from consumers.reconciliation.domain.views import SubjectEvent
from consumers.requests.domain.life.lifecycle import transition
from consumers.requests.domain.life.outcome import Apply
from consumers.requests.domain.life.state import RequestStage, Signal, Speaker
from schemas.base import Event
from schemas.log_requests import (
    AgencyAsked,
    OfficeAccepted,
    OfficeCollectedFee,
    OfficeStarted,
    RequestClosed,
    RequestCompleted,
    RequestEscalated,
    RequestRefused,
    RequestRouted,
)
from tests.kit.values.requests_world import CLAIMS, at, context, make_world, speaker_for

#: What the log says last before a request is at a stage.
_LED_TO: dict[RequestStage, type[Event]] = {
    RequestStage.ROUTED: RequestRouted,
    RequestStage.ESCALATED: RequestEscalated,
    RequestStage.ACCEPTED: OfficeAccepted,
    RequestStage.FEE_COLLECTED: OfficeCollectedFee,
    RequestStage.STARTED: OfficeStarted,
    RequestStage.AGENCY_AWAITED: AgencyAsked,
    RequestStage.COMPLETED: RequestCompleted,
    RequestStage.REFUSED: RequestRefused,
}


def seen(kind: type[Event], reason: str | None = None) -> SubjectEvent:
    return SubjectEvent(1, "e", 0, 0, 0, kind.type_name(), reason)


def before(stage: RequestStage) -> list[SubjectEvent]:
    if stage.value in UNOPENED:
        return []
    kind = _LED_TO.get(stage)
    return [seen(RequestClosed, stage.value) if kind is None else seen(kind)]


def said(events: Sequence[Event]) -> list[SubjectEvent]:
    return [seen(type(one), one.reason.value if isinstance(one, RequestClosed) else None) for one in events]


@pytest.mark.parametrize("stage", list(RequestStage))
def test_a_row_at_a_stage_says_what_its_events_lead_to(stage: RequestStage) -> None:
    state = state_after(before(stage))
    assert stage.value in ({state} if state is not None else UNOPENED)


@pytest.mark.parametrize(
    ("stage", "what"),
    list(product(RequestStage, [*CLAIMS, Signal.ACCEPTANCE_OVERDUE, Signal.EXPIRED, Signal.REGISTRY_READ])),
    ids=lambda one: type(one).__name__ if isinstance(one, Event) else str(one),
)
def test_what_is_applied_leads_to_the_stage_that_the_row_gets(stage: RequestStage, what: Event | Signal) -> None:
    world = make_world()
    state = at(stage, world)
    speaker = Speaker() if isinstance(what, Signal) else speaker_for(state, what)
    try:
        outcome = transition(state, what, context(speaker, world, registry_complete=True))
    except AssertionError:
        # No stage gets every signal; a claim always comes to something.
        assert isinstance(what, Signal)
        return
    if isinstance(outcome, Apply):
        assert state_after([*before(stage), *said(outcome.events)]) == outcome.state.stage.value
