"""What the code failed on is tried again by itself: in its order, in batches, and not for ever."""

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from connectors.database.parking.operator import ParkOperator
from connectors.database.requests.stores import request_stores
from connectors.database.sql.driver import meaningful_errors
from consumers.parking import RESTS, OperatorAction
from consumers.requests.domain.life.state import RequestStage
from schemas.intake_agency import Origin
from schemas.intake_directorate import OfficePaid
from tests.kit.on_sql.requests import AGENCY_SOURCE, DIRECTORATE, RequestsBus, claim_record, desk_steps, submission
from tests.kit.on_sql.rests import CountedPark, end_rests, tries

pytestmark = pytest.mark.integration

BUG = ZeroDivisionError("a citizen's words")
DESK = "/offices/office-1"


def broken(request_id: UUID, attempt: int) -> bytes:
    """Fail, as a worker of a bad version does."""
    raise BUG


@pytest.fixture
def bad(engine: Engine, bus: RequestsBus) -> RequestsBus:
    """A worker of a bad version, on the same database and clock."""
    return RequestsBus(engine, bus.clock, broken)


def walk_in(bus: RequestsBus) -> UUID:
    """Let the code fail on a walk-in, with everything the office says of it behind."""
    asked = submission(origin=Origin.WALK_IN, office="office-1")
    bus.park_failed(claim_record(DESK, asked), BUG)
    bus.say(DESK, *desk_steps(asked.request_id))
    return asked.request_id


def test_it_is_tried_after_its_rest_and_what_waits_behind_it_follows_in_order(engine: Engine, bus: RequestsBus) -> None:
    request_id = walk_in(bus)
    other = submission()
    bus.say(AGENCY_SOURCE, other)
    assert bus.state(other.request_id).stage is RequestStage.ROUTED, "other keys flow"
    assert bus.sweep() == 0
    end_rests(engine)
    assert bus.sweep() == 5
    assert bus.state(request_id).stage is RequestStage.COMPLETED
    assert bus.parked() == []
    assert [one.sequence for one in bus.log(request_id)] == list(range(1, len(bus.log(request_id)) + 1))


def test_after_the_last_rest_it_waits_for_a_person(engine: Engine, bus: RequestsBus, bad: RequestsBus) -> None:
    request_id = walk_in(bus)
    for count, _ in enumerate(RESTS, start=1):
        assert tries(engine)[0] == (str(request_id), "failed", count, True)
        end_rests(engine)
        bad.sweep()
        assert bad.sweep() == 0, "it rests again"
    assert tries(engine)[0] == (str(request_id), "failed", 1 + len(RESTS), False)
    assert [reason for _, reason in bus.parked()] == ["failed", *["behind"] * 4]
    end_rests(engine)
    assert bus.sweep() == 0
    with engine.begin() as connection:
        assert ParkOperator(connection).decide_on_failed("requests", OperatorAction.REDRIVE, "sara", "repaired")
    assert bus.sweep() == 5
    assert bus.state(request_id).stage is RequestStage.COMPLETED


def test_many_that_fail_again_cost_no_more_statements_than_one(
    engine: Engine, bus: RequestsBus, bad: RequestsBus
) -> None:
    def sweep(count: int) -> int:
        for _ in range(count):
            bus.park_failed(claim_record(AGENCY_SOURCE, submission()), BUG)
        end_rests(engine)
        with meaningful_errors(), engine.begin() as connection:
            stores = request_stores(connection)
            park = CountedPark(stores.park)
            bad.handler.sweep(replace(stores, park=park))
        return park.calls.total()

    assert sweep(1) == sweep(40)
    assert [row[2] for row in tries(engine)] == [3, *[2] * 40]


def test_an_act_that_is_tried_by_two_workers_happens_once(engine: Engine, bus: RequestsBus) -> None:
    paid = OfficePaid(office="office-1", amount_rial=5_000, reference="bank-1")
    bus.park_failed(claim_record(DIRECTORATE, paid), BUG)
    end_rests(engine)
    with bus.stores() as stores:
        assert bus.handler.sweep(stores) == 1
        assert RequestsBus(engine, bus.clock).sweep() == 0, "the first has it in hand"
    assert bus.sweep() == 0
    assert len(bus.log()) == 1
    assert bus.parked() == []


def test_a_later_failure_of_the_same_request_does_not_hold_an_earlier_one_up(engine: Engine, bus: RequestsBus) -> None:
    request_id = walk_in(bus)
    with engine.begin() as connection:
        # The third claim has used all its tries, the first is decided on.
        third = "(SELECT id FROM parked_event ORDER BY id OFFSET 2 LIMIT 1)"
        connection.execute(text(f"UPDATE parked_event SET reason = 'failed', tries = 9 WHERE id = {third}"))
        operator = ParkOperator(connection)
        operator.decide([operator.oldest(1)[0].id], OperatorAction.REDRIVE, "sara", "repaired")
    assert bus.sweep() == 2
    assert bus.state(request_id).stage is RequestStage.ACCEPTED
    assert [reason for _, reason in bus.parked()] == ["failed", "behind", "behind"]
