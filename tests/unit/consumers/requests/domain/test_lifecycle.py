"""The life of a request: every pair of a stage and a claim or signal, then the walks that matter."""

from datetime import timedelta
from typing import Any

import pytest

from consumers.requests.domain.lifecycle import ROWS, TABLE, transition
from consumers.requests.domain.loads import Load
from consumers.requests.domain.outcome import Apply, Await, AwaitReason, Refuse
from consumers.requests.domain.state import Signal, Speaker, Stage, unknown
from schemas.base import Event
from schemas.intake_agency import AgencyAnswered, Answer, Origin
from schemas.intake_office import PaymentMethod
from schemas.log_requests import (
    AgencyReplied,
    ClaimRefusal,
    CloseReason,
    OfficeAccepted,
    OfficeReturnedFee,
    OfficeTimedOut,
    RefundAccepted,
    RefusalReason,
    RequestClosed,
    RequestEscalated,
    RequestOpened,
    RequestRefused,
    RequestRouted,
)
from schemas.tariff import Collector, FixedRule
from tests.builders import (
    MOMENT,
    agreement,
    calendar,
    certificate_line,
    entries,
    office,
    policy,
    service,
    small_province,
    terms,
    territory,
)
from tests.requests_world import (
    ACCEPTED,
    APPROVED,
    ASKED,
    CANCELLED,
    CAP_RIAL,
    CLAIMS,
    COLLECTED,
    DECLINED,
    DELIVERED,
    DIRECTORATE,
    DISPUTED,
    FEE_RIAL,
    OWNER,
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
    speaker_for,
    walk,
)

S = Stage
W, E, F, N = "awaits", "ended", "forbidden", "nobody"
KNOWN, NOT_DUE = "known", "nothing to return"
#: What each claim of `CLAIMS` comes to at each stage: the next stage, or why not.
#: Columns: submitted, cancelled, answered, accepted, declined, collected, returned, started, asked, delivered,
#: refunded, disputed, resolved.
EXPECTED: dict[Stage, tuple[Any, ...]] = {
    S.AWAITED: (S.ROUTED, W, W, W, W, W, W, W, W, W, W, W, W),
    S.PARKED: (KNOWN, S.REFUSED, W, W, W, W, W, W, W, W, W, W, W),
    S.ROUTED: (KNOWN, S.CANCELLED, W, S.ACCEPTED, S.ROUTED, W, W, W, W, W, W, W, W),
    S.ESCALATED: (KNOWN, S.CANCELLED, F, N, N, N, N, N, N, N, W, W, W),
    S.ACCEPTED: (KNOWN, S.CANCELLED, W, F, F, S.FEE_COLLECTED, W, W, W, W, W, W, W),
    S.FEE_COLLECTED: (KNOWN, S.CANCELLED, W, F, F, F, W, S.STARTED, W, W, W, W, W),
    S.STARTED: (KNOWN, S.CANCELLED, W, F, F, F, W, F, S.AGENCY_AWAITED, S.COMPLETED, W, W, W),
    S.AGENCY_AWAITED: (KNOWN, S.CANCELLED, S.STARTED, F, F, F, W, F, W, W, W, W, W),
    S.COMPLETED: (KNOWN, E, E, E, E, E, W, E, E, E, S.COMPLETED, S.COMPLETED, W),
    S.REFUSED: (KNOWN, E, E, E, E, E, E, E, E, E, E, E, E),
    S.CANCELLED: (KNOWN, E, E, E, E, E, S.CANCELLED, E, E, E, E, E, E),
    S.REJECTED: (KNOWN, E, E, E, E, E, S.REJECTED, E, E, E, E, E, E),
    S.EXPIRED: (KNOWN, E, E, E, E, E, NOT_DUE, E, E, E, E, E, E),
}
_REASONS = {
    E: ClaimRefusal.REQUEST_ENDED,
    F: ClaimRefusal.STATE_FORBIDS,
    N: ClaimRefusal.NOT_THE_OFFICE,
    KNOWN: ClaimRefusal.ALREADY_SUBMITTED,
    NOT_DUE: ClaimRefusal.NOTHING_TO_RETURN,
}
PAIRS = [(stage, place) for stage in Stage for place in range(len(CLAIMS))]


@pytest.mark.parametrize(
    ("stage", "place"), PAIRS, ids=[f"{stage}-{type(CLAIMS[place]).__name__}" for stage, place in PAIRS]
)
def test_every_claim_at_every_stage(stage: Stage, place: int) -> None:
    claim, expected = CLAIMS[place], EXPECTED[stage][place]
    world = make_world()
    state = at(stage, world)
    outcome = transition(state, claim, context(speaker_for(state, claim), world))
    if expected is W:
        assert isinstance(outcome, Await)
        assert outcome.reason is AwaitReason.PREDECESSOR
        assert outcome.state is None
    elif isinstance(expected, Stage):
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
    assert set(TABLE) == {(trigger, stage) for trigger in triggers for stage in Stage}


SIGNALS = {
    (Signal.ACCEPTANCE_OVERDUE, S.ROUTED): S.ROUTED,
    (Signal.REGISTRY_READ, S.PARKED): S.REFUSED,
    (Signal.EXPIRED, S.ESCALATED): S.EXPIRED,
    (Signal.EXPIRED, S.ACCEPTED): S.EXPIRED,
    (Signal.EXPIRED, S.FEE_COLLECTED): S.EXPIRED,
    (Signal.EXPIRED, S.STARTED): S.EXPIRED,
    (Signal.EXPIRED, S.AGENCY_AWAITED): S.EXPIRED,
}


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("signal", list(Signal))
def test_every_signal_at_every_stage(signal: Signal, stage: Stage) -> None:
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


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage not in (S.AWAITED, S.PARKED, S.REFUSED)])
@pytest.mark.parametrize("claim", CLAIMS[1:10], ids=lambda claim: type(claim).__name__)
def test_a_stranger_may_say_nothing(stage: Stage, claim: Event) -> None:
    world = make_world()
    state = at(stage, world)
    stranger = Speaker(agency="other") if speaker_for(state, claim).agency else Speaker(office="elsewhere")
    outcome = transition(state, claim, context(stranger, world))
    assert isinstance(outcome, Refuse)
    expected = ClaimRefusal.NOT_THE_AGENCY if stranger.agency else ClaimRefusal.NOT_THE_OFFICE
    assert outcome.reason is expected


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


def test_acceptance_computes_the_fee_and_reserves() -> None:
    state, events = walk(SUBMITTED, ACCEPTED)
    accepted = events[-1]
    assert isinstance(accepted, OfficeAccepted)
    assert (accepted.fee.total_rial, accepted.exposure_rial) == (FEE_RIAL, 9_000)
    # 16 working hours from Monday 09:30: six and a half that day, eight on Tuesday, the rest on Wednesday morning.
    assert accepted.due_at == MOMENT.replace(day=25, hour=6)
    assert state.accept_by is None
    assert state.due_at == accepted.expires_at == MOMENT + timedelta(days=30)


@pytest.mark.parametrize(("reserved_rial", "fits"), [(CAP_RIAL - 9_000, True), (CAP_RIAL - 8_999, False)])
def test_acceptance_stays_within_the_cap(reserved_rial: int, fits: bool) -> None:
    world = make_world()
    state = at(S.ROUTED, world)
    full = make_world(loads={state.holder(): Load(1, reserved_rial, 0)})
    outcome = transition(state, ACCEPTED, context(Speaker(office=state.office), full))
    assert isinstance(outcome, Apply if fits else Refuse)
    if isinstance(outcome, Refuse):
        assert outcome.reason is ClaimRefusal.CAP_EXHAUSTED
        assert f"{reserved_rial}" in outcome.detail
        assert f"{CAP_RIAL}" in outcome.detail


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amount_rial": FEE_RIAL - 1}, ClaimRefusal.AMOUNT_DIFFERS),
        ({"method": PaymentMethod.POS, "pos_reference": "12"}, ClaimRefusal.METHOD_DIFFERS),
        ({"method": PaymentMethod.GATEWAY}, ClaimRefusal.METHOD_DIFFERS),
    ],
)
def test_a_collection_must_be_the_tariffs(changes: dict[str, Any], reason: ClaimRefusal) -> None:
    world = make_world()
    state = at(S.ACCEPTED, world)
    outcome = transition(state, COLLECTED.model_copy(update=changes), context(Speaker(office=state.office), world))
    assert isinstance(outcome, Refuse)
    assert outcome.reason is reason


def test_a_card_payment_has_a_reference() -> None:
    world = make_world(province(certificate_line(collector=Collector.OFFICE_POS)))
    state, _ = walk(SUBMITTED, ACCEPTED, world=world)
    by_card = COLLECTED.model_copy(update={"method": PaymentMethod.POS})
    outcome = transition(state, by_card, context(Speaker(office=state.office), world))
    assert isinstance(outcome, Refuse)
    assert outcome.reason is ClaimRefusal.METHOD_DIFFERS
    walk(by_card.model_copy(update={"pos_reference": "123456"}), world=world, state=state)


@pytest.mark.parametrize(
    "line",
    [
        certificate_line(rule=FixedRule(amount_rial=0)),
        certificate_line(collector=Collector.AGENCY_GATEWAY),
    ],
    ids=["free", "gateway"],
)
def test_work_may_start_when_the_office_collects_nothing(line: Any) -> None:
    world = make_world(province(line))
    state, _ = walk(SUBMITTED, ACCEPTED, world=world)
    for later in (state, walk(STARTED, world=world, state=state)[0]):
        refused = transition(later, COLLECTED, context(Speaker(office=state.office), world))
        assert isinstance(refused, Refuse)
        assert refused.reason is ClaimRefusal.NOTHING_TO_COLLECT
    state, _ = walk(STARTED, DELIVERED, world=world, state=state)
    assert state.stage is S.COMPLETED


def test_a_service_that_needs_an_answer_waits_for_it() -> None:
    world = make_world(province(certificate_line(), needs_agency_answer=True))
    state, _ = walk(SUBMITTED, ACCEPTED, COLLECTED, STARTED, world=world)
    outcome = transition(state, DELIVERED, context(Speaker(office=state.office), world))
    assert isinstance(outcome, Await)
    state, _ = walk(ASKED, APPROVED, DELIVERED, world=world, state=state)
    assert state.stage is S.COMPLETED


def test_more_needed_goes_back_to_the_office_with_the_document_wanted() -> None:
    more = AgencyAnswered(request_id=REQUEST, answer=Answer.MORE_NEEDED, document_wanted="a deed")
    world = make_world(province(certificate_line(), needs_agency_answer=True))
    state, events = walk(SUBMITTED, ACCEPTED, COLLECTED, STARTED, ASKED, more, world=world)
    assert isinstance(events[-1], AgencyReplied)
    assert (state.stage, state.document_wanted, state.approved) == (S.STARTED, "a deed", False)
    state, _ = walk(ASKED, APPROVED, DELIVERED, world=world, state=state)
    assert state.stage is S.COMPLETED


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


def test_money_goes_back_once_and_frees_no_more_than_was_reserved() -> None:
    world = make_world()
    state = at(S.CANCELLED, world)
    part = RETURNED.model_copy(update={"amount_rial": 20_000})
    state, first = walk(part, world=world, state=state)
    outcome = transition(state, part, context(Speaker(office=state.office), world))
    assert isinstance(outcome, Refuse)
    assert outcome.reason is ClaimRefusal.NOTHING_TO_RETURN
    state, second = walk(RETURNED.model_copy(update={"amount_rial": 10_000}), world=world, state=state)
    freed = [event.exposure_rial for event in (*first, *second) if isinstance(event, OfficeReturnedFee)]
    assert freed == [9_000, 0]


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


def test_a_dispute_opens_and_closes() -> None:
    world = make_world()
    state, _ = walk(DISPUTED, world=world, state=at(S.COMPLETED, world))
    again = transition(state, DISPUTED, context(DIRECTORATE, world))
    assert isinstance(again, Refuse)
    state, _ = walk(RESOLVED, world=world, state=state)
    assert not state.disputed


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


def province(line: Any, **changes: Any) -> list[Any]:
    """Return a small province whose one service has `line` as its tariff, with `changes` of the service."""
    return entries(
        [
            territory(),
            policy(),
            calendar(),
            service(**changes),
            agreement(services=(terms(tariff=(line,)),)),
            office("office-1"),
            office("office-2"),
        ]
    )
