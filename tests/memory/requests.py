"""The stores of registry and requests, over the database in memory."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from connectors.database.requests.office_positions import StoredPosition
from consumers.intake import IntakeReader
from consumers.registry.domain.entries import value_of
from consumers.registry.domain.known import EntryKind, Subject, subject
from consumers.registry.handlers import CONSUMER as REGISTRY
from consumers.registry.ports import RegistryStores
from consumers.requests.domain.acts import ActKey
from consumers.requests.domain.life.state import RequestState
from consumers.requests.domain.loads.loads import NOTHING, PositionChange
from consumers.requests.handlers import CONSUMER as REQUESTS
from consumers.requests.horizon import Horizon
from consumers.requests.ports import RequestStores
from consumers.runner.errors import Contention
from schemas.log_registry import RegistryEntry
from schemas.offices import Office
from tests.kit.values.builders import MOMENT
from tests.memory.database import Transaction
from tests.memory.intake import MemoryClaims, MemoryDeadLetters
from tests.memory.outbox import MemoryOutbox
from tests.memory.park import MemoryPark
from tests.memory.tables import BusDatabase, OfficeRow, RequestRow


class MemoryRequests:
    """Implements `Requests`. A state is kept as its document, as in the database."""

    def __init__(self, transaction: Transaction, tables: BusDatabase) -> None:
        self._transaction = transaction
        self._tables = tables
        self._requests = tables.requests

    def lock(self, request_ids: Collection[UUID]) -> Mapping[UUID, RequestState]:
        self._transaction.step("locks the requests")
        known = [each for each in sorted(request_ids) if self._transaction.find(self._requests, each) is not None]
        for request_id in known:
            self._transaction.lock(self._requests, request_id)
        return {request_id: self._state(request_id) for request_id in known}

    def lock_free(self, request_ids: Collection[UUID]) -> Mapping[UUID, RequestState]:
        known = [each for each in sorted(request_ids) if self._transaction.find(self._requests, each) is not None]
        free = [each for each in known if self._transaction.try_lock(self._requests, each)]
        return {request_id: self._state(request_id) for request_id in free}

    def first_due(self) -> datetime | None:
        timers = [row.due_at for row in self._transaction.rows(self._requests).values() if row.due_at is not None]
        parked = self._transaction.rows(self._tables.parked).values()
        waits = [row.event.expires_at for row in parked if row.consumer == REQUESTS]
        return min([*timers, *waits], default=None)

    def read_to(self) -> Mapping[str, int]:
        return _read_to(self._transaction, self._tables, REQUESTS)

    def lock_due(self, horizon: Horizon, limit: int) -> Mapping[UUID, RequestState]:
        self._transaction.step("looks for timers that are due")
        behind = horizon.behind()
        due = [
            (row.due_at, request_id)
            for request_id, row in self._transaction.rows(self._requests).items()
            if row.due_at is not None
            and row.due_at <= horizon.latest
            and row.due_at <= behind.get(self._state(request_id).agency or "", row.due_at)
        ]
        free = [each for _, each in sorted(due) if self._transaction.try_lock(self._requests, each)]
        return {request_id: self._state(request_id) for request_id in free[:limit]}

    def insert(self, states: Sequence[RequestState], now: datetime) -> None:
        self._transaction.step("adds the new requests")
        for state in sorted(states, key=lambda state: state.request_id):
            self._transaction.insert(self._requests, state.request_id, _row(state, now))

    def update(self, states: Sequence[RequestState], now: datetime) -> None:
        self._transaction.step("writes the requests")
        for state in states:
            self._transaction.put(self._requests, state.request_id, _row(state, now))

    def rest(self, request_id: UUID, until: datetime) -> None:
        row = self._transaction.find(self._requests, request_id)
        if row is not None and row.due_at is not None and row.due_at < until:
            self._transaction.put(self._requests, request_id, row._replace(due_at=until))

    def _state(self, request_id: UUID) -> RequestState:
        row = self._transaction.find(self._requests, request_id)
        assert row is not None, "no request is ever deleted"
        return RequestState.model_validate_json(row.document)


class MemoryLoads:
    """Implements `Positions` of requests: the offices' loads under the clock that orders their changes."""

    def __init__(self, transaction: Transaction, tables: BusDatabase) -> None:
        self._transaction = transaction
        self._tables = tables

    def read(self) -> tuple[int, Mapping[str, StoredPosition]]:
        self._transaction.step("reads the loads")
        rows = self._transaction.rows(self._tables.offices)
        positions = {office: StoredPosition(row.load, row.cap_rial) for office, row in rows.items()}
        return self._transaction.find(self._tables.load_clock, 1) or 0, positions

    def change(self, changes: Collection[PositionChange], caps_rial: Mapping[str, int]) -> int:
        self._transaction.step("changes the loads")
        revision = tick(self._transaction, self._tables)
        for change in sorted(changes):
            self._transaction.lock(self._tables.offices, change.office)
            row = self._transaction.find(self._tables.offices, change.office)
            assert row is not None, "every office that the registry knows has a position"
            load = row.load.after(change)
            assert load.in_flight >= 0, "office_position_in_flight_not_negative"
            reserved_rial = load.reserved_rial - change.late_cash_rial
            room_rial = min(caps_rial.get(change.office, reserved_rial), row.cap_rial)
            if change.office in caps_rial and (row.load.late_cash_rial or reserved_rial > room_rial):
                raise Contention("other workers have used up the room under an office's cap")
            self._transaction.put(self._tables.offices, change.office, row._replace(load=load))
        return revision


def _read_to(transaction: Transaction, tables: BusDatabase, wanted: str) -> dict[str, int]:
    rows = transaction.rows(tables.offsets).items()
    return {f"{where.topic}/{where.number}": row.next_position for (consumer, where), row in rows if consumer == wanted}


def tick(transaction: Transaction, tables: BusDatabase) -> int:
    """Lock the load clock and return its next revision."""
    transaction.lock(tables.load_clock, 1)
    revision = (transaction.find(tables.load_clock, 1) or 0) + 1
    transaction.put(tables.load_clock, 1, revision)
    return revision


class MemoryRegistry:
    """Implements `Registry` of requests and `Versions` of the registry."""

    def __init__(self, transaction: Transaction, tables: BusDatabase) -> None:
        self._transaction = transaction
        self._tables = tables

    def head(self) -> int:
        return self._transaction.find(self._tables.registry_head, 1) or 0

    def head_and_time(self) -> tuple[int, datetime]:
        return self.head(), MOMENT + timedelta(seconds=self._tables.seconds())

    def lock_head(self) -> int:
        self._transaction.step("locks the registry's head")
        self._transaction.lock(self._tables.registry_head, 1)
        return self.head()

    def since(self, revision: int) -> Sequence[RegistryEntry]:
        self._transaction.step("reads what is new in the registry")
        rows = self._transaction.rows(self._tables.versions)
        return [entry for number, entry in sorted(rows.items()) if number > revision]

    def positions(self) -> Mapping[str, int]:
        self._transaction.step("looks how far the registry has read")
        return _read_to(self._transaction, self._tables, IntakeReader.REGISTRY.value)

    def known(self, subjects: Collection[Subject], kinds: Collection[EntryKind]) -> list[RegistryEntry]:
        self._transaction.step("reads what the registry knows")
        named = [(entry, subject(value_of(entry))) for _, entry in sorted(self._rows().items())]
        return [entry for entry, one in named if one in subjects or one[0] in kinds]

    def append(self, entries: Sequence[RegistryEntry]) -> None:
        self._transaction.step("adds versions to the registry")
        for entry in entries:
            assert entry.revision == self.head() + 1, "the head was locked and these revisions follow it"
            self._transaction.insert(self._tables.versions, entry.revision, entry)
            self._transaction.put(self._tables.registry_head, 1, entry.revision)

    def _rows(self) -> dict[int, RegistryEntry]:
        return self._transaction.rows(self._tables.versions)


class MemoryLimits:
    """Implements `Limits` of the registry."""

    def __init__(self, transaction: Transaction, tables: BusDatabase) -> None:
        self._transaction = transaction
        self._tables = tables

    def put(self, offices: Sequence[Office]) -> None:
        if not offices:
            return
        self._transaction.step("sets what offices may carry")
        self._transaction.lock(self._tables.load_clock, 1)
        for office in sorted(offices, key=lambda each: each.code):
            self._transaction.lock(self._tables.offices, office.code)
            row = self._transaction.find(self._tables.offices, office.code) or OfficeRow(NOTHING, 0)
            cap_rial = office.prepaid_rial + office.net_debit_cap_rial
            self._transaction.put(self._tables.offices, office.code, row._replace(cap_rial=cap_rial))


class MemoryActs:
    """Implements `Acts`."""

    def __init__(self, transaction: Transaction, tables: BusDatabase) -> None:
        self._transaction = transaction
        self._acts = tables.acts

    def known(self, keys: Collection[ActKey]) -> Mapping[ActKey, str]:
        self._transaction.step("looks up which acts happened")
        rows = self._transaction.rows(self._acts)
        return {key: rows[key] for key in keys if key in rows}

    def record(self, acts: Mapping[ActKey, str]) -> None:
        self._transaction.step("notes acts that happen once")
        for key, content in sorted(acts.items()):
            self._transaction.insert(self._acts, key, content)


def request_stores(transaction: Transaction, tables: BusDatabase) -> RequestStores:
    """Return all stores of one transaction of the requests consumer."""
    return RequestStores(
        claims=MemoryClaims(transaction, tables),
        requests=MemoryRequests(transaction, tables),
        positions=MemoryLoads(transaction, tables),
        registry=MemoryRegistry(transaction, tables),
        acts=MemoryActs(transaction, tables),
        park=MemoryPark(transaction, tables, REQUESTS),
        dead_letters=MemoryDeadLetters(transaction, tables),
        outbox=MemoryOutbox(transaction, tables),
        attempt=transaction.attempt,
    )


def registry_stores(transaction: Transaction, tables: BusDatabase) -> RegistryStores:
    """Return all stores of one transaction of the registry consumer."""
    return RegistryStores(
        claims=MemoryClaims(transaction, tables),
        versions=MemoryRegistry(transaction, tables),
        limits=MemoryLimits(transaction, tables),
        park=MemoryPark(transaction, tables, REGISTRY),
        dead_letters=MemoryDeadLetters(transaction, tables),
        outbox=MemoryOutbox(transaction, tables),
        attempt=transaction.attempt,
    )


def _row(state: RequestState, now: datetime) -> RequestRow:
    return RequestRow(state.model_dump_json(exclude_defaults=True).encode(), state.due_at, now)
