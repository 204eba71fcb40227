"""What cannot be read or applied stops its own partition at most, and an operator can pass it, on record."""

from collections.abc import Collection, Sequence
from dataclasses import replace

import pytest

from consumers.intake import Unreadable
from consumers.runner.errors import DatabaseUnavailable
from consumers.runner.outcomes import DeadLetterReason, Outcome, Setback
from consumers.runner.ownership import HALT_RENEWALS
from consumers.runner.records import Partition, Record, Unread, UnreadReason
from schemas.partition import Place
from tests.memory.running import Bench, Notes, Recorder, partition

INTAKE = "pishkhan.intake.gas"
#: Turns in which a halted partition is tried again, at one renewal each.
TURNS_PER_TRY = HALT_RENEWALS + 2
RENEW_SECONDS = 3.0


def spoil(
    bench: Bench, where: Partition, at: int, reason: UnreadReason = UnreadReason.UNREADABLE, why: str = "damaged"
) -> None:
    """Let the record at a place be what cannot be read."""
    log = bench.broker.logs[where]
    log[at] = replace(log[at], headers=(), key=None, unread=Unread(at, reason, why))


def letters(bench: Bench) -> list[Unreadable]:
    return [letter for _, letter, _ in bench.database.letters.rows.values()]


def pass_all(bench: Bench, by: str = "zahra", why: str = "sent again") -> None:
    """Decide as an operator does, on all that stands."""
    halts = bench.database.halts.rows
    for place, row in halts.items():
        halts[place] = row._replace(by=by, why=why)


def test_what_cannot_be_read_halts_its_partition_with_the_cause_and_no_other() -> None:
    bad, good = partition(0), partition(1)
    bench = Bench(bad, good)
    bench.broker.write(bad, "a", "b", "c")
    bench.broker.write(good, "x", "y")
    spoil(bench, bad, 1)
    bench.turns(3)
    assert sorted(bench.applied) == ["a", "x", "y"]
    assert bench.telemetry.stopped == [(bad, Setback.UNREADABLE)]
    assert bench.telemetry.why == ["at position 1: damaged"]
    assert bench.waits_for() is None, "neither broker nor database is to blame"
    [row] = bench.database.halts.rows.values()
    assert (row.note.move.start, row.note.move.end, row.note.cause) == (1, 2, "unreadable")
    assert (row.note.length, len(row.note.sha256)) == (1, 32)


def test_an_operator_passes_exactly_what_he_was_shown_and_it_is_on_record() -> None:
    bench = Bench(partition())
    bench.broker.write(partition(), "a", "b", "c", "d")
    spoil(bench, partition(), 1)
    spoil(bench, partition(), 2)
    bench.turns(3)
    pass_all(bench)
    bench.turns(TURNS_PER_TRY, pass_seconds=RENEW_SECONDS)
    assert bench.applied == ["a"], "the next one is another one, and nobody has passed it"
    assert bench.database.positions()[partition()] == 2
    [letter] = letters(bench)
    assert (letter.reason, letter.record.position) == (DeadLetterReason.PASSED, 1)
    assert "passed by zahra: sent again" in letter.detail
    assert "position 1, 1 bytes: unreadable: damaged" in letter.detail
    assert (Outcome.DEAD_LETTERED, 1) in bench.telemetry.outcomes
    pass_all(bench, why="this one, too")
    bench.turns(TURNS_PER_TRY, pass_seconds=RENEW_SECONDS)
    assert bench.applied == ["a", "d"]
    assert all(row.passed for row in bench.database.halts.rows.values())


def test_a_decision_does_not_count_for_other_bytes_at_the_same_place() -> None:
    bench = Bench(partition())
    bench.broker.write(partition(), "a", "b", "c")
    spoil(bench, partition(), 1)
    bench.turns(3)
    pass_all(bench)
    log = bench.broker.logs[partition()]
    log[1] = replace(log[1], value=b"something else")
    bench.turns(TURNS_PER_TRY, pass_seconds=RENEW_SECONDS)
    assert (bench.applied, letters(bench)) == (["a"], [])


def test_a_batch_that_is_whole_and_too_large_is_its_senders_fault_and_stops_nothing() -> None:
    where = partition(topic=INTAKE)
    bench = Bench(where)
    bench.broker.write(where, "a", "b", "c")
    spoil(bench, where, 1, UnreadReason.TOO_LARGE, "it unpacks to more than 10 bytes")
    bench.turns(3)
    assert bench.applied == ["a", "c"]
    assert (bench.telemetry.stopped, bench.database.halts.rows) == ([], {})
    [letter] = letters(bench)
    assert (letter.reason, letter.record.value) == (DeadLetterReason.UNPACKS_TOO_LARGE, b"b")
    assert "more than 10 bytes" in letter.detail


def test_in_a_log_of_the_bus_even_that_is_passed_by_nobody_but_an_operator() -> None:
    where = partition(topic="pishkhan.log.requests")
    bench = Bench(where)
    bench.broker.write(where, "a", "b", "c")
    spoil(bench, where, 1, UnreadReason.TOO_LARGE)
    bench.turns(3)
    assert (bench.applied, bench.telemetry.stopped) == (["a"], [(where, Setback.UNREADABLE)])


def test_what_is_passed_beside_another_owner_is_fenced_and_passed_once() -> None:
    where = partition(topic=INTAKE)
    bench = Bench(where)
    bench.broker.write(where, "a", "b")
    spoil(bench, where, 0, UnreadReason.TOO_LARGE)
    bench.turns(1)
    other = Bench(where, name="other", beside=bench)
    other.turns(2)
    assert len(letters(bench)) == 1
    assert bench.database.positions()[where] >= 1


@pytest.mark.parametrize("cause", [Setback.HANDLER_FAILED, Setback.PARK_FULL])
def test_what_can_be_neither_applied_nor_parked_is_passed_by_an_operator(cause: Setback) -> None:
    bench = Bench(partition())
    bench.handler.park_error = RuntimeError("no table")
    bench.broker.write(partition(), "a", "poison" if cause is Setback.HANDLER_FAILED else "full", "b")
    bench.turns(3)
    assert bench.telemetry.stopped == [(partition(), cause)]
    pass_all(bench)
    bench.turns(TURNS_PER_TRY, pass_seconds=RENEW_SECONDS)
    assert bench.applied == ["a", "b"]
    assert [letter.record.position for letter in letters(bench)] == [1]


def test_what_is_mended_before_a_worker_comes_to_the_decision_is_applied_and_not_passed() -> None:
    bench = Bench(partition())
    bench.handler.park_error = RuntimeError("no table")
    bench.broker.write(partition(), "poison", "b")
    bench.turns(3)
    pass_all(bench)
    bench.handler.mended = True
    bench.turns(TURNS_PER_TRY, pass_seconds=RENEW_SECONDS)
    assert (bench.applied, letters(bench)) == (["poison", "b"], [])


class Killer(Recorder):
    """A handler with a value at which the database closes the connection."""

    def handle(self, stores: Notes, records: Sequence[Record]) -> Collection[Place]:
        if any(record.value == b"killer" for record in records):
            raise DatabaseUnavailable("server closed the connection unexpectedly")
        return super().handle(stores, records)


def test_a_record_that_ends_every_connection_halts_its_own_partition_and_the_others_go_on() -> None:
    bad, good = partition(0), partition(1)
    bench = Bench(bad, good, handler=Killer())
    bench.broker.write(bad, *(f"a{number}" for number in range(30)), "killer", "behind")
    bench.broker.write(good, *(f"b{number}" for number in range(30)))
    bench.turns(15)
    assert (bad, Setback.CONNECTION_LOST) in bench.telemetry.stopped
    bench.broker.write(good, "later")
    bench.turns(3)
    assert len(bench.applied) == 61, "all but the one at fault, and what is behind it"
    assert "at position 30: the database closes the connection at this record alone" in bench.telemetry.why
    pass_all(bench)
    bench.turns(2 * TURNS_PER_TRY, pass_seconds=RENEW_SECONDS)
    assert bench.applied[-1] == "behind"
    assert [letter.record.position for letter in letters(bench)] == [30]


def test_a_database_that_cannot_be_reached_is_no_records_fault() -> None:
    bench = Bench(partition())
    bench.broker.write(partition(), "a")
    bench.turns(1)
    bench.broker.write(partition(), "b")
    bench.database.down = True
    bench.database.stop()
    bench.turns(30)
    assert (bench.telemetry.stopped, bench.waits_for()) == ([], Setback.DATABASE_UNAVAILABLE)
    bench.database.down = False
    bench.turns(2)
    assert bench.applied == ["a", "b"]
