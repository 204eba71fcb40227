"""Clocks for tests: one that a test sets, and a watch that finds nothing wrong."""

from collections.abc import Callable
from datetime import datetime, timedelta

from connectors.clock import real_now
from consumers.runner.clocks import ClockWatch
from consumers.runner.outcomes import Setback


class NotedClock:
    """Implements `ClockTelemetry` by remembering what it was told last."""

    def __init__(self) -> None:
        self.ahead_seconds = 0.0
        self.doubt: Setback | None = None
        self.since: datetime | None = None

    def clock(self, ahead_seconds: float, doubt: Setback | None, since: datetime | None) -> None:
        self.ahead_seconds, self.doubt, self.since = ahead_seconds, doubt, since


def trusting_watch() -> ClockWatch:
    """Return a watch to which any clock is right: for tests whose times are their own."""
    return ClockWatch(real_now, timedelta.max, NotedClock())


def watch(own: Callable[[], datetime] = real_now, bound_seconds: float = 5.0) -> tuple[ClockWatch, NotedClock]:
    """Return a watch over the own clock, and what it tells."""
    told = NotedClock()
    return ClockWatch(own, timedelta(seconds=bound_seconds), told), told
