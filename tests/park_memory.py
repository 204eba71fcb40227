"""A park in memory, for tests: the same promises as the database's, checked by the same suite."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from consumers.parking import OperatorAction, ParkedEvent, ParkedRow, ParkReason, rest_after


@dataclass
class MemoryPark:
    """Implements the parks of the capabilities for one consumer. `now` is real time; a test moves it on."""

    now: datetime = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
    ever: int = 0
    _rows: dict[int, ParkedRow] = field(default_factory=dict)
    _next_tries: dict[int, datetime | None] = field(default_factory=dict)

    @property
    def rows(self) -> list[ParkedRow]:
        """Everything that waits, oldest first."""
        return [replace(row, rested=self._rested(row.id)) for row in self._rows.values()]

    def rest(self, seconds: float) -> None:
        """Let real time pass."""
        self.now += timedelta(seconds=seconds)

    def decide(
        self, action: OperatorAction, keys: Collection[str] | None = None, reason: ParkReason | None = None
    ) -> None:
        """Decide on the events of `keys`, or on those that wait for `reason`, or on all, as an operator would."""
        for row in self.rows:
            if (keys is None or row.event.key in keys) and reason in (None, row.event.reason):
                self._rows[row.id] = replace(row, action=action)
                self._next_tries[row.id] = self.now

    def park(self, events: Sequence[ParkedEvent]) -> None:
        for event in events:
            self.ever += 1
            self._rows[self.ever] = ParkedRow(self.ever, event)
            self._next_tries[self.ever] = self._next_try(event)

    def of_keys(self, keys: Collection[str]) -> list[ParkedRow]:
        return [row for row in self.rows if row.event.key in keys]

    def due_keys(self, now: datetime, limit: int) -> list[str]:
        due = [row.event.key for row in self.rows if row.rested or row.event.expires_at <= now]
        return list(dict.fromkeys(due))[:limit]

    def remove(self, ids: Collection[int]) -> None:
        self._rows = {row_id: row for row_id, row in self._rows.items() if row_id not in ids}

    def skip(self, ids: Collection[int]) -> None:
        self.remove(ids)

    def keep(self, rows: Sequence[ParkedRow]) -> None:
        for row in rows:
            newer = self._rows[row.id].action if self._rows[row.id].action is not row.action else None
            self._rows[row.id] = ParkedRow(row.id, row.event, newer)
            if newer is None:
                self._next_tries[row.id] = self._next_try(row.event)

    def _next_try(self, event: ParkedEvent) -> datetime | None:
        rest = rest_after(event.tries) if event.reason is ParkReason.FAILED else None
        return None if rest is None else self.now + rest

    def _rested(self, row_id: int) -> bool:
        next_try = self._next_tries[row_id]
        return next_try is not None and next_try <= self.now
