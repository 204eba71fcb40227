"""What comes too early: whose word it may wait for, and the words with which all else is refused."""

from typing import Any

import pytest

from consumers.requests.domain.life.authority import NEEDS
from consumers.requests.domain.life.context import EarlierClaim
from consumers.requests.domain.life.early import MayWaitFor, SayFirst, WaitFor
from consumers.requests.domain.life.lifecycle import ROWS, TABLE, awaited, transition
from consumers.requests.domain.life.outcome import Await, Awaited, AwaitReason, Refuse, TakeBack
from consumers.requests.domain.life.state import RequestStage, RequestState, Signal, Speaker
from schemas.base import Event
from schemas.intake_agency import RequestCancelled, RequestSubmitted
from schemas.log_requests import ClaimRefusal
from schemas.tariff import FixedRule
from tests.kit.values.builders import certificate_line
from tests.kit.values.requests_world import (
    ACCEPTED,
    ASKED,
    COLLECTED,
    DELIVERED,
    DISPUTED,
    OWNER,
    REQUEST,
    RESOLVED,
    RETURNED,
    STARTED,
    SUBMITTED,
    WITHDRAWN,
    at,
    context,
    make_world,
    province,
    speaker_for,
    walk,
)

S = RequestStage
DESK = Speaker(office="office-1")


def party(trigger: type[Event]) -> Awaited:
    """Return who says claims of a class."""
    need = NEEDS.get(trigger)
    if need is None:
        return Awaited.AGENCY if trigger is RequestSubmitted else Awaited.DIRECTORATE
    return Awaited.AGENCY if need is ClaimRefusal.NOT_THE_AGENCY else Awaited.OFFICE


def said(*claims: Event, speaker: Speaker = DESK, claim_id: str = "an-earlier-claim") -> tuple[EarlierClaim, ...]:
    """Return claims that wait, as later ones see them."""
    return tuple(EarlierClaim(claim_id, type(claim).type_name(), speaker) for claim in claims)


def told(state: RequestState, claim: Event, waiting: tuple[EarlierClaim, ...] = ()) -> Any:
    """Return what a claim comes to, said by whoever may say it."""
    speaker = speaker_for(state, claim)
    return transition(state, claim, context(speaker, make_world())._replace(waiting=waiting))


def test_nothing_waits_for_a_word_of_its_own_speaker_but_what_may_overtake_it_on_another_partition() -> None:
    own = {
        (trigger, stage)
        for trigger, stages, rule in ROWS
        if not isinstance(trigger, Signal) and isinstance(rule, WaitFor | MayWaitFor)
        for stage in stages
        if rule.awaited is party(trigger)
    }
    assert own == {(RequestCancelled, S.AWAITED)}


def test_what_waits_behind_its_own_speaker_alone_is_what_must_be_said_in_order() -> None:
    behind = {trigger for trigger, _, rule in ROWS if isinstance(rule, SayFirst)}
    assert behind == {type(one) for one in (COLLECTED, STARTED, ASKED, DELIVERED, RESOLVED)}


#: In one order: processes that share the tests must agree on them, and the table is made of sets.
CLAIMS = sorted(
    ((trigger, stage) for trigger, stage in TABLE if not isinstance(trigger, Signal)),
    key=lambda pair: (pair[0].__name__, pair[1]),
)


@pytest.mark.parametrize(("trigger", "stage"), CLAIMS)
def test_the_table_says_of_every_claim_that_may_wait_for_whom(trigger: type[Event], stage: RequestStage) -> None:
    rule = TABLE[trigger, stage]
    whose = awaited(trigger.type_name(), stage)
    assert (whose is not None) == isinstance(rule, WaitFor | MayWaitFor | SayFirst)
    assert awaited("ir.pishkhan.Unheard.v1", stage) is None


@pytest.mark.parametrize(
    ("stage", "claim", "command"),
    [
        (S.ROUTED, COLLECTED, "accept"),
        (S.ROUTED, STARTED, "accept"),
        (S.ROUTED, ASKED, "accept"),
        (S.ROUTED, DELIVERED, "accept"),
        (S.ACCEPTED, STARTED, "collect"),
        (S.ACCEPTED, ASKED, "collect"),
        (S.ACCEPTED, DELIVERED, "collect"),
        (S.FEE_COLLECTED, ASKED, "start"),
        (S.FEE_COLLECTED, DELIVERED, "start"),
    ],
)
def test_a_step_that_is_said_too_early_is_refused_with_the_first_command_that_is_missing(
    stage: RequestStage, claim: Event, command: str
) -> None:
    state = at(stage)
    outcome = told(state, claim)
    assert isinstance(outcome, Refuse)
    assert outcome.reason is ClaimRefusal.TOO_EARLY
    assert outcome.detail.endswith(f"first: pishkhan office {state.office} {command} {REQUEST}")


def test_where_nothing_is_collected_the_work_comes_after_the_acceptance() -> None:
    world = make_world(province(certificate_line(rule=FixedRule(amount_rial=0))))
    state, _ = walk(SUBMITTED, ACCEPTED, world=world)
    outcome = transition(state, DELIVERED, context(Speaker(office=state.office), world))
    assert isinstance(outcome, Refuse)
    assert f"office {state.office} start {REQUEST}" in outcome.detail


def test_a_delivery_of_what_needs_an_answer_is_refused_until_the_agency_is_asked() -> None:
    world = make_world(province(certificate_line(), needs_agency_answer=True))
    state, _ = walk(SUBMITTED, ACCEPTED, COLLECTED, STARTED, world=world)
    outcome = transition(state, DELIVERED, context(Speaker(office=state.office), world))
    assert isinstance(outcome, Refuse)
    assert f"office {state.office} await {REQUEST}" in outcome.detail
    state, _ = walk(ASKED, world=world, state=state)
    outcome = transition(state, DELIVERED, context(Speaker(office=state.office), world))
    assert outcome == Await(AwaitReason.PREDECESSOR, "AgencyAnswered must come first; the agency says it")


@pytest.mark.parametrize("stage", [S.ROUTED, S.ACCEPTED, S.FEE_COLLECTED, S.STARTED, S.AGENCY_AWAITED])
def test_money_goes_back_after_the_end_alone(stage: RequestStage) -> None:
    outcome = told(at(stage), RETURNED, said(DELIVERED))
    assert isinstance(outcome, Refuse)
    assert outcome.reason is ClaimRefusal.TOO_EARLY
    assert f"pishkhan agency civil-registry cancel {REQUEST}" in outcome.detail


@pytest.mark.parametrize("stage", [S.AWAITED, S.PARKED])
def test_what_a_desk_says_in_order_waits_behind_what_it_said_before(stage: RequestStage) -> None:
    state = at(stage)
    steps = (ACCEPTED, COLLECTED, STARTED, DELIVERED)
    for place, claim in enumerate(steps):
        assert isinstance(told(state, claim, said(*steps[:place])), Await), claim
    assert isinstance(told(state, STARTED, said(ACCEPTED)), Await), "perhaps nothing is to be collected"


@pytest.mark.parametrize(
    ("waiting", "claim", "command"),
    [
        (said(), COLLECTED, "accept"),
        (said(STARTED), COLLECTED, "accept"),
        (said(ACCEPTED), DELIVERED, "start"),
        (said(ACCEPTED, COLLECTED), ASKED, "start"),
        (said(ACCEPTED, speaker=Speaker(office="office-2")), COLLECTED, "accept"),
    ],
)
@pytest.mark.parametrize("stage", [S.AWAITED, S.PARKED])
def test_nothing_waits_behind_a_step_that_does_not_wait(
    stage: RequestStage, waiting: tuple[EarlierClaim, ...], claim: Event, command: str
) -> None:
    outcome = told(at(stage), claim, waiting)
    assert isinstance(outcome, Refuse)
    assert f"pishkhan office office-1 {command} {REQUEST}" in outcome.detail


def test_a_dispute_is_opened_before_it_is_resolved() -> None:
    state = at(S.STARTED)
    assert isinstance(told(state, RESOLVED), Refuse)
    assert isinstance(told(state, RESOLVED, said(DISPUTED, speaker=Speaker())), Await)


def test_only_who_said_what_waits_may_take_it_back() -> None:
    state = at(S.AGENCY_AWAITED)
    for speaker, taken in ((DESK, True), (Speaker(office="office-2"), False), (OWNER, False), (Speaker(), False)):
        circumstances = context(speaker, make_world())._replace(waiting=said(DELIVERED))
        outcome = transition(state, WITHDRAWN, circumstances)
        if taken:
            assert outcome == TakeBack("an-earlier-claim")
        else:
            assert isinstance(outcome, Refuse)
            assert outcome.reason is ClaimRefusal.NOTHING_WAITS
    assert isinstance(told(state, WITHDRAWN, said(DELIVERED, claim_id="another")), Refuse)
