"""A bus in miniature, in memory, that can be compared at any moment: claims, decisions, relay, settlement, one by one.

A model of what the real bus leaves behind, not of what it decides: every claim is a collected fee, one event and one
ledger row. A claim may be said again, in any partition and in other words.
"""

import copy
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID, uuid5

from consumers.intake import Claim, IntakeReader, read_claim
from consumers.reconciliation.domain.outcome import taken_first
from consumers.reconciliation.domain.views import (
    ClaimSeen,
    ComparedPosition,
    ComparedTransfer,
    LedgerPage,
    Marker,
    OfficeLoad,
    Publication,
    Removed,
    Revision,
    Subject,
    SubjectEvent,
    Taught,
    Transaction,
)
from consumers.reconciliation.ports import UnderWay
from consumers.reconciliation.reading import Booked, Claimed, Fact, Seen
from consumers.runner.records import Partition, Record, Span
from consumers.settlement.expected import ExpectedRow, expected_of
from schemas.decode import encode
from schemas.envelope import Envelope, to_headers
from schemas.identity import NAMESPACE, derived_id
from schemas.intake_office import FeeCollected, PaymentMethod
from schemas.log_requests import OfficeCollectedFee
from schemas.log_settlement import CollectionRecorded
from schemas.partition import Place
from schemas.topics import INTAKE_OFFICES, LOG_REQUESTS, LOG_SETTLEMENT
from tests.kit.values.reconciliation_tables import Database, Row, Transferred

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
PARTITIONS = 2
SOURCE = "/offices/office-1"
INTAKES = [Place(INTAKE_OFFICES.name, number) for number in range(PARTITIONS)]
LOGS = [Place(topic.name, number) for topic in (LOG_REQUESTS, LOG_SETTLEMENT) for number in range(PARTITIONS)]
SomeFact = TypeVar("SomeFact", Seen, Booked, Claimed)
_COLLECTED, _RECORDED = OfficeCollectedFee.type_name(), CollectionRecorded.type_name()


class MemoryBus:
    """The topics and the database, and every step that the real workers take, one record or row at a time."""

    def __init__(self) -> None:
        self.database = Database()
        self.logs: dict[Place, list[Record]] = {place: [] for place in (*INTAKES, *LOGS)}
        #: How often an office has said something new.
        self.said = 0
        positions = self.database.positions
        positions |= {(consumer, place): 0 for consumer in ("requests", "registry") for place in INTAKES}
        positions |= {("settlement", place): 0 for place in LOGS if place.topic == LOG_REQUESTS.name}

    def claim(self, request: int, intake: int = 0) -> None:
        """An office collects cash, and says so in this partition of intake."""
        self._say(self.said, request, intake, 1 + self.said)
        self.said += 1

    def repeat(self, number: int, request: int, intake: int) -> None:
        """Somebody says the claim with this number again: to the letter, unless it was about another request."""
        if self.said:
            self._say(number % self.said, request, intake, 1 + number % self.said)

    def decide(self, intake: int = 0) -> None:
        """The requests consumer takes one claim; the registry, whose it is not, passes it as well."""
        database, place = self.database, INTAKES[intake]
        for consumer in ("registry", "requests"):
            position = database.positions[consumer, place]
            if position == len(self.logs[place]):
                continue
            database.positions[consumer, place] += 1
            if consumer == "requests":
                self._decide(self.logs[place][position])

    def publish(self, count: int, noted: bool = True) -> None:
        """The relay publishes the first rows, and is killed before it notes them when not `noted`."""
        waiting = [number for number in sorted(self.database.outbox) if number not in self.database.published]
        for number in waiting[:count]:
            row = self.database.outbox[number]
            envelope = Envelope(row.event_id, "/bus", row.type, row.key, NOON, row.sequence)
            self._append(row.place, row.key, envelope, row.body)
            if noted:
                self.database.published.add(number)

    def settle(self, partition: int) -> None:
        """Settlement enters one record of one partition, or skips a repetition."""
        place, database = Place(LOG_REQUESTS.name, partition), self.database
        position = database.positions["settlement", place]
        if position >= len(self.logs[place]):
            return
        database.positions["settlement", place] += 1
        record = self.logs[place][position]
        said = dict(record.headers)
        key, event_id = (record.key or b"").decode(), (said["ce_id"] or b"").decode()
        if int(said["ce_sequence"] or b"0") <= database.settled[key]:
            return
        database.settled[key] += 1
        expected = expected_of(_COLLECTED, event_id, record.value or b"")
        assert expected is not None, "collected cash is entered"
        transaction_id = str(expected.transaction_id)
        database.ledger += [Transferred(transaction_id, event_id, key, _transfer(row)) for row in expected.rows]
        told = Place(LOG_SETTLEMENT.name, partition)
        self._add(Row(told, key, transaction_id, _RECORDED, database.settled[key], b"{}", 0))

    def finish(self) -> None:
        """Do everything that is left to do."""
        for place in INTAKES:
            while self.database.positions["requests", place] < len(self.logs[place]):
                self.decide(place.partition)
        self.publish(len(self.database.outbox))
        for place in LOGS[:PARTITIONS]:
            while self.database.positions["settlement", place] < len(self.logs[place]):
                self.settle(place.partition)
        self.publish(len(self.database.outbox))

    def _decide(self, record: Record) -> None:
        claim = read_claim(record, IntakeReader.REQUESTS)
        assert isinstance(claim, Claim), "every claim here can be read"
        claimed = FeeCollected.model_validate_json(record.value or b"")
        event_id, database = claim.envelope.id, self.database
        if event_id in database.taken:
            if database.taken[event_id] != claim.words:
                database.dead.add((record.place, record.position))
            return
        database.taken[event_id] = claim.words
        key = str(claimed.request_id)
        database.versions[key] += 1
        database.cash_rial[key] += claimed.amount_rial
        event = OfficeCollectedFee(
            request_id=claimed.request_id,
            office="office-1",
            amount_rial=claimed.amount_rial,
            method=claimed.method,
            receipt_number="r",
            pos_reference=None,
        )
        place = Place(LOG_REQUESTS.name, claimed.request_id.int % PARTITIONS)
        outcome_id = derived_id(SOURCE, event_id, 0)
        self._add(Row(place, key, outcome_id, _COLLECTED, database.versions[key], encode(event), claimed.amount_rial))

    def _say(self, number: int, request: int, intake: int, amount_rial: int) -> None:
        event = FeeCollected(
            request_id=request_id(request),
            amount_rial=amount_rial,
            method=PaymentMethod.CASH,
            receipt_number="r",
            operator="o",
        )
        envelope = Envelope(f"claim-{number}", SOURCE, event.type_name(), time=NOON)
        self._append(INTAKES[intake], str(event.request_id), envelope, encode(event))

    def _add(self, row: Row) -> None:
        self.database.rows_made += 1
        self.database.outbox[self.database.rows_made] = row

    def _append(self, place: Place, key: str, envelope: Envelope, body: bytes) -> None:
        records = self.logs[place]
        records.append(Record(*place, len(records), key.encode(), tuple(to_headers(envelope)), body, NOON))


def request_id(number: int) -> UUID:
    """Return the id of the model's `number`-th request."""
    return uuid5(NAMESPACE, f"request {number}")


def _transfer(row: ExpectedRow) -> ComparedTransfer:
    return ComparedTransfer(row.kind, row.debit, row.credit, row.amount_rial)


@dataclass
class MemoryLogs:
    """Implements `Logs` over a bus; `meanwhile` is called before every answer, and may let the bus work."""

    bus: MemoryBus
    meanwhile: Callable[[], None] = lambda: None

    def partitions(self) -> Sequence[Partition]:
        self.meanwhile()
        return [Partition(place.topic, "id", place.partition) for place in self.bus.logs]

    def spans(self, places: Collection[Place]) -> Mapping[Place, Span]:
        self.meanwhile()
        return {place: Span(0, len(self.bus.logs[place])) for place in places}

    def since(self, places: Collection[Place], moment: datetime) -> Mapping[Place, int]:
        return dict.fromkeys(places, 0)

    def read(self, spans: Mapping[Place, Span]) -> Iterator[Record]:
        for place, span in spans.items():
            self.meanwhile()
            yield from self.bus.logs[place][span.begin : span.end]


@dataclass
class MemoryStore:
    """Implements `Store` over a bus: groups by dictionaries what the real one joins. `meanwhile` is as for the logs."""

    bus: MemoryBus
    meanwhile: Callable[[], None] = lambda: None
    facts: list[Fact] = field(default_factory=list)

    def keep(self, facts: Iterable[Fact]) -> None:
        self.facts.extend(facts)

    def outbox_begins(self) -> datetime:
        return NOON

    @contextmanager
    def snapshot(self) -> Iterator["MemorySnapshot"]:
        self.meanwhile()
        yield MemorySnapshot(copy.deepcopy(self.bus.database), self.facts)


@dataclass
class MemorySnapshot:
    """Implements `Snapshot`: a copy of the database beside the facts. The model has no registry, windows or figures."""

    database: Database
    facts: Sequence[Fact]

    def positions(self, partitions: Sequence[Partition]) -> list[ComparedPosition]:
        return [
            ComparedPosition(consumer, place, at, True) for (consumer, place), at in self.database.positions.items()
        ]

    def windows(self) -> Mapping[int, int]:
        return {}

    def outbox_complete_since(self) -> datetime | None:
        return None

    def under_way(self) -> UnderWay:
        waiting = [row for number, row in self.database.outbox.items() if number not in self.database.published]
        return UnderWay({"all": len(waiting)} if waiting else {}, {})

    def publications(self) -> Iterator[Publication]:
        seen: dict[tuple[str, str], list[Seen]] = defaultdict(list)
        for fact in self._of(Seen):
            seen[fact.topic, fact.event_id].append(fact)
        kept: dict[tuple[str, str], list[bool]] = defaultdict(list)
        places: dict[tuple[str, str], int] = {}
        for number, row in self.database.outbox.items():
            kept[row.place.topic, row.event_id].append(number in self.database.published)
            places[row.place.topic, row.event_id] = row.place.partition
        for key in seen.keys() | kept.keys():
            records, rows = sorted(seen[key], key=lambda fact: (fact.partition, fact.position)), kept[key]
            last = records[-1] if records else None
            yield Publication(
                topic=key[0],
                source="/bus",
                event_id=key[1],
                partition=places[key] if last is None else last.partition,
                last=None if last is None else last.position,
                copies=len(records),
                appended_at=None if last is None else last.appended_at,
                rows=len(rows),
                published=any(rows),
                differs=False,
            )

    def subjects(self) -> Iterator[Subject]:
        events: dict[str, list[SubjectEvent]] = defaultdict(list)
        seen = [fact for fact in self._of(Seen) if fact.topic == LOG_REQUESTS.name]
        queued = {row.event_id for row in self.database.outbox.values()}
        booked, known = {entry.event_id for entry in self.database.ledger}, {fact.event_id for fact in seen}
        for fact in sorted(seen, key=lambda fact: (fact.sequence or 0, fact.position)):
            said = (fact.sequence or 0, fact.event_id, fact.partition, fact.position, fact.amount_rial or 0, fact.type)
            found = SubjectEvent(*said, None, fact.appended_at, fact.event_id in queued, fact.event_id in booked)
            events[fact.subject].append(found)
        for row in self.database.outbox.values():
            if row.place.topic == LOG_REQUESTS.name and row.event_id not in known:
                waits = (row.sequence, row.event_id, row.place.partition, None, row.cash_rial, row.type)
                found = SubjectEvent(*waits, queued=True, in_ledger=row.event_id in booked)
                events[row.key].append(found)
        database, nobody, unsaid = self.database, frozenset[int](), frozenset[str]()
        for key in events.keys() | database.versions.keys() | database.settled.keys():
            version, cash_rial = database.versions.get(key), database.cash_rial.get(key, 0)
            settled = database.settled.get(key, 0)
            yield Subject(key, version, unsaid, cash_rial, settled, nobody, sorted(events[key], key=lambda one: one[0]))

    def transactions(self, passed: Mapping[int, int]) -> Iterator[Transaction]:
        booked: dict[str, dict[int, list[Booked]]] = defaultdict(lambda: defaultdict(list))
        for fact in self._of(Booked):
            booked[fact.transaction_id][fact.position].append(fact)
        ledger: dict[str, list[Transferred]] = defaultdict(list)
        for entry in self.database.ledger:
            ledger[entry.transaction_id].append(entry)
        told = {fact.event_id: fact for fact in self._of(Seen) if fact.topic == LOG_SETTLEMENT.name}
        queued = {row.event_id for row in self.database.outbox.values()}
        for key in booked.keys() | ledger.keys() | told.keys():
            first = min(booked[key].items())[1] if booked[key] else []
            row = first[0] if first else None
            entered = row is not None and row.position < passed.get(row.partition, 0)
            yield Transaction(
                transaction_id=key,
                event_id=row.event_id if row else ledger[key][0].event_id if ledger[key] else None,
                subject=row.subject if row else None,
                partition=row.partition if row else None,
                position=row.position if row else None,
                queued=bool(ledger[key]) and ledger[key][0].event_id in queued,
                entered=entered and row is not None and row.sequence <= self.database.settled[row.subject],
                expected=[ComparedTransfer(*one[6:]) for one in first],
                ledger=[one.transfer for one in ledger[key]],
                told=key in told or key in queued,
                told_at=(told[key].partition, told[key].position) if key in told else None,
            )

    def closed_windows(self) -> Iterator[tuple[int, bool]]:
        return iter(())

    def claims(self) -> Iterator[ClaimSeen]:
        outcomes = {fact.event_id: (fact.type, fact.amount_rial) for fact in self._of(Seen)}
        outcomes |= {row.event_id: (row.type, row.cash_rial) for row in self.database.outbox.values()}
        copies: dict[str | None, list[Claimed]] = defaultdict(list)
        for one in self._of(Claimed):
            copies[one.event_id].append(one)
        for some in copies.values():
            for number, fact in enumerate(sorted(some, key=self._taken_first), start=1):
                same, _, dead = self._about(fact)
                told, told_rial = outcomes.get(fact.outcome_id or "", (None, None))
                conflicting = fact.event_id in self.database.taken and not same
                # None is let go, waits or was given up, and none is a submission.
                about = (number, len(some), same, conflicting, dead, False, False, False)
                yield ClaimSeen._make((*fact[:8], *about, told, False, fact.amount_rial, told_rial))

    def removed(self) -> Iterator[Removed]:
        return iter(())

    def taught(self) -> Iterator[Taught]:
        return iter(())

    def markers(self) -> Iterator[Marker]:
        return iter(())

    def revisions(self) -> Iterator[Revision]:
        return iter(())

    def pages(self) -> Iterator[LedgerPage]:
        return iter(())

    def loads(self) -> Iterator[OfficeLoad]:
        return iter(())

    def _about(self, fact: Claimed) -> tuple[bool, bool, bool]:
        """Say whether a claim was kept with these words, whether it was passed, and whether it is a dead letter."""
        place = Place(fact.topic, fact.partition)
        same = self.database.taken.get(fact.event_id or "") == (fact.body_hash, fact.about_hash)
        passed = fact.position < self.database.positions[fact.consumer, place]
        return same, passed, (place, fact.position) in self.database.dead

    def _taken_first(self, fact: Claimed) -> tuple[object, ...]:
        return taken_first(*self._about(fact), Place(fact.topic, fact.partition), fact.position)

    def _of(self, kind: type[SomeFact]) -> list[SomeFact]:
        return [fact for fact in self.facts if isinstance(fact, kind)]
