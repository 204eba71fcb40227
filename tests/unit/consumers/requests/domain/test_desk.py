"""What the office that holds a request does with it, and with the money."""

from datetime import timedelta
from typing import Any

import pytest

from consumers.requests.domain.life.lifecycle import transition
from consumers.requests.domain.life.outcome import Apply, Refuse
from consumers.requests.domain.life.state import RequestStage, Speaker
from consumers.requests.domain.loads.loads import Load
from schemas.intake_office import PaymentMethod
from schemas.log_requests import (
    ClaimRefusal,
    OfficeAccepted,
    OfficeReturnedFee,
)
from schemas.tariff import Collector, FixedRule, Payer
from tests.kit.values.builders import (
    MOMENT,
    certificate_line,
)
from tests.kit.values.requests_world import (
    ACCEPTED,
    CAP_RIAL,
    COLLECTED,
    DELIVERED,
    FEE_RIAL,
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
    ("newest_cap_rial", "fits"), [(10**12, False), (CAP_RIAL, False), (9_000, True), (8_999, False)]
)
def test_a_cap_that_is_not_in_force_yet_does_not_count_when_it_is_higher(newest_cap_rial: int, fits: bool) -> None:
    reserved_rial = 0 if newest_cap_rial < CAP_RIAL else CAP_RIAL - 8_999
    state = at(S.ROUTED)
    world = make_world(loads={state.holder(): Load(1, reserved_rial, 0)}, caps_rial={state.holder(): newest_cap_rial})
    outcome = transition(state, ACCEPTED, context(Speaker(office=state.office), world))
    assert isinstance(outcome, Apply) == fits


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amount_rial": FEE_RIAL - 1}, ClaimRefusal.AMOUNT_DIFFERS),
        ({"amount_rial": FEE_RIAL + 1}, ClaimRefusal.AMOUNT_DIFFERS),
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


def test_a_line_that_the_agency_pays_lets_no_citizen_pay_by_its_method() -> None:
    by_agency = certificate_line(code="share", payer=Payer.AGENCY, collector=Collector.OFFICE_POS)
    world = make_world(province(certificate_line(), more=(by_agency,)))
    state, _ = walk(SUBMITTED, ACCEPTED, world=world)
    by_card = COLLECTED.model_copy(update={"method": PaymentMethod.POS, "pos_reference": "12"})
    outcome = transition(state, by_card, context(Speaker(office=state.office), world))
    assert isinstance(outcome, Refuse)
    assert (outcome.reason, outcome.detail) == (ClaimRefusal.METHOD_DIFFERS, "method: must be cash by the tariff")


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
