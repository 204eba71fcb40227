"""A whole small bus on real engines whose workers a test steps by hand: it decides who works, and when.

The workers are those of the composition root, but for the figures, which are not stepped.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event as Flag
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

from pydantic import SecretStr

from connectors.broker.admin import BrokerAdmin
from connectors.broker.logs import KafkaLogs
from connectors.database.publication.outbox import outbox_opener
from connectors.database.reconciliation.bus import SqlReconciliation
from connectors.database.schema.migrate import migrate
from connectors.database.sql.engine import build_engine, plain_url
from connectors.ids import new_id
from connectors.telemetry.exporter import Exporter
from connectors.telemetry.worker import WorkerTelemetry
from consumers.reconciliation.comparison import Comparison, Summary
from consumers.reconciliation.domain.findings import Finding
from consumers.settlement.expected import expected_of
from deploy.accounts import database_logins, joined, kafka_logins, provision_accounts
from deploy.agencies import provision
from deploy.bootstrap import build_worker
from deploy.engines.instance import EmbeddedEngines, Instance
from deploy.engines.kept import Kept
from deploy.settings import Settings
from deploy.workers.context import OnEngine
from producers.publisher import Publisher
from producers.relay import Relay
from schemas.agreements import AgreementState
from schemas.base import Event
from schemas.intake_agency import AgreementConfirmed, ServicePublished
from schemas.intake_directorate import (
    AgreementChanged,
    CalendarChanged,
    OfficeLicensed,
    PolicyChanged,
    TerritoryChanged,
)
from schemas.topics import LOG_REQUESTS
from tests.kit.on_sql.requests import AGENCY_SOURCE, DIRECTORATE, desk_steps, submission
from tests.kit.real.asking import Asked
from tests.kit.values import builders
from tests.kit.values.builders import AGENCY, AGREEMENT, MOMENT

CONSUMERS = ("registry", "requests", "settlement")
QUIET_SECONDS_MAX = 60.0
#: Who has something to do that is no record.
_WAITING = """
SELECT 'relay' FROM outbox WHERE published_at IS NULL
UNION SELECT 'registry' FROM parked_event WHERE consumer = 'registry'
"""


class SmallBus:
    """Relay, registry, requests and settlement over engines of the test's own."""

    def __init__(self, engines: EmbeddedEngines, data: Path) -> None:
        self.engines = engines
        kafka, postgres = engines.kafka, engines.postgres
        self.settings = Settings(
            data_directory=data,
            kafka_bootstrap=kafka.bootstrap_servers,
            kafka_user=kafka.user,
            kafka_password=SecretStr(kafka.password),
            database_url=SecretStr(postgres.worker_url),
            database_owner_url=SecretStr(postgres.owner_url),
            accounts=joined(kafka_logins(Kept(data / "accounts.json")), database_logins(postgres)),
            routing_secret=SecretStr("a secret of the tests"),
            clock_start=MOMENT,
            clock_real_start=datetime.now(UTC),
        )
        migrate(postgres.owner_url)
        provision(self.settings, [AGENCY])
        provision_accounts(self.settings)
        self._worker = Asked(plain_url(self.settings.worker_database_url()))
        self._owner = Asked(plain_url(self.settings.owner_database_url()))
        self._engine = build_engine(postgres.worker_url, "test")
        self._publisher = Publisher(outbox_opener(self._engine), self.settings.clock.now, new_id)
        self._workers = {name: self._built(name) for name in ("relay", *CONSUMERS)}
        self._logs = KafkaLogs(self.settings.kafka_login())
        # Set, so that no worker waits for anything.
        self._stop = Flag()
        self._stop.set()

    def close(self) -> None:
        """End every worker and connection."""
        for worker in self._workers.values():
            worker.run(self._stop)
        self._logs.close()
        self._engine.dispose()
        self._worker.close()
        self._owner.close()

    def say(self, source: str, *events: Event) -> list[str]:
        """Publish claims through the outbox; return their ids."""
        return [self._publisher.claim(source, event) for event in events]

    def step(self, *names: str) -> None:
        """Let each of these workers go round once."""
        for name in names:
            worker = self._workers[name]
            assert isinstance(worker, OnEngine | Relay), "only these can be stepped"
            stepped = worker if isinstance(worker, Relay) else worker.runner
            stepped.turn(self._stop)

    def settle(self, *names: str) -> None:
        """Let these workers (all, when none is named) work until nothing is left for them."""
        deadline = monotonic() + QUIET_SECONDS_MAX
        while busy := self._busy(names or ("relay", *CONSUMERS)):
            assert monotonic() < deadline, f"not quiet within {QUIET_SECONDS_MAX} s: {busy}"
            self.step(*busy)

    def go_round(self, times: int = 3) -> None:
        """Let every worker go round so often, whether it has anything to do or not."""
        for _ in range(times):
            self.step("relay", *CONSUMERS)

    def start_again(self) -> None:
        """Start every worker anew."""
        for worker in self._workers.values():
            worker.run(self._stop)
        self._workers = {name: self._built(name) for name in self._workers}

    def begin(self) -> None:
        """Make the small province known."""
        signed = builders.agreement(state=AgreementState.SIGNED)
        self.say(AGENCY_SOURCE, ServicePublished(service=builders.service()))
        self.say(
            DIRECTORATE,
            TerritoryChanged(territory=builders.territory()),
            PolicyChanged(policy=builders.policy()),
            CalendarChanged(calendar=builders.calendar()),
            AgreementChanged(agreement=signed),
            *(OfficeLicensed(office=builders.office(f"office-{number}")) for number in range(3)),
        )
        self.say(AGENCY_SOURCE, AgreementConfirmed(agreement=AGREEMENT, version=1))
        self.settle()

    def submitted(self) -> UUID:
        """Submit a request that is routed."""
        request_id = uuid4()
        self.say(AGENCY_SOURCE, submission(request_id))
        self.settle()
        return request_id

    def served(self, *steps: int) -> UUID:
        """Submit a request and let its office take these steps, or all; return its id."""
        request_id = self.submitted()
        self.serve(request_id, *steps)
        self.settle()
        return request_id

    def serve(self, request_id: UUID, *steps: int) -> list[str]:
        """Let the request's office say these of its steps, or all: accept (0), collect, start, deliver (3).

        Returns the ids of the claims.
        """
        events = desk_steps(request_id)
        return self.say(
            f"/offices/{self.office_of(request_id)}", *(events[step] for step in steps or range(len(events)))
        )

    def office_of(self, request_id: UUID) -> str:
        """Return the office that has a request, or had it last."""
        [(office,)] = self.rows("SELECT office FROM request WHERE request_id = %s", request_id)
        return str(office)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return a query's rows, as the workers' role."""
        return self._worker.rows(query, values)

    def harm(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Change rows by hand, as the tables' owner can; return what the statement returns."""
        return self._owner.rows(statement, values)

    def position(self, consumer: str, topic: str, partition: int) -> int:
        """Return a consumer's next position."""
        query = "SELECT next_position FROM consumer_offset WHERE consumer = %s AND topic = %s AND partition = %s"
        [(position,)] = self.rows(query, consumer, topic, partition)
        return int(position)

    def move(self, consumer: str, topic: str, partition: int, by: int) -> None:
        """Move a consumer's position by hand."""
        self.harm(
            "UPDATE consumer_offset SET next_position = next_position + %s "
            "WHERE consumer = %s AND topic = %s AND partition = %s",
            by,
            consumer,
            topic,
            partition,
        )

    def place_of(self, event_id: str) -> tuple[str, int]:
        """Return topic and partition of an event that the outbox has."""
        [(topic, partition)] = self.rows("SELECT topic, partition FROM outbox WHERE event_id = %s", event_id)
        return topic, partition

    def log_partition(self, request_id: UUID) -> int:
        """Return the partition of a request's log."""
        query = "SELECT DISTINCT partition FROM outbox WHERE topic = %s AND key = %s"
        [(partition,)] = self.rows(query, LOG_REQUESTS.name, str(request_id))
        return int(partition)

    def compared(self) -> tuple[frozenset[Finding], Summary]:
        """Compare everything now; return what is different, and the summary."""
        with (
            KafkaLogs(self.settings.kafka_login()) as logs,
            SqlReconciliation(self.settings.worker_database_url(), logs.cluster_id()) as store,
        ):
            comparison = Comparison(logs, store, expected_of, lambda what, done, total: None)
            findings = frozenset(comparison.findings())
        return findings, comparison.summary

    def _built(self, name: str) -> Any:
        exporter = Exporter()
        admin = BrokerAdmin(self.settings.kafka_login())
        try:
            cluster_id = admin.cluster_id()
        finally:
            admin.close()
        return build_worker(name, self.settings.for_worker(name), cluster_id, WorkerTelemetry(exporter, name), exporter)

    def _busy(self, names: tuple[str, ...]) -> list[str]:
        """Return those that have something to do, in the order of `names`."""
        query = "SELECT consumer, topic, partition, next_position FROM consumer_offset"
        positions = self.rows(query)
        ends = self.ends()
        busy = {consumer for consumer, topic, number, position in positions if position < ends[topic, number]}
        busy.update(set(CONSUMERS) - {consumer for consumer, *_ in positions})
        busy.update(worker for (worker,) in self.rows(_WAITING))
        return [name for name in names if name in busy]

    def ends(self) -> dict[tuple[str, int], int]:
        """Return where every partition ends."""
        places = [one.place for one in self._logs.partitions()]
        return {(place.topic, place.partition): span.end for place, span in self._logs.spans(places).items()}


@contextmanager
def small_bus(folder: Path) -> Iterator[SmallBus]:
    """Start engines in `folder` and give a bus on them that knows the small province; stop all on leaving."""
    with Instance(folder) as instance:
        engines = EmbeddedEngines(instance)
        engines.start()
        try:
            bus = SmallBus(engines, folder)
            try:
                bus.begin()
                yield bus
            finally:
                bus.close()
        finally:
            engines.stop()
