"""What an office owes a citizen: from the end of a request until the last rial has gone back."""

import pytest

from consumers.requests.domain.life.lifecycle import transition
from consumers.requests.domain.life.outcome import Refuse
from consumers.requests.domain.life.state import RequestStage, Speaker
from schemas.base import Event
from schemas.intake_directorate import RefundOrdered
from schemas.log_requests import ClaimRefusal
from tests.kit.values.requests_world import COLLECTED, FEE_RIAL, PATHS, REQUEST, RETURNED, at, context, make_world, walk

_OF_PATHS = {RequestStage.CANCELLED: FEE_RIAL, RequestStage.REJECTED: FEE_RIAL}


def returned(amount_rial: int) -> Event:
    """Return the claim that so much went back."""
    return RETURNED.model_copy(update={"amount_rial": amount_rial})


def refund(amount_rial: int) -> Event:
    """Return the order that so much goes back of a completed request's fee."""
    return RefundOrdered(request_id=REQUEST, amount_rial=amount_rial, reason="issued twice")


@pytest.mark.parametrize("stage", PATHS)
def test_money_is_owed_only_when_a_request_ended_with_it(stage: RequestStage) -> None:
    assert at(stage).owed_rial == _OF_PATHS.get(stage, 0)


@pytest.mark.parametrize("stage", _OF_PATHS)
def test_it_shrinks_with_every_part_that_goes_back(stage: RequestStage) -> None:
    state = at(stage)
    for part, left in ((1, 29_999), (9_999, 20_000), (20_000, 0)):
        state, _ = walk(returned(part), state=state)
        assert state.owed_rial == left
    office = Speaker(office=state.office)
    outcome = transition(state, returned(1), context(office, make_world()))
    assert isinstance(outcome, Refuse)
    assert outcome.reason is ClaimRefusal.NOTHING_TO_RETURN


def test_of_a_completed_request_it_is_what_was_ordered_back() -> None:
    state = at(RequestStage.COMPLETED)
    assert state.collected_rial == COLLECTED.amount_rial
    for step, owed in ((refund(10_000), 10_000), (returned(4_000), 6_000), (refund(20_000), 26_000)):
        state, _ = walk(step, state=state)
        assert state.owed_rial == owed
    state, _ = walk(returned(26_000), state=state)
    assert state.owed_rial == 0
