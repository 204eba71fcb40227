"""A sweep that fails on one request sets that one aside, and everything else that is due happens."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import Engine, text
from structlog.testing import capture_logs

from connectors.database.parking.operator import ParkOperator
from consumers.parking import OperatorAction
from consumers.requests.domain.life.state import RequestStage
from consumers.requests.domain.routing.seeds import seed_for
from consumers.requests.handlers import REST
from consumers.requests.horizon import HOLD
from schemas.intake_agency import RequestCancelled
from schemas.intake_directorate import OfficePaid
from tests.kit.on_sql.requests import AGENCY_SOURCE, DIRECTORATE, SECRET, RequestsBus, claim_record, submission

ACCEPTANCE = timedelta(hours=4)
PARKING = timedelta(minutes=10)
WORDS = "what a citizen said"


def poison(owner: Engine, key: str) -> None:
    """Let the database refuse every log event of `key`."""
    with owner.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN IF NEW.key = '{key}' THEN RAISE EXCEPTION 'poison'; END IF; RETURN NEW; END $$"
            )
        )
        connection.execute(text("CREATE TRIGGER poison BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION poison()"))


def heal(owner: Engine) -> None:
    """Let the database take everything again."""
    with owner.begin() as connection:
        connection.execute(text("DROP TRIGGER poison ON outbox"))


def routed(bus: RequestsBus, count: int) -> list[UUID]:
    """Return so many requests that wait for an office's acceptance."""
    asked = [submission() for _ in range(count)]
    bus.say(AGENCY_SOURCE, *asked)
    return [one.request_id for one in asked]


def test_timers_fire_though_the_code_fails_on_one_of_them(engine: Engine, bus: RequestsBus) -> None:
    requests = routed(bus, 9)
    bad = requests[4]

    def broken(request_id: UUID, attempt: int) -> bytes:
        if request_id == bad:
            raise ZeroDivisionError(WORDS)
        return seed_for(SECRET, request_id, attempt)

    bus.clock.advance(ACCEPTANCE.total_seconds())
    worker = RequestsBus(engine, bus.clock, broken)
    with capture_logs() as lines:
        assert worker.sweep() == 8
    timed_out = [one for one in requests if "OfficeTimedOut" in bus.names(one)]
    assert timed_out == [one for one in requests if one != bad]
    [line] = lines
    assert (line["log_level"], line["request_id"], line["error"]) == ("error", bad, "ZeroDivisionError")
    assert line["cause"] == "acceptance_overdue"
    assert WORDS not in str(line)

    # It rests, then it is tried again; a repaired worker finds it.
    with capture_logs() as lines:
        assert worker.sweep() == 0
    assert lines == []
    bus.clock.advance(REST.total_seconds())
    assert bus.sweep() == 1
    assert "OfficeTimedOut" in bus.names(bad)


def test_what_the_database_refuses_of_one_request_does_not_undo_the_others(bus: RequestsBus, owner: Engine) -> None:
    requests = routed(bus, 5)
    poison(owner, str(requests[0]))
    bus.clock.advance(ACCEPTANCE.total_seconds())
    assert bus.sweep() == 4
    assert bus.sweep() == 0
    assert [bus.state(one).attempt for one in requests] == [1, 2, 2, 2, 2]
    assert bus.positions() == (5, 0)
    heal(owner)
    bus.clock.advance(REST.total_seconds())
    assert bus.sweep() == 1
    assert bus.positions() == (5, 0)


def test_a_claim_that_waited_too_long_and_cannot_be_refused_is_kept_as_failed(bus: RequestsBus, owner: Engine) -> None:
    [request_id] = routed(bus, 1)
    bus.park_failed(claim_record(AGENCY_SOURCE, RequestCancelled(request_id=request_id, reason="late")), KeyError())
    paid = OfficePaid(office="office-1", amount_rial=5_000, reference="bank-1")
    bus.park_failed(claim_record(DIRECTORATE, paid), KeyError())
    decide(bus)
    poison(owner, str(request_id))
    # The act is redriven, the request's claim is kept for another decision.
    assert bus.sweep() == 1
    assert bus.parked() == [(str(request_id), "failed")]
    assert bus.sweep() == 0
    heal(owner)
    decide(bus)
    assert bus.sweep() == 1
    assert bus.parked() == []
    assert bus.state(request_id).stage is RequestStage.CANCELLED


def test_a_submission_that_waited_for_the_registry_is_redriven(bus: RequestsBus, owner: Engine) -> None:
    bus.ends.ends = {"pishkhan.intake.civil-registry/0": 5}
    asked, other = submission(service="late"), submission(service="late")
    bus.say(AGENCY_SOURCE, asked, other)
    poison(owner, str(asked.request_id))
    # Nobody has read the topic to its end, which holds what ends by time for a while.
    bus.clock.advance((PARKING + HOLD).total_seconds())
    assert bus.sweep() == 1
    assert bus.state(other.request_id).stage is RequestStage.REFUSED
    assert bus.parked() == [(str(asked.request_id), "failed")]
    assert bus.counts().parked == 1
    heal(owner)
    decide(bus)
    assert bus.sweep() == 1
    assert bus.names(asked.request_id) == ["RequestOpened", "RequestRefused"]
    assert bus.parked() == []


def test_a_failed_claim_is_told_once_with_its_request_and_what_was_said(engine: Engine, bus: RequestsBus) -> None:
    def broken(request_id: UUID, attempt: int) -> bytes:
        raise ZeroDivisionError(WORDS)

    asked = submission()
    paid = OfficePaid(office="office-1", amount_rial=5_000, reference="bank-1")
    with capture_logs() as lines:
        bus.park_failed(claim_record(AGENCY_SOURCE, asked), KeyError(WORDS))
        bus.park_failed(claim_record(DIRECTORATE, paid), KeyError(WORDS))
        decide(bus)
        RequestsBus(engine, bus.clock, broken).sweep()
    told = [(line["log_level"], line["request_id"], line["event_type"], line["error"]) for line in lines]
    assert told == [
        ("error", asked.request_id, asked.type_name(), "KeyError"),
        ("error", None, paid.type_name(), "KeyError"),
        ("error", asked.request_id, asked.type_name(), "ZeroDivisionError"),
    ]
    assert WORDS not in str(lines)


def decide(bus: RequestsBus) -> None:
    """Redrive everything that failed, as an operator."""
    with bus.engine.begin() as connection:
        ids = connection.execute(text("SELECT id FROM parked_event WHERE reason = 'failed'")).scalars().all()
        assert ParkOperator(connection).decide(ids, OperatorAction.REDRIVE, "operator-7", "the code was repaired")
