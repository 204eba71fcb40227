"""What every event changes of offices' loads, and the bit sets that follow them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from consumers.requests.domain.loads.loads import (
    NOTHING,
    Limit,
    Load,
    Loads,
    PositionChange,
    moves_loads,
    position_changes,
)
from schemas import log_requests as requests
from schemas import log_settlement as settlement
from schemas.base import Event
from schemas.intake_office import DeclineReason
from schemas.tariff import Fee
from schemas.topics import LOG_REQUESTS, LOG_SETTLEMENT
from tests.kit.values.builders import AGENCY, AGREEMENT, MOMENT, SERVICE

ID = UUID("01890000-0000-7000-8000-000000000001")
#: The Jalali month of `MOMENT`.
AZAR = 140509
FEE = Fee(total_rial=30_000, office_collects_rial=30_000, office_part_rial=21_000)


def routed_to(office: str) -> requests.RequestRouted:
    decision = requests.Decision(
        office=office,
        attempt=1,
        agreement=AGREEMENT,
        agreement_version=1,
        service_version=1,
        policy_version=1,
        registry_revision=1,
        decided_for=MOMENT,
        decided_at=MOMENT,
        loads_seen=0,
        seed="0" * 32,
        candidates=1,
        excluded={},
        samples=(),
    )
    return requests.RequestRouted(
        request_id=ID, service=SERVICE, agency=AGENCY, county="bojnord", decision=decision, accept_by=MOMENT
    )


def accepted(exposure_rial: int) -> requests.OfficeAccepted:
    return requests.OfficeAccepted(
        request_id=ID,
        office="a",
        agency=AGENCY,
        service=SERVICE,
        service_version=1,
        agreement=AGREEMENT,
        agreement_version=1,
        operator="op-1",
        fee=FEE,
        exposure_rial=exposure_rial,
        due_at=MOMENT,
        expires_at=MOMENT,
    )


def closed(office: str | None) -> requests.RequestClosed:
    return requests.RequestClosed(
        request_id=ID,
        reason=requests.CloseReason.CANCELLED,
        office=office,
        agency=AGENCY,
        service=SERVICE,
        fee=None,
        collected_rial=0,
        exposure_rial=0,
    )


ENTRY: dict[str, Any] = {"transaction_id": ID, "window": 1, "request_id": ID, "office": "a", "amount_rial": 30_000}
PAYMENT: dict[str, Any] = {"transaction_id": ID, "window": 1, "office": "a", "amount_rial": 5_000, "reference": "b-1"}


@pytest.mark.parametrize(
    ("event", "changes"),
    [
        (routed_to("a"), [PositionChange("a", in_flight=1)]),
        (
            requests.OfficeDeclined(request_id=ID, office="a", attempt=1, reason=DeclineReason.OTHER),
            [PositionChange("a", in_flight=-1)],
        ),
        (requests.OfficeTimedOut(request_id=ID, office="a", attempt=1), [PositionChange("a", in_flight=-1)]),
        (accepted(9_000), [PositionChange("a", reserved_rial=9_000)]),
        (accepted(0), []),
        (
            requests.RequestCompleted(
                request_id=ID, office="a", agency=AGENCY, service=SERVICE, county="bojnord", fee=FEE
            ),
            [PositionChange("a", in_flight=-1)],
        ),
        (closed("a"), [PositionChange("a", in_flight=-1)]),
        (closed(None), []),
        (requests.OfficeStarted(request_id=ID, office="a"), []),
        (
            settlement.FeePosted(**ENTRY, legs=(), office_income_rial=21_000, released_rial=0),
            [PositionChange("a", income_rial=21_000, income_month=AZAR)],
        ),
        (settlement.FeePosted(**ENTRY, legs=(), office_income_rial=0, released_rial=0), []),
        (
            settlement.FeeVoided(**ENTRY, due_to_citizen_rial=0, released_rial=9_000),
            [PositionChange("a", reserved_rial=-9_000)],
        ),
        (settlement.FeeVoided(**ENTRY, due_to_citizen_rial=30_000, released_rial=0), []),
        (settlement.ReturnRecorded(**ENTRY, released_rial=9_000), [PositionChange("a", reserved_rial=-9_000)]),
        (
            settlement.OfficePaymentRecorded(**PAYMENT, released_rial=5_000),
            [PositionChange("a", reserved_rial=-5_000)],
        ),
        (
            settlement.FeeRefunded(**ENTRY, legs=(), office_income_rial=21_000),
            [PositionChange("a", income_rial=-21_000, income_month=AZAR)],
        ),
        (settlement.FeeHeld(**ENTRY), []),
    ],
)
def test_position_changes(event: Event, changes: list[PositionChange]) -> None:
    assert list(position_changes(event, MOMENT)) == changes


def test_income_belongs_to_the_jalali_month_of_its_time_in_tehran() -> None:
    posted = settlement.FeePosted(**ENTRY, legs=(), office_income_rial=1, released_rial=0)
    # Aban ends with the 21st of November, at half past eight in the evening by UTC.
    midnight = datetime(2026, 11, 21, 20, 30, tzinfo=UTC)
    (before,) = position_changes(posted, midnight - timedelta(microseconds=1))
    (after,) = position_changes(posted, midnight)
    assert (before.income_month, after.income_month) == (AZAR - 1, AZAR)


def test_a_new_month_begins_with_nothing_earned_and_the_rest_of_the_load_stays() -> None:
    load = Load(3, 500, 20_000, AZAR).after(PositionChange("a", 0, -100, 7_000, AZAR + 1))
    assert load == Load(3, 400, 7_000, AZAR + 1)
    assert (load.income_in(AZAR), load.income_in(AZAR + 1)) == (0, 7_000)


def test_what_was_earned_in_a_month_that_is_over_comes_too_late() -> None:
    assert Load(3, 500, 20_000, AZAR).after(PositionChange("a", 0, -100, 7_000, AZAR - 1)) == Load(3, 400, 20_000, AZAR)


def test_a_change_without_income_leaves_month_and_income() -> None:
    assert Load(3, 500, 20_000, AZAR).after(PositionChange("a", 1, 9_000)) == Load(4, 9_500, 20_000, AZAR)


def test_a_refund_after_the_turn_of_the_month_counts_when_it_was_made() -> None:
    load = Load(0, 0, 20_000, AZAR).after(PositionChange("a", 0, 0, -20_000, AZAR + 1))
    assert load.income_in(AZAR + 1) == -20_000


def test_only_types_that_can_change_loads_need_to_be_read() -> None:
    movers = {
        model for topic in (LOG_REQUESTS, LOG_SETTLEMENT) for model in topic.events if moves_loads(model.type_name())
    }
    assert requests.RequestRouted in movers
    assert requests.RequestOpened not in movers
    assert settlement.FeePosted in movers
    assert settlement.FeeHeld not in movers


def test_changes_add_up_in_any_order() -> None:
    events = [routed_to("a"), accepted(9_000), routed_to("b"), closed("a"), routed_to("a")]
    for order in (events, events[::-1]):
        loads = Loads(4, {})
        for event in order:
            for change in position_changes(event, MOMENT):
                loads.apply(change)
        assert loads.of("a") == Load(1, 9_000, 0)
        assert loads.of("b") == Load(1, 0, 0)


def test_an_office_that_nobody_wrote_of_carries_nothing() -> None:
    assert Loads(0, {}).of("a") == NOTHING


LIMITS = {"a": Limit(0, 2, 1_000), "b": Limit(3, 5, 500)}


def test_the_full_mask_follows_the_loads() -> None:
    loads = Loads(0, {"a": Load(1, 0, 0), "b": Load(5, 0, 0), "unknown": Load(99, 0, 0)})
    masks = loads.masks(LIMITS)
    assert masks.full == 0b1000
    loads.apply(PositionChange("a", in_flight=1))
    assert masks.full == 0b1001
    loads.apply(PositionChange("a", in_flight=1))
    loads.apply(PositionChange("b", in_flight=-1))
    assert masks.full == 0b0001
    loads.apply(PositionChange("a", in_flight=-2))
    assert masks.full == 0
    assert loads.masks(LIMITS) is masks


@pytest.mark.parametrize(
    ("exposure_rial", "mask"), [(0, 0), (400, 0), (401, 0b1000), (999, 0b1000), (1_000, 0b1000), (1_001, 0b1001)]
)
def test_capped_offices_are_those_with_less_headroom_than_the_exposure(exposure_rial: int, mask: int) -> None:
    loads = Loads(0, {"b": Load(0, 100, 0)})
    assert loads.masks(LIMITS).capped(exposure_rial) == mask


def test_the_capped_mask_follows_reservations() -> None:
    loads = Loads(0, {})
    masks = loads.masks(LIMITS)
    assert masks.capped(500) == 0
    loads.apply(PositionChange("b", reserved_rial=1))
    assert masks.capped(500) == 0b1000
    loads.apply(PositionChange("a", reserved_rial=501))
    assert masks.capped(500) == 0b1001
    loads.apply(PositionChange("b", reserved_rial=-2))
    assert masks.capped(500) == 0b0001


def test_an_office_over_its_cap_still_takes_what_reserves_nothing_only_below_it() -> None:
    loads = Loads(0, {"b": Load(0, 501, 0)})
    assert loads.masks(LIMITS).capped(0) == 0b1000
