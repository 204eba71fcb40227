"""Records that fail in a row: a few are parked, many halt their partition until the code is mended."""

from consumers.runner.failures import FAILED_IN_A_ROW_MAX
from consumers.runner.outcomes import Setback
from tests.memory.running import Bench, partition

FIRST, SECOND = partition(0), partition(1)


def poison(count: int) -> list[str]:
    return [f"poison-{number}" for number in range(count)]


def test_when_too_many_fail_in_a_row_the_code_is_at_fault_and_no_more_are_parked() -> None:
    bench = Bench(FIRST, SECOND, records_max=1_000)
    bench.broker.write(FIRST, "a", *poison(500))
    bench.broker.write(SECOND, "b", "c")
    bench.turns()
    assert bench.parked == poison(FAILED_IN_A_ROW_MAX)
    assert bench.applied == ["a", "b", "c"], "other partitions are not concerned"
    assert bench.database.positions() == {FIRST: 1 + FAILED_IN_A_ROW_MAX, SECOND: 2}
    assert bench.telemetry.stopped == [(FIRST, Setback.FAILED_IN_A_ROW)]
    assert Setback.FAILED_IN_A_ROW in bench.telemetry.setbacks
    # It is tried again and again, and not one event more is parked while the code is as it is.
    bench.turns(100, pass_seconds=3.0)
    assert bench.telemetry.again != []
    assert len(bench.parked) == FAILED_IN_A_ROW_MAX
    assert bench.telemetry.stopped[-1] == (FIRST, Setback.FAILED_IN_A_ROW)


def test_a_repaired_worker_goes_on_by_itself_where_the_broken_one_halted() -> None:
    bench = Bench(records_max=1_000)
    bench.broker.write(FIRST, *poison(100), "z")
    bench.turns()
    # Another process with another version takes the partition over.
    repaired = Bench(records_max=1_000, beside=bench)
    repaired.handler.mended = True
    repaired.turns()
    assert repaired.applied == [*poison(100)[FAILED_IN_A_ROW_MAX:], "z"]
    assert repaired.telemetry.stopped == []


def test_what_was_mended_from_outside_goes_on_without_a_restart() -> None:
    bench = Bench(records_max=1_000)
    bench.broker.write(FIRST, *poison(100))
    bench.turns()
    bench.handler.mended = True
    bench.turns(20, pass_seconds=3.0)
    assert bench.telemetry.again == [FIRST]
    assert bench.applied == poison(100)[FAILED_IN_A_ROW_MAX:]


def test_failures_are_not_in_a_row_when_the_code_decides_in_between() -> None:
    bench = Bench(records_max=1_000)
    values = []
    for value in poison(3 * FAILED_IN_A_ROW_MAX):
        values += [value, "a"]
    bench.broker.write(FIRST, *values)
    bench.turns()
    assert bench.parked == poison(3 * FAILED_IN_A_ROW_MAX)
    assert bench.telemetry.stopped == []


def test_what_is_only_passed_over_shows_nothing() -> None:
    bench = Bench(records_max=1_000)
    values = []
    for value in poison(3 * FAILED_IN_A_ROW_MAX):
        values += [value, "not mine"]
    bench.broker.write(FIRST, *values)
    bench.turns()
    assert bench.parked == poison(FAILED_IN_A_ROW_MAX)
    assert bench.telemetry.stopped == [(FIRST, Setback.FAILED_IN_A_ROW)]
