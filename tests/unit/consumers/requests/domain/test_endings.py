"""What agency, directorate and time do to a request, and to one that has ended."""

import pytest

from consumers.requests.domain.life.lifecycle import transition
from consumers.requests.domain.life.outcome import Apply, Await, Refuse
from consumers.requests.domain.life.state import RequestStage, Signal, Speaker
from schemas.base import Event
from schemas.intake_agency import AgencyAnswered, Answer
from schemas.log_requests import (
    AgencyReplied,
    ClaimRefusal,
    CloseReason,
    RefundAccepted,
    RequestClosed,
)
from tests.kit.values.builders import (
    certificate_line,
)
from tests.kit.values.requests_world import (
    ACCEPTED,
    APPROVED,
    ASKED,
    CANCELLED,
    COLLECTED,
    DELIVERED,
    DIRECTORATE,
    DISPUTED,
    FEE_RIAL,
    REFUNDED,
    REJECTED,
    REQUEST,
    RESOLVED,
    RETURNED,
    STARTED,
    SUBMITTED,
    at,
    context,
    make_world,
    province,
    walk,
)

S = RequestStage


def test_more_needed_goes_back_to_the_office_with_the_document_wanted() -> None:
    more = AgencyAnswered(request_id=REQUEST, answer=Answer.MORE_NEEDED, document_wanted="a deed")
    world = make_world(province(certificate_line(), needs_agency_answer=True))
    state, events = walk(SUBMITTED, ACCEPTED, COLLECTED, STARTED, ASKED, more, world=world)
    assert isinstance(events[-1], AgencyReplied)
    assert (state.stage, state.document_wanted, state.approved) == (S.STARTED, "a deed", False)
    state, _ = walk(ASKED, APPROVED, DELIVERED, world=world, state=state)
    assert state.stage is S.COMPLETED


def test_an_approval_counts_for_the_question_that_it_answers_and_not_for_the_next_one() -> None:
    more = AgencyAnswered(request_id=REQUEST, answer=Answer.MORE_NEEDED, document_wanted="a deed")
    world = make_world(province(certificate_line(), needs_agency_answer=True))
    approved = (SUBMITTED, ACCEPTED, COLLECTED, STARTED, ASKED, APPROVED)
    state, _ = walk(*approved, world=world)
    assert state.approved
    for again in ((ASKED,), (ASKED, more)):
        state, _ = walk(*approved, *again, world=make_world(province(certificate_line(), needs_agency_answer=True)))
        assert not state.approved


@pytest.mark.parametrize(
    ("steps", "reason", "collected_rial"),
    [
        ((SUBMITTED, CANCELLED), CloseReason.CANCELLED, 0),
        ((SUBMITTED, ACCEPTED, CANCELLED), CloseReason.CANCELLED, 0),
        ((SUBMITTED, ACCEPTED, COLLECTED, CANCELLED), CloseReason.CANCELLED, FEE_RIAL),
        ((SUBMITTED, ACCEPTED, COLLECTED, STARTED, ASKED, REJECTED), CloseReason.REJECTED, FEE_RIAL),
        ((SUBMITTED, ACCEPTED, COLLECTED, Signal.EXPIRED), CloseReason.EXPIRED, FEE_RIAL),
    ],
)
def test_a_closed_request_says_what_is_due_back(
    steps: tuple[Event | Signal, ...], reason: CloseReason, collected_rial: int
) -> None:
    state, events = walk(*steps)
    closed = events[-1]
    assert isinstance(closed, RequestClosed)
    assert (closed.reason, closed.collected_rial, closed.office) == (reason, collected_rial, state.office)
    assert (closed.fee is not None) == (ACCEPTED in steps)
    assert state.due_at is None


def test_refunds_stop_at_what_the_citizen_paid() -> None:
    world = make_world()
    state = at(S.COMPLETED, world)
    part = REFUNDED.model_copy(update={"amount_rial": 20_000})
    state, events = walk(part, world=world, state=state)
    outcome = transition(state, part, context(DIRECTORATE, world))
    assert isinstance(outcome, Refuse)
    assert outcome.reason is ClaimRefusal.MORE_THAN_POSTED
    assert "10000" in outcome.detail
    state, more = walk(REFUNDED.model_copy(update={"amount_rial": 10_000}), world=world, state=state)
    accepted = [event for event in (*events, *more) if isinstance(event, RefundAccepted)]
    assert [event.refunds_before_rial for event in accepted] == [(), (20_000,)]
    walk(RETURNED, world=world, state=state)


def test_every_earlier_refund_counts_against_what_the_citizen_paid() -> None:
    world = make_world()
    state = at(S.COMPLETED, world)
    for part_rial in (8_000, 12_000):
        state, _ = walk(REFUNDED.model_copy(update={"amount_rial": part_rial}), world=world, state=state)
    more = REFUNDED.model_copy(update={"amount_rial": FEE_RIAL - 20_000 + 1})
    outcome = transition(state, more, context(DIRECTORATE, world))
    assert isinstance(outcome, Refuse)
    assert outcome.reason is ClaimRefusal.MORE_THAN_POSTED
    _, [accepted] = walk(REFUNDED.model_copy(update={"amount_rial": FEE_RIAL - 20_000}), world=world, state=state)
    assert isinstance(accepted, RefundAccepted)
    assert accepted.refunds_before_rial == (8_000, 12_000)


@pytest.mark.parametrize("stage", [S.COMPLETED, S.CANCELLED, S.REJECTED, S.EXPIRED])
def test_a_request_that_ended_keeps_no_timer(stage: RequestStage) -> None:
    state = at(stage)
    assert (state.accept_by, state.expires_at, state.due_at) == (None, None, None)


def test_a_dispute_opens_and_closes() -> None:
    world = make_world()
    state, _ = walk(DISPUTED, world=world, state=at(S.COMPLETED, world))
    again = transition(state, DISPUTED, context(DIRECTORATE, world))
    assert isinstance(again, Refuse)
    state, _ = walk(RESOLVED, world=world, state=state)
    assert not state.disputed


@pytest.mark.parametrize(
    ("returned_rial", "more_rial", "waits"), [(0, 10_001, True), (4_000, 6_001, True), (4_000, 6_000, False)]
)
def test_of_a_completed_request_goes_back_what_was_ordered_less_what_went_back_before(
    returned_rial: int, more_rial: int, waits: bool
) -> None:
    world = make_world()
    order = REFUNDED.model_copy(update={"amount_rial": 10_000})
    state, _ = walk(order, world=world, state=at(S.COMPLETED, world))
    if returned_rial:
        state, _ = walk(RETURNED.model_copy(update={"amount_rial": returned_rial}), world=world, state=state)
    claim = RETURNED.model_copy(update={"amount_rial": more_rial})
    outcome = transition(state, claim, context(Speaker(office=state.office), world))
    assert isinstance(outcome, Await if waits else Apply)
