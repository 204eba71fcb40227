"""Engines for a bench: topics filled once, a new database for every run, workers as their own processes."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import psutil
import psycopg
from pydantic import SecretStr

from connectors.broker.admin import BrokerAdmin
from connectors.broker.log_producer import LogProducer
from connectors.broker.source import KafkaSource
from connectors.database.schema.migrate import migrate
from connectors.database.schema.tables import office_position, registry_version
from connectors.database.sql.copy import copy_rows
from connectors.database.sql.engine import build_engine, plain_url
from connectors.roles import WORKER_ROLE
from deploy.engines.instance import EmbeddedEngines, Instance
from deploy.engines.postgres import OWNER_ROLE, create_database
from deploy.settings import Settings
from producers.ports import OutboxRow
from schemas.decode import encode
from schemas.log_registry import OfficeVersioned, RegistryEntry
from schemas.topics import INTAKE_PREFIX
from tests.bench.corpus import AGENCY, MOMENT

DATABASE = "bench"
FILL_ROWS = 5_000
#: Seldom enough not to disturb what is watched, often enough for runs of seconds.
LOOK_SECONDS = 0.05
_POSITIONS = "SELECT coalesce(sum(next_position), 0) FROM consumer_offset WHERE consumer = %s"
_BEGIN = """
INSERT INTO consumer_offset (consumer, cluster_id, topic, topic_id, partition, next_position)
VALUES (%s, %s, %s, %s, %s, %s)
"""


@dataclass
class Usage:
    """What a process took: CPU per event in microseconds, and its largest resident memory, also half way through."""

    cpu_us: float = 0.0
    rss_mb: float = 0.0
    rss_half_way_mb: float = 0.0

    def look(self, process: psutil.Process, *, half_way: bool) -> None:
        """Note the present memory. Raises `RuntimeError` when the process has ended."""
        if process.status() == psutil.STATUS_ZOMBIE:
            raise RuntimeError(f"process {process.pid} ended; its words are in bench.log")
        self.rss_mb = max(self.rss_mb, process.memory_info().rss / 1e6)
        if half_way:
            self.rss_half_way_mb = self.rss_mb


@dataclass
class BenchBus:
    """Embedded engines, and the settings of the run's own database."""

    directory: Path
    engines: EmbeddedEngines
    settings: Settings = field(init=False)

    def new_database(self, registry: list[RegistryEntry]) -> None:
        """Make an empty database that knows `registry`, and turn to it.

        The last run's is dropped, so that nothing of it is vacuumed or written out in this one.
        """
        postgres = self.engines.postgres
        with psycopg.connect(postgres.administrator_url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
            create_database(connection, DATABASE)
        self.settings = Settings(
            data_directory=self.directory,
            kafka_bootstrap=self.engines.kafka.bootstrap_servers,
            kafka_user=self.engines.kafka.user,
            kafka_password=SecretStr(self.engines.kafka.password),
            database_url=SecretStr(postgres.url(WORKER_ROLE, DATABASE)),
            database_owner_url=SecretStr(postgres.url(OWNER_ROLE, DATABASE)),
            routing_secret=SecretStr("bench"),
            clock_start=MOMENT,
            clock_real_start=datetime.now(UTC),
            log_level="warning",
        )
        migrate(self.settings.owner_database_url())
        self._know(registry)
        with psycopg.connect(postgres.administrator_url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")

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
        environment = self.settings.command_environment() | {"PYTHONPATH": os.getcwd()}
        log = (self.directory / "bench.log").open("ab")
        with log, subprocess.Popen(command, env=environment, stdout=log, stderr=log) as started:
            try:
                yield psutil.Process(started.pid)
            finally:
                started.terminate()
                started.wait(30)

    @contextmanager
    def positions(self, consumer: str) -> Iterator[Callable[[], int]]:
        """Give what asks how many records `consumer` has put behind it, over one connection."""
        with psycopg.connect(self.libpq_url, autocommit=True) as connection:

            def asked() -> int:
                row = connection.execute(_POSITIONS, [consumer]).fetchone()
                return int(row[0]) if row else 0

            yield asked

    def begin_at_the_ends(self, consumer: str) -> None:
        """Let `consumer` begin where its topics end now, as if it had worked through all before."""
        source = KafkaSource(self.login, lambda name: name.startswith(INTAKE_PREFIX), "bench")
        admin = BrokerAdmin(self.login)
        try:
            partitions, cluster_id = source.partitions(), admin.cluster_id()
            ends = source.ends(sorted({partition.topic for partition in partitions}))
        finally:
            admin.close()
            source.close()
        rows = [
            (consumer, cluster_id, place.topic, place.topic_id, place.number, ends[f"{place.topic}/{place.number}"])
            for place in partitions
        ]
        with psycopg.connect(self.libpq_url, autocommit=True) as connection, connection.cursor() as cursor:
            cursor.executemany(_BEGIN, rows)

    def engine_processes(self) -> dict[str, psutil.Process]:
        """Return the two engines' processes."""
        postgres, kafka = self.engines.postgres.process, self.engines.kafka.process
        assert postgres is not None, "the engines run as long as the bus is there"
        assert kafka is not None, "the engines run as long as the bus is there"
        return {"PostgreSQL": psutil.Process(postgres.pid), "Kafka": psutil.Process(kafka.pid)}

    @property
    def libpq_url(self) -> str:
        """The workers' URL as libpq takes it."""
        return plain_url(self.settings.worker_database_url())

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
    progress: Callable[[], int],
    total: int,
    workers: Mapping[str, psutil.Process],
    engines: Mapping[str, psutil.Process] | None = None,
    patience_seconds: float = 300.0,
) -> tuple[float, dict[str, Usage]]:
    """Follow `progress` to `total`; return events per second after the first ones seen, and each process's usage.

    Of engines only the CPU is noted: what they share among their processes would count many times as memory. When the
    first look sees everything, start-up is counted, too: a run that short only shows that the bench works. Raises
    `TimeoutError` when nothing moves for `patience_seconds`.
    """
    processes = {**workers, **(engines or {})}
    usages = {name: Usage() for name in processes}
    began_at = moved_at = time.monotonic()
    cpu_seconds = {name: cpu_of(process) for name, process in processes.items()}
    first = last = progress()
    begun = False
    while last < total:
        time.sleep(LOOK_SECONDS)
        now, seen = time.monotonic(), progress()
        if seen > last:
            moved_at = now
            if not begun and seen < total:
                begun, began_at, first = True, now, seen
                cpu_seconds = {name: cpu_of(process) for name, process in processes.items()}
        elif now - moved_at > patience_seconds:
            raise TimeoutError(f"stuck at {seen} of {total}")
        last = seen
        for name, process in workers.items():
            usages[name].look(process, half_way=seen < total / 2)
    for name, process in processes.items():
        usages[name].cpu_us = 1e6 * (cpu_of(process) - cpu_seconds[name]) / (last - first)
    return (last - first) / (time.monotonic() - began_at), usages


def cpu_of(process: psutil.Process) -> float:
    """Return the CPU seconds of a process and its children, those that have ended included."""
    seconds = sum(process.cpu_times()[:4])
    for child in process.children():
        with suppress(psutil.NoSuchProcess):
            seconds += sum(child.cpu_times()[:2])
    return float(seconds)
