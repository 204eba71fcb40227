"""The requests consumer on a real database, without broker or runner: records in, outbox rows out."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, text

from connectors.database.requests.requests import RequestCounts, request_counts, request_state
from connectors.database.requests.stores import request_stores
from connectors.database.schema.tables import office_position, registry_version
from connectors.database.sql.copy import copy_rows
from connectors.database.sql.driver import meaningful_errors
from consumers.requests.domain.life.state import RequestState
from consumers.requests.domain.life.world import Seeds
from consumers.requests.domain.routing.seeds import seed_for
from consumers.requests.handlers import RequestsHandler
from consumers.requests.ports import RequestStores
from consumers.runner.outcomes import Outcome, Setback
from consumers.runner.records import Partition, Record
from schemas.base import Event
from schemas.decode import all_events, encode, parse
from schemas.envelope import Envelope, to_headers
from schemas.intake_agency import Origin, RequestSubmitted
from schemas.intake_office import FeeCollected, PaymentMethod, RequestAccepted, ServiceDelivered, ServiceStarted
from schemas.log_registry import OfficeVersioned, RegistryEntry
from schemas.log_requests import ClaimRefused
from schemas.subject import subject_of
from tests.kit.on_sql.rests import lengthen_rests
from tests.kit.values.builders import AGENCY, MOMENT, SERVICE, code_bits
from tests.kit.values.clocks import trusting_watch

AGENCY_SOURCE = f"/agencies/{AGENCY}"
DIRECTORATE = "/directorate"
OPERATOR = "operator-1"
SECRET = b"a secret of the tests"


class SetClock:
    """Business time that a test sets; the broker's time is the same."""

    def __init__(self, moment: datetime = MOMENT) -> None:
        self.moment = moment

    def now(self) -> datetime:
        """Return the time that was set."""
        return self.moment

    def at(self, database: datetime) -> datetime:
        """Return the time that was set: the database's clock is not this one."""
        return self.moment

    def business(self, real: datetime) -> datetime:
        """Return `real`: this clock runs as the broker's."""
        return real

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.moment += timedelta(seconds=seconds)


class CountingTelemetry:
    """Notes what became of events; implements `Telemetry`."""

    def __init__(self) -> None:
        self.counts: Counter[Outcome] = Counter()
        self.reasons: Counter[str] = Counter()

    def count(self, outcome: Outcome, events: int = 1, reason: StrEnum | None = None) -> None:
        """Note `events`."""
        self.counts[outcome] += events
        if reason is not None:
            self.reasons[reason.value] += events

    def unread_deadlines(self, fired: int) -> None:
        """Take notice of nothing."""

    def committed(self, records: int, seconds: float) -> None:
        """Take notice of nothing."""

    def rolled_back(self, cause: Setback) -> None:
        """Take notice of nothing."""

    def lag(self, behind: Mapping[str, int]) -> None:
        """Take notice of nothing."""

    def owned(self, partitions: int) -> None:
        """Take notice of nothing."""

    def ready(self) -> None:
        """Take notice of nothing."""

    def unready(self, cause: Setback) -> None:
        """Take notice of nothing."""

    def halted(self, partition: Partition, cause: Setback, why: str) -> None:
        """Take notice of nothing."""

    def resumed(self, partition: Partition) -> None:
        """Take notice of nothing."""


@dataclass
class SetEnds:
    """Where intake ends, as a test says; counts how often it is asked."""

    ends: dict[str, int] = field(default_factory=dict)
    asked: list[str | None] = field(default_factory=list)

    def ends_now(self, agency: str | None) -> Mapping[str, int]:
        """Return the ends that were set."""
        self.asked.append(agency)
        return dict(self.ends)

    def all_ends_now(self) -> Mapping[str, int]:
        """Return the ends that were set."""
        return dict(self.ends)


def topic_of_source(source: str) -> str:
    """Return the intake topic on which `source` may speak."""
    kind, _, code = source.removeprefix("/").partition("/")
    return f"pishkhan.intake.{code if kind == 'agencies' else kind}"


def claim_record(
    source: str,
    event: Event,
    *,
    event_id: str | None = None,
    time: datetime | None = None,
    appended_at: datetime = MOMENT,
    position: int = 0,
    topic: str | None = None,
) -> Record:
    """Return `event` as `source` publishes it."""
    event_id = event_id or str(uuid4())
    subject = subject_of(event) or event_id
    envelope = Envelope(event_id, source, event.type_name(), subject, time or appended_at)
    return Record(
        topic=topic or topic_of_source(source),
        partition=0,
        position=position,
        key=subject.encode(),
        headers=tuple(to_headers(envelope)),
        value=encode(event),
        appended_at=appended_at,
    )


@dataclass(frozen=True)
class Logged:
    """One event of the requests' log, as the outbox holds it."""

    event: Event
    event_id: str
    key: str
    sequence: int | None
    partition: int
    load_revision: int | None
    load_index: int | None
    time: datetime


class RequestsBus:
    """One worker of the requests consumer over `engine`."""

    def __init__(self, engine: Engine, clock: SetClock | None = None, seeds: Seeds | None = None) -> None:
        self.engine = engine
        self.clock = clock or SetClock()
        self.telemetry = CountingTelemetry()
        self.ends = SetEnds()
        seeds, watch = seeds or partial(seed_for, SECRET), trusting_watch()
        self.handler = RequestsHandler(seeds, code_bits, self.clock, watch, self.telemetry, self.ends)

    @contextmanager
    def stores(self) -> Iterator[RequestStores]:
        """Open one transaction; its errors have the runner's meanings."""
        with meaningful_errors(), self.engine.begin() as connection:
            yield request_stores(connection)

    def handle(self, *records: Record) -> None:
        """Handle one batch."""
        with self.stores() as stores:
            self.handler.handle(stores, records)

    def say(self, source: str, *events: Event) -> None:
        """Handle one batch of claims by one speaker, said now."""
        self.handle(*(claim_record(source, event, appended_at=self.clock.now()) for event in events))

    def park_failed(self, record: Record, error: Exception) -> None:
        """Park one record as the runner does when `handle` fails on it; it rests until a test ends its rest."""
        with self.stores() as stores:
            self.handler.park_failed(stores, record, error)
        lengthen_rests(self.engine)

    def sweep(self) -> int:
        """Sweep once."""
        with self.stores() as stores:
            return self.handler.sweep(stores)

    def rehearse(self, *records: Record) -> list[str]:
        """Handle one batch, roll it back, and return the ids of the events that it had decided."""
        with meaningful_errors(), self.engine.connect() as connection:
            self.handler.handle(request_stores(connection), records)
            decided = list(connection.execute(text("SELECT event_id FROM outbox ORDER BY id")).scalars())
            connection.rollback()
        return decided

    def state(self, request_id: UUID) -> RequestState:
        """Return the state of a request that has a row."""
        with self.engine.begin() as connection:
            state = request_state(connection, request_id)
        assert state is not None
        return state

    def desk(self, request_id: UUID) -> str:
        """Return the source of the office that has the request."""
        return f"/offices/{self.state(request_id).holder()}"

    def counts(self) -> RequestCounts:
        """Return the summary's counts."""
        with self.engine.begin() as connection:
            return request_counts(connection)

    def parked(self) -> list[tuple[str, str]]:
        """Return key and reason of everything that waits, in order."""
        with self.engine.begin() as connection:
            rows = connection.execute(text("SELECT key, reason FROM parked_event ORDER BY id")).all()
        return [(key, reason) for key, reason in rows]

    def positions(self) -> tuple[int, int]:
        """Return all offices' requests in flight and reserved rials."""
        with self.engine.begin() as connection:
            row = connection.execute(text("SELECT sum(in_flight), sum(reserved_rial) FROM office_position")).one()
        return int(row[0]), int(row[1])

    def refusals(self) -> list[ClaimRefused]:
        """Return the refused claims, in order."""
        return [one.event for one in self.log() if isinstance(one.event, ClaimRefused)]

    def log(self, request_id: UUID | None = None) -> list[Logged]:
        """Return the log so far, of one request or whole, in the order of decision."""
        query = (
            "SELECT type, body, event_id, key, sequence, partition, load_revision, load_index, time FROM outbox "
            "WHERE topic = 'pishkhan.log.requests' AND (:key = '' OR key = :key) ORDER BY id"
        )
        with self.engine.begin() as connection:
            rows = connection.execute(text(query), {"key": "" if request_id is None else str(request_id)}).all()
        return [Logged(parse(all_events()[kind], bytes(body)), *rest) for kind, body, *rest in rows]

    def names(self, request_id: UUID) -> list[str]:
        """Return the names of the events of one request, in order."""
        return [type(logged.event).__name__ for logged in self.log(request_id)]


def submission(request_id: UUID | None = None, **changes: object) -> RequestSubmitted:
    """Return an agency's request in the city that has offices."""
    fields = {"request_id": request_id or uuid4(), "service": SERVICE, "origin": Origin.AGENCY, "city": "bojnord"}
    return RequestSubmitted.model_validate({**fields, **changes})


def collected(request_id: UUID, amount_rial: int = 30_000) -> FeeCollected:
    """Return a collection of the certificate's fee in cash."""
    return FeeCollected(
        request_id=request_id,
        amount_rial=amount_rial,
        method=PaymentMethod.CASH,
        receipt_number="R1",
        operator=OPERATOR,
    )


def desk_steps(request_id: UUID) -> list[Event]:
    """Return what the office says of a request, in order."""
    return [
        RequestAccepted(request_id=request_id, operator=OPERATOR),
        collected(request_id),
        ServiceStarted(request_id=request_id, operator=OPERATOR),
        ServiceDelivered(request_id=request_id, operator=OPERATOR),
    ]


def load_registry(connection: Connection, entries: Sequence[RegistryEntry]) -> None:
    """Write `entries` as the registry consumer does: versions, head, and a position for every office."""
    copy_rows(
        connection,
        registry_version,
        ("revision", "kind", "code", "version", "valid_from", "accepted_at", "body"),
        [_version_row(entry) for entry in entries],
    )
    connection.execute(
        text("UPDATE registry_head SET revision = :revision"), {"revision": max(entry.revision for entry in entries)}
    )
    offices = {entry.office.code: entry.office for entry in entries if isinstance(entry, OfficeVersioned)}
    known = set(connection.execute(text("SELECT office FROM office_position")).scalars())
    copy_rows(
        connection,
        office_position,
        ("office", "reserved_rial", "cap_rial", "in_flight", "capacity", "income_rial"),
        [
            (code, 0, office.prepaid_rial + office.net_debit_cap_rial, 0, office.daily_capacity, 0)
            for code, office in sorted(offices.items())
            if code not in known
        ],
    )


def _version_row(entry: RegistryEntry) -> tuple[object, ...]:
    kind = type(entry).__name__.removesuffix("Versioned").lower()
    value = getattr(entry, kind)
    return (entry.revision, kind, value.code, value.version, value.valid_from, entry.accepted_at, encode(entry))


def sequences(logged: Iterable[Logged]) -> list[int | None]:
    """Return the sequences of `logged`."""
    return [one.sequence for one in logged]
