"""Batches on a real database: the whole life of a request, duplicates, order, waiting claims, and replays."""

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from connectors.database.requests.requests import RequestCounts, inbox
from consumers.requests.domain.life.state import RequestStage
from consumers.runner.errors import Contention
from consumers.runner.outcomes import Outcome
from consumers.runner.records import Record
from schemas.catalogue import Stage as CatalogueStage
from schemas.intake_agency import AgencyAnswered, Answer, Origin, RequestCancelled
from schemas.intake_office import (
    AgencyAwaited,
    DeclineReason,
    RequestAccepted,
    RequestDeclined,
)
from schemas.log_requests import ClaimRefusal, ClaimRefused, RequestRouted
from tests.kit.on_sql.requests import (
    AGENCY_SOURCE,
    OPERATOR,
    RequestsBus,
    claim_record,
    desk_steps,
    load_registry,
    sequences,
    submission,
)
from tests.kit.values.builders import AGENCY, entry, policy, service


def test_a_request_from_submission_to_completion(bus: RequestsBus) -> None:
    asked = submission()
    bus.say(AGENCY_SOURCE, asked)
    assert bus.positions() == (1, 0)
    source = bus.desk(asked.request_id)
    for step in desk_steps(asked.request_id)[:3]:
        bus.say(source, step)
    assert bus.positions() == (1, 9_000)
    bus.say(source, AgencyAwaited(request_id=asked.request_id, operator=OPERATOR))
    bus.say(AGENCY_SOURCE, AgencyAnswered(request_id=asked.request_id, answer=Answer.APPROVED))
    bus.say(source, desk_steps(asked.request_id)[3])
    assert bus.names(asked.request_id) == [
        "RequestOpened",
        "RequestRouted",
        "OfficeAccepted",
        "OfficeCollectedFee",
        "OfficeStarted",
        "AgencyAsked",
        "AgencyReplied",
        "OfficeDelivered",
        "RequestCompleted",
    ]
    log = bus.log(asked.request_id)
    assert sequences(log) == list(range(1, 10))
    assert len({one.event_id for one in log}) == 9
    assert len({one.partition for one in log}) == 1
    # Completion ends the flight; the reservation is settlement's to release.
    assert bus.positions() == (0, 9_000)
    assert bus.counts() == RequestCounts(submitted=1, routed=1, refused=0, parked=0, completed=1, cancelled=0)


def test_one_batch_holds_a_whole_life(bus: RequestsBus) -> None:
    asked = submission(origin=Origin.WALK_IN, office="office-3")
    source = "/offices/office-3"
    records = [claim_record(source, event) for event in (asked, *desk_steps(asked.request_id))]
    bus.handle(*records)
    assert bus.state(asked.request_id).stage is RequestStage.COMPLETED
    assert sequences(bus.log(asked.request_id)) == [1, 2, 3, 4, 5, 6, 7]


def test_duplicates_are_skipped_in_a_batch_and_after_it(bus: RequestsBus) -> None:
    asked = submission()
    record = claim_record(AGENCY_SOURCE, asked)
    bus.handle(record, record)
    bus.handle(record)
    assert bus.names(asked.request_id) == ["RequestOpened", "RequestRouted"]
    assert bus.telemetry.counts[Outcome.DUPLICATE] == 2
    assert bus.counts().submitted == 1


def test_the_same_id_with_another_body_is_a_dead_letter(bus: RequestsBus) -> None:
    first = claim_record(AGENCY_SOURCE, submission(), event_id="the-same")
    other = claim_record(AGENCY_SOURCE, submission(), event_id="the-same", position=1)
    bus.handle(first, other)
    bus.handle(replace(other, position=2))
    bus.handle(other)  # read again: it is on record already
    assert bus.counts().submitted == 1
    with bus.engine.begin() as connection:
        letters = connection.execute(text("SELECT reason, field FROM dead_letter")).all()
    assert [tuple(letter) for letter in letters] == [("identity_conflict", "ce_id")] * 2


def test_a_known_request_under_a_new_event_is_refused(bus: RequestsBus) -> None:
    asked = submission()
    bus.say(AGENCY_SOURCE, asked)
    bus.say(AGENCY_SOURCE, asked)
    last = bus.log(asked.request_id)[-1]
    assert isinstance(last.event, ClaimRefused)
    assert last.event.reason is ClaimRefusal.ALREADY_SUBMITTED
    assert last.sequence == 3
    assert bus.counts().submitted == 1


def test_what_is_not_readable_is_a_dead_letter_and_nothing_behind_it_stalls(bus: RequestsBus) -> None:
    asked = submission()
    good = claim_record(AGENCY_SOURCE, asked)
    garbage = Record(good.topic, 0, 0, None, good.headers, b"\xff\x00 no json", good.appended_at)
    forged = claim_record("/agencies/somebody-else", submission(), topic=good.topic)
    bus.handle(garbage, forged, good)
    assert bus.state(asked.request_id).stage is RequestStage.ROUTED
    assert bus.telemetry.counts[Outcome.DEAD_LETTERED] == 2
    assert bus.telemetry.reasons["forged_source"] == 1


def test_a_claim_of_another_agency_is_refused(bus: RequestsBus) -> None:
    asked = submission()
    bus.say(AGENCY_SOURCE, asked)
    bus.say("/agencies/other", RequestCancelled(request_id=asked.request_id, reason="mischief"))
    last = bus.log(asked.request_id)[-1].event
    assert isinstance(last, ClaimRefused)
    assert last.reason is ClaimRefusal.NOT_THE_AGENCY
    assert bus.state(asked.request_id).stage is RequestStage.ROUTED


@pytest.mark.parametrize("in_one_batch", [True, False])
def test_claims_before_another_partys_word_wait_and_apply_in_order(bus: RequestsBus, in_one_batch: bool) -> None:
    asked = submission(origin=Origin.CITIZEN_CHOICE, office="office-2")
    early = [claim_record("/offices/office-2", step) for step in desk_steps(asked.request_id)]
    records = [*early, claim_record(AGENCY_SOURCE, asked)]
    if in_one_batch:
        bus.handle(*records)
    else:
        for record in early:
            bus.handle(record)
        assert bus.state(asked.request_id).stage is RequestStage.AWAITED
        assert bus.parked() == [(str(asked.request_id), "predecessor")] * 4
        assert bus.counts().submitted == 0
        bus.handle(records[-1])
    assert bus.state(asked.request_id).stage is RequestStage.COMPLETED
    assert sequences(bus.log(asked.request_id)) == [1, 2, 3, 4, 5, 6, 7]
    assert bus.parked() == []


@pytest.mark.parametrize("in_one_batch", [True, False])
def test_what_a_desk_says_too_early_is_refused_at_once(bus: RequestsBus, in_one_batch: bool) -> None:
    asked = submission(origin=Origin.WALK_IN, office="office-2")
    accepted, paid, started, delivered = desk_steps(asked.request_id)
    said = [asked, delivered, started, paid, accepted, delivered, started, paid]
    records = [claim_record("/offices/office-2", step) for step in said]
    if in_one_batch:
        bus.handle(*records)
    else:
        for record in records:
            bus.handle(record)
            assert bus.parked() == []
    assert bus.state(asked.request_id).stage is RequestStage.FEE_COLLECTED
    first = ("accept", "accept", "accept", "collect", "collect")
    details = [one.detail for one in bus.refusals()]
    assert [one.reason for one in bus.refusals()] == [ClaimRefusal.TOO_EARLY] * 5
    for detail, command in zip(details, first, strict=True):
        assert detail.endswith(f"first: pishkhan office office-2 {command} {asked.request_id}")
    assert bus.telemetry.counts[Outcome.REFUSED] == 5


def test_another_partys_word_that_never_comes_is_waited_for_ten_minutes(bus: RequestsBus) -> None:
    request_id = uuid4()
    accepted, paid = desk_steps(request_id)[:2]
    bus.say("/offices/office-1", accepted)
    bus.clock.advance(300)
    bus.say("/offices/office-1", paid)
    bus.clock.advance(299)
    assert bus.sweep() == 0
    bus.clock.advance(1)
    assert bus.sweep() == 2
    # What waited behind it goes with it.
    reasons = [refused.reason for refused in bus.refusals()]
    assert reasons == [ClaimRefusal.PREDECESSOR_NEVER_CAME, ClaimRefusal.TOO_EARLY]
    # Nobody submitted the request, so the refusal is an act of its own.
    refused = bus.log()[0]
    assert (refused.key, refused.sequence) == (refused.event_id, 1)
    assert bus.parked() == []
    bus.say(AGENCY_SOURCE, submission(request_id))
    assert sequences(bus.log(request_id)) == [1, 2]


def test_how_long_a_claim_waits_is_the_policys(bus: RequestsBus, owner: Engine) -> None:
    with owner.begin() as connection:
        load_registry(connection, [entry(policy(version=2, wait_seconds=120), 100)])
    bus.say("/offices/office-1", RequestAccepted(request_id=uuid4(), operator=OPERATOR))
    bus.clock.advance(119)
    assert bus.sweep() == 0
    bus.clock.advance(1)
    assert bus.sweep() == 1


def test_an_opened_request_logs_the_refusal_in_its_own_order(bus: RequestsBus) -> None:
    asked = submission()
    bus.say(AGENCY_SOURCE, asked)
    bus.say(AGENCY_SOURCE, AgencyAnswered(request_id=asked.request_id, answer=Answer.APPROVED))
    bus.clock.advance(600)
    assert bus.sweep() == 1
    last = bus.log(asked.request_id)[-1]
    assert isinstance(last.event, ClaimRefused)
    assert last.sequence == 3
    assert last.event.reason is ClaimRefusal.PREDECESSOR_NEVER_CAME
    assert "AgencyAwaited must come first; the office says it" in last.event.detail


def test_a_full_park_of_one_request_refuses_and_stalls_nobody(bus: RequestsBus) -> None:
    asked = submission(origin=Origin.CITIZEN_CHOICE, office="office-1")
    early = [
        claim_record("/offices/office-1", RequestAccepted(request_id=asked.request_id, operator=OPERATOR))
        for _ in range(102)
    ]
    bus.handle(*early[:60])
    bus.handle(*early[60:])
    assert len(bus.parked()) == 100
    assert bus.telemetry.counts[Outcome.REFUSED] == 2
    bus.say(AGENCY_SOURCE, asked)
    assert bus.state(asked.request_id).stage is RequestStage.ACCEPTED
    assert bus.parked() == []


def test_a_batch_that_is_done_again_after_a_rollback_says_the_same(bus: RequestsBus) -> None:
    records = [claim_record(AGENCY_SOURCE, submission()) for _ in range(2)]
    rolled_back = bus.rehearse(*records)
    assert bus.log() == []
    bus.handle(*records)
    bus.handle(*records)
    assert [one.event_id for one in bus.log()] == rolled_back
    assert len(rolled_back) == 4


def test_two_workers_that_meet_a_new_request_decide_once(bus: RequestsBus) -> None:
    asked = submission()
    other = RequestsBus(bus.engine, bus.clock)
    again = claim_record(AGENCY_SOURCE, asked)
    with bus.stores() as stores:
        bus.handler.handle(stores, [claim_record(AGENCY_SOURCE, asked)])
        # The other worker's insert waits for ours, and gives up before we commit.
        with pytest.raises(Contention):
            other.handle(again)
    other.handle(again)
    assert bus.names(asked.request_id) == ["RequestOpened", "RequestRouted", "ClaimRefused"]


def test_the_batch_stamps_every_event_with_its_place_in_the_loads(bus: RequestsBus) -> None:
    bus.say(AGENCY_SOURCE, submission(), submission(city="atlantis"), submission())
    log = bus.log()
    assert [one.load_index for one in log] == [0, 1, 2, 3, 4, 5]
    assert {one.load_revision for one in log} == {1}
    routed = [one.event.decision for one in log if isinstance(one.event, RequestRouted)]
    assert [decision.loads_seen for decision in routed] == [0, 0]
    first, second = routed
    assert second.samples != first.samples
    in_flight = {sample.office: sample.in_flight for sample in second.samples}
    assert in_flight.get(first.office, 1) == 1


def test_a_batch_that_changes_no_load_leaves_the_clock_alone(bus: RequestsBus) -> None:
    bus.say(AGENCY_SOURCE, submission(city="atlantis"))
    assert [one.load_revision for one in bus.log()] == [None, None]
    with bus.engine.begin() as connection:
        assert connection.execute(text("SELECT revision FROM load_clock")).scalar_one() == 0


def test_the_registry_is_read_on_between_batches(bus: RequestsBus, owner: Engine) -> None:
    bus.say(AGENCY_SOURCE, submission())
    with owner.begin() as connection:
        paused = service(version=2, stage=CatalogueStage.WITHDRAWN)
        load_registry(connection, [entry(paused, 100)])
    late = submission()
    bus.say(AGENCY_SOURCE, late)
    assert bus.names(late.request_id) == ["RequestOpened", "RequestRefused"]
    assert bus.telemetry.reasons["service_not_live"] == 1


def test_the_inbox_shows_what_the_office_has_now(bus: RequestsBus) -> None:
    kept, gone = (submission(origin=Origin.WALK_IN, office="office-4") for _ in range(2))
    bus.say("/offices/office-4", kept, gone)
    bus.say("/offices/office-4", *desk_steps(gone.request_id))
    with bus.engine.begin() as connection:
        rows = inbox(connection, "office-4")
    assert [row.request_id for row in rows] == [kept.request_id]
    assert rows[0].owner() == AGENCY


def test_a_declined_request_moves_to_another_office(bus: RequestsBus) -> None:
    asked = submission()
    bus.say(AGENCY_SOURCE, asked)
    first = bus.state(asked.request_id).holder()
    decline = RequestDeclined(request_id=asked.request_id, reason=DeclineReason.OTHER, operator=OPERATOR)
    bus.say(f"/offices/{first}", decline)
    assert bus.state(asked.request_id).holder() != first
    assert bus.positions() == (1, 0)
