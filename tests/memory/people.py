"""What people at counters and in agencies ask, over the database in memory: inboxes, and what the registry knows."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from connectors.database.requests.reveals import submitter
from consumers.parking import ParkReason
from consumers.registry.domain.entries import value_of
from consumers.registry.domain.known import EntryKind, subject
from consumers.requests.domain.life.lifecycle import awaited
from consumers.requests.domain.life.outcome import Awaited
from consumers.requests.domain.life.state import ENDED, RequestStage, RequestState
from consumers.requests.handlers import CONSUMER
from consumers.requests.inbox import WaitingClaim
from producers.claims import topic_of_speaker
from producers.vault.reveal import RevealFacts
from schemas.agreements import Agreement, AgreementState
from schemas.log_registry import RegistryEntry
from tests.memory.database import Transaction
from tests.memory.requests import MemoryRegistry
from tests.memory.tables import BusDatabase, Parked, RequestRow

_IN_HAND = (
    RequestStage.ACCEPTED,
    RequestStage.FEE_COLLECTED,
    RequestStage.STARTED,
    RequestStage.AGENCY_AWAITED,
)
_PROPOSED = (AgreementState.DRAFTED, AgreementState.NEGOTIATED, AgreementState.SIGNED)


class MemoryInboxReads:
    """Implements `InboxReads`."""

    def __init__(self, transaction: Transaction, tables: BusDatabase) -> None:
        self._transaction = transaction
        self._tables = tables

    def at_desk(self, office: str, limit: int) -> Sequence[RequestState]:
        rows = [row for row in self._rows() if _state(row).office == office and row.due_at is not None]
        rows.sort(key=lambda row: (row.due_at, _state(row).request_id))
        return [_state(row) for row in rows[:limit]]

    def owed_at(self, office: str, limit: int) -> Sequence[RequestState]:
        rows = [row for row in self._rows() if _state(row).office == office and _state(row).owed_rial > 0]
        rows.sort(key=lambda row: (row.updated_at, _state(row).request_id))
        return [_state(row) for row in rows[:limit]]

    def waiting(self, source: str, limit: int) -> Sequence[WaitingClaim]:
        _, topic = topic_of_speaker(source)
        rows = sorted(self._transaction.rows(self._tables.parked).items())
        found = [self._waiting(row) for _, row in rows if _is_of(row, topic, source)]
        return found[:limit]

    def state(self, request_id: UUID) -> RequestState | None:
        row = self._transaction.find(self._tables.requests, request_id)
        return None if row is None else _state(row)

    def between(
        self, first: UUID, last: UUID, limit: int, *, office: str | None = None, agency: str | None = None
    ) -> Sequence[UUID]:
        states = [_state(row) for row in self._rows()]
        found = [
            state.request_id
            for state in states
            if first <= state.request_id <= last and office in (None, state.office) and agency in (None, state.agency)
        ]
        return sorted(found)[:limit]

    def _rows(self) -> list[RequestRow]:
        return list(self._transaction.rows(self._tables.requests).values())

    def _waiting(self, row: Parked) -> WaitingClaim:
        event, headers = row.event, dict(row.event.record.headers)
        type_name, claim_id = ((headers[name] or b"").decode() for name in ("ce_type", "ce_id"))
        state = self.state(UUID(event.key))
        whose = None
        if event.reason is ParkReason.PREDECESSOR:
            whose = awaited(type_name, RequestStage.AWAITED if state is None else state.stage)
        elif event.reason is ParkReason.REGISTRY:
            whose = Awaited.REGISTRY
        since, until = event.record.appended_at, event.expires_at
        return WaitingClaim(UUID(event.key), claim_id, type_name, whose, event.detail, since, until)


class MemoryRegistryReads(MemoryRegistry):
    """Implements `RegistryReads`."""

    def as_of(self, kind: EntryKind, code: str, moment: datetime, revision: int | None = None) -> RegistryEntry | None:
        held = [
            entry
            for entry in self.history(kind, code)
            if entry.revision <= (self.head() if revision is None else revision) and _holds(entry, moment)
        ]
        return held[-1] if held else None

    def history(self, kind: EntryKind, code: str) -> Sequence[RegistryEntry]:
        return sorted(self.known([(kind, code)], ()), key=lambda entry: value_of(entry).version)

    def codes(self, kind: EntryKind) -> Sequence[str]:
        return sorted({subject(value_of(entry))[1] for entry in self.known((), [kind])})


def _holds(entry: RegistryEntry, moment: datetime) -> bool:
    value = value_of(entry)
    return value.valid_from <= moment and not (isinstance(value, Agreement) and value.state in _PROPOSED)


def _is_of(row: Parked, topic: str, source: str) -> bool:
    said = ("ce_source", source.encode()) in row.event.record.headers
    return row.consumer == CONSUMER and row.event.record.topic == topic and said


def _state(row: RequestRow) -> RequestState:
    return RequestState.model_validate_json(row.document)


class MemoryRevealReads:
    """Implements `RevealReads`."""

    def __init__(self, transaction: Transaction, tables: BusDatabase) -> None:
        self._transaction = transaction
        self._tables = tables

    def facts(self, request_id: UUID) -> RevealFacts | None:
        row = self._transaction.find(self._tables.requests, request_id)
        if row is None:
            return None
        state = _state(row)
        ended = state.stage in ENDED
        accepted = state.stage in _IN_HAND or (ended and state.fee is not None)
        return RevealFacts(submitter(state), state.agency, state.office, accepted, row.updated_at if ended else None)


class MemoryTrackReads:
    """Implements `TrackReads`."""

    def __init__(self, transaction: Transaction, tables: BusDatabase) -> None:
        self._transaction = transaction
        self._tables = tables

    def by_code(self, code: str) -> RequestState | None:
        states = map(_state, self._transaction.rows(self._tables.requests).values())
        return next((state for state in states if state.tracking_code == code), None)
