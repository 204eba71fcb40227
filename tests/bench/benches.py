"""The benches: each runs its subject and what stands beside it in turn, and returns what it measured."""

import subprocess
import sys
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

import psutil
import psycopg
from kafka import KafkaAdminClient
from psycopg import sql

from connectors.broker.log_producer import LogProducer
from deploy.provinces.loader import Province
from schemas.log_registry import RegistryEntry
from schemas.topics import LOG_REQUESTS
from tests.bench.bus import BenchBus, Usage, watch
from tests.bench.corpus import submissions
from tests.bench.reader import ROUTED, Reader

#: Requests written in one go by the latency bench: 500 a second.
LATENCY_STEP_SECONDS = 0.02
LATENCY_STEP = 10
#: Tables that settlement writes for a hold and a post; the bare COPY writes the same rows.
SETTLEMENT_TABLES = ("ledger_transfer", "settlement_progress", "outbox")


@dataclass
class Measured:
    """Figures of one bench, one entry per run, and what its workers took."""

    figures: dict[str, list[float]] = field(default_factory=dict)
    usages: dict[str, list[Usage]] = field(default_factory=dict)

    def note(self, name: str, value: float) -> None:
        """Add a run's figure."""
        self.figures.setdefault(name, []).append(value)

    def took(self, name: str, usage: Usage) -> None:
        """Add a run's usage of worker `name`."""
        self.usages.setdefault(name, []).append(usage)


def routed(bus: BenchBus, registry: list[RegistryEntry], total: int, runs: int) -> Measured:
    """Consume, decode, decide and commit, beside the bare loop without SQL."""
    measured = Measured()
    for _ in range(runs):
        bus.new_database(registry)
        with bus.worker("requests") as worker:
            rate, (usage,) = watch(lambda: bus.positions("requests"), total, [worker])
        measured.note("routed/s", rate)
        measured.took("requests", usage)
        measured.note("bare loop/s", _printed(bus, "tests.bench.bare_loop", str(total)))
    return measured


def through(bus: BenchBus, registry: list[RegistryEntry], total: int, runs: int) -> Measured:
    """From a backlog of submissions to routed events that another consumer reads, beside a plain Faust agent."""
    measured = Measured()
    for _ in range(runs):
        bus.new_database(registry)
        with (
            Reader(bus.login, LOG_REQUESTS.name, ROUTED) as reader,
            bus.worker("relay") as relay,
            bus.worker("requests") as worker,
        ):
            rate, usages = watch(lambda: reader.count, total, [worker, relay])
        measured.note("through the bus/s", rate)
        for name, usage in zip(("requests", "relay"), usages, strict=True):
            measured.took(name, usage)
        measured.note("Faust agent/s", _faust(bus, total))
    return measured


def settled(bus: BenchBus, registry: list[RegistryEntry], requests: int, runs: int) -> Measured:
    """Hold and post, beside the bare binary COPY of the same rows."""
    measured = Measured()
    for _ in range(runs):
        bus.new_database(registry)
        with bus.worker("settlement") as worker:
            rate, (usage,) = watch(lambda: bus.positions("settlement"), 2 * requests, [worker])
        measured.note("settled/s", rate / 2)
        measured.took("settlement", usage)
        everything, ledger = _copy_again(bus, SETTLEMENT_TABLES), _copy_again(bus, SETTLEMENT_TABLES[:1])
        measured.note("COPY of the same rows/s", requests / everything)
        measured.note("COPY of the transfers alone/s", requests / ledger)
    return measured


def latency(bus: BenchBus, registry: list[RegistryEntry], province: Province, seconds: float, runs: int) -> Measured:
    """Milliseconds from handing a submission to the producer to reading its routed event, at 500 a second."""
    measured = Measured()
    for run in range(runs):
        bus.new_database(registry)
        with (
            Reader(bus.login, LOG_REQUESTS.name, ROUTED) as reader,
            bus.worker("relay") as relay,
            bus.worker("requests") as worker,
        ):
            _catch_up(bus)
            idle = _idle_percent([worker, relay])
            delays = sorted(_paced(bus, province, seconds, 100 + run, reader))
        measured.note("p50 ms", 1000 * delays[len(delays) // 2])
        measured.note("p99 ms", 1000 * delays[len(delays) * 99 // 100])
        for name, percent in zip(("requests", "relay"), idle, strict=True):
            measured.note(f"idle CPU of {name}, % of a core", percent)
    return measured


def _paced(bus: BenchBus, province: Province, seconds: float, seed: int, reader: Reader) -> list[float]:
    rows = submissions(province, int(seconds / LATENCY_STEP_SECONDS) * LATENCY_STEP, seed)
    producer = LogProducer(bus.login)
    sent_at: dict[bytes, float] = {}
    started, step = time.time(), 0
    while chunk := list(islice(rows, LATENCY_STEP)):
        time.sleep(max(0.0, started + step * LATENCY_STEP_SECONDS - time.time()))
        now = time.time()
        sent_at.update((row.key, now) for row in chunk)
        producer.send(chunk)
        step += 1
    deadline = time.time() + 30
    while not sent_at.keys() <= reader.seen_at.keys() and time.time() < deadline:
        time.sleep(0.1)
    producer.close()
    return [reader.seen_at[key] - moment for key, moment in sent_at.items()]


def _catch_up(bus: BenchBus) -> None:
    """Wait until the worker has put the whole backlog behind it and the relay has published it."""
    with psycopg.connect(bus.libpq_url, autocommit=True) as connection:
        before = -1
        while (now := bus.positions("requests")) != before or now == 0 or _unpublished(connection):
            before = now
            time.sleep(1.0)


def _unpublished(connection: psycopg.Connection[tuple[int]]) -> int:
    row = connection.execute("SELECT count(*) FROM outbox WHERE published_at IS NULL").fetchone()
    return row[0] if row else 0


def _idle_percent(processes: Sequence[psutil.Process]) -> list[float]:
    before = [sum(process.cpu_times()[:2]) for process in processes]
    time.sleep(10.0)
    return [10 * (sum(process.cpu_times()[:2]) - spent) for process, spent in zip(processes, before, strict=True)]


def _printed(bus: BenchBus, module: str, *arguments: str) -> float:
    """Run a module with the bus's settings and return the number that it prints."""
    environment = bus.settings.worker_environment()
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], env=environment, capture_output=True, text=True, check=True
    )
    return float(done.stdout.split()[-1])


def _faust(bus: BenchBus, total: int) -> float:
    name = f"bench-{uuid.uuid4().hex[:8]}"
    admin = KafkaAdminClient(**bus.login)
    admin.create_topics({name: {"num_partitions": 12, "replication_factor": 1}}, wait_for_metadata=True)
    admin.close()
    with (
        Reader(bus.login, name, None) as reader,
        bus.process([sys.executable, "-m", "tests.bench.faust_loop", name, name]) as agent,
    ):
        rate, _ = watch(lambda: reader.count, total, [agent])
    return rate


def _copy_again(bus: BenchBus, tables: Sequence[str]) -> float:
    """Return the seconds of a bare binary COPY of the rows of `tables` into empty tables with the same keys."""
    seconds = 0.0
    url = bus.settings.owner_database_url().replace("+psycopg", "")
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        for table in tables:
            source, target = sql.Identifier(table), sql.Identifier(f"{table}_again")
            cursor.execute(sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(target, source))
            with cursor.copy(sql.SQL("COPY (SELECT * FROM {}) TO STDOUT (FORMAT binary)").format(source)) as copy:
                blocks = [bytes(block) for block in copy]
            connection.commit()
            started = time.monotonic()
            with cursor.copy(sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(target)) as copy:
                for block in blocks:
                    copy.write(block)
            connection.commit()
            seconds += time.monotonic() - started
            cursor.execute(sql.SQL("DROP TABLE {}").format(target))
            connection.commit()
    return seconds
