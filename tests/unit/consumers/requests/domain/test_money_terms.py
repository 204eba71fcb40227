"""Every event that moves a request's money says under which agreement, which version, and how often that is netted."""

from uuid import UUID

import pytest

from consumers.requests.domain.life.lifecycle import transition
from consumers.requests.domain.life.outcome import Apply
from consumers.requests.domain.life.state import RequestStage, RequestState, Signal
from consumers.settlement.domain.fold import fold
from schemas.agreements import SettlementCycle
from schemas.base import Event
from schemas.intake_directorate import RefundOrdered
from schemas.log_requests import OfficeAccepted, RequestClosed, RequestMoneyEvent
from schemas.log_settlement import RequestLedgerEvent
from tests.kit.values.builders import (
    AGREEMENT,
    MOMENT,
    Registrable,
    agreement,
    calendar,
    entries,
    office,
    policy,
    service,
    territory,
)
from tests.kit.values.requests_world import (
    ACCEPTED,
    ASKED,
    CANCELLED,
    COLLECTED,
    DELIVERED,
    DIRECTORATE,
    REJECTED,
    REQUEST,
    RETURNED,
    STARTED,
    SUBMITTED,
    at,
    context,
    make_world,
    speaker_for,
    walk,
)

REFUND = RefundOrdered(request_id=REQUEST, amount_rial=10_000, reason="issued twice")
LIVES: tuple[tuple[Event | Signal, ...], ...] = (
    (SUBMITTED, ACCEPTED, COLLECTED, STARTED, DELIVERED, REFUND),
    (SUBMITTED, ACCEPTED, COLLECTED, CANCELLED, RETURNED),
    (SUBMITTED, ACCEPTED, CANCELLED),
    (SUBMITTED, ACCEPTED, COLLECTED, STARTED, ASKED, REJECTED, RETURNED),
    (SUBMITTED, ACCEPTED, Signal.EXPIRED),
)
TRANSACTION = UUID(int=7)
SAID = (AGREEMENT, 1, SettlementCycle.DAILY)


def carried(event: RequestMoneyEvent | OfficeAccepted | RequestLedgerEvent) -> tuple[object, object, object]:
    """Return what an event carries of its agreement."""
    return event.agreement, event.agreement_version, event.settlement_cycle


@pytest.mark.parametrize("life", LIVES)
def test_every_money_event_carries_them_and_the_ledgers_events_repeat_them(life: tuple[Event | Signal, ...]) -> None:
    events = [event for event in walk(*life)[1] if fold(event, TRANSACTION, 1) is not None]
    assert len(events) >= 2, "money is held, and moves on"
    for event in events:
        assert isinstance(event, RequestMoneyEvent | OfficeAccepted)
        assert carried(event) == SAID, type(event)
        booking = fold(event, TRANSACTION, 1)
        assert booking is not None
        assert isinstance(booking.announcement, RequestLedgerEvent)
        assert carried(booking.announcement) == SAID, type(booking.announcement)


def test_a_request_that_nobody_had_accepted_holds_no_money_and_names_no_terms() -> None:
    closed = walk(SUBMITTED, CANCELLED)[1][-1]
    assert isinstance(closed, RequestClosed)
    assert carried(closed) == (None, None, None)


def test_the_terms_are_those_of_the_version_that_the_request_was_routed_under() -> None:
    newer = agreement(version=2, settlement_cycle=SettlementCycle.MONTHLY, valid_from=MOMENT)
    before: list[Registrable] = [
        territory(),
        policy(),
        calendar(),
        service(),
        agreement(),
        office("office-1"),
        office("office-2"),
    ]
    state, _ = walk(SUBMITTED, ACCEPTED, world=make_world(entries(before)))
    later = make_world(entries([*before, newer]))
    _, events = walk(COLLECTED, STARTED, DELIVERED, state=state, world=later)
    assert {carried(event) for event in events if isinstance(event, RequestMoneyEvent)} == {SAID}
    _, anew = walk(SUBMITTED, ACCEPTED, world=later)
    assert isinstance(anew[-1], OfficeAccepted)
    assert carried(anew[-1]) == (AGREEMENT, 2, SettlementCycle.MONTHLY)


@pytest.mark.parametrize(
    "stage", [RequestStage.ACCEPTED, RequestStage.FEE_COLLECTED, RequestStage.STARTED, RequestStage.COMPLETED]
)
def test_a_row_that_an_earlier_version_wrote_knows_enough(stage: RequestStage) -> None:
    document = at(stage).model_dump(mode="json", exclude_defaults=True)
    # All that rows have now and had not then.
    del document["tracking_code"]
    old = RequestState.model_validate_json(RequestState.model_validate(document, strict=False).model_dump_json())
    world = make_world()
    claim = REFUND if stage is RequestStage.COMPLETED else CANCELLED
    speaker = DIRECTORATE if stage is RequestStage.COMPLETED else speaker_for(old, claim)
    outcome = transition(old, claim, context(speaker, world))
    assert isinstance(outcome, Apply)
    event = outcome.events[-1]
    assert isinstance(event, RequestMoneyEvent)
    assert carried(event) == SAID
