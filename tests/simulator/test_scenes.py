"""Stories that are known to be dangerous, told on purpose, with the end that each must have."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest

from consumers.parking import DecisionOutcome, OperatorAction, ParkReason
from consumers.requests.domain.life.state import RequestStage
from consumers.runner.outcomes import Setback
from schemas.log_requests import ClaimRefusal, ClaimRefused
from tests.memory.database import BEGINS, COMMITS, COMMITTED
from tests.simulator.people import REQUESTS
from tests.simulator.story import Story
from tests.simulator.world import OFFICES, Kind

DESK = OFFICES[0]
RELAY, FIRST, SECOND = (Kind.RELAY, 1), (Kind.REQUESTS, 1), (Kind.REQUESTS, 2)


@pytest.fixture
def story() -> Iterator[Story]:
    """A story in which R1 belongs to the first requests worker, and R2 to the second; all is quiet at its end."""
    told = Story()
    try:
        yield told
        told.check()
        told.heal()
    finally:
        told.world.end()


def stage(story: Story, number: int) -> RequestStage | None:
    """Return where a request stands."""
    state = story.people.state(REQUESTS[number])
    return None if state is None else state.stage


def walk_in(story: Story, *numbers: int) -> None:
    """Let citizens walk into the first office, and let everybody work."""
    for number in numbers:
        story.tell(story.people.say(number, "walk in", desk=DESK))
    story.everybody()
    assert [stage(story, number) for number in numbers] == [RequestStage.ROUTED] * len(numbers)


def refusals(story: Story) -> list[ClaimRefusal]:
    """Return why claims on requests were refused."""
    rows = [row.message for _, row in sorted(story.world.database.outbox.rows.items())]
    kind = ClaimRefused.type_name()
    return [ClaimRefused.model_validate_json(row.body).reason for row in rows if row.envelope.type == kind]


def parked(story: Story) -> list[ParkReason]:
    """Return what waits, and why."""
    return [row.event.reason for _, row in sorted(story.world.database.parked.rows.items())]


def setbacks(story: Story, name: str) -> list[Setback]:
    """Return the setbacks of one worker."""
    return [cause for worker, cause in story.world.setbacks if worker == name]


@pytest.mark.parametrize(
    ("step", "first_wins"), [("writes the requests", False), ("changes the loads", False), (COMMITS, True)]
)
def test_two_workers_that_accept_for_one_office_at_once_keep_to_its_cap(
    story: Story, step: str, first_wins: bool
) -> None:
    walk_in(story, 0, 1)
    for number in (0, 1):
        story.tell(story.people.say(number, "accept", desk=DESK))
    story.turn(RELAY)
    story.stop_at(FIRST, step)
    story.turn(SECOND)
    story.check()
    story.everybody()
    story.check()
    story.everybody()
    winner, loser = (0, 1) if first_wins else (1, 0)
    assert (stage(story, winner), stage(story, loser)) == (RequestStage.ACCEPTED, RequestStage.ROUTED)
    assert refusals(story) == [ClaimRefusal.CAP_EXHAUSTED]
    # Who had the loads read before the other took the room decides once more, and sees it.
    assert setbacks(story, story.world.workers[SECOND if first_wins else FIRST].name) == [Setback.CONTENTION]


def test_two_acceptances_in_one_batch_keep_to_the_cap(story: Story) -> None:
    """R3 is the first worker's, too."""
    walk_in(story, 0, 2)
    for number in (0, 2):
        story.tell(story.people.say(number, "accept", desk=DESK))
    story.turn(RELAY)
    story.turn(RELAY)
    commits = story.world.database.commits
    story.stop_at(FIRST, COMMITTED)
    assert story.world.database.commits == commits + 1, "one batch has both"
    assert [stage(story, number) for number in (0, 2)] == [RequestStage.ACCEPTED, RequestStage.ROUTED]
    assert refusals(story) == [ClaimRefusal.CAP_EXHAUSTED]


def test_what_is_committed_late_with_small_ids_is_published_all_the_same(story: Story) -> None:
    story.tell(story.people.say(0, "walk in", desk=DESK))
    story.turn(RELAY)
    story.stop_at(FIRST, COMMITS)
    # What is refused moves no loads, so it does not wait for the first worker; its ids are drawn later.
    story.tell(story.people.say(1, "submit nowhere"))
    story.turn(SECOND)
    story.turn(RELAY)
    early = published(story)
    assert early
    story.turn(FIRST)
    story.everybody()
    late = published(story) - early
    assert min(late) < max(early)
    assert published(story) == set(story.world.database.outbox.rows)


def published(story: Story) -> set[int]:
    """Return the ids of what the relay has noted as published."""
    return {number for number, row in story.world.database.outbox.rows.items() if row.published}


def test_a_worker_that_wakes_up_before_its_compare_and_set_decides_nothing(story: Story) -> None:
    story.tell(story.people.say(0, "walk in", desk=DESK))
    story.turn(RELAY)
    story.haunt(FIRST, BEGINS)
    assert stage(story, 0) is RequestStage.ROUTED, "its successor has done it"
    zombie = story.world.workers[FIRST]
    steps = set()
    while zombie.at is not None and Setback.FENCED not in setbacks(story, zombie.name):
        steps.add(zombie.at)
        zombie.run(1)
    assert setbacks(story, zombie.name) == [Setback.FENCED]
    assert steps == {BEGINS, "moves its positions"}, "the first statement of its batch ends it"


def test_a_worker_that_wakes_up_after_its_compare_and_set_has_lost_its_connection_and_all_that_it_did(
    story: Story,
) -> None:
    story.tell(story.people.say(0, "walk in", desk=DESK))
    story.turn(RELAY)
    story.haunt(FIRST, COMMITS)
    assert stage(story, 0) is RequestStage.ROUTED, "its successor has done it"
    story.turn(FIRST)
    assert setbacks(story, "requests-1") == [Setback.DATABASE_UNAVAILABLE]


def test_a_worker_that_dies_after_its_commit_leaves_nothing_to_do_again(story: Story) -> None:
    story.tell(story.people.say(0, "walk in", desk=DESK))
    story.turn(RELAY)
    story.die_at(FIRST, COMMITTED)
    assert stage(story, 0) is RequestStage.ROUTED
    story.pass_time(11.0, "11 seconds")
    story.everybody()
    assert len(story.world.database.intake.rows) == 1


def test_a_relay_that_sleeps_between_acknowledgement_and_note_makes_only_repetitions(story: Story) -> None:
    story.tell(story.people.say(0, "walk in", desk=DESK))
    story.haunt(RELAY, "notes what is published")
    story.turn(RELAY)
    story.everybody()
    assert stage(story, 0) is RequestStage.ROUTED
    copies = [record for where, log in story.world.broker.logs.items() if "offices" in where.topic for record in log]
    assert len(copies) == 2
    assert len({dict(record.headers)["ce_id"] for record in copies}) == 1


def test_claims_that_overtake_the_submission_wait_for_it_and_apply_in_their_order(story: Story) -> None:
    """The agency's submission is read late; its request may go to either office, so both have a word ready."""
    for what in ("accept", "collect", "start", "deliver"):
        for desk in OFFICES:
            story.tell(story.people.say(0, what, desk=desk))
        story.everybody()
    story.everybody()
    assert stage(story, 0) is RequestStage.AWAITED
    assert parked(story) == [ParkReason.PREDECESSOR] * 8
    story.tell(story.people.say(0, "submit", partition=1))
    story.everybody()
    assert stage(story, 0) is RequestStage.COMPLETED
    assert parked(story) == []
    # Of the other office.
    assert Counter(refusals(story)) <= Counter({ClaimRefusal.NOT_THE_OFFICE: 4, ClaimRefusal.REQUEST_ENDED: 4})
    assert len(refusals(story)) == 4


def test_what_is_said_about_something_else_takes_no_id_from_an_honest_claim_beside_it(story: Story) -> None:
    story.tell(story.people.say(0, "submit", partition=2))
    story.tell(story.people.repeat(0, 0, lie=True))
    story.everybody()
    story.check()
    assert stage(story, 0) is RequestStage.ROUTED


def test_a_slip_at_the_desk_is_refused_at_once_and_nothing_completes_later(story: Story) -> None:
    walk_in(story, 0)
    for what in ("deliver", "start", "give back", "collect", "ask", "accept"):
        story.tell(story.people.say(0, what, desk=DESK))
        story.everybody()
    story.everybody()
    assert stage(story, 0) is RequestStage.ACCEPTED
    assert parked(story) == []
    assert refusals(story) == [ClaimRefusal.TOO_EARLY] * 5


def test_what_a_desk_says_before_it_submits_the_request_is_not_carried_out(story: Story) -> None:
    for what in ("accept", "collect", "start", "deliver", "walk in"):
        story.tell(story.people.say(0, what, desk=DESK))
        story.everybody()
    story.everybody()
    assert stage(story, 0) is RequestStage.ROUTED
    assert parked(story) == []
    assert refusals(story) == [ClaimRefusal.TOO_EARLY] * 4


@pytest.mark.parametrize("step", ["adds the new requests", "writes the requests", "changes the loads", COMMITS])
@pytest.mark.parametrize("other", [1, 2])
def test_an_early_acceptance_and_its_submission_never_wait_for_each_other_in_a_circle(
    story: Story, step: str, other: int
) -> None:
    """Both make the row of R1; the first worker has another acceptance to decide, too, which moves loads."""
    walk_in(story, other)
    story.tell(story.people.say(other, "accept", desk=DESK))
    story.tell(story.people.say(0, "accept", desk=DESK))
    story.turn(RELAY)
    story.tell(story.people.say(0, "submit", partition=1))
    story.stop_at(FIRST, step)
    story.turn(SECOND)
    story.everybody()
    story.everybody()
    assert story.world.database.disorders == []
    assert stage(story, 0) in (RequestStage.ROUTED, RequestStage.ACCEPTED)


def test_behind_a_claim_on_which_the_code_fails_its_request_waits_and_others_do_not(story: Story) -> None:
    story.break_code(0)
    for number, desk in enumerate(OFFICES):
        story.tell(story.people.say(number, "walk in", desk=desk))
    story.everybody()
    for number, desk in enumerate(OFFICES):
        story.tell(story.people.say(number, "accept", desk=desk))
    story.everybody()
    story.check()
    assert (stage(story, 0), stage(story, 1)) == (RequestStage.AWAITED, RequestStage.ACCEPTED)
    assert parked(story) == [ParkReason.FAILED, ParkReason.BEHIND]
    story.repair_code()
    story.decide(0, OperatorAction.REDRIVE)
    story.everybody()
    assert stage(story, 0) is RequestStage.ACCEPTED
    assert parked(story) == []
    assert refusals(story) == []


def test_what_is_skipped_is_never_applied_and_what_waits_behind_it_goes_on(story: Story) -> None:
    story.break_code(0)
    story.tell(story.people.say(0, "walk in", desk=DESK))
    story.everybody()
    story.tell(story.people.say(0, "accept", desk=DESK))
    story.everybody()
    story.decide(0, OperatorAction.SKIP)
    story.everybody()
    assert stage(story, 0) is RequestStage.AWAITED
    assert parked(story) == [ParkReason.PREDECESSOR]


def refused_by_the_ledger(story: Story) -> None:
    """Let the ledger refuse the rows of R1, which is accepted and paid for, and let another office serve R2."""
    story.break_code(0, ledger=True)
    for what in ("walk in", "accept", "collect"):
        for number, desk in enumerate(OFFICES):
            story.tell(story.people.say(number, what, desk=desk))
        story.everybody()
    story.everybody()
    story.check()
    assert parked(story) == [ParkReason.FAILED, ParkReason.GAP]
    assert {row.request_id for row in story.world.database.transfers.rows.values()} == {REQUESTS[1]}


def test_what_the_ledger_refuses_is_entered_in_its_turn_when_the_code_is_repaired(story: Story) -> None:
    refused_by_the_ledger(story)
    story.repair_code()
    story.pass_time(11.0, "11 seconds")
    story.everybody()
    assert parked(story) == []
    rows = [row.kind for row in story.world.database.transfers.rows.values() if row.request_id == REQUESTS[0]]
    assert rows == ["hold", "collect"]


def test_what_an_operator_leaves_out_of_the_ledger_is_on_record_as_left_out(story: Story) -> None:
    refused_by_the_ledger(story)
    story.repair_code()
    story.decide(0, OperatorAction.SKIP)
    story.everybody()
    assert parked(story) == []
    rows = [row.kind for row in story.world.database.transfers.rows.values() if row.request_id == REQUESTS[0]]
    assert rows == ["collect"]
    assert [one.outcome for one in story.world.database.decisions.rows.values()] == [DecisionOutcome.SKIPPED]


@pytest.mark.parametrize("step", ["looks for timers that are due", "writes the requests", COMMITS])
def test_a_deadline_that_both_workers_see_fires_once(story: Story, step: str) -> None:
    walk_in(story, 0)
    story.pass_time(14_400.0, "4 hours")
    for slot in (FIRST, SECOND):
        while story.world.workers[slot].at != step:
            story.world.workers[slot].run(1)
            if story.world.workers[slot].at is None:
                break
    story.everybody()
    story.everybody()
    story.check()
    timed_out = [
        row for row in story.world.database.outbox.rows.values() if "OfficeTimedOut" in row.message.envelope.type
    ]
    assert len(timed_out) == 1


def test_a_request_for_a_service_that_comes_later_waits_for_the_registry(story: Story) -> None:
    story.tell(story.people.say(0, "submit late", partition=1))
    story.turn(FIRST)
    story.turn(SECOND)
    assert (stage(story, 0), parked(story)) == (RequestStage.PARKED, [ParkReason.REGISTRY])
    story.tell(story.people.publish_late_service(partition=1))
    story.everybody()
    story.everybody()
    assert stage(story, 0) in (RequestStage.ROUTED, RequestStage.REFUSED)
    assert parked(story) == []


@pytest.mark.parametrize("hours", [3.0, -3.0])
def test_a_worker_with_a_wrong_clock_times_nobody_out_and_handles_claims_all_the_same(
    story: Story, hours: float
) -> None:
    story.set_clock(FIRST, hours)
    walk_in(story, 0)
    state = story.people.state(REQUESTS[0])
    assert state is not None
    assert state.accept_by is not None
    allowed = state.accept_by - story.world.clock.now()
    assert timedelta(0) < allowed < timedelta(days=2), "it is reckoned by the clock that all share"
    for _ in range(3):
        story.turn(FIRST)
    assert stage(story, 0) is RequestStage.ROUTED
    assert story.people.state(REQUESTS[0]) == state
    story.pass_time(allowed.total_seconds() + 1, "the time to accept")
    for _ in range(3):
        story.turn(FIRST)
    assert story.people.state(REQUESTS[0]) == state, "while it is in doubt it does no timed act"
    story.turn(SECOND)
    story.turn(SECOND)
    assert story.people.state(REQUESTS[0]) != state, "another one does"


def after_the_deadline(story: Story, number: int) -> None:
    """Let the time to accept pass, and some more."""
    state = story.people.state(REQUESTS[number])
    assert state is not None
    assert state.accept_by is not None
    story.pass_time((state.accept_by - story.world.clock.now()).total_seconds() + 60, "the time to accept")


def test_what_was_said_in_time_counts_though_it_is_read_after_the_deadline(story: Story) -> None:
    walk_in(story, 0)
    for _ in range(8):
        # More than one batch holds, so that whoever comes back looks for timers before all is read.
        story.tell(story.people.say(0, "walk in", desk=DESK))
    story.tell(story.people.say(0, "accept", desk=DESK))
    for _ in range(4):
        story.turn(RELAY)
    after_the_deadline(story, 0)
    for _ in range(4):
        story.everybody()
    assert stage(story, 0) is RequestStage.ACCEPTED


def test_what_was_said_in_time_counts_though_it_is_published_after_the_deadline(story: Story) -> None:
    walk_in(story, 0)
    story.tell(story.people.say(0, "accept", desk=DESK))
    after_the_deadline(story, 0)
    for slot in (FIRST, SECOND, FIRST, SECOND):
        story.turn(slot)
    assert stage(story, 0) is RequestStage.ROUTED, "an acknowledged word is on its way"
    story.everybody()
    story.everybody()
    assert stage(story, 0) is RequestStage.ACCEPTED


def test_what_is_said_after_the_deadline_finds_that_it_has_fired(story: Story) -> None:
    walk_in(story, 0)
    after_the_deadline(story, 0)
    story.tell(story.people.say(0, "accept", desk=DESK))
    story.turn(RELAY)
    story.stop_at(FIRST, COMMITS)
    story.everybody()
    story.everybody()
    assert stage(story, 0) in (RequestStage.ROUTED, RequestStage.ESCALATED)
    state = story.people.state(REQUESTS[0])
    assert state is not None
    assert state.tried == (DESK,)
