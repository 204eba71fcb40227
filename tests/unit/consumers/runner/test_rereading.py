"""Records that are read again: each once, whatever breaks on the way, and counted by what became of them."""

from threading import Event

import pytest

from consumers.runner.errors import Contention, DatabaseUnavailable
from consumers.runner.outcomes import Outcome, Setback
from consumers.runner.records import Record
from consumers.runner.rereading import TRIES, Rereading, RereadingHalted, Tally
from tests.memory.broker import APPENDED
from tests.memory.database import BEGINS, COMMITS
from tests.memory.positions import BusSession, MemoryWork
from tests.memory.running import CONSUMER, Notes, NotesDatabase, Recorder


class Again:
    """A reading over memory in which nobody waits in real time."""

    def __init__(self) -> None:
        self.database = NotesDatabase()
        self.session = BusSession(self.database)
        self.handler = Recorder()
        self.tally = Tally()
        self.stop = Event()
        self.stop.wait = lambda timeout=None: False  # type: ignore[method-assign]  # no test waits in real time
        work = MemoryWork(self.session, CONSUMER, "nobody", Notes)
        self.reading = Rereading[Notes](work, self.handler, self.tally, lambda: 0.5, lambda: 0.0)

    def apply(self, *values: str) -> None:
        records = [Record("intake", 0, position, b"key", (), v.encode(), APPENDED) for position, v in enumerate(values)]
        self.reading.apply(records, self.stop)


def test_records_are_applied_and_no_position_moves() -> None:
    again = Again()
    again.apply("a", "b")
    assert again.database.noted(parked=False) == ["a", "b"]
    assert again.database.offsets.rows == {}
    assert again.tally.records == 2


@pytest.mark.parametrize("error", [Contention("locked"), DatabaseUnavailable("away")])
def test_a_batch_that_meets_a_lock_or_an_outage_is_tried_again(error: Exception) -> None:
    again = Again()
    again.session.plan(BEGINS, *[error] * (TRIES - 1))
    again.apply("a", "b")
    assert again.database.noted(parked=False) == ["a", "b"]


def test_what_does_not_end_is_raised() -> None:
    again = Again()
    again.session.plan(BEGINS, *[Contention("locked")] * TRIES)
    with pytest.raises(Contention):
        again.apply("a")


def test_what_was_committed_before_a_lock_is_not_applied_again() -> None:
    again = Again()
    again.session.plan(COMMITS, None, None, Contention("locked"))
    again.apply("a", "b", "poison", "c", "d")
    assert again.database.noted(parked=False) == ["a", "b", "c", "d"]
    assert again.database.noted(parked=True) == ["poison"]
    assert again.tally.records == 5


def test_what_can_neither_be_applied_nor_parked_ends_the_reading() -> None:
    again = Again()
    again.handler.park_error = RuntimeError("the park is broken")
    with pytest.raises(RereadingHalted) as halted:
        again.apply("a", "poison", "b")
    assert halted.value.cause is Setback.HANDLER_FAILED
    assert again.database.noted(parked=False) == ["a"]


def test_when_too_many_fail_in_a_row_the_reading_ends() -> None:
    again = Again()
    with pytest.raises(RereadingHalted) as halted:
        again.apply(*(f"poison-{number}" for number in range(100)))
    assert halted.value.cause is Setback.FAILED_IN_A_ROW


def test_only_what_was_committed_counts() -> None:
    tally = Tally()
    tally.count(Outcome.HANDLED, 3)
    tally.rolled_back(Setback.CONTENTION)
    tally.count(Outcome.HANDLED, 2)
    tally.count(Outcome.DUPLICATE)
    tally.committed(5, 0.0)
    assert tally.outcomes == {Outcome.HANDLED: 2, Outcome.DUPLICATE: 1}
    assert tally.passed_over == 2
