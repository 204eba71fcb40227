"""What operators see and decide, over the database in memory: parks, halts, the outbox, dead letters."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from consumers.halted import HaltLine
from consumers.letters import LetGo, LetterLine
from consumers.parked import DecisionLine, ParkedLine
from consumers.parking import DecisionOutcome, OperatorAction, ParkReason
from producers.set_aside import AsideLine, OutboxAction
from tests.kit.values.builders import MOMENT
from tests.memory.database import Transaction
from tests.memory.park import settle
from tests.memory.tables import Aside, BusDatabase, Decision, Halted, HaltPlace, Parked


class MemoryParkOperator:
    """Implements `ParkDecisions`."""

    def __init__(self, transaction: Transaction, tables: BusDatabase) -> None:
        self._transaction = transaction
        self._tables = tables

    def oldest(self, limit: int, consumer: str | None = None, reason: ParkReason | None = None) -> list[ParkedLine]:
        wanted = self._wanted(consumer, reason)
        return [self._line(number, row) for number, row in wanted[:limit]]

    def count(self, consumer: str | None = None, reason: ParkReason | None = None) -> int:
        return len(self._wanted(consumer, reason))

    def find(self, parked_id: int) -> ParkedLine | None:
        row = self._transaction.find(self._tables.parked, parked_id)
        return None if row is None else self._line(parked_id, row)

    def headers(self, parked_id: int) -> Mapping[str, str]:
        row = self._transaction.find(self._tables.parked, parked_id)
        return {} if row is None else _texts(row.event.record.headers)

    def decisions(self, parked_id: int) -> list[DecisionLine]:
        rows = sorted(self._transaction.rows(self._tables.decisions).items())
        return [_decision(row) for _, row in rows if row.parked_id == parked_id]

    def replaced(self, ids: Collection[int]) -> list[DecisionLine]:
        newest: dict[int, DecisionLine] = {}
        for number, row in sorted(self._transaction.rows(self._tables.decisions).items()):
            before = self._tables.decisions.rows.get(number)
            here = row.outcome is DecisionOutcome.REPLACED and (before is None or before.outcome is None)
            if here and row.parked_id in ids:
                newest[row.parked_id] = _decision(row)
        return list(newest.values())

    def decide(
        self, ids: Collection[int], action: OperatorAction, by: str = "somebody", why: str = "a test"
    ) -> list[int]:
        found = []
        for number in sorted(ids):
            self._transaction.lock(self._tables.parked, number)
            row = self._transaction.find(self._tables.parked, number)
            if row is not None:
                settle(self._transaction, self._tables, number, DecisionOutcome.REPLACED)
                decision = Decision(number, row.consumer, row.event, action, by, why, self._tables.seconds())
                self._transaction.insert(self._tables.decisions, self._tables.next_id("park_decision"), decision)
                row = row._replace(action=action, next_try_at=self._tables.seconds())
                self._transaction.put(self._tables.parked, number, row)
                found.append(number)
        return found

    def decide_on_failed(self, consumer: str | None, action: OperatorAction, by: str, why: str) -> list[int]:
        return self.decide([number for number, _ in self._wanted(consumer, ParkReason.FAILED)], action, by, why)

    def _wanted(self, consumer: str | None, reason: ParkReason | None) -> list[tuple[int, Parked]]:
        return [
            (number, row)
            for number, row in sorted(self._transaction.rows(self._tables.parked).items())
            if consumer in (None, row.consumer) and reason in (None, row.event.reason)
        ]

    def _line(self, number: int, row: Parked) -> ParkedLine:
        decisions = self._transaction.rows(self._tables.decisions).values()
        event, record = row.event, row.event.record
        return ParkedLine(
            id=number,
            consumer=row.consumer,
            key=event.key,
            reason=event.reason,
            detail=event.detail,
            topic=record.topic,
            partition=record.partition,
            position=record.position,
            appended_at=record.appended_at,
            parked_at=_time(row.parked_at),
            expires_at=event.expires_at,
            tries=event.tries,
            next_try_at=None if row.next_try_at is None else _time(row.next_try_at),
            operator_action=row.action,
            decided_by=next((one.by for one in decisions if (one.parked_id, one.outcome) == (number, None)), None),
        )


class MemoryOutboxOperator:
    """Implements `AsideDecisions`; a row has the id that it has in the outbox."""

    def __init__(self, transaction: Transaction, tables: BusDatabase) -> None:
        self._transaction = transaction
        self._tables = tables

    def lines(self, *, decided: bool = False) -> list[AsideLine]:
        return [self._line(number, row) for number, row in self._rows() if (row.decision is not None) == decided]

    def behind(self) -> dict[int, int]:
        outbox = self._transaction.rows(self._tables.outbox).items()
        return {
            number: sum(
                later > number and not one.published and (one.message.topic, one.message.key) == (row.topic, row.key)
                for later, one in outbox
            )
            for number, row in self._rows()
            if row.decision is None
        }

    def decide(self, ids: Collection[int], action: OutboxAction, by: str, why: str) -> list[int]:
        found = []
        for number, row in self._rows():
            numbered = self._tables.outbox.rows[number].message.envelope.sequence is not None
            if number in ids and row.decision is None and (action is OutboxAction.RETRY or not numbered):
                decided = row._replace(decision=action.value, by=by, why=why)
                self._transaction.put(self._tables.aside, number, decided)
                found.append(number)
        return found

    def _rows(self) -> list[tuple[int, Aside]]:
        return sorted(self._transaction.rows(self._tables.aside).items())

    def _line(self, number: int, row: Aside) -> AsideLine:
        message = self._tables.outbox.rows[number].message
        envelope = message.envelope
        return AsideLine(
            id=number,
            topic=row.topic,
            key=row.key,
            source=envelope.source,
            event_id=envelope.id,
            type=envelope.type,
            sequence=envelope.sequence,
            bytes=len(message.body),
            cause=row.cause,
            set_aside_at=MOMENT,
            action=row.decision,
            decided_by=row.by,
            why=row.why,
            decided_at=None if row.decision is None else MOMENT,
        )


class MemoryHaltOperator:
    """Implements `HaltDecisions`; a halt has the number of its place, in the order of the table."""

    def __init__(self, transaction: Transaction, tables: BusDatabase) -> None:
        self._transaction = transaction
        self._tables = tables

    def standing(self) -> list[HaltLine]:
        rows = self._transaction.rows(self._tables.halts).items()
        found = [_halt(number, place, row) for number, (place, row) in enumerate(rows) if self._stands(place, row)]
        return sorted(found, key=lambda line: (line.consumer, line.topic, line.partition))

    def pass_over(self, shown: Sequence[HaltLine], by: str, why: str) -> list[HaltLine]:
        ids = {line.id for line in shown}
        decided = set()
        for number, (place, row) in enumerate(self._transaction.rows(self._tables.halts).items()):
            if number in ids and row.by is None and not row.passed:
                self._transaction.put(self._tables.halts, place, row._replace(by=by, why=why))
                decided.add(number)
        return [line for line in shown if line.id in decided]

    def _stands(self, place: HaltPlace, row: Halted) -> bool:
        consumer, move, _ = place
        offset = self._transaction.find(self._tables.offsets, (consumer, move.partition))
        return not row.passed and offset is not None and offset.next_position == move.start


class MemoryLetterReads:
    """Implements `LetterReads`."""

    def __init__(self, transaction: Transaction, tables: BusDatabase) -> None:
        self._transaction = transaction
        self._tables = tables

    def newest(self, limit: int, consumer: str | None = None) -> list[LetterLine]:
        rows = sorted(self._transaction.rows(self._tables.letters).items(), reverse=True)
        found = [
            LetterLine(
                id=number,
                consumer=row.consumer,
                topic=row.letter.record.topic,
                partition=row.letter.record.partition,
                position=row.letter.record.position,
                reason=row.letter.reason,
                field=row.letter.field,
                detail=row.letter.detail,
                source=None if row.letter.envelope is None else row.letter.envelope.source,
                event_id=None if row.letter.envelope is None else row.letter.envelope.id,
                recorded_at=_time(row.recorded_at),
            )
            for number, row in rows
            if consumer in (None, row.consumer)
        ]
        return found[:limit]

    def let_go(self) -> list[LetGo]:
        gone: dict[str, LetGo] = {}
        for (_, topic, _), row in self._transaction.rows(self._tables.let_go).items():
            before = gone.get(topic, LetGo(topic, 0, 0, 0, MOMENT))
            gone[topic] = before._replace(
                letters=before.letters + row.letters,
                bytes=before.bytes + row.bytes,
                for_room=before.for_room + row.for_room,
            )
        return [row for _, row in sorted(gone.items())]


def _halt(number: int, place: HaltPlace, row: Halted) -> HaltLine:
    consumer, move, sha256 = place
    return HaltLine(
        consumer=consumer,
        topic=move.partition.topic,
        partition=move.partition.number,
        position=move.start,
        end=move.end,
        cause=row.note.cause,
        why=row.note.why,
        length=row.note.length,
        sha256=sha256.hex(),
        halted_at=MOMENT,
        seen_at=MOMENT,
        decided_by=row.by,
        decided_why=row.why,
        decided_at=None if row.by is None else MOMENT,
        id=number,
    )


def _decision(row: Decision) -> DecisionLine:
    event, record = row.event, row.event.record
    said = _texts(record.headers)
    return DecisionLine(
        parked_id=row.parked_id,
        consumer=row.consumer,
        key=event.key,
        source=said.get("ce_source"),
        event_id=said.get("ce_id"),
        type=said.get("ce_type"),
        topic=record.topic,
        partition=record.partition,
        position=record.position,
        reason=event.reason,
        detail=event.detail,
        tries=event.tries,
        action=row.action,
        decided_by=row.by,
        why=row.why,
        decided_at=_time(row.decided_at),
        outcome=row.outcome,
        ended_at=None if row.ended_at is None else _time(row.ended_at),
    )


def _texts(headers: Sequence[tuple[str, bytes | None]]) -> dict[str, str]:
    return {name: (value or b"").decode(errors="replace") for name, value in headers}


def _time(seconds: float) -> datetime:
    return MOMENT + timedelta(seconds=seconds)
