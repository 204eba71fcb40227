"""Deadlines that fire by themselves, and the directorate's acts."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text

from consumers.requests.domain.life.state import RequestStage
from consumers.runner.errors import Contention
from schemas.base import Event
from schemas.intake_agency import Origin
from schemas.intake_directorate import (
    CorrectionOrdered,
    DisputeOpened,
    FineImposed,
    FineLifted,
    OfficePaid,
    RefundOrdered,
    WindowCloseRequested,
)
from schemas.log_requests import ClaimRefusal, WindowMarked
from tests.kit.on_sql.requests import AGENCY_SOURCE, DIRECTORATE, RequestsBus, claim_record, desk_steps, submission

HOUR = 3_600
DAY = 24 * HOUR


def test_an_office_that_does_not_answer_loses_the_request(bus: RequestsBus) -> None:
    asked = submission()
    bus.say(AGENCY_SOURCE, asked)
    first = bus.state(asked.request_id).holder()
    bus.clock.advance(4 * HOUR - 1)
    assert bus.sweep() == 0
    bus.clock.advance(1)
    assert bus.sweep() == 1
    assert bus.sweep() == 0
    assert bus.names(asked.request_id)[2:] == ["OfficeTimedOut", "RequestRouted"]
    second = bus.state(asked.request_id).holder()
    assert second != first
    bus.say(f"/offices/{first}", desk_steps(asked.request_id)[0])
    assert bus.refusals()[-1].reason is ClaimRefusal.NOT_THE_OFFICE
    assert bus.positions() == (1, 0)


def test_after_the_last_attempt_a_person_must_find_an_office_until_it_expires(bus: RequestsBus) -> None:
    asked = submission()
    bus.say(AGENCY_SOURCE, asked)
    for _ in range(3):
        # The same hour of the next day, so that offices are open again.
        bus.clock.advance(DAY)
        assert bus.sweep() == 1
    assert bus.state(asked.request_id).stage is RequestStage.ESCALATED
    assert bus.positions() == (0, 0)
    bus.clock.advance(30 * DAY)
    assert bus.sweep() == 1
    assert bus.names(asked.request_id)[-2:] == ["RequestEscalated", "RequestClosed"]
    assert bus.state(asked.request_id).stage is RequestStage.EXPIRED


def test_an_accepted_request_expires(bus: RequestsBus) -> None:
    asked = submission(origin=Origin.WALK_IN, office="office-1")
    bus.say("/offices/office-1", asked, *desk_steps(asked.request_id)[:2])
    bus.clock.advance(30 * DAY)
    assert bus.sweep() == 1
    assert bus.state(asked.request_id).stage is RequestStage.EXPIRED
    assert bus.sweep() == 0


def test_a_deadline_and_an_acceptance_have_one_winner(bus: RequestsBus) -> None:
    asked = submission()
    bus.say(AGENCY_SOURCE, asked)
    source = bus.desk(asked.request_id)
    bus.clock.advance(5 * HOUR)
    with bus.stores() as stores:
        # The sweep of another worker meets a locked row and passes it over.
        bus.handler.handle(stores, [claim_record(source, desk_steps(asked.request_id)[0])])
        assert RequestsBus(bus.engine, bus.clock).sweep() == 0
    assert bus.sweep() == 0
    assert bus.state(asked.request_id).stage is RequestStage.ACCEPTED


def completed(bus: RequestsBus) -> UUID:
    """Return a walk-in that was completed."""
    asked = submission(origin=Origin.WALK_IN, office="office-1")
    bus.say("/offices/office-1", asked, *desk_steps(asked.request_id))
    return asked.request_id


def test_a_completed_request_can_be_disputed_and_refunded(bus: RequestsBus) -> None:
    request_id = completed(bus)
    bus.say(
        DIRECTORATE,
        DisputeOpened(request_id=request_id, reason="the receipt is missing"),
        RefundOrdered(request_id=request_id, amount_rial=30_000, reason="charged by mistake"),
        RefundOrdered(request_id=request_id, amount_rial=1, reason="once more"),
    )
    assert bus.names(request_id)[-3:] == ["DisputeMarked", "RefundAccepted", "ClaimRefused"]


ACTS: list[tuple[Event, str]] = [
    (OfficePaid(office="office-1", amount_rial=5_000, reference="bank-1"), "OfficePaymentAccepted"),
    (
        FineImposed(fine_id=uuid4(), office="office-2", amount_rial=7_000, minutes_number="1405/7"),
        "FineAccepted",
    ),
    (
        CorrectionOrdered(
            debit_account="office:office-1",
            credit_account="agency:civil-registry",
            amount_rial=3,
            minutes_number="1405/8",
            reason="a rounding on record",
        ),
        "CorrectionAccepted",
    ),
]


@pytest.mark.parametrize(("claim", "event"), ACTS, ids=[name for _, name in ACTS])
def test_an_act_is_a_subject_of_its_own(bus: RequestsBus, claim: Event, event: str) -> None:
    bus.say(DIRECTORATE, claim)
    (logged,) = bus.log()
    assert type(logged.event).__name__ == event
    assert (logged.key, logged.sequence) == (logged.event_id, 1)


def test_a_fine_is_imposed_once_and_lifted_once(bus: RequestsBus) -> None:
    fine = FineImposed(fine_id=uuid4(), office="office-1", amount_rial=7_000, minutes_number="1405/7")
    lift = FineLifted(fine_id=fine.fine_id, office="office-1", amount_rial=7_000, minutes_number="1405/9")
    bus.say(DIRECTORATE, lift, fine, lift.model_copy(update={"amount_rial": 6_000}))
    bus.say(DIRECTORATE, fine, lift, lift)
    assert [refused.reason for refused in bus.refusals()] == [
        ClaimRefusal.UNKNOWN_FINE,
        ClaimRefusal.UNKNOWN_FINE,
        ClaimRefusal.ALREADY_IMPOSED,
        ClaimRefusal.ALREADY_IMPOSED,
    ]
    assert len(bus.log()) == 6


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"debit_account": "office:nowhere"}, ClaimRefusal.UNKNOWN_ACCOUNT),
        ({"debit_account": "suspense"}, ClaimRefusal.UNKNOWN_ACCOUNT),
        ({"debit_account": "agency:nobody:gateway"}, ClaimRefusal.UNKNOWN_ACCOUNT),
        ({"debit_account": "citizens", "credit_account": "citizens"}, ClaimRefusal.UNKNOWN_ACCOUNT),
    ],
)
def test_a_correction_is_between_two_known_accounts(
    bus: RequestsBus, changes: dict[str, str], reason: ClaimRefusal
) -> None:
    bus.say(DIRECTORATE, ACTS[2][0].model_copy(update=changes))
    assert [refused.reason for refused in bus.refusals()] == [reason]


def test_a_payment_of_an_unknown_office_is_refused(bus: RequestsBus) -> None:
    bus.say(DIRECTORATE, OfficePaid(office="nowhere", amount_rial=5_000, reference="bank-1"))
    (refused,) = bus.refusals()
    assert refused.reason is ClaimRefusal.UNKNOWN_OFFICE
    assert refused.request_id is None


def test_a_banks_reference_counts_once_for_an_office(bus: RequestsBus) -> None:
    paid = OfficePaid(office="office-1", amount_rial=5_000, reference="bank-1")
    bus.say(DIRECTORATE, paid, paid)
    bus.say(DIRECTORATE, paid.model_copy(update={"amount_rial": 6_000}), paid.model_copy(update={"office": "office-2"}))
    assert [refused.reason for refused in bus.refusals()] == [ClaimRefusal.ALREADY_PAID] * 2
    assert [type(logged.event).__name__ for logged in bus.log()].count("OfficePaymentAccepted") == 2


def test_a_window_closes_once_in_every_partition(bus: RequestsBus) -> None:
    bus.say(DIRECTORATE, WindowCloseRequested(window=2))
    bus.say(DIRECTORATE, WindowCloseRequested(window=1), WindowCloseRequested(window=1))
    bus.say(DIRECTORATE, WindowCloseRequested(window=2))
    markers = [one for one in bus.log() if isinstance(one.event, WindowMarked)]
    assert [(one.key, one.partition) for one in markers] == [
        (f"window-{window}", partition) for window in (1, 2) for partition in range(12)
    ]
    assert all(one.sequence is None for one in markers)
    assert [refused.reason for refused in bus.refusals()] == [ClaimRefusal.WINDOW_NOT_OPEN] * 2


def test_two_workers_close_a_window_once(bus: RequestsBus, owner: Engine) -> None:
    with bus.stores() as stores:
        bus.handler.handle(stores, [claim_record(DIRECTORATE, WindowCloseRequested(window=1))])
        with pytest.raises(Contention):
            RequestsBus(bus.engine, bus.clock).say(DIRECTORATE, WindowCloseRequested(window=1))
    RequestsBus(bus.engine, bus.clock).say(DIRECTORATE, WindowCloseRequested(window=1))
    with owner.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM act")).scalar_one() == 1
    assert [refused.reason for refused in bus.refusals()] == [ClaimRefusal.WINDOW_NOT_OPEN]
