"""The benches: each runs its subject and what stands beside it in turn, and returns what it measured."""

import subprocess
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial

import psutil
import psycopg
from kafka import KafkaAdminClient

from connectors.broker.log_producer import LogProducer
from consumers.runner.loop import Pace
from deploy.provinces.loader import Province
from schemas.log_registry import RegistryEntry
from schemas.topics import LOG_REQUESTS
from tests.bench.bus import BenchBus, Usage, cpu_of, watch
from tests.bench.copying import EventReader, copy_again
from tests.bench.paced import paced
from tests.bench.reader import ROUTED, Reader

#: Tables that settlement writes for a hold and a post; the bare COPY writes the same rows.
SETTLEMENT_TABLES = ("ledger_transfer", "settlement_progress", "outbox")
#: Events in one of the worker's transactions when there is a backlog; the bare COPY commits as often.
BATCH_EVENTS = Pace().records_max
IDLE_SECONDS_MAX = 10.0
WARM_UP_SECONDS = 5.0
READY_SECONDS_MAX = 60.0


@dataclass
class Measured:
    """Figures of one bench, one entry per run, and what its processes took per request."""

    figures: dict[str, list[float]] = field(default_factory=dict)
    usages: dict[str, list[Usage]] = field(default_factory=dict)

    def note(self, name: str, value: float) -> None:
        """Add a run's figure."""
        self.figures.setdefault(name, []).append(value)

    def took(self, usages: Mapping[str, Usage]) -> None:
        """Add a run's usages by process."""
        for name, usage in usages.items():
            self.usages.setdefault(name, []).append(usage)


def routed(bus: BenchBus, registry: list[RegistryEntry], total: int, runs: int) -> Measured:
    """Consume, decode, decide and commit, beside the bare loop without SQL."""
    measured = Measured()
    for _ in range(runs):
        bus.new_database(registry)
        with bus.worker("requests") as worker, bus.positions("requests") as positions:
            rate, usages = watch(positions, total, {"requests": worker}, bus.engine_processes())
        measured.note("routed/s", rate)
        measured.took(usages)
        rate, cpu_us = _printed(bus, "tests.bench.bare_loop", str(total))
        measured.note("bare loop/s", rate)
        measured.took({"bare loop": Usage(cpu_us)})
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
            workers = {"requests": worker, "relay": relay}
            rate, usages = watch(partial(_count, reader), total, workers, bus.engine_processes())
        measured.note("through the bus/s", rate)
        measured.took(usages)
        rate, usages = _faust(bus, total)
        measured.note("Faust agent/s", rate)
        measured.took(usages)
    return measured


def settled(bus: BenchBus, registry: list[RegistryEntry], requests: int, runs: int) -> Measured:
    """Hold and post, beside the bare COPY of the same rows, committed as often, and the bare loop without a ledger."""
    measured = Measured()
    for _ in range(runs):
        bus.new_database(registry)
        with bus.worker("settlement") as worker, bus.positions("settlement") as positions:
            rate, usages = watch(positions, 2 * requests, {"settlement": worker}, bus.engine_processes())
        measured.note("settled/s", rate / 2)
        for usage in usages.values():
            usage.cpu_us *= 2
        measured.took(usages)
        batches = max(1, 2 * requests // BATCH_EVENTS)
        measured.note("COPY of the same rows/s", requests / copy_again(bus, SETTLEMENT_TABLES, batches))
        with closing(EventReader(bus, 2 * requests // batches)) as reader:
            measured.note("bare loop/s", requests / copy_again(bus, SETTLEMENT_TABLES, batches, reader.read_batch))
        measured.note("COPY of the transfers alone/s", requests / copy_again(bus, SETTLEMENT_TABLES[:1], batches))
    return measured


def latency(bus: BenchBus, registry: list[RegistryEntry], province: Province, seconds: float, runs: int) -> Measured:
    """Milliseconds from handing a submission to the producer to reading its routed event, at 500 a second.

    The worker begins behind the backlog of the other benches and decides five seconds' worth of requests before the
    clock starts, on the same connections, so that no first-time cost is in the figures.
    """
    measured = Measured()
    for run in range(runs):
        bus.new_database(registry)
        bus.begin_at_the_ends("requests")
        with (
            Reader(bus.login, LOG_REQUESTS.name, ROUTED) as reader,
            bus.worker("relay") as relay,
            bus.worker("requests") as worker,
            closing(LogProducer(bus.login)) as producer,
        ):
            _wait_until_owned(bus)
            paced(producer, province, WARM_UP_SECONDS, 10_000 + run, reader)
            idle = _idle_percent([worker, relay], min(seconds, IDLE_SECONDS_MAX))
            delays = sorted(paced(producer, province, seconds, 100 + run, reader))
        measured.note("p50 ms", 1000 * delays[len(delays) // 2])
        measured.note("p99 ms", 1000 * delays[len(delays) * 99 // 100])
        for name, percent in zip(("requests", "relay"), idle, strict=True):
            measured.note(f"idle CPU of {name}, % of a core", percent)
    return measured


def _count(reader: Reader) -> int:
    return reader.count


def _wait_until_owned(bus: BenchBus) -> None:
    deadline = time.monotonic() + READY_SECONDS_MAX
    with psycopg.connect(bus.libpq_url, autocommit=True) as connection:
        while connection.execute("SELECT FROM consumer_offset WHERE owner IS NULL").fetchone():
            if time.monotonic() > deadline:
                raise TimeoutError("the worker took no partition; its words are in bench.log")
            time.sleep(0.05)


def _idle_percent(processes: Sequence[psutil.Process], seconds: float) -> list[float]:
    before = [cpu_of(process) for process in processes]
    time.sleep(seconds)
    return [100 * (cpu_of(process) - spent) / seconds for process, spent in zip(processes, before, strict=True)]


def _printed(bus: BenchBus, module: str, *arguments: str) -> tuple[float, float]:
    """Run a module with the bus's settings and return the two numbers that it prints."""
    environment = bus.settings.command_environment()
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], env=environment, capture_output=True, text=True, check=True
    )
    rate, cpu_us = done.stdout.split()[-2:]
    return float(rate), float(cpu_us)


def _faust(bus: BenchBus, total: int) -> tuple[float, dict[str, Usage]]:
    name = f"bench-{uuid.uuid4().hex[:8]}"
    admin = KafkaAdminClient(**bus.login)
    admin.create_topics({name: {"num_partitions": 12, "replication_factor": 1}}, wait_for_metadata=True)
    admin.close()
    with (
        Reader(bus.login, name, None) as reader,
        bus.process([sys.executable, "-m", "tests.bench.faust_loop", name, name]) as agent,
    ):
        return watch(partial(_count, reader), total, {"Faust agent": agent})
