"""A deadline binds the party whose turn it is, and goes by when it spoke."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from consumers.requests.domain.life.deadlines import passed_before
from consumers.requests.domain.life.state import RequestStage, RequestState, Signal, Speaker
from tests.kit.values.builders import MOMENT

DUE = MOMENT
OFFICE, ANOTHER, OWNER, STRANGER = (
    Speaker(office="office-1"),
    Speaker(office="office-2"),
    Speaker(agency="post"),
    Speaker(agency="gas"),
)
SECOND = timedelta(seconds=1)


def request(stage: RequestStage) -> RequestState:
    office = None if stage is RequestStage.ESCALATED else "office-1"
    state = RequestState(request_id=UUID(int=1), stage=stage, office=office, agency="post")
    return state.model_copy(update={"accept_by" if stage is RequestStage.ROUTED else "expires_at": DUE})


@pytest.mark.parametrize(
    ("stage", "bound"),
    [
        (RequestStage.ROUTED, OFFICE),
        (RequestStage.ACCEPTED, OFFICE),
        (RequestStage.FEE_COLLECTED, OFFICE),
        (RequestStage.STARTED, OFFICE),
        (RequestStage.AGENCY_AWAITED, OWNER),
        (RequestStage.ESCALATED, OWNER),
    ],
)
def test_only_the_bound_party_lets_its_deadline_fire_and_only_after_it(stage: RequestStage, bound: Speaker) -> None:
    state = request(stage)
    signal = Signal.ACCEPTANCE_OVERDUE if stage is RequestStage.ROUTED else Signal.EXPIRED
    assert passed_before(state, bound, DUE + SECOND) is signal
    assert passed_before(state, bound, DUE) is None, "exactly at the deadline is in time"
    assert passed_before(state, bound, DUE - SECOND) is None
    for other in {OFFICE, ANOTHER, OWNER, STRANGER, Speaker()} - {bound}:
        assert passed_before(state, other, DUE + SECOND) is None


def test_a_request_without_a_deadline_has_none_that_passed() -> None:
    state = request(RequestStage.STARTED).model_copy(update={"expires_at": None})
    assert passed_before(state, OFFICE, DUE + SECOND) is None


@pytest.mark.parametrize(
    ("accept_by", "expires_at", "due_at", "signal"),
    [
        (DUE, DUE + SECOND, DUE, Signal.ACCEPTANCE_OVERDUE),
        (DUE + SECOND, DUE, DUE, Signal.EXPIRED),
        (DUE, DUE, DUE, Signal.ACCEPTANCE_OVERDUE),
    ],
)
def test_of_two_deadlines_the_earlier_one_falls_due(
    accept_by: datetime, expires_at: datetime, due_at: datetime, signal: Signal
) -> None:
    state = RequestState(request_id=UUID(int=1), stage=RequestStage.ROUTED, accept_by=accept_by, expires_at=expires_at)
    assert state.due_at == due_at
    assert state.overdue(due_at) is signal
    assert state.overdue(due_at - SECOND) is None
