"""What settlement failed on is tried again by itself, and holds nobody else up."""

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from consumers.parking import RESTS, DecisionOutcome, OperatorAction, ParkReason
from schemas.decode import EventInvalid
from tests.kit.values.ledger_log import RequestsLog, accepted, certificate, life, request
from tests.memory.desk import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_what_failed_is_tried_again_after_its_rest_and_lets_the_others_in(desk: Desk) -> None:
    first, second, third, fourth = life(RequestsLog())
    desk.handle(first)
    desk.park_failed(second, ZeroDivisionError())
    desk.handle(third, fourth)
    assert desk.sweep() == 0
    desk.memory.park.rest(RESTS[0].total_seconds())
    assert desk.sweep() == 3
    assert desk.kinds() == ["hold", "collect", "post", "post"]
    assert desk.memory.park.rows == []


def test_what_fails_whenever_it_is_tried_waits_for_a_person_at_last_and_holds_nobody_else_up(desk: Desk) -> None:
    log = RequestsLog()
    broken = replace(life(log)[0], value=b"{}")
    desk.park_failed(broken, EventInvalid("office", "Field required"))
    for rest in RESTS:
        other = request(2 + len(desk.memory.sequences))
        healthy = log.add(accepted(other, certificate()))
        desk.park_failed(healthy, ZeroDivisionError())
        desk.memory.park.rest(rest.total_seconds())
        assert desk.sweep() == 1
        assert other in {row.request_id for row in desk.memory.rows}
    [row] = desk.memory.park.rows
    assert (row.event.tries, row.event.detail) == (1 + len(RESTS), "EventInvalid: request_id: Field required")
    desk.memory.park.rest(1e9)
    assert desk.sweep() == 0
    assert desk.memory.park.rows == [row]


def test_what_cannot_be_written_is_set_aside_and_the_rest_is_entered(desk: Desk) -> None:
    log = RequestsLog()
    records = [log.add(accepted(request(number), certificate())) for number in range(1, 6)]
    for record in records:
        desk.park_failed(record, ZeroDivisionError())
    desk.memory.park.rest(RESTS[0].total_seconds())
    desk.memory.database.refused.add(request(3))
    with capture_logs() as lines:
        assert desk.sweep() == 4
    assert [row.event.key for row in desk.memory.park.rows] == [str(request(3))]
    assert desk.memory.park.rows[0].event.tries == 2
    assert {row.request_id for row in desk.memory.rows} == {request(number) for number in (1, 2, 4, 5)}
    [line] = lines
    assert (line["request_id"], line["error"]) == (str(request(3)), "CheckViolated")


def test_what_an_operator_gives_up_is_not_entered_when_its_turn_comes_first(desk: Desk) -> None:
    first, second, third, fourth = life(RequestsLog())
    desk.handle(first, third, fourth)
    desk.memory.park.decide(OperatorAction.SKIP)
    desk.handle(second)
    assert desk.kinds() == ["hold", "collect"]
    assert desk.sweep() == 2
    assert desk.kinds() == ["hold", "collect"]
    assert desk.memory.park.rows == []


def test_what_an_operator_leaves_out_is_on_record_as_left_out(desk: Desk) -> None:
    first, second, third, fourth = life(RequestsLog())
    desk.handle(first)
    desk.park_failed(second, ZeroDivisionError())
    desk.handle(third, fourth)
    desk.memory.park.decide(OperatorAction.SKIP, reason=ParkReason.FAILED)
    assert desk.sweep() == 3
    assert desk.kinds() == ["hold", "post", "post"]
    outcomes = [decision.outcome for decision in desk.memory.database.decisions.rows.values()]
    assert outcomes == [DecisionOutcome.SKIPPED]
