"""The park over the database in memory."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from connectors.database.parking.park import PARK_LIMIT
from consumers.parking import (
    REFUSABLE,
    WAITING_BYTES_LIMIT,
    WAITING_LIMIT,
    DecisionOutcome,
    OperatorAction,
    ParkedEvent,
    ParkedRow,
    ParkReason,
    Room,
    rest_after,
)
from consumers.runner.errors import Contention, ParkFull
from tests.kit.values.builders import MOMENT
from tests.memory.database import Transaction
from tests.memory.tables import BusDatabase, Parked


class MemoryPark:
    """Implements the park of every consumer. Rests are real time, by the database's clock."""

    def __init__(self, transaction: Transaction, tables: BusDatabase, consumer: str, limit: int = PARK_LIMIT) -> None:
        self._transaction = transaction
        self._tables = tables
        self._consumer = consumer
        self._limit = limit

    def park(self, events: Sequence[ParkedEvent]) -> None:
        if not events:
            return
        self._transaction.step("parks events")
        kept = sum(event.reason not in REFUSABLE for event in events)
        if kept and self.kept() + kept > self._limit:
            raise ParkFull(f"{self._consumer}: {self._limit} events wait; redrive or skip some")
        for event in events:
            number = self._tables.next_id("parked_event")
            row = Parked(self._consumer, event, None, self._next_try(event), self._tables.seconds())
            self._transaction.insert(self._tables.parked, number, row)

    def kept(self) -> int:
        return sum(row.event.reason not in REFUSABLE for row in self.rows())

    def room(self, topic: str) -> Room:
        waiting = [row for row in self.rows() if row.event.record.topic == topic and row.event.reason in REFUSABLE]
        taken = sum(len(row.event.record.value or b"") for row in waiting)
        return Room(WAITING_LIMIT - len(waiting), WAITING_BYTES_LIMIT - taken)

    def now(self) -> datetime:
        return MOMENT + timedelta(seconds=self._tables.seconds())

    def of_keys(self, keys: Collection[str]) -> list[ParkedRow]:
        return [row for row in self.rows() if row.event.key in keys]

    def given_up(self, event_ids: Collection[str]) -> Collection[str]:
        skipped = [
            (dict(decision.record.headers).get("ce_id") or b"").decode()
            for decision in self._transaction.rows(self._tables.decisions).values()
            if decision.outcome is DecisionOutcome.SKIPPED and decision.consumer == self._consumer
        ]
        return set(skipped) & set(event_ids)

    def lock_free(self, keys: Collection[str]) -> list[ParkedRow]:
        free = {row.id for row in self.of_keys(keys) if self._transaction.try_lock(self._tables.parked, row.id)}
        return [row for row in self.of_keys(keys) if row.id in free]

    def due_keys(self, now: datetime, limit: int) -> list[str]:
        self._transaction.step("looks for what is due in the park")
        tries = {number: row.next_try_at for number, row in self._transaction.rows(self._tables.parked).items()}
        due = [row for row in self.rows() if row.event.expires_at <= now or row.rested]
        # What failed waits for no business time: it is ordered among its kind by when it should be tried.
        due.sort(key=lambda row: (row.event.expires_at, tries[row.id] or 0.0, row.id))
        return list(dict.fromkeys(row.event.key for row in due[:limit]))

    def waiting(self, reason: ParkReason, limit: int) -> list[ParkedRow]:
        turns: list[tuple[int, ParkedRow]] = []
        seen: dict[str, int] = {}
        for row in self.rows():
            if row.event.reason is reason:
                topic = row.event.record.topic
                seen[topic] = seen.get(topic, 0) + 1
                turns.append((seen[topic], row))
        first = sorted(turns, key=lambda each: (each[0], each[1].id))[:limit]
        return sorted((row for _, row in first), key=lambda row: row.id)

    def remove(self, ids: Collection[int]) -> None:
        self._let_go(ids, DecisionOutcome.DONE)

    def skip(self, ids: Collection[int]) -> None:
        for number in sorted(ids):
            self._transaction.lock(self._tables.parked, number)
            found = self._transaction.find(self._tables.parked, number)
            if found is not None and found.action is not OperatorAction.SKIP:
                raise Contention("an operator has decided anew")
        self._let_go(ids, DecisionOutcome.SKIPPED)

    def keep(self, rows: Sequence[ParkedRow]) -> None:
        if rows:
            self._transaction.step("keeps parked events for another reason")
        for row in rows:
            self._transaction.lock(self._tables.parked, row.id)
            found = self._transaction.find(self._tables.parked, row.id)
            if found is None:
                continue
            kept = found._replace(event=row.event)
            if self._open_decision(row.id) == row.decision:
                # Otherwise a decision was made after the row was read: this does not carry it out, so it stays.
                kept = kept._replace(action=None, next_try_at=self._next_try(row.event))
                settle(self._transaction, self._tables, row.id, DecisionOutcome.KEPT)
            self._transaction.put(self._tables.parked, row.id, kept)

    def _let_go(self, ids: Collection[int], outcome: DecisionOutcome) -> None:
        if ids:
            self._transaction.step("lets parked events go")
        for number in sorted(ids):
            self._transaction.lock(self._tables.parked, number)
            if self._transaction.find(self._tables.parked, number) is not None:
                self._transaction.delete(self._tables.parked, number)
                settle(self._transaction, self._tables, number, outcome)

    def _next_try(self, event: ParkedEvent) -> float | None:
        rest = rest_after(event.tries) if event.reason is ParkReason.FAILED else None
        return None if rest is None else self._tables.seconds() + rest.total_seconds()

    def _open_decision(self, parked_id: int) -> int | None:
        decisions = self._transaction.rows(self._tables.decisions).items()
        return next((number for number, one in decisions if (one.parked_id, one.outcome) == (parked_id, None)), None)

    def rows(self) -> list[ParkedRow]:
        """Return everything that waits, oldest first."""
        now = self._tables.seconds()
        return [
            ParkedRow(
                number,
                row.event,
                row.action,
                row.next_try_at is not None and row.next_try_at <= now,
                self._open_decision(number),
            )
            for number, row in sorted(self._transaction.rows(self._tables.parked).items())
            if row.consumer == self._consumer
        ]


def settle(transaction: Transaction, tables: BusDatabase, parked_id: int, outcome: DecisionOutcome) -> None:
    """Note what became of the open decision on an event, if there is one."""
    for number, decision in transaction.rows(tables.decisions).items():
        if decision.parked_id == parked_id and decision.outcome is None:
            ended = decision._replace(outcome=outcome, ended_at=tables.seconds())
            transaction.put(tables.decisions, number, ended)
