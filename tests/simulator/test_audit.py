"""The audit is awake: whatever is tampered with, it names the invariant, and the story is told in words."""

from collections.abc import Callable, Iterator

import pytest

from schemas.envelope import Envelope
from schemas.message import Message
from schemas.topics import LOG_REQUESTS
from tests.kit.values.builders import MOMENT
from tests.memory.tables import BusDatabase, LetGo, Outgoing
from tests.simulator.people import REQUESTS
from tests.simulator.story import Story
from tests.simulator.world import OFFICES

DESK = OFFICES[0]
STEPS = ("walk in", "accept", "collect", "start", "deliver")


@pytest.fixture
def story() -> Iterator[Story]:
    """A request that was served, an early claim that waits, and a dead letter."""
    told = Story()
    try:
        for what in STEPS:
            told.tell(told.people.say(0, what, desk=DESK))
            told.everybody()
        told.tell(told.people.say(1, "accept", desk=DESK))
        told.tell(told.people.send_garbage(0, 0))
        for _ in range(3):
            told.everybody()
        told.check()
        yield told
    finally:
        told.world.end()


def _lose_an_event(tables: BusDatabase) -> None:
    del tables.outbox.rows[max(n for n, row in tables.outbox.rows.items() if row.message.topic == LOG_REQUESTS.name)]


def _double_an_event(tables: BusDatabase) -> None:
    tables.outbox.rows[max(tables.outbox.rows) + 1] = tables.outbox.rows[max(tables.outbox.rows)]


def _forget_what_waits(tables: BusDatabase) -> None:
    tables.parked.rows.clear()


def _forget_a_dead_letter(tables: BusDatabase) -> None:
    tables.letters.rows.clear()


def _let_a_dead_letter_go_uncounted(tables: BusDatabase) -> None:
    [(number, row)] = tables.letters.rows.items()
    record = row.letter.record
    del tables.letters.rows[number]
    tables.let_go.rows[row.consumer, record.topic, record.partition] = LetGo(record.position, 0, 0, 0)


def _double_a_dead_letter(tables: BusDatabase) -> None:
    tables.letters.rows[99] = next(iter(tables.letters.rows.values()))


def _forget_an_identity(tables: BusDatabase) -> None:
    tables.intake.rows.popitem()


def _go_back(tables: BusDatabase) -> None:
    key = next(key for key, row in tables.offsets.rows.items() if row.next_position and key[0] == "requests")
    tables.offsets.rows[key] = tables.offsets.rows[key]._replace(next_position=0)


def _skip_a_record(tables: BusDatabase) -> None:
    key = next(key for key, row in tables.offsets.rows.items() if row.next_position and key[0] == "settlement")
    tables.offsets.rows[key] = tables.offsets.rows[key]._replace(next_position=0)


def _change_a_sum(tables: BusDatabase) -> None:
    key = next(iter(tables.balances.rows))
    debits_rial, credits_rial = tables.balances.rows[key]
    tables.balances.rows[key] = (debits_rial + 1, credits_rial)


def _change_a_row(tables: BusDatabase) -> None:
    key = next(iter(tables.transfers.rows))
    tables.transfers.rows[key] = tables.transfers.rows[key]._replace(kind="fine")


def _lower_a_cap(tables: BusDatabase) -> None:
    tables.offices.rows[DESK] = tables.offices.rows[DESK]._replace(cap_rial=1)


def _free_a_reservation(tables: BusDatabase) -> None:
    row = tables.offices.rows[DESK]
    tables.offices.rows[DESK] = row._replace(load=row.load._replace(reserved_rial=0))


def _count_one_in_flight(tables: BusDatabase) -> None:
    row = tables.offices.rows[DESK]
    tables.offices.rows[DESK] = row._replace(load=row.load._replace(in_flight=1))


@pytest.mark.parametrize(
    ("tamper", "named"),
    [
        (_lose_an_event, "I4"),
        (_double_an_event, "I2"),
        (_forget_what_waits, "I1"),
        (_forget_a_dead_letter, "I1"),
        (_let_a_dead_letter_go_uncounted, "I1"),
        (_double_a_dead_letter, "I5"),
        (_forget_an_identity, "I5"),
        (_go_back, "I5"),
        (_skip_a_record, "I5"),
        (_change_a_sum, "I3"),
        (_change_a_row, "I7"),
        (_lower_a_cap, "I9"),
        (_free_a_reservation, "I9"),
        (_count_one_in_flight, "I9"),
    ],
)
def test_whatever_is_tampered_with_is_named(story: Story, tamper: Callable[[BusDatabase], None], named: str) -> None:
    tamper(story.world.database)
    story.world.database.commits += 1
    found = story.audit.violations()
    assert any(one.startswith(named) for one in found), found


def test_a_dead_letter_that_was_let_go_in_its_time_is_not_missed(story: Story) -> None:
    story.pass_time(93 * 86_400.0, "93 days")
    for _ in range(3):
        story.everybody()
    assert not story.world.database.letters.rows
    story.check()


def test_a_story_that_ends_badly_is_told_in_words(story: Story) -> None:
    _lower_a_cap(story.world.database)
    story.world.database.commits += 1
    with pytest.raises(AssertionError) as told:
        story.check()
    lines = str(told.value).splitlines()
    assert lines[0] == "this is what happened:"
    assert lines[1] == "  1. office-1 takes a walk-in, R1"
    assert "  3. office-1 accepts R1" in lines
    assert lines[-1] == "  !  I9: office office-1: 9000 rial are reserved, its cap is 1"


def test_what_a_replay_makes_otherwise_is_named(story: Story) -> None:
    story.world.database.disputes.rows[REQUESTS[0]] = (True, MOMENT)
    with pytest.raises(AssertionError, match="I5: ledger_dispute has this"):
        story.heal()


def test_what_is_not_done_when_all_is_quiet_is_named(story: Story) -> None:
    message = Message("pishkhan.intake.nobody", "k", Envelope("e-1", "/bus", "t", time=MOMENT), b"{}", 0)
    story.world.database.outbox.rows[999] = Outgoing(message, 0)
    with pytest.raises(AssertionError, match="1 rows of the outbox are not published"):
        story.heal()
