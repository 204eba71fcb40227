"""The registry consumer on a real database, without broker or runner: records in, versions and log events out."""

from sqlalchemy import Engine, text

from connectors.database.registry.entries import RegistryStore
from connectors.database.registry.stores import registry_stores
from connectors.database.sql.driver import meaningful_errors
from consumers.registry.handlers import RegistryHandler
from consumers.runner.records import Record
from schemas.base import Event
from schemas.decode import all_events, parse
from schemas.log_registry import RegistryClaimRefused, RegistryRefusal
from tests.kit.on_sql.requests import CountingTelemetry, SetClock, claim_record
from tests.kit.on_sql.rests import lengthen_rests
from tests.kit.values.clocks import trusting_watch


class RegistryBus:
    """One worker of the registry consumer over `engine`."""

    def __init__(self, engine: Engine, clock: SetClock | None = None) -> None:
        self.engine = engine
        self.clock = clock or SetClock()
        self.telemetry = CountingTelemetry()
        self.handler = RegistryHandler(self.clock, trusting_watch(), self.telemetry)

    def handle(self, *records: Record) -> None:
        """Handle one batch and sweep once, as the runner does."""
        with meaningful_errors(), self.engine.begin() as connection:
            self.handler.handle(registry_stores(connection), records)
        self.sweep()

    def say(self, source: str, *events: Event) -> None:
        """Handle one batch of claims of one speaker."""
        self.handle(*(claim_record(source, event, appended_at=self.clock.now()) for event in events))

    def sweep(self) -> int:
        """Sweep once."""
        with meaningful_errors(), self.engine.begin() as connection:
            return self.handler.sweep(registry_stores(connection))

    def park_failed(self, record: Record) -> None:
        """Park one record as the runner does when the code fails on it; it rests until a test ends its rest."""
        with meaningful_errors(), self.engine.begin() as connection:
            self.handler.park_failed(registry_stores(connection), record, KeyError("a bug"))
        lengthen_rests(self.engine)

    def log(self) -> list[Event]:
        """Return the registry's log so far."""
        with self.engine.begin() as connection:
            rows = connection.execute(
                text("SELECT type, body FROM outbox WHERE topic = 'pishkhan.log.registry' ORDER BY id")
            ).all()
        return [parse(all_events()[kind], bytes(body)) for kind, body in rows]

    def refusals(self) -> list[RegistryRefusal]:
        """Return the reasons of the refusals so far."""
        return [event.reason for event in self.log() if isinstance(event, RegistryClaimRefused)]

    def revisions(self) -> tuple[int, list[int]]:
        """Return the head, and every revision that is kept."""
        with self.engine.begin() as connection:
            store = RegistryStore(connection)
            return store.head(), [entry.revision for entry in store.since(0)]

    def waiting(self) -> int:
        """Return how many claims wait."""
        with self.engine.begin() as connection:
            return int(connection.execute(text("SELECT count(*) FROM parked_event")).scalar_one())
