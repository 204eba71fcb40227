"""Business time runs from its start, by its factor."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.clock import ScaledClock

START = datetime(2026, 3, 21, 4, 30, tzinfo=UTC)
REAL = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


def test_business_time_starts_where_it_is_told_and_runs_by_the_factor() -> None:
    moment = REAL
    clock = ScaledClock(START, 60.0, REAL, real=lambda: moment)
    assert clock.now() == START
    moment = REAL + timedelta(seconds=10)
    assert clock.now() == START + timedelta(minutes=10)


def test_a_broker_time_before_the_start_is_business_time_before_the_start() -> None:
    clock = ScaledClock(START, 2.0, REAL)
    assert clock.business(REAL - timedelta(seconds=3)) == START - timedelta(seconds=6)


def test_the_clock_of_real_time_is_real_time() -> None:
    clock = ScaledClock.same_as_real()
    assert clock.business(REAL) == REAL


def test_time_neither_stands_still_nor_runs_backwards() -> None:
    for factor in (0.0, -1.0):
        with pytest.raises(ValueError, match="factor"):
            ScaledClock(START, factor, REAL)


def test_times_have_a_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        ScaledClock(START.replace(tzinfo=None), 1.0, REAL)
