"""Engines for a bench: topics filled once, a new database for every run, workers as their own processes."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import psutil
import psycopg
from pydantic import SecretStr

from connectors.broker.admin import BrokerAdmin
from connectors.broker.log_producer import LogProducer
from connectors.database.copy import copy_rows
from connectors.database.engine import build_engine
from connectors.database.migrate import migrate
from connectors.database.tables import office_position, registry_version
from deploy.engines.instance import EmbeddedEngines, Instance
from deploy.engines.postgres import OWNER_ROLE, WORKER_ROLE, create_database
from deploy.settings import Settings
from producers.ports import OutboxRow
from schemas.decode import encode
from schemas.log_registry import OfficeVersioned, RegistryEntry
from tests.bench.corpus import AGENCY, MOMENT

FILL_ROWS = 5_000
LOOK_SECONDS = 0.02


@dataclass
class Usage:
    """What a worker took: CPU seconds since it began to work, and its largest resident memory."""

    cpu_seconds: float = 0.0
    rss_mb: float = 0.0


@dataclass
class BenchBus:
    """Embedded engines, and the settings of the run's own database."""

    directory: Path
    engines: EmbeddedEngines
    settings: Settings = field(init=False)

    def new_database(self, registry: list[RegistryEntry]) -> None:
        """Make an empty database that knows `registry`, and turn to it."""
        postgres, name = self.engines.postgres, f"bench_{uuid.uuid4().hex}"
        with psycopg.connect(postgres.administrator_url, autocommit=True) as connection:
            create_database(connection, name)
        self.settings = Settings(
            data_directory=self.directory,
            kafka_bootstrap=self.engines.kafka.bootstrap_servers,
            kafka_user=self.engines.kafka.user,
            kafka_password=SecretStr(self.engines.kafka.password),
            database_url=SecretStr(postgres.url(WORKER_ROLE, name)),
            database_owner_url=SecretStr(postgres.url(OWNER_ROLE, name)),
            routing_secret=SecretStr("bench"),
            clock_start=MOMENT,
            clock_real_start=datetime.now(UTC),
            log_level="warning",
        )
        migrate(self.settings.owner_database_url())
        self._know(registry)

    def make_topics(self) -> None:
        """Make all topics, empty."""
        admin = BrokerAdmin(self.login)
        try:
            admin.ensure_topics([AGENCY])
        finally:
            admin.close()

    def fill(self, rows: Iterable[OutboxRow]) -> int:
        """Publish `rows` and return how many there were."""
        producer, count, rows = LogProducer(self.login), 0, iter(rows)
        try:
            while chunk := list(islice(rows, FILL_ROWS)):
                producer.send(chunk)()
                count += len(chunk)
        finally:
            producer.close()
        return count

    @contextmanager
    def worker(self, name: str) -> Iterator[psutil.Process]:
        """Run one worker as `pishkhan up` would; end it on leaving."""
        command = [sys.executable, "-m", "deploy.cli", "worker", name, "--port", "0"]
        with self.process(command) as process:
            yield process

    @contextmanager
    def process(self, command: list[str]) -> Iterator[psutil.Process]:
        """Run `command` with the settings of the run in its environment; end it on leaving."""
        environment = self.settings.worker_environment() | {"PYTHONPATH": os.getcwd()}
        log = (self.directory / "bench.log").open("ab")
        with log, subprocess.Popen(command, env=environment, stdout=log, stderr=log) as started:
            try:
                yield psutil.Process(started.pid)
            finally:
                started.terminate()
                started.wait(30)

    def positions(self, consumer: str) -> int:
        """Return how many records `consumer` has put behind it."""
        with psycopg.connect(self.libpq_url, autocommit=True) as connection:
            row = connection.execute(
                "SELECT coalesce(sum(next_position), 0) FROM consumer_offset WHERE consumer = %s", [consumer]
            ).fetchone()
        return int(row[0]) if row else 0

    @property
    def libpq_url(self) -> str:
        """The workers' URL as libpq takes it."""
        return self.settings.worker_database_url().replace("+psycopg", "")

    @property
    def login(self) -> dict[str, str]:
        """The bus's own user, as kafka-python takes it."""
        return {
            "bootstrap_servers": self.engines.kafka.bootstrap_servers,
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "SCRAM-SHA-256",
            "sasl_plain_username": self.engines.kafka.user,
            "sasl_plain_password": self.engines.kafka.password,
        }

    def _know(self, registry: list[RegistryEntry]) -> None:
        engine = build_engine(self.settings.owner_database_url(), "bench")
        rows, offices = [], {}
        for entry in registry:
            kind = type(entry).__name__.removesuffix("Versioned").lower()
            subject = getattr(entry, kind)
            rows.append(
                (entry.revision, kind, subject.code, subject.version, subject.valid_from, MOMENT, encode(entry))
            )
            if isinstance(entry, OfficeVersioned):
                office = entry.office
                offices[office.code] = (office.prepaid_rial + office.net_debit_cap_rial, office.daily_capacity)
        with engine.begin() as connection:
            columns = ("revision", "kind", "code", "version", "valid_from", "accepted_at", "body")
            copy_rows(connection, registry_version, columns, rows)
            positions = [(code, *numbers) for code, numbers in offices.items()]
            copy_rows(connection, office_position, ("office", "cap_rial", "capacity"), positions)
            connection.exec_driver_sql(f"UPDATE registry_head SET revision = {len(rows)}")
        engine.dispose()


@contextmanager
def bench_bus(directory: Path) -> Iterator[BenchBus]:
    """Start the engines, and stop them on leaving."""
    with Instance(directory) as instance:
        engines = EmbeddedEngines(instance)
        engines.start()
        try:
            yield BenchBus(directory, engines)
        finally:
            engines.stop()


def watch(
    progress: Callable[[], int], total: int, processes: Iterable[psutil.Process], patience_seconds: float = 300.0
) -> tuple[float, list[Usage]]:
    """Follow `progress` to `total`; return events per second after the first ones seen, and each process's usage.

    Raises `TimeoutError` when nothing moves for `patience_seconds`.
    """
    processes = list(processes)
    usages = [Usage() for _ in processes]
    first = last = progress()
    moved_at = time.monotonic()
    began_at: float | None = None
    cpu = [0.0] * len(processes)
    while last < total:
        time.sleep(LOOK_SECONDS)
        now, seen = time.monotonic(), progress()
        if seen > last:
            moved_at = now
            if began_at is None:
                began_at, first = now, seen
                cpu = [sum(process.cpu_times()[:2]) for process in processes]
        elif now - moved_at > patience_seconds:
            raise TimeoutError(f"stuck at {seen} of {total}")
        last = seen
        for usage, process in zip(usages, processes, strict=True):
            if process.status() == psutil.STATUS_ZOMBIE:
                raise RuntimeError(f"{' '.join(process.cmdline()) or 'a process'} ended; its words are in bench.log")
            usage.rss_mb = max(usage.rss_mb, process.memory_info().rss / 1e6)
    assert began_at is not None, "the first look came too late: use more requests"
    for usage, process, before in zip(usages, processes, cpu, strict=True):
        usage.cpu_seconds = sum(process.cpu_times()[:2]) - before
    return (total - first) / (time.monotonic() - began_at), usages
