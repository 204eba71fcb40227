"""The life of a request: every pair of a stage and a claim or signal, and who may say what."""

from typing import Any

import pytest

from consumers.requests.domain.life.lifecycle import ROWS, TABLE, transition
from consumers.requests.domain.life.outcome import Apply, Await, AwaitReason, Refuse
from consumers.requests.domain.life.state import RequestStage, Signal, Speaker
from schemas.base import Event
from schemas.log_requests import (
    ClaimRefusal,
)
from tests.kit.values.requests_world import (
    CLAIMS,
    at,
    context,
    make_world,
    speaker_for,
)

S = RequestStage
W, T, E, F, N = "awaits", "too early", "ended", "forbidden", "nobody"
KNOWN, NOT_DUE, NONE = "known", "nothing to return", "nothing waits"
#: What each claim of `CLAIMS` comes to at each stage: the next stage, or why not.
#: Columns: submitted, cancelled, answered, accepted, declined, collected, returned, started, asked, delivered,
#: refunded, disputed, resolved, withdrawn.
EXPECTED: dict[RequestStage, tuple[Any, ...]] = {
    S.AWAITED: (S.ROUTED, W, W, W, W, T, T, T, T, T, W, W, T, NONE),
    S.PARKED: (KNOWN, S.REFUSED, W, W, W, T, T, T, T, T, W, W, T, NONE),
    S.ROUTED: (KNOWN, S.CANCELLED, W, S.ACCEPTED, S.ROUTED, T, T, T, T, T, W, W, T, NONE),
    S.ESCALATED: (KNOWN, S.CANCELLED, F, N, N, N, N, N, N, N, W, W, T, NONE),
    S.ACCEPTED: (KNOWN, S.CANCELLED, W, F, F, S.FEE_COLLECTED, T, T, T, T, W, W, T, NONE),
    S.FEE_COLLECTED: (KNOWN, S.CANCELLED, W, F, F, F, T, S.STARTED, T, T, W, W, T, NONE),
    S.STARTED: (KNOWN, S.CANCELLED, W, F, F, F, T, F, S.AGENCY_AWAITED, S.COMPLETED, W, W, T, NONE),
    S.AGENCY_AWAITED: (KNOWN, S.CANCELLED, S.STARTED, F, F, F, T, F, F, W, W, W, T, NONE),
    S.COMPLETED: (KNOWN, E, E, E, E, E, W, E, E, E, S.COMPLETED, S.COMPLETED, T, NONE),
    S.REFUSED: (KNOWN, E, E, E, E, E, E, E, E, E, E, E, E, NONE),
    # The same receipt was collected before, so this is no late cash.
    S.CANCELLED: (KNOWN, E, E, E, E, F, S.CANCELLED, E, E, E, E, E, E, NONE),
    S.REJECTED: (KNOWN, E, E, E, E, F, S.REJECTED, E, E, E, E, E, E, NONE),
    S.EXPIRED: (KNOWN, E, E, E, E, S.EXPIRED, NOT_DUE, E, E, E, E, E, E, NONE),
}
_REASONS = {
    E: ClaimRefusal.REQUEST_ENDED,
    F: ClaimRefusal.STATE_FORBIDS,
    N: ClaimRefusal.NOT_THE_OFFICE,
    KNOWN: ClaimRefusal.ALREADY_SUBMITTED,
    NOT_DUE: ClaimRefusal.NOTHING_TO_RETURN,
    T: ClaimRefusal.TOO_EARLY,
    NONE: ClaimRefusal.NOTHING_WAITS,
}
PAIRS = [(stage, place) for stage in RequestStage for place in range(len(CLAIMS))]


@pytest.mark.parametrize(
    ("stage", "place"), PAIRS, ids=[f"{stage}-{type(CLAIMS[place]).__name__}" for stage, place in PAIRS]
)
def test_every_claim_at_every_stage(stage: RequestStage, place: int) -> None:
    claim, expected = CLAIMS[place], EXPECTED[stage][place]
    world = make_world()
    state = at(stage, world)
    outcome = transition(state, claim, context(speaker_for(state, claim), world))
    if expected is W:
        assert isinstance(outcome, Await)
        assert outcome.reason is AwaitReason.PREDECESSOR
        assert outcome.state is None
    elif isinstance(expected, RequestStage):
        assert isinstance(outcome, Apply)
        assert outcome.state.stage is expected
        assert outcome.state.version == state.version + len(outcome.events)
        assert len(outcome.events) >= 1
    else:
        assert isinstance(outcome, Refuse)
        assert outcome.reason is _REASONS[expected]


def test_the_table_has_every_pair_once() -> None:
    triggers = {trigger for trigger, _, _ in ROWS}
    assert {type(claim) for claim in CLAIMS} | set(Signal) == triggers
    assert set(TABLE) == {(trigger, stage) for trigger in triggers for stage in RequestStage}


SIGNALS = {
    (Signal.ACCEPTANCE_OVERDUE, S.ROUTED): S.ROUTED,
    (Signal.REGISTRY_READ, S.PARKED): S.REFUSED,
    (Signal.EXPIRED, S.ESCALATED): S.EXPIRED,
    (Signal.EXPIRED, S.ACCEPTED): S.EXPIRED,
    (Signal.EXPIRED, S.FEE_COLLECTED): S.EXPIRED,
    (Signal.EXPIRED, S.STARTED): S.EXPIRED,
    (Signal.EXPIRED, S.AGENCY_AWAITED): S.EXPIRED,
}


@pytest.mark.parametrize("stage", list(RequestStage))
@pytest.mark.parametrize("signal", list(Signal))
def test_every_signal_at_every_stage(signal: Signal, stage: RequestStage) -> None:
    world = make_world()
    state = at(stage, world)
    circumstances = context(Speaker(), world, registry_complete=True)
    expected = SIGNALS.get((signal, stage))
    if expected is None:
        with pytest.raises(AssertionError, match="cannot happen"):
            transition(state, signal, circumstances)
    else:
        outcome = transition(state, signal, circumstances)
        assert isinstance(outcome, Apply)
        assert outcome.state.stage is expected


@pytest.mark.parametrize("stage", [stage for stage in RequestStage if stage not in (S.AWAITED, S.PARKED, S.REFUSED)])
@pytest.mark.parametrize("claim", CLAIMS[1:10], ids=lambda claim: type(claim).__name__)
def test_a_stranger_may_say_nothing(stage: RequestStage, claim: Event) -> None:
    world = make_world()
    state = at(stage, world)
    stranger = Speaker(agency="other") if speaker_for(state, claim).agency else Speaker(office="elsewhere")
    outcome = transition(state, claim, context(stranger, world))
    assert isinstance(outcome, Refuse)
    expected = ClaimRefusal.NOT_THE_AGENCY if stranger.agency else ClaimRefusal.NOT_THE_OFFICE
    assert outcome.reason is expected
