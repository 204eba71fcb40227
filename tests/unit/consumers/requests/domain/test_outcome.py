"""What is built without checks is what the schemas allow: every event and every state of the walks, parsed anew."""

import pytest

from consumers.requests.domain.life.outcome import applied
from consumers.requests.domain.life.state import RequestStage, RequestState, Signal, unknown
from schemas.base import Event
from schemas.decode import encode, parse
from tests.kit.values.requests_world import PATHS, REQUEST, RETURNED, walk

WALKS: dict[RequestStage, tuple[Event | Signal, ...]] = {
    **PATHS,
    RequestStage.CANCELLED: (*PATHS[RequestStage.CANCELLED], RETURNED),
}


@pytest.mark.parametrize("stage", list(RequestStage))
def test_events_and_states_are_those_that_checking_would_make(stage: RequestStage) -> None:
    state, events = walk(*WALKS[stage])
    for event in events:
        assert parse(type(event), encode(event)) == event
    document = state.__pydantic_serializer__.to_json(state, exclude_defaults=True)
    assert RequestState.model_validate_json(document) == state


def test_a_change_of_a_field_that_no_state_has_is_a_bug() -> None:
    with pytest.raises(AssertionError, match="unknown fields"):
        applied(unknown(REQUEST), unheard_of=1)
