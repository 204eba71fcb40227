"""What every worker is built from: its name, settings, telemetry, and the loop that most of them share."""

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import Generic, Protocol, TypeVar

from sqlalchemy import Connection, Engine

from connectors.broker.source import KafkaSource
from connectors.clock import real_now
from connectors.database.runner.leases import SqlLeases
from connectors.database.runner.positions import SqlPositions
from connectors.database.runner.work import SqlWork
from connectors.database.sql.engine import build_engine
from connectors.ids import new_id
from connectors.telemetry.exporter import Exporter
from connectors.telemetry.worker import WorkerTelemetry
from consumers.runner.clocks import ClockTelemetry, ClockWatch
from consumers.runner.loop import Runner
from consumers.runner.ports import Handler, Source
from consumers.runner.read_ahead import Prepare, ReadAhead, nothing
from consumers.runner.shares import TurnShares
from deploy.settings import Settings

Stores = TypeVar("Stores")


class Worker(Protocol):
    """One worker, ready to run."""

    def run(self, stop: Event) -> None:
        """Work until `stop` is set, then finish what is in hand."""


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


def clock_watch(settings: Settings, telemetry: ClockTelemetry) -> ClockWatch:
    """Return what compares this machine's clock with the database's before a timed act."""
    return ClockWatch(real_now, settings.clock_bound, telemetry)


def owner_id(name: str) -> str:
    """Return a name that no other process has, under which leases are taken and connections are opened."""
    return f"{name}-{socket.gethostname()[:20]}-{os.getpid()}-{new_id().hex[-6:]}"


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """What one worker of the table is built from. `reads` are the row's topics."""

    name: str
    settings: Settings
    cluster_id: str
    telemetry: WorkerTelemetry
    exporter: Exporter
    reads: Callable[[str], bool]

    def watch(self) -> ClockWatch:
        """Return the worker's own watch over its clock."""
        return clock_watch(self.settings, self.telemetry)

    def source(self, shares: TurnShares | None = None, group: str = "") -> KafkaSource:
        """Return the reader of the row's topics in `group` (none given: `pishkhan.NAME`); `shares` divide each turn."""
        return KafkaSource(self.settings.kafka_login(), self.reads, group or f"pishkhan.{self.name}", shares)

    def runner(
        self,
        source: Source,
        stores: Callable[[Connection], Stores],
        handler: Handler[Stores],
        watch: ClockWatch,
        prepare: Prepare = nothing,
    ) -> OnEngine[Stores]:
        """Return the common loop on one engine, so that leases and batches share a backend.

        While the database works the next records are read, and `prepare` is called with them.
        """
        owner = owner_id(self.name)
        ahead = ReadAhead(source, prepare)
        engine = build_engine(self.settings.worker_database_url(), owner, meanwhile=ahead.read_on)
        positions = partial(SqlPositions, consumer=self.name, cluster_id=self.cluster_id, owner=owner)
        leases = SqlLeases(engine, self.name, self.cluster_id, owner, watch)
        runner = Runner(ahead, leases, SqlWork(engine, stores, positions), handler, self.telemetry)
        return OnEngine(runner, engine)
