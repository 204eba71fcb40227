"""Which clock is wrong, told from readings that take time: a worker in doubt does nothing by time."""

from datetime import UTC, datetime, timedelta

import pytest

from consumers.runner.clocks import ClockWatch
from consumers.runner.outcomes import Setback
from consumers.runner.records import Record
from schemas.partition import Place
from tests.kit.values.clocks import NotedClock, watch

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
HERE = Place("pishkhan.intake.offices", 0)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def doubt_of(clocks: ClockWatch) -> Setback | None:
    return clocks.doubt


def since_of(told: NotedClock) -> datetime | None:
    return told.since


def record(appended: float, position: int = 7) -> dict[Place, Record]:
    return {HERE: Record(HERE.topic, HERE.partition, position, None, (), b"{}", at(appended))}


@pytest.mark.parametrize("shift", [3 * 3600, -3 * 3600, 40, -40, 5.5, -5.5])
def test_a_clock_beyond_the_bound_is_in_doubt_in_both_directions(shift: float) -> None:
    own, told = watch(lambda: at(shift))
    assert own.reading(lambda shown: at(0)) == at(0)
    assert (doubt_of(own), told.doubt) == (Setback.CLOCK_DIFFERS, Setback.CLOCK_DIFFERS)
    assert told.ahead_seconds == pytest.approx(shift)
    assert told.since == at(0), "the database's time, for the own is wrong"


@pytest.mark.parametrize("shift", [0, 5, -5, 0.3])
def test_a_clock_within_the_bound_is_good(shift: float) -> None:
    own, told = watch(lambda: at(shift))
    own.reading(lambda shown: at(0))
    assert (doubt_of(own), told.doubt, told.since) == (None, None, None)


def test_a_slow_answer_is_no_difference() -> None:
    times = iter([at(0), at(60)])
    own, told = watch(lambda: next(times))
    own.reading(lambda shown: at(30))
    assert doubt_of(own) is None
    assert told.ahead_seconds == 0.0


def test_the_doubt_ends_by_itself_and_begins_anew_with_another_moment() -> None:
    shift = 40.0
    own, told = watch(lambda: at(shift))
    own.reading(lambda shown: at(0))
    own.reading(lambda shown: at(1))
    assert told.since == at(0), "since the first reading that showed it"
    shift = 2.0
    own.reading(lambda shown: at(2))
    assert (doubt_of(own), since_of(told)) == (None, None)
    shift = -37.0
    own.reading(lambda shown: at(3))
    assert (doubt_of(own), told.since) == (Setback.CLOCK_DIFFERS, at(3))


def test_a_record_from_the_future_shows_a_broker_that_is_ahead_until_the_database_has_come_there() -> None:
    own, _ = watch(lambda: at(0))
    own.heard(record(5), {}, at(0))
    assert doubt_of(own) is None
    own.heard(record(40), {}, at(0))
    assert doubt_of(own) is Setback.BROKER_CLOCK_DIFFERS
    now = 36.0
    own, _ = watch(lambda: at(now))
    own.heard(record(40), {}, at(0))
    own.reading(lambda shown: at(now))
    assert doubt_of(own) is None


def test_a_record_behind_an_end_that_was_seen_later_than_it_says_shows_a_broker_that_is_behind() -> None:
    own, _ = watch(lambda: at(0))
    ends = {HERE: (7, at(100))}
    own.heard(record(60, position=6), ends, at(100))
    assert doubt_of(own) is None, "it may well be that old"
    own.heard(record(60, position=7), ends, at(100))
    assert doubt_of(own) is Setback.BROKER_CLOCK_DIFFERS
    own.heard(record(101, position=8), ends, at(102))
    assert doubt_of(own) is None


def test_an_old_record_shows_nothing() -> None:
    own, _ = watch(lambda: at(0))
    own.heard(record(-86_400), {}, at(0))
    assert doubt_of(own) is None
