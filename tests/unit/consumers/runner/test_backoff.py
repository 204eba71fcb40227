"""Waits double, stay bounded, and keep apart."""

from consumers.runner.backoff import Backoff


def test_waits_double_up_to_the_bound() -> None:
    backoff = Backoff(lambda: 1.0, first_seconds=1.0, last_seconds=6.0)
    assert [backoff.next_seconds() for _ in range(5)] == [1.0, 2.0, 4.0, 6.0, 6.0]
    backoff.reset()
    assert backoff.next_seconds() == 1.0


def test_chance_takes_away_at_most_half() -> None:
    assert Backoff(lambda: 0.0, first_seconds=1.0).next_seconds() == 0.5


def test_a_day_of_failures_overflows_nothing() -> None:
    backoff = Backoff(lambda: 0.5, failures=1_000_000)
    assert 0 < backoff.next_seconds() <= backoff.last_seconds
