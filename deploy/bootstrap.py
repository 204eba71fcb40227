"""The one composition root: here, and nowhere else, ports meet their implementations.

Each worker's own parts are imported where it is built, so that a worker carries only what it runs: Faust alone is a
third of a worker's memory.
"""

import gc
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from random import random
from threading import Event, Thread
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import Connection, Engine

from connectors.broker.admin import BrokerAdmin
from connectors.broker.source import KafkaSource
from connectors.clock import real_now
from connectors.database.engine import SqlWork, build_engine
from connectors.database.leases import SqlLeases
from connectors.database.migrate import migrate
from connectors.database.positions import SqlPositions
from connectors.failpoints import Armed, arm
from connectors.ids import code_bits, new_id
from connectors.telemetry.exporter import Exporter
from connectors.telemetry.health import HealthServer
from connectors.telemetry.log import configure_logging, get_log
from connectors.telemetry.worker import WorkerTelemetry
from consumers.runner.backoff import Backoff
from consumers.runner.clocks import ClockTelemetry, ClockWatch
from consumers.runner.loop import Runner
from consumers.runner.ports import BrokerUnavailable, Handler, Setback, Source
from consumers.runner.read_ahead import Prepare, ReadAhead, nothing
from consumers.runner.rereading import Rereading, Tally
from consumers.runner.shares import Shares
from deploy.accounts import provision_accounts
from deploy.agencies import provision
from deploy.problem import Problem
from deploy.settings import Settings
from schemas.topics import INTAKE_PREFIX, LOG_REQUESTS

Stores = TypeVar("Stores")

#: Going through so many takes about 10 ms; the runner lets no collection fall into a batch.
OBJECTS_BETWEEN_COLLECTIONS = 20_000


class Worker(Protocol):
    """One worker, ready to run."""

    def run(self, stop: Event) -> None:
        """Work until `stop` is set, then finish what is in hand."""


def prepare(settings: Settings, report: Callable[[str], None]) -> None:
    """Bring tables, topics, users and rights up to what this version declares; harmless when repeated.

    Raises `BrokerUnavailable`, `DatabaseUnavailable`, and `Problem` for a missing setting.
    """
    migrate(settings.owner_database_url())
    made = provision(settings)
    provision_accounts(settings)
    report(f"tables, topics and rights are ready ({len(made)} topics made)")


def run_worker(name: str, settings: Settings, port: int, stop: Event) -> None:
    """Run worker `name` with its health and metrics on loopback `port` until `stop` is set.

    Raises `Problem` for a missing setting, and when the port is taken.
    """
    settings.kafka_login()
    settings.worker_database_url()
    brokers = settings.kafka_bootstrap.split(",")
    local = all(broker.strip().startswith(("127.", "localhost:", "[::1]:")) for broker in brokers)
    configure_logging(name, level=settings.log_level.upper(), local_broker=local)
    if settings.failpoint:
        arm(Armed.read(settings.failpoint))
        get_log("worker").warning("a failpoint is armed: this worker will harm itself", why=settings.failpoint)
    exporter = Exporter()
    telemetry = WorkerTelemetry(exporter, name)
    with _health_server(name, port, exporter, telemetry):
        cluster_id = _cluster_id(settings, telemetry, stop)
        if cluster_id is not None:
            worker = build_worker(name, settings, cluster_id, telemetry, exporter)
            _calm_collector()
            worker.run(stop)


def build_worker(
    name: str, settings: Settings, cluster_id: str, telemetry: WorkerTelemetry, exporter: Exporter
) -> Worker:
    """Return worker `name`, not running yet; nothing has connected."""
    return _BUILDERS[name](settings, cluster_id, telemetry, exporter)


def _health_server(name: str, port: int, exporter: Exporter, telemetry: WorkerTelemetry) -> HealthServer:
    try:
        return HealthServer(port, exporter.registry, telemetry.standing)
    except OSError as error:
        raise Problem(
            f"Port {port} cannot be used for metrics and health ({error.strerror}). If another worker has it, give "
            f"this one its own: `pishkhan worker {name} --port PORT`."
        ) from None


def _calm_collector() -> None:
    """Let the collector of cycles look only at what a worker makes while it works; the clients leave cycles behind.

    By default it goes through every module and model again and again, which took a third of the workers' time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, 20, 100)


def _cluster_id(settings: Settings, telemetry: WorkerTelemetry, stop: Event) -> str | None:
    """Ask the broker until it answers; none when `stop` came first."""
    backoff = Backoff(random)
    while not stop.is_set():
        try:
            admin = BrokerAdmin(settings.kafka_login())
            try:
                return admin.cluster_id()
            finally:
                admin.close()
        except BrokerUnavailable as error:
            telemetry.unready(Setback.BROKER_UNAVAILABLE)
            get_log("worker").warning("waits for the broker", why=str(error))
            stop.wait(backoff.next_seconds())
    return None


def _worker_id(name: str) -> str:
    return f"{name}-{socket.gethostname()[:20]}-{os.getpid()}-{new_id().hex[-6:]}"


@dataclass(frozen=True, slots=True)
class OnEngine(Generic[Stores]):
    """A consumer's loop with the database engine that is its own; when it ends, the connections do."""

    runner: Runner[Stores]
    engine: Engine

    def run(self, stop: Event) -> None:
        """Work until `stop` is set, then finish what is in hand."""
        try:
            self.runner.run(stop)
        finally:
            self.engine.dispose()


def _runner(
    name: str,
    settings: Settings,
    cluster_id: str,
    source: Source,
    stores: Callable[[Connection], Stores],
    handler: Handler[Stores],
    telemetry: WorkerTelemetry,
    watch: ClockWatch,
    prepare: Prepare = nothing,
) -> "OnEngine[Stores]":
    """The common loop for one consumer, on one engine, so that leases and batches share a backend.

    While the database works the next records are read, and `prepare` is called with them.
    """
    owner = _worker_id(name)
    source = ReadAhead(source, prepare)
    engine: Engine = build_engine(settings.worker_database_url(), owner, meanwhile=source.read_on)
    positions = partial(SqlPositions, consumer=name, cluster_id=cluster_id, owner=owner)
    leases = SqlLeases(engine, name, cluster_id, owner, watch)
    runner = Runner(source, leases, SqlWork(engine, stores, positions), handler, telemetry)
    return OnEngine(runner, engine)


def _watch(settings: Settings, telemetry: ClockTelemetry) -> ClockWatch:
    return ClockWatch(real_now, settings.clock_bound, telemetry)


def _relay(settings: Settings, _cluster: str, telemetry: WorkerTelemetry, _exporter: Exporter) -> Worker:
    from connectors.broker.log_producer import LogProducer
    from connectors.database.relay_outbox import SqlRelayOutbox
    from connectors.telemetry.relay import RelayTelemetry
    from producers.relay import Relay
    from schemas.limits import LETTER_ROOM

    who = (settings.worker_database_url(), _worker_id("relay"), _watch(settings, telemetry))
    room = replace(LETTER_ROOM, days=settings.dead_letter_days or LETTER_ROOM.days)
    return Relay(
        partial(SqlRelayOutbox, *who, room=room),
        partial(LogProducer, settings.kafka_login()),
        RelayTelemetry(telemetry),
        chance=random,
    )


def _intake_source(settings: Settings, consumer: str) -> KafkaSource:
    wanted, group = (lambda topic: topic.startswith(INTAKE_PREFIX)), f"pishkhan.{consumer}"
    return KafkaSource(settings.kafka_login(), wanted, group, Shares())


def _registry(settings: Settings, cluster_id: str, telemetry: WorkerTelemetry, _exporter: Exporter) -> Worker:
    from connectors.database.registry_stores import registry_stores
    from consumers.registry.handlers import CONSUMER, RegistryHandler

    source, watch = _intake_source(settings, CONSUMER), _watch(settings, telemetry)
    handler = RegistryHandler(settings.clock, watch, telemetry)
    return _runner(CONSUMER, settings, cluster_id, source, registry_stores, handler, telemetry, watch)


def _requests(settings: Settings, cluster_id: str, telemetry: WorkerTelemetry, _exporter: Exporter) -> Worker:
    from connectors.broker.intake_ends import SourceIntakeEnds
    from connectors.database.request_stores import request_stores
    from consumers.requests.domain.seeds import seed_for
    from consumers.requests.handlers import CONSUMER, RequestsHandler
    from consumers.requests.reading import ClaimReader

    reader, watch = ClaimReader(), _watch(settings, telemetry)
    source = _intake_source(settings, CONSUMER)
    seeds = partial(seed_for, settings.routing_key())
    handler = RequestsHandler(seeds, code_bits, settings.clock, watch, telemetry, SourceIntakeEnds(source), reader)
    return _runner(CONSUMER, settings, cluster_id, source, request_stores, handler, telemetry, watch, reader.prepare)


def _settlement(settings: Settings, cluster_id: str, telemetry: WorkerTelemetry, _exporter: Exporter) -> Worker:
    from connectors.database.settlement import settlement_stores
    from consumers.settlement.handlers import CONSUMER, SettlementHandler

    source = KafkaSource(settings.kafka_login(), lambda topic: topic == LOG_REQUESTS.name, f"pishkhan.{CONSUMER}")
    handler, watch = SettlementHandler(telemetry), _watch(settings, telemetry)
    return _runner(CONSUMER, settings, cluster_id, source, settlement_stores, handler, telemetry, watch)


@dataclass(frozen=True, slots=True)
class _WithGauges:
    """A worker beside which the whole bus's figures are read from the database."""

    worker: Worker
    gauges: Worker

    def run(self, stop: Event) -> None:
        """Run both until `stop` is set."""
        beside = Thread(target=self.gauges.run, args=(stop,), name="gauges", daemon=True)
        beside.start()
        self.worker.run(stop)
        beside.join()


def _kpi(settings: Settings, _cluster: str, telemetry: WorkerTelemetry, exporter: Exporter) -> Worker:
    from connectors.database.kpi import SqlKpiWork
    from connectors.telemetry.database_gauges import DatabaseGauges
    from consumers.kpi.handlers import CONSUMER, KpiHandler
    from consumers.kpi.reading import TOPICS
    from consumers.kpi.worker import KpiWorker

    owner = _worker_id(CONSUMER)
    work = SqlKpiWork(build_engine(settings.worker_database_url(), owner), _watch(settings, telemetry), owner)
    source = KafkaSource(settings.kafka_login(), lambda topic: topic in TOPICS, f"pishkhan.{CONSUMER}.look")
    worker = KpiWorker(settings.kafka_login(), work, KpiHandler(settings.clock, new_id, telemetry), source, telemetry)
    gauges = build_engine(settings.worker_database_url(), _worker_id("gauges"))
    return _WithGauges(worker, DatabaseGauges(gauges, exporter.database))


def rereading(name: str, settings: Settings, engine: Engine, source: Source, *, keep: bool) -> Rereading[Any]:
    """Return what reads records again as consumer `name`, beside its workers; without `keep` it undoes everything.

    `source` asks the broker where intake ends. Raises `Problem` for a missing setting.
    """
    tally = Tally()
    stores, handler = _REREADERS[name](settings, source, tally)
    # No position is moved, so it matters to nobody whose it would be.
    positions = partial(SqlPositions, consumer=name, cluster_id="", owner="")
    return Rereading(SqlWork(engine, stores, positions, keep=keep), handler, tally, random, time.monotonic)


def _registry_again(settings: Settings, _source: Source, tally: Tally) -> tuple[Any, Handler[Any]]:
    from connectors.database.registry_stores import registry_stores
    from consumers.registry.handlers import RegistryHandler

    return registry_stores, RegistryHandler(settings.clock, _watch(settings, tally), tally)


def _requests_again(settings: Settings, source: Source, tally: Tally) -> tuple[Any, Handler[Any]]:
    from connectors.broker.intake_ends import SourceIntakeEnds
    from connectors.database.request_stores import request_stores
    from consumers.requests.domain.seeds import seed_for
    from consumers.requests.handlers import RequestsHandler

    seeds = partial(seed_for, settings.routing_key())
    watch = _watch(settings, tally)
    return request_stores, RequestsHandler(seeds, code_bits, settings.clock, watch, tally, SourceIntakeEnds(source))


def _settlement_again(_settings: Settings, _source: Source, tally: Tally) -> tuple[Any, Handler[Any]]:
    from connectors.database.settlement import settlement_stores
    from consumers.settlement.handlers import SettlementHandler

    return settlement_stores, SettlementHandler(tally)


def _kpi_again(settings: Settings, _source: Source, tally: Tally) -> tuple[Any, Handler[Any]]:
    from connectors.database.kpi import SqlKpiStores
    from consumers.kpi.again import FactsAgain
    from consumers.kpi.handlers import KpiHandler

    stores = partial(SqlKpiStores, watch=_watch(settings, tally))
    return stores, FactsAgain(KpiHandler(settings.clock, new_id, Tally()), tally)


_REREADERS: dict[str, Callable[[Settings, Source, Tally], tuple[Any, Handler[Any]]]] = {
    "registry": _registry_again,
    "requests": _requests_again,
    "settlement": _settlement_again,
    "kpi": _kpi_again,
}

_BUILDERS: dict[str, Callable[[Settings, str, WorkerTelemetry, Exporter], Worker]] = {
    "relay": _relay,
    "registry": _registry,
    "requests": _requests,
    "settlement": _settlement,
    "kpi": _kpi,
}
