"""What waits: failed claims and those behind them, operators' decisions, services on their way through the registry."""

import json
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text

from connectors.database.parking.operator import ParkOperator
from consumers.parking import WAITING_LIMIT, OperatorAction
from consumers.requests.domain.life.state import RequestStage
from consumers.requests.horizon import HOLD
from consumers.runner.errors import ParkFull
from consumers.runner.records import Record
from schemas.intake_agency import AgencyAnswered, Answer, ClaimWithdrawn, Origin, RequestCancelled
from schemas.intake_directorate import OfficePaid
from schemas.intake_office import AgencyAwaited, RequestAccepted, ServiceStarted
from schemas.log_requests import ClaimRefusal, ClaimTakenBack, RefusalReason, RequestRefused
from schemas.offices import Accession
from tests.kit.on_sql.requests import (
    AGENCY_SOURCE,
    DIRECTORATE,
    OPERATOR,
    RequestsBus,
    claim_record,
    desk_steps,
    load_registry,
    sequences,
    submission,
)
from tests.kit.values.builders import Registrable, agreement, entries, office, terms
from tests.kit.values.builders import service as make_service
from tests.kit.values.crowd import crowd

BUG = ZeroDivisionError("a citizen's words")
DESK = "/offices/office-1"
TOPIC = "pishkhan.intake.civil-registry/0"


def decide(bus: RequestsBus, action: OperatorAction) -> None:
    """Decide as an operator on everything that failed."""
    with bus.engine.begin() as connection:
        ids = connection.execute(text("SELECT id FROM parked_event WHERE reason = 'failed'")).scalars().all()
        assert ParkOperator(connection).decide(ids, action, "operator-7", "the code was repaired")


def reasons(bus: RequestsBus) -> list[str]:
    """Return why everything that waits does."""
    return [reason for _, reason in bus.parked()]


def failed_walk_in(bus: RequestsBus) -> UUID:
    """Let the code fail on a walk-in, with everything the office says of it behind."""
    asked = submission(origin=Origin.WALK_IN, office="office-1")
    bus.park_failed(claim_record(DESK, asked), BUG)
    bus.say(DESK, *desk_steps(asked.request_id)[:2])
    bus.say(DESK, *desk_steps(asked.request_id)[2:])
    assert reasons(bus) == ["failed", "behind", "behind", "behind", "behind"]
    return asked.request_id


def test_a_redriven_claim_applies_with_all_that_waits_behind_it(bus: RequestsBus) -> None:
    request_id = failed_walk_in(bus)
    assert bus.log() == []
    assert bus.sweep() == 0
    decide(bus, OperatorAction.REDRIVE)
    assert bus.sweep() == 5
    assert bus.state(request_id).stage is RequestStage.COMPLETED
    assert bus.parked() == []


def test_a_skipped_claim_lets_the_others_wait_for_a_predecessor(bus: RequestsBus) -> None:
    request_id = failed_walk_in(bus)
    decide(bus, OperatorAction.SKIP)
    assert bus.sweep() == 1
    assert reasons(bus) == ["predecessor"] * 4
    bus.say(AGENCY_SOURCE, submission(request_id, origin=Origin.CITIZEN_CHOICE, office="office-1"))
    assert bus.state(request_id).stage is RequestStage.COMPLETED


def test_after_a_skipped_submission_the_desk_says_everything_again(bus: RequestsBus) -> None:
    request_id = failed_walk_in(bus)
    decide(bus, OperatorAction.SKIP)
    bus.sweep()
    bus.say(DESK, submission(request_id, origin=Origin.WALK_IN, office="office-1"))
    assert bus.state(request_id).stage is RequestStage.ROUTED
    assert [one.reason for one in bus.refusals()] == [ClaimRefusal.TOO_EARLY] * 4
    bus.say(DESK, *desk_steps(request_id))
    assert bus.state(request_id).stage is RequestStage.COMPLETED


def test_what_an_operator_reads_holds_no_citizens_words(bus: RequestsBus) -> None:
    failed_walk_in(bus)
    with bus.engine.begin() as connection:
        details = connection.execute(text("SELECT detail FROM parked_event")).scalars().all()
    assert any("ZeroDivisionError" in detail for detail in details)
    assert not any("citizen" in detail for detail in details)


def test_a_redriven_claim_may_fail_again(bus: RequestsBus) -> None:
    def broken(request_id: UUID, attempt: int) -> bytes:
        raise BUG

    request_id = failed_walk_in(bus)
    decide(bus, OperatorAction.REDRIVE)
    other = RequestsBus(bus.engine, bus.clock, seeds=broken)
    # A walk-in draws no lot, but every decision has its seed.
    other.sweep()
    assert reasons(bus) == ["failed", "behind", "behind", "behind", "behind"]
    decide(bus, OperatorAction.REDRIVE)
    bus.sweep()
    assert bus.state(request_id).stage is RequestStage.COMPLETED


def test_a_failed_claim_that_came_before_is_skipped(bus: RequestsBus) -> None:
    record = claim_record(AGENCY_SOURCE, submission())
    bus.handle(record)
    bus.park_failed(record, BUG)
    assert bus.parked() == []


def test_a_failed_act_is_redriven_or_skipped(bus: RequestsBus) -> None:
    paid = OfficePaid(office="office-1", amount_rial=5_000, reference="bank-1")
    bus.park_failed(claim_record(DIRECTORATE, paid), BUG)
    bus.park_failed(claim_record(DIRECTORATE, paid), BUG)
    bus.say(DIRECTORATE, OfficePaid(office="office-1", amount_rial=5_000, reference="bank-2"))
    assert len(bus.log()) == 1
    with bus.engine.begin() as connection:
        first, second = connection.execute(text("SELECT id FROM parked_event ORDER BY id")).scalars()
        park = ParkOperator(connection)
        park.decide([first], OperatorAction.REDRIVE, "operator-7", "repaired")
        park.decide([second], OperatorAction.SKIP, "operator-7", "said twice")
    assert bus.sweep() == 2
    assert [type(one.event).__name__ for one in bus.log()] == ["OfficePaymentAccepted"] * 2
    assert bus.parked() == []


def test_a_park_that_is_full_behind_a_failure_halts_the_partition(bus: RequestsBus) -> None:
    asked = submission()
    bus.park_failed(claim_record(AGENCY_SOURCE, asked), BUG)
    started = [ServiceStarted(request_id=asked.request_id, operator=OPERATOR) for _ in range(100)]
    bus.say(DESK, *started[:99])
    with pytest.raises(ParkFull, match="redrive or skip"):
        bus.say(DESK, started[99])
    assert len(bus.parked()) == 100


def test_who_lets_too_much_wait_is_refused_and_nobody_else_is_held_up(bus: RequestsBus) -> None:
    bus.ends.ends = {TOPIC: 5}
    crowd(bus.engine, "requests", "pishkhan.intake.civil-registry", WAITING_LIMIT - 1)
    early = [RequestCancelled(request_id=uuid4(), reason="no longer wanted") for _ in range(3)]
    late = submission(service="late")
    bus.say(AGENCY_SOURCE, *early)
    bus.say(AGENCY_SOURCE, late, submission())
    refused = bus.refusals()
    assert [one.reason for one in refused] == [ClaimRefusal.TOO_MANY_WAIT] * 3
    assert bus.telemetry.reasons["too_many_wait"] == 3
    assert f"{WAITING_LIMIT} claims on this topic wait already; send it anew" in refused[0].detail
    assert "not known yet" in refused[-1].detail
    assert bus.counts().routed == 1
    assert bus.counts().parked == 0
    # Others may wait as before, and what fails is still kept.
    bus.say("/agencies/other", RequestCancelled(request_id=uuid4(), reason="too early"))
    bus.say(DESK, desk_steps(uuid4())[0])
    bus.park_failed(claim_record(AGENCY_SOURCE, submission()), BUG)
    assert reasons(bus)[-3:] == ["predecessor", "predecessor", "failed"]
    assert len(bus.parked()) == WAITING_LIMIT + 3
    # Said anew when there is room, it is an ordinary claim.
    with bus.engine.begin() as connection:
        connection.execute(text("DELETE FROM parked_event WHERE key LIKE 'crowd-%'"))
    bus.say(AGENCY_SOURCE, late)
    assert bus.counts().parked == 1


def read_to(owner: Engine, position: int) -> None:
    """Let the registry have read the agency's topic up to `position`."""
    with owner.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO consumer_offset (consumer, cluster_id, topic, topic_id, partition, next_position) "
                "VALUES ('registry', 'c', 'pishkhan.intake.civil-registry', 't', 0, :position) "
                "ON CONFLICT (consumer, cluster_id, topic, topic_id, partition) "
                "DO UPDATE SET next_position = excluded.next_position"
            ),
            {"position": position},
        )


def publish_late_service(owner: Engine, *, acceded: bool = False) -> None:
    """Let the registry accept the service that the tests ask for too early; an office may deliver it by agreement."""
    things: list[Registrable] = [make_service("late"), agreement("late-agreement", services=(terms("late"),))]
    if acceded:
        things.append(office("office-1", version=2, accessions=(Accession(agreement="late-agreement"),)))
    with owner.begin() as connection:
        load_registry(connection, entries(things, 100))


def test_a_service_on_its_way_is_waited_for(bus: RequestsBus, owner: Engine) -> None:
    bus.ends.ends = {TOPIC: 5}
    asked = submission(service="late")
    bus.say(AGENCY_SOURCE, asked, submission(service="late"))
    assert bus.ends.asked == ["civil-registry"]
    counts = bus.counts()
    assert (counts.submitted, counts.parked, counts.refused) == (2, 2, 0)
    assert bus.names(asked.request_id) == []
    read_to(owner, 4)
    assert bus.sweep() == 0
    publish_late_service(owner)
    read_to(owner, 5)
    bus.clock.advance(60)
    assert bus.sweep() == 2
    # Offices accede to agreements, and none has to this one: the answer is final and says so.
    assert bus.names(asked.request_id) == ["RequestOpened", "RequestRefused"]
    assert bus.telemetry.reasons["unknown_service"] == 0
    assert bus.parked() == []


def test_the_form_of_a_request_that_waited_counts_when_the_service_comes(bus: RequestsBus, owner: Engine) -> None:
    bus.ends.ends = {TOPIC: 5}
    asked = submission(service="late", form={"reason": "lost"})
    bus.say(AGENCY_SOURCE, asked)
    assert bus.state(asked.request_id).asked().form == {}
    publish_late_service(owner)
    read_to(owner, 5)
    bus.clock.advance(60)
    assert bus.sweep() == 1
    # The late service asks for nothing, so it was the form that was refused.
    assert refusal(bus, asked.request_id) is RefusalReason.FORM_INVALID


def test_a_service_that_nobody_publishes_is_refused(bus: RequestsBus, owner: Engine) -> None:
    bus.ends.ends = {TOPIC: 5}
    asked = submission(service="late")
    bus.say(AGENCY_SOURCE, asked)
    read_to(owner, 7)
    assert bus.sweep() == 1
    assert refusal(bus, asked.request_id) is RefusalReason.UNKNOWN_SERVICE
    counts = bus.counts()
    assert counts.submitted == counts.routed + counts.refused + counts.parked == 1


def test_a_registry_that_stands_still_is_not_waited_for_for_ever(bus: RequestsBus) -> None:
    bus.ends.ends = {TOPIC: 5}
    asked = submission(service="late")
    bus.say(AGENCY_SOURCE, asked)
    # What is unread of the topic may still be the word that is waited for, and holds the end of the wait for a while.
    bus.clock.advance(600 + HOLD.total_seconds() - 1)
    assert bus.sweep() == 0
    bus.clock.advance(1)
    assert bus.sweep() == 1
    assert refusal(bus, asked.request_id) is RefusalReason.UNKNOWN_SERVICE


def test_a_request_that_waits_can_be_cancelled(bus: RequestsBus) -> None:
    bus.ends.ends = {TOPIC: 5}
    asked = submission(service="late", personal=b"sealed")
    bus.say(AGENCY_SOURCE, asked)
    bus.say(AGENCY_SOURCE, RequestCancelled(request_id=asked.request_id, reason="no longer wanted"))
    assert refusal(bus, asked.request_id) is RefusalReason.CANCELLED_BEFORE_ROUTING
    assert bus.parked() == []
    assert bus.counts().refused == 1


def test_claims_on_a_request_that_waits_are_too_early(bus: RequestsBus, owner: Engine) -> None:
    bus.ends.ends = {TOPIC: 5}
    asked = submission(service="late", origin=Origin.WALK_IN, office="office-1")
    bus.say(DESK, asked, desk_steps(asked.request_id)[0])
    assert bus.ends.asked == [None]
    assert reasons(bus) == ["registry", "predecessor"]
    read_to(owner, 5)
    bus.sweep()
    # The request is refused, so what the office said of it is as well.
    assert bus.names(asked.request_id) == ["RequestOpened", "RequestRefused", "ClaimRefused"]
    assert bus.parked() == []


def test_a_walk_in_that_waits_for_the_registry_is_served_in_the_order_in_which_its_desk_spoke(
    bus: RequestsBus, owner: Engine
) -> None:
    bus.ends.ends = {TOPIC: 5}
    asked = submission(service="late", origin=Origin.WALK_IN, office="office-1")
    accepted, paid, started, delivered = desk_steps(asked.request_id)
    bus.say(DESK, asked, delivered, accepted, paid)
    bus.say(DESK, started, delivered)
    assert reasons(bus) == ["registry", *["predecessor"] * 4]
    assert [one.reason for one in bus.refusals()] == [ClaimRefusal.TOO_EARLY]
    publish_late_service(owner, acceded=True)
    read_to(owner, 5)
    bus.clock.advance(60)
    assert bus.sweep() >= 1
    assert bus.state(asked.request_id).stage is RequestStage.COMPLETED
    assert bus.names(asked.request_id)[:4] == ["RequestOpened", "RequestRouted", "OfficeAccepted", "OfficeCollectedFee"]
    assert bus.parked() == []


def withdrawal(claim: Record) -> ClaimWithdrawn:
    """Return what its speaker says to take `claim` back."""
    headers = {name: (value or b"").decode() for name, value in claim.headers}
    body = json.loads(claim.value or b"{}")
    return ClaimWithdrawn(request_id=UUID(body["request_id"]), claim_id=headers["ce_id"])


def test_what_waits_can_be_taken_back_by_who_said_it_and_what_waits_behind_it_is_refused(bus: RequestsBus) -> None:
    request_id = uuid4()
    accepted, paid, *_ = (claim_record(DESK, step) for step in desk_steps(request_id))
    bus.handle(accepted, paid)
    for source in ("/offices/office-2", AGENCY_SOURCE, DIRECTORATE):
        bus.say(source, withdrawal(accepted))
    assert [one.reason for one in bus.refusals()] == [ClaimRefusal.NOTHING_WAITS] * 3
    assert reasons(bus) == ["predecessor"] * 2
    bus.say(DESK, withdrawal(accepted))
    assert bus.parked() == []
    assert [one.reason for one in bus.refusals()[3:]] == [ClaimRefusal.WITHDRAWN, ClaimRefusal.TOO_EARLY]
    [taken] = [one.event for one in bus.log() if isinstance(one.event, ClaimTakenBack)]
    assert (taken.request_id, taken.claim_source, taken.claim_type) == (None, DESK, RequestAccepted.type_name())
    bus.say(AGENCY_SOURCE, submission(request_id, origin=Origin.CITIZEN_CHOICE, office="office-1"))
    assert bus.state(request_id).stage is RequestStage.ROUTED
    bus.say(DESK, withdrawal(accepted))
    assert bus.refusals()[-1].reason is ClaimRefusal.NOTHING_WAITS


def test_a_delivery_that_waits_for_the_answer_and_is_taken_back_completes_nothing(bus: RequestsBus) -> None:
    asked = submission()
    bus.say(AGENCY_SOURCE, asked)
    desk = bus.desk(asked.request_id)
    *steps, delivered = desk_steps(asked.request_id)
    bus.say(desk, *steps, AgencyAwaited(request_id=asked.request_id, operator=OPERATOR))
    record = claim_record(desk, delivered)
    bus.handle(record)
    assert reasons(bus) == ["predecessor"]
    bus.say(desk, withdrawal(record))
    assert bus.names(asked.request_id)[-2:] == ["ClaimRefused", "ClaimTakenBack"]
    bus.say(AGENCY_SOURCE, AgencyAnswered(request_id=asked.request_id, answer=Answer.APPROVED))
    assert bus.state(asked.request_id).stage is RequestStage.STARTED
    assert sequences(bus.log(asked.request_id)) == list(range(1, len(bus.log(asked.request_id)) + 1))


def test_a_submission_that_waits_for_the_registry_can_be_taken_back_with_all_behind_it(bus: RequestsBus) -> None:
    bus.ends.ends = {TOPIC: 5}
    asked = submission(service="late", origin=Origin.WALK_IN, office="office-1", personal=b"sealed")
    record = claim_record(DESK, asked)
    bus.handle(record, claim_record(DESK, desk_steps(asked.request_id)[0]))
    bus.say(DESK, withdrawal(record))
    assert bus.names(asked.request_id) == ["RequestOpened", "RequestRefused", "ClaimTakenBack", "ClaimRefused"]
    assert bus.state(asked.request_id).stage is RequestStage.REFUSED
    assert bus.parked() == []
    counts = bus.counts()
    assert (counts.submitted, counts.refused, counts.parked) == (1, 1, 0)


def test_what_waits_behind_a_claim_on_which_the_code_failed_can_be_taken_back_and_that_one_cannot(
    bus: RequestsBus,
) -> None:
    asked = submission(origin=Origin.WALK_IN, office="office-1")
    failed, accepted = claim_record(DESK, asked), claim_record(DESK, desk_steps(asked.request_id)[0])
    bus.park_failed(failed, BUG)
    bus.handle(accepted)
    bus.say(DESK, withdrawal(failed), withdrawal(accepted))
    assert reasons(bus) == ["failed"]
    assert [one.reason for one in bus.refusals()] == [ClaimRefusal.NOTHING_WAITS, ClaimRefusal.WITHDRAWN]
    decide(bus, OperatorAction.REDRIVE)
    bus.sweep()
    assert bus.state(asked.request_id).stage is RequestStage.ROUTED


def test_a_failed_submission_can_go_on_to_wait_for_the_registry(bus: RequestsBus, owner: Engine) -> None:
    bus.ends.ends = {TOPIC: 5}
    asked = submission(service="late")
    bus.park_failed(claim_record(AGENCY_SOURCE, asked), BUG)
    decide(bus, OperatorAction.REDRIVE)
    bus.sweep()
    assert reasons(bus) == ["registry"]
    assert bus.counts().parked == 1
    assert bus.sweep() == 0
    read_to(owner, 5)
    assert bus.sweep() == 1
    assert refusal(bus, asked.request_id) is RefusalReason.UNKNOWN_SERVICE


def test_a_claim_for_nobody_makes_a_row_that_is_not_counted(bus: RequestsBus) -> None:
    bus.say(DESK, desk_steps(uuid4())[0])
    counts = bus.counts()
    assert (counts.submitted, counts.routed, counts.refused, counts.parked) == (0, 0, 0, 0)


def refusal(bus: RequestsBus, request_id: UUID) -> RefusalReason:
    """Return why the request was refused."""
    last = bus.log(request_id)[-1].event
    assert isinstance(last, RequestRefused)
    return last.reason
