"""What operators look at and decide on: parks, the outbox, halts and dead letters, and the use cases over them."""

from dataclasses import replace
from hashlib import sha256

import pytest

from consumers.halted import NobodyStands, pass_halted
from consumers.intake import Unreadable
from consumers.letters import letter_page
from consumers.parked import ChoiceInvalid, Chosen, decide, parked_details, parked_page
from consumers.parking import NEVER, OperatorAction, ParkedEvent, ParkReason, failed_event
from consumers.runner.outcomes import DeadLetterReason
from consumers.runner.records import HaltNote, Move, Partition, Record
from producers import set_aside
from producers.set_aside import OutboxAction, set_aside_rows
from schemas.envelope import Envelope
from schemas.limits import LETTER_ROOM
from schemas.message import Message
from schemas.partition import Place
from tests.contract.worlds import World
from tests.kit.values.builders import MOMENT
from tests.kit.values.claims import intake_record

TOPIC = "pishkhan.intake.water"


def failed(event_id: str) -> ParkedEvent:
    record = intake_record(event_id, position=int(event_id))
    return failed_event(f"key-{event_id}", "KeyError", record)


def early(event_id: str) -> ParkedEvent:
    record = intake_record(event_id, position=int(event_id))
    return ParkedEvent(f"key-{event_id}", ParkReason.PREDECESSOR, "too early", record, NEVER)


def park(world: World, *events: ParkedEvent) -> None:
    with world.client("requests").requests() as stores:
        stores.park.park(events)


def test_what_waits_is_shown_oldest_first_by_consumer_and_reason(world: World) -> None:
    park(world, failed("1"), early("2"))
    with world.client("registry").registry() as stores:
        stores.park.park([failed("3")])
    with world.client("a").people() as people:
        page = parked_page(people.park, 2)
        assert ([line.key for line in page.lines], page.count) == (["key-1", "key-2"], 3)
        for consumer, reason, keys in (
            ("requests", None, ["key-1", "key-2"]),
            (None, ParkReason.FAILED, ["key-1", "key-3"]),
            ("requests", ParkReason.FAILED, ["key-1"]),
            ("kpi", None, []),
        ):
            page = parked_page(people.park, 9, consumer, reason)
            assert ([line.key for line in page.lines], page.count) == (keys, len(keys))
        [first, second, _] = parked_page(people.park, 9).lines
        assert (first.tries, first.reason, first.topic, first.position) == (1, "failed", TOPIC, 1)
        assert first.next_try_at is not None
        assert first.next_try_at > first.parked_at
        assert (second.tries, second.next_try_at, second.expires_at) == (0, None, NEVER)


def test_a_decision_is_on_record_with_who_and_why_and_outlives_the_event(world: World) -> None:
    park(world, failed("1"), early("2"))
    with world.client("a").people() as people:
        one, two = (line.id for line in parked_page(people.park, 9).lines)
        made = decide(people.park, Chosen([two, one, 999]), OperatorAction.REDRIVE, "sara", "repaired")
        assert (list(made.found), list(made.replaced), list(made.missing)) == ([one, two], [], [999])
    with world.client("a").people() as people:
        made = decide(people.park, Chosen((), failed=True), OperatorAction.SKIP, "reza", "sent twice")
        assert list(made.found) == [one]
        assert [(was.decided_by, was.action, was.outcome) for was in made.replaced] == [("sara", "redrive", "replaced")]
        waits = parked_page(people.park, 9).lines
        assert [(line.operator_action, line.decided_by) for line in waits] == [("skip", "reza"), ("redrive", "sara")]
    with world.client("a").people() as people:
        made = decide(people.park, Chosen((), failed=True, consumer="kpi"), OperatorAction.SKIP, "x", "x")
        assert list(made.found) == []
    with world.client("requests").requests() as stores:
        stores.park.skip([one])
    with world.client("a").people() as people:
        gone = parked_details(people.park, one)
        assert gone is not None
        assert (gone.line, gone.headers) == (None, {})
        assert [(was.decided_by, was.why, was.outcome) for was in gone.decisions] == [
            ("sara", "repaired", "replaced"),
            ("reza", "sent twice", "skipped"),
        ]
        assert [(was.event_id, was.source, was.tries) for was in gone.decisions] == [("1", "/agencies/water", 1)] * 2
        there = parked_details(people.park, two)
        assert there is not None
        assert there.line is not None
        assert there.headers["ce_id"] == "2"
        assert parked_details(people.park, 999) is None


@pytest.mark.parametrize(
    ("ids", "failing", "consumer"), [((), False, None), ([1], True, None), ([1], False, "requests")]
)
def test_what_an_operator_means_is_clear_or_refused(ids: list[int], failing: bool, consumer: str | None) -> None:
    with pytest.raises(ChoiceInvalid):
        Chosen(ids, failing, consumer)


def test_a_numbered_event_of_the_outbox_cannot_be_given_up(world: World) -> None:
    numbered = Message("t", "numbered", Envelope("a", "/bus", "t", "s", MOMENT, sequence=4), b"body", 0)
    plain = Message("t", "plain", Envelope("b", "/agencies/gas", "t", "s", MOMENT), b"b", 0)
    behind = Message("t", "plain", Envelope("c", "/agencies/gas", "t", "s", MOMENT), b"c", 0)
    with world.client("requests").requests() as stores:
        stores.outbox.add([numbered, plain, behind])
    relay = world.client("relay").relay()
    relay.shards()
    for row in relay.unpublished(9, ())[:2]:
        relay.set_aside(row, "too large")
    with world.client("a").people() as people:
        first, second = set_aside_rows(people.aside)
        assert [(one.line.key, one.behind, one.line.sequence) for one in (first, second)] == [
            ("numbered", 0, 4),
            ("plain", 1, None),
        ]
        assert (second.line.source, second.line.event_id, second.line.bytes) == ("/agencies/gas", "b", 1)
        assert (first.line.cause, first.line.action) == ("too large", None)
        ids = [first.line.id, second.line.id]
        made = set_aside.decide(people.aside, [*ids, 999], OutboxAction.GIVE_UP, "sara", "sent again")
        assert (list(made.found), list(made.missing)) == ([ids[1]], sorted([ids[0], 999]))
    with world.client("a").people() as people:
        assert [one.line.key for one in set_aside_rows(people.aside)] == ["numbered"]
        [decided] = set_aside_rows(people.aside, decided=True)
        assert (decided.line.action, decided.line.decided_by, decided.line.why) == ("give_up", "sara", "sent again")
        again = set_aside.decide(people.aside, ids, OutboxAction.RETRY, "reza", "larger now")
        assert (list(again.found), list(again.missing)) == ([ids[0]], [ids[1]]), "what was decided stays decided"


def test_only_what_a_consumer_still_stands_at_is_passed(world: World) -> None:
    where = Partition(TOPIC, "id-1", 0)
    leases, work = world.client("worker").worker("requests")
    leases.hold([where])
    halt = HaltNote(Move(where, 0, 2), "unreadable", "a damaged batch", 3, sha256(b"bad").digest())
    with work.transaction() as (positions, _):
        positions.note_halt(halt)
    place = Place(TOPIC, 0)
    with world.client("a").people() as people:
        [line] = people.halts.standing()
        assert (line.consumer, line.position, line.end, line.length, line.sha256) == (
            "requests",
            0,
            2,
            3,
            halt.sha256.hex(),
        )
        assert (line.cause, line.why, line.decided_by) == ("unreadable", "a damaged batch", None)
        with pytest.raises(NobodyStands) as elsewhere:
            pass_halted(people.halts, place, 1, "sara", "sent again")
        assert list(elsewhere.value.others) == [line]
        for other, consumer in ((place, "kpi"), (Place(TOPIC, 1), None)):
            with pytest.raises(NobodyStands):
                pass_halted(people.halts, other, 0, "sara", "sent again", consumer)
        passed = pass_halted(people.halts, place, 0, "sara", "sent again", "requests")
        assert (list(passed.now), list(passed.before)) == ([line], [])
    with world.client("a").people() as people:
        passed = pass_halted(people.halts, place, 0, "reza", "me too")
        assert (list(passed.now), [one.decided_by for one in passed.before]) == ([], ["sara"])
    with work.transaction() as (positions, _):
        positions.advance([halt.move])
        positions.pass_over(halt, _record(), DeadLetterReason.PASSED)
    with world.client("a").people() as people:
        assert people.halts.standing() == []


def test_dead_letters_are_shown_newest_first_with_what_was_deleted(world: World) -> None:
    letters = [
        Unreadable(intake_record("e", position=number), reason, "body", f"letter {number}")
        for number, reason in enumerate(
            (DeadLetterReason.MALFORMED, DeadLetterReason.MISADDRESSED, DeadLetterReason.MALFORMED)
        )
    ]
    with world.client("requests").requests() as stores:
        stores.dead_letters.add("requests", letters)
    with world.client("a").people() as people:
        page = letter_page(people.letters, 2)
        assert [line.detail for line in page.lines] == ["letter 2", "letter 1"]
        assert (page.reasons, list(page.let_go)) == (["malformed", "misaddressed"], [])
        assert letter_page(people.letters, 9, "kpi").lines == []
        assert len(letter_page(people.letters, 9, "requests").lines) == 3
    world.client("relay").relay(replace(LETTER_ROOM, topic_letters=1)).let_letters_go()
    with world.client("a").people() as people:
        page = letter_page(people.letters, 9)
        assert [line.position for line in page.lines] == [2]
        assert [(one.topic, one.letters, one.for_room) for one in page.let_go] == [(TOPIC, 2, 2)]


def _record() -> Record:
    return replace(intake_record("e"), value=b"bad")
