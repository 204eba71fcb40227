"""The one composition root: here and in `deploy/workers`, and nowhere else, ports meet their implementations.

Each worker's own parts are imported where it is built, so that a worker carries only what it runs: Faust alone is a
third of a worker's memory.
"""

import gc
import time
from functools import partial
from random import random
from threading import Event, Thread
from typing import Any

import psycopg
from sqlalchemy import Engine

from connectors.broker.admin import BrokerAdmin
from connectors.database.runner.positions import SqlPositions
from connectors.database.runner.work import SqlWork
from connectors.database.schema.builds import DatabaseTooNew, was_expanded_by_a_newer_build
from connectors.database.sql.driver import meaningful_errors
from connectors.database.sql.engine import plain_url
from connectors.failpoints import Armed, arm
from connectors.telemetry.exporter import Exporter
from connectors.telemetry.health import HealthServer
from connectors.telemetry.log import configure_logging, get_log
from connectors.telemetry.worker import WorkerTelemetry
from consumers.runner.backoff import Backoff
from consumers.runner.errors import BrokerUnavailable, DatabaseUnavailable
from consumers.runner.outcomes import Setback
from consumers.runner.ports import Source
from consumers.runner.rereading import Rereading, Tally
from deploy.problem import Problem
from deploy.settings import Settings
from deploy.workers.context import Worker, WorkerContext
from deploy.workers.table import worker_row

#: Going through so many takes about 10 ms; the runner lets no collection fall into a batch.
OBJECTS_BETWEEN_COLLECTIONS = 20_000


def run_worker(name: str, settings: Settings, port: int, stop: Event) -> None:
    """Run worker `name` with its health and metrics on loopback `port` until `stop` is set.

    Raises `Problem` for a missing setting, when the port is taken, and when a newer build has changed the database so
    that this one may not work on it.
    """
    settings.kafka_login()
    settings.worker_database_url()
    brokers = settings.kafka_bootstrap.split(",")
    local = all(broker.strip().startswith(("127.", "localhost:", "[::1]:")) for broker in brokers)
    try:
        configure_logging(name, level=settings.log_level.upper(), local_broker=local, file=settings.worker_log)
    except OSError as failure:
        raise Problem(f"PISHKHAN_LOG_FILE: {settings.log_file} cannot be written ({failure.strerror}).") from failure
    if settings.failpoint:
        arm(Armed.read(settings.failpoint))
        get_log("worker").warning("a failpoint is armed: this worker will harm itself", why=settings.failpoint)
    exporter = Exporter()
    telemetry = WorkerTelemetry(exporter, name)
    with _health_server(name, port, exporter, telemetry):
        if worker_row(name).begins_at_once:
            _run_at_once(name, settings, telemetry, exporter, stop)
            return
        cluster_id = _cluster_id(settings, telemetry, stop)
        if cluster_id is not None and _fits(settings, telemetry, stop):
            worker = build_worker(name, settings, cluster_id, telemetry, exporter)
            _calm_collector()
            worker.run(stop)


def _run_at_once(name: str, settings: Settings, telemetry: WorkerTelemetry, exporter: Exporter, stop: Event) -> None:
    """Run a worker that asks nobody first; whether this build fits the database is found out beside it.

    Raises `Problem` when it does not, once the worker has ended.
    """
    unfit: list[Problem] = []

    def judge() -> None:
        try:
            _fits(settings, telemetry, stop)
        except Problem as problem:
            unfit.append(problem)
            stop.set()

    worker = build_worker(name, settings, "", telemetry, exporter)
    _calm_collector()
    beside = Thread(target=judge, name="fit", daemon=True)
    beside.start()
    worker.run(stop)
    stop.set()
    beside.join()
    if unfit:
        raise unfit[0]


def build_worker(
    name: str, settings: Settings, cluster_id: str, telemetry: WorkerTelemetry, exporter: Exporter
) -> Worker:
    """Return worker `name`, not running yet; nothing has connected."""
    row = worker_row(name)
    return row.parts().build(WorkerContext(name, settings, cluster_id, telemetry, exporter, row.reads))


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


def _fits(settings: Settings, telemetry: WorkerTelemetry, stop: Event) -> bool:
    """Ask the database until it answers whether this build may work on it; false when `stop` came first.

    Raises `Problem` when it may not.
    """
    backoff = Backoff(random)
    while not stop.is_set():
        try:
            with meaningful_errors(), psycopg.connect(plain_url(settings.worker_database_url())) as connection:
                was_expanded_by_a_newer_build(connection)
            return True
        except DatabaseTooNew as newer:
            raise Problem(newer.words) from None
        except DatabaseUnavailable as error:
            telemetry.unready(Setback.DATABASE_UNAVAILABLE)
            get_log("worker").warning("waits for the database", why=str(error))
            stop.wait(backoff.next_seconds())
    return False


def rereading(name: str, settings: Settings, engine: Engine, source: Source, *, keep: bool) -> Rereading[Any]:
    """Return what reads records again as consumer `name`, beside its workers; without `keep` it undoes everything.

    `source` asks the broker where intake ends. Raises `Problem` for a missing setting.
    """
    tally = Tally()
    stores, handler = worker_row(name).parts().again(settings, source, tally)
    # No position is moved, so it matters to nobody whose it would be.
    positions = partial(SqlPositions, consumer=name, cluster_id="", owner="")
    return Rereading(SqlWork(engine, stores, positions, keep=keep), handler, tally, random, time.monotonic)
