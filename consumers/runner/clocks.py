"""Whose clock counts: the database's for every timed act, the broker's for when a claim came, a worker's own never.

A worker compares its own clock with the database's at every reading, and the broker's with it at every record. While
two of them differ by more than the bound nobody can know which is right: it reports this and does no timed act.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from consumers.runner.outcomes import Setback
from consumers.runner.records import Record
from schemas.partition import Place


class ClockTelemetry(Protocol):
    """Where a worker reports its clock's difference. No call blocks or raises."""

    def clock(self, ahead_seconds: float, doubt: Setback | None, since: datetime | None) -> None:
        """The own clock is so far ahead of the database's; `doubt` is why timed acts wait, since that moment."""


class ClockWatch:
    """Compares one worker's own clock, the database's and the broker's.

    `own` is the worker's clock, `bound` what two clocks may differ by. A reading of the database's takes time, so only
    what cannot be explained by that counts as a difference.
    """

    def __init__(self, own: Callable[[], datetime], bound: timedelta, telemetry: ClockTelemetry) -> None:
        self._own = own
        self._bound = bound
        self._telemetry = telemetry
        self._log = structlog.get_logger("clock")
        self._ahead = timedelta(0)
        self._appended: datetime | None = None
        self._behind = timedelta(0)
        self._doubt: Setback | None = None
        self._since: datetime | None = None

    @property
    def doubt(self) -> Setback | None:
        """Why no timed act may be done now; none when the clocks agree."""
        return self._doubt

    def asks(self) -> datetime:
        """Return the own time, just before the database is asked for its."""
        return self._own()

    def shown(self, asked_at: datetime, database: datetime) -> None:
        """Compare: the database showed `database` between the own moment `asked_at` and now."""
        before, after = asked_at - database, self._own() - database
        self._ahead = before if before > timedelta(0) else min(after, timedelta(0))
        self._judge(database)

    def reading(self, ask: Callable[[datetime], datetime]) -> datetime:
        """Ask for the database's time and compare with it. `ask` is given the own one."""
        asked_at = self._own()
        database = ask(asked_at)
        self.shown(asked_at, database)
        return database

    def heard(
        self, records: Mapping[Place, Record], ends: Mapping[Place, tuple[int, datetime]], database: datetime
    ) -> None:
        """Compare with the broker's clock by records that were just read, the newest of each partition.

        `ends` says where partitions ended when the database showed a moment: what lies behind was appended after it.
        """
        for place, record in records.items():
            if self._appended is None or record.appended_at > self._appended:
                self._appended = record.appended_at
            end = ends.get(place)
            if end is not None and record.position >= end[0]:
                self._behind = max(end[1] - record.appended_at, timedelta(0))
        self._judge(database)

    def _judge(self, database: datetime) -> None:
        doubt = None
        if abs(self._ahead) > self._bound:
            doubt = Setback.CLOCK_DIFFERS
        elif self._broker_differs(database):
            doubt = Setback.BROKER_CLOCK_DIFFERS
        if doubt is not self._doubt:
            self._doubt, self._since = doubt, None if doubt is None else database
            self._tell(doubt)
        self._telemetry.clock(self._ahead.total_seconds(), self._doubt, self._since)

    def _broker_differs(self, database: datetime) -> bool:
        ahead = self._appended is not None and self._appended - database > self._bound
        return ahead or self._behind > self._bound

    def _tell(self, doubt: Setback | None) -> None:
        seconds = round(self._ahead.total_seconds(), 3)
        if doubt is None:
            self._log.warning("the clocks agree again: timed acts go on", seconds=seconds)
        else:
            self._log.error("the clocks differ: no timed act is done", cause=doubt, seconds=seconds)
