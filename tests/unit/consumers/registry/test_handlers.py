"""What waits behind a claim on which the code failed is decided in its turn, and neither dropped nor let past it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from consumers.parking import OperatorAction, ParkReason
from consumers.registry.fold import PATIENCE
from consumers.registry.handlers import RegistryHandler
from consumers.registry.ports import RegistryStores
from consumers.runner.outcomes import DeadLetterReason
from schemas.intake_agency import AgreementConfirmed, ServicePublished
from schemas.limits import limits_of
from schemas.log_registry import RegistryClaimRefused, ServiceVersioned
from schemas.topics import INTAKE_AGENCY
from tests.kit.on_sql.requests import AGENCY_SOURCE, SetClock, claim_record
from tests.kit.values.builders import AGENCY, AGREEMENT, service
from tests.kit.values.clocks import trusting_watch
from tests.memory.operators import MemoryParkOperator
from tests.memory.positions import BusSession
from tests.memory.requests import registry_stores
from tests.memory.tables import BusDatabase
from tests.memory.telemetry import MemoryTelemetry

ANOTHER = f"{AGENCY}.another"
FIRST, SECOND, OTHER = (
    claim_record(AGENCY_SOURCE, ServicePublished(service=one))
    for one in (service(), service(version=2), service(ANOTHER))
)


class Registry:
    """One worker of the registry over the database in memory."""

    def __init__(self) -> None:
        self.tables = BusDatabase()
        self.clock = SetClock()
        self.handler = RegistryHandler(self.clock, trusting_watch(), MemoryTelemetry())
        self._session = BusSession(self.tables)

    @contextmanager
    def stores(self) -> Iterator[RegistryStores]:
        with self._session.transaction() as transaction:
            yield registry_stores(transaction, self.tables)

    def decide(self, number: int, action: OperatorAction) -> None:
        with self._session.transaction() as transaction:
            MemoryParkOperator(transaction, self.tables).decide([number], action)

    def sweep(self) -> int:
        with self.stores() as stores:
            return self.handler.sweep(stores)

    def versions(self) -> list[tuple[str, int]]:
        entries = [entry for _, entry in sorted(self.tables.versions.rows.items())]
        return [(one.service.code, one.service.version) for one in entries if isinstance(one, ServiceVersioned)]


@pytest.fixture
def registry() -> Registry:
    """A registry in which a second version of a service waits behind the first, and another service does not."""
    registry = Registry()
    with registry.stores() as stores:
        registry.handler.park_failed(stores, FIRST, ZeroDivisionError())
    with registry.stores() as stores:
        registry.handler.handle(stores, [SECOND, OTHER])
    registry.sweep()
    reasons = [row.event.reason for _, row in sorted(registry.tables.parked.rows.items())]
    assert reasons == [ParkReason.FAILED, ParkReason.BEHIND]
    assert registry.versions() == [(ANOTHER, 1)]
    return registry


def test_what_waits_behind_a_failed_claim_follows_it(registry: Registry) -> None:
    registry.decide(1, OperatorAction.REDRIVE)
    assert registry.sweep() == 2
    assert registry.versions() == [(ANOTHER, 1), (service().code, 1), (service().code, 2)]
    assert registry.tables.parked.rows == {}


def test_what_waits_behind_a_skipped_claim_waits_no_longer_for_that(registry: Registry) -> None:
    registry.decide(1, OperatorAction.SKIP)
    registry.sweep()
    [(number, row)] = registry.tables.parked.rows.items()
    assert (number, row.event.reason) == (2, ParkReason.PREDECESSOR), "a second version needs a first"


def test_what_never_arrives_is_waited_for_as_long_as_it_may_and_then_refused() -> None:
    registry = Registry()
    confirmed = claim_record(AGENCY_SOURCE, AgreementConfirmed(agreement=AGREEMENT, version=1))
    with registry.stores() as stores:
        registry.handler.handle(stores, [confirmed])
    assert (registry.sweep(), len(registry.tables.parked.rows)) == (0, 1)
    registry.clock.advance(PATIENCE.total_seconds() - 1)
    assert (registry.sweep(), len(registry.tables.outbox.rows)) == (0, 0)
    registry.clock.advance(1)
    assert (registry.sweep(), len(registry.tables.parked.rows)) == (1, 0)
    [row] = registry.tables.outbox.rows.values()
    assert RegistryClaimRefused.model_validate_json(row.message.body).claim_type == AgreementConfirmed.type_name()


def test_a_claim_that_is_too_large_is_a_dead_letter_and_the_others_of_its_batch_are_decided() -> None:
    registry = Registry()
    large = replace(SECOND, value=(SECOND.value or b"") + b" " * limits_of(INTAKE_AGENCY).body_bytes)
    with registry.stores() as stores:
        registry.handler.handle(stores, [FIRST, large, OTHER])
    assert registry.versions() == [(service().code, 1), (ANOTHER, 1)]
    [(_, letter, _)] = registry.tables.letters.rows.values()
    assert (letter.reason, letter.field) == (DeadLetterReason.TOO_LARGE, "body")
    with registry.stores() as stores:
        registry.handler.park_failed(stores, large, ZeroDivisionError())
    assert registry.tables.parked.rows == {}, "it is not kept as failed either"


def test_a_large_claim_that_was_accepted_before_there_were_limits_is_a_repetition() -> None:
    registry = Registry()
    large = replace(FIRST, value=(FIRST.value or b"") + b" " * limits_of(INTAKE_AGENCY).body_bytes)
    with registry.stores() as stores:
        registry.handler.handle(stores, [FIRST])
    with registry.stores() as stores:
        registry.handler.handle(stores, [large])
    assert registry.tables.letters.rows == {}
