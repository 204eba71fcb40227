"""Cash that an office takes after a request has ended is a fact: owed back whole, and beyond any cap."""

from uuid import UUID

import pytest

from consumers.requests.domain.life.late_cash import FEES_MAX, FLOOR_RIAL, RECEIPTS_MAX
from consumers.requests.domain.life.lifecycle import transition
from consumers.requests.domain.life.outcome import Apply, Refuse
from consumers.requests.domain.life.state import RequestStage, RequestState, Signal, Speaker
from consumers.requests.domain.life.world import BatchWorld
from consumers.requests.domain.loads.loads import Load
from consumers.settlement.domain.booking import BookingKind, Transfer
from consumers.settlement.domain.fold import fold
from schemas.base import Event
from schemas.intake_office import FeeCollected, PaymentMethod
from schemas.late_cash import LateCashTaken
from schemas.log_requests import ClaimRefusal, OfficeReturnedFee
from schemas.log_settlement import LateCashRecorded, ReturnRecorded
from tests.kit.values.builders import AGREEMENT, MOMENT
from tests.kit.values.requests_world import (
    ACCEPTED,
    ASKED,
    CANCELLED,
    CAP_RIAL,
    COLLECTED,
    FEE_RIAL,
    REJECTED,
    RETURNED,
    STARTED,
    SUBMITTED,
    at,
    context,
    make_world,
    walk,
)

#: How a request ends with nothing collected, and with the fee collected before.
UNPAID: dict[str, tuple[Event | Signal, ...]] = {
    "cancelled before anybody accepted": (SUBMITTED, CANCELLED),
    "cancelled": (SUBMITTED, ACCEPTED, CANCELLED),
    "expired": (SUBMITTED, ACCEPTED, Signal.EXPIRED),
}
PAID: dict[str, tuple[Event | Signal, ...]] = {
    "cancelled": (SUBMITTED, ACCEPTED, COLLECTED, CANCELLED),
    "rejected": (SUBMITTED, ACCEPTED, COLLECTED, STARTED, ASKED, REJECTED),
}
TRANSACTION = UUID(int=7)


def cash(amount_rial: int = FEE_RIAL, receipt: str = "late-1", **changes: object) -> FeeCollected:
    """Return the claim that so much was taken."""
    return COLLECTED.model_copy(update={"amount_rial": amount_rial, "receipt_number": receipt, **changes})


def back(amount_rial: int) -> Event:
    """Return the claim that so much went back."""
    return RETURNED.model_copy(update={"amount_rial": amount_rial})


def refused(state: RequestState, claim: FeeCollected, speaker: Speaker | None = None) -> ClaimRefusal:
    """Return why `claim` is refused."""
    outcome = transition(state, claim, context(speaker or Speaker(office=state.office), make_world()))
    assert isinstance(outcome, Refuse)
    return outcome.reason


@pytest.mark.parametrize("life", UNPAID)
@pytest.mark.parametrize("amount_rial", [FEE_RIAL, 1, 45_000])
def test_all_that_was_taken_is_owed_whatever_the_fee(life: str, amount_rial: int) -> None:
    ended, _ = walk(*UNPAID[life])
    state, [taken] = walk(cash(amount_rial), state=ended)
    assert isinstance(taken, LateCashTaken)
    assert (taken.office, taken.amount_rial, taken.agreement) == (ended.office, amount_rial, AGREEMENT)
    assert state.stage is ended.stage, "it stays ended"
    assert state.owed_rial == state.late_cash_rial == amount_rial


@pytest.mark.parametrize("life", PAID)
def test_it_comes_on_top_of_what_was_collected_before(life: str) -> None:
    state, _ = walk(*PAID[life], cash(20_000))
    assert (state.owed_rial, state.late_cash_rial) == (FEE_RIAL + 20_000, 20_000)
    freed = []
    for part in (15_000, 10_000, 25_000):
        state, [returned] = walk(back(part), state=state)
        assert isinstance(returned, OfficeReturnedFee)
        freed.append((returned.late_cash_rial, returned.exposure_rial))
    # Of the certificate's 30,000 rial acceptance reserved 9,000: the rest is the office's own part.
    assert freed == [(15_000, 15_000), (5_000, 10_000), (0, 4_000)]
    assert state.owed_rial == 0


def test_the_ledger_books_it_as_the_citizens_and_only_that() -> None:
    state, [taken] = walk(cash(), state=walk(*UNPAID["cancelled"])[0])
    drawer = f"office:{state.holder()}:drawer"
    booking = fold(taken, TRANSACTION, 1)
    assert booking is not None
    assert booking.kind is BookingKind.LATE_CASH
    assert booking.transfers == (Transfer(drawer, "citizens:refunds", FEE_RIAL),)
    assert (booking.office, booking.exposure_rial, booking.released_rial) == (state.office, FEE_RIAL, 0)
    assert isinstance(booking.announcement, LateCashRecorded)
    assert (booking.announcement.agreement, booking.announcement.amount_rial) == (AGREEMENT, FEE_RIAL)
    _, [returned] = walk(back(FEE_RIAL), state=state)
    again = fold(returned, TRANSACTION, 1)
    assert again is not None
    assert again.transfers == (Transfer("citizens:refunds", drawer, FEE_RIAL),)
    assert (again.exposure_rial, again.late_cash_rial) == (-FEE_RIAL, FEE_RIAL)
    assert isinstance(again.announcement, ReturnRecorded)
    assert (again.announcement.released_rial, again.announcement.late_cash_rial) == (FEE_RIAL, FEE_RIAL)


def test_what_cannot_be_so_is_refused() -> None:
    ended, _ = walk(*UNPAID["cancelled"])
    assert refused(ended, cash(), Speaker(office="office-9")) is ClaimRefusal.NOT_THE_OFFICE
    assert refused(ended, cash(method=PaymentMethod.GATEWAY)) is ClaimRefusal.METHOD_DIFFERS
    assert refused(ended, cash(method=PaymentMethod.POS)) is ClaimRefusal.METHOD_DIFFERS
    assert refused(ended, cash(FLOOR_RIAL + 1)) is ClaimRefusal.AMOUNT_DIFFERS
    assert max(FLOOR_RIAL, FEES_MAX * FEE_RIAL) == FLOOR_RIAL
    most, _ = walk(cash(FLOOR_RIAL - 1), state=ended)
    assert refused(most, cash(2, "late-2")) is ClaimRefusal.AMOUNT_DIFFERS
    assert walk(cash(1, "late-2"), state=most)[0].owed_rial == FLOOR_RIAL


def test_one_receipt_counts_once_and_no_row_grows_for_ever() -> None:
    state, _ = walk(*UNPAID["cancelled"], cash())
    assert refused(state, cash()) is ClaimRefusal.STATE_FORBIDS
    paid, _ = walk(*PAID["cancelled"])
    assert refused(paid, cash(receipt=COLLECTED.receipt_number)) is ClaimRefusal.STATE_FORBIDS
    for number in range(2, RECEIPTS_MAX + 1):
        state, _ = walk(cash(1, f"late-{number}"), state=state)
    assert refused(state, cash(1, "late-0")) is ClaimRefusal.STATE_FORBIDS


@pytest.mark.parametrize("stage", [RequestStage.COMPLETED, RequestStage.REFUSED])
def test_at_other_ends_there_is_none(stage: RequestStage) -> None:
    assert refused(at(stage), cash()) is ClaimRefusal.REQUEST_ENDED


def late_world(late_cash_rial: int, reserved_rial: int) -> tuple[BatchWorld, RequestState]:
    """Return a world in which the office of a routed request has late cash."""
    state = at(RequestStage.ROUTED)
    return make_world(loads={state.holder(): Load(1, reserved_rial, 0, late_cash_rial=late_cash_rial)}), state


def test_an_office_with_late_cash_accepts_nothing_though_it_has_room() -> None:
    world, state = late_world(1, 1)
    outcome = transition(state, ACCEPTED, context(Speaker(office=state.office), world))
    assert isinstance(outcome, Refuse)
    assert outcome.reason is ClaimRefusal.CAP_EXHAUSTED
    assert "give them back first" in outcome.detail
    world, state = late_world(0, 1)
    assert isinstance(transition(state, ACCEPTED, context(Speaker(office=state.office), world)), Apply)


def test_it_is_reserved_beyond_the_cap_and_no_cap_is_asked_for_it() -> None:
    ended, _ = walk(*UNPAID["cancelled"])
    world = make_world(loads={ended.holder(): Load(0, CAP_RIAL, 0)})
    walk(cash(), state=ended, world=world)
    [change] = world.changes()
    assert (change.reserved_rial, change.late_cash_rial) == (FEE_RIAL, FEE_RIAL)
    assert world.reserved_under_rial() == {}
    assert world.headroom(ended.holder(), MOMENT).late_cash_rial == FEE_RIAL


def test_nothing_is_routed_to_it_either() -> None:
    ended, _ = walk(*UNPAID["cancelled"])
    world = make_world()
    walk(cash(), state=ended, world=world)
    other = at(RequestStage.ROUTED, world)
    assert other.office != ended.office
