"""The runner on a real broker and a real database: shares, take-overs, outages; every record applied once, in order."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from connectors.broker.admin import BrokerAdmin
from connectors.broker.source import KafkaSource
from connectors.database.parking.park import ParkedStore
from connectors.database.runner.leases import SqlLeases
from connectors.database.runner.positions import SqlPositions
from connectors.database.runner.work import SqlWork
from consumers.parking import failed_event
from consumers.runner.failures import FAILED_IN_A_ROW_MAX
from consumers.runner.loop import Pace, Runner
from consumers.runner.outcomes import Setback
from consumers.runner.records import Record
from deploy.engines.kafka import EmbeddedKafka
from schemas.partition import Place
from schemas.topics import INTAKE_AGENCY, LOG_REQUESTS
from tests.kit.on_sql.databases import engine_of, scalar, wait_until
from tests.kit.real.brokers import fresh_agency, provide, write
from tests.kit.real.engines import DatabaseUrls, Engines, kafka_login
from tests.kit.values.clocks import trusting_watch
from tests.memory.telemetry import MemoryTelemetry

pytestmark = pytest.mark.integration

LEASE_SECONDS = 2.0
PACE = Pace(records_max=50, renew_seconds=0.2, sweep_seconds=0.1, note_seconds=0.5)
#: What a record did: it says so once, in the order of its partition; a second time breaks the primary key.
APPLY = text("INSERT INTO intake_event (source, event_id, body_hash) VALUES (:source, :event_id, '')")


@dataclass(frozen=True)
class AppliedOnce:
    """A handler whose rows cannot be written twice; the word `poison` makes it fail until it is mended."""

    mended: bool = False

    def handle(self, stores: Connection, records: Sequence[Record]) -> Collection[Place]:
        for record in records:
            stores.execute(APPLY, {"source": f"p{record.partition}", "event_id": f"{record.position:06}"})
        if not self.mended and any(record.value == b"poison" for record in records):
            raise ValueError("poison")
        return {record.place for record in records}

    def park_failed(self, stores: Connection, record: Record, error: Exception) -> None:
        ParkedStore(stores, "test").park([failed_event("key", type(error).__name__, record)])

    def sweep(self, stores: Connection) -> int:
        return 0


@dataclass
class Running:
    """One worker in a thread; `vanish` stops it as a dead machine does, without giving anything back."""

    runner: Runner[Connection]
    leases: SqlLeases
    telemetry: MemoryTelemetry
    stop: Event
    thread: Thread

    def end(self) -> None:
        self.stop.set()
        self.thread.join()

    def vanish(self) -> None:
        self.leases.release = lambda: None  # type: ignore[method-assign]  # a dead machine gives nothing back
        self.end()


@pytest.fixture
def start(database: DatabaseUrls) -> Iterator[Callable[..., Running]]:
    with ExitStack() as stack:

        def start_one(name: str, login: Mapping[str, Any], topic: str, handler: AppliedOnce | None = None) -> Running:
            engine = stack.enter_context(engine_of(database.worker_url, name))
            admin = BrokerAdmin(login)
            cluster = admin.cluster_id()
            admin.close()
            leases = SqlLeases(engine, "test", cluster, name, trusting_watch(), LEASE_SECONDS)
            work = SqlWork(
                engine, lambda connection: connection, lambda each: SqlPositions(each, "test", cluster, name)
            )
            telemetry = MemoryTelemetry()
            source = KafkaSource(login, lambda each: each == topic, f"test-{topic}")
            runner = Runner(source, leases, work, handler or AppliedOnce(), telemetry, pace=PACE)
            stop = Event()
            thread = Thread(target=runner.run, args=(stop,))
            running = Running(runner, leases, telemetry, stop, thread)
            stack.callback(running.end)
            thread.start()
            return running

        yield start_one


@pytest.fixture
def topic(engines: Engines) -> str:
    agency = fresh_agency()
    provide(engines.kafka_login, agency)
    return INTAKE_AGENCY.for_agency(agency)


def applied(engine: Engine) -> int:
    with engine.connect() as connection:
        count = scalar(connection, "SELECT count(*) FROM intake_event")
    assert isinstance(count, int)
    return count


def test_two_workers_share_and_apply_everything_once(
    engines: Engines, engine: Engine, topic: str, start: Callable[..., Running]
) -> None:
    first = start("a", engines.kafka_login, topic)
    second = start("b", engines.kafka_login, topic)
    wait_until(lambda: {first.telemetry.partitions, second.telemetry.partitions} == {1, 2}, "the partitions are shared")
    for number in range(3):
        write(engines.kafka_login, topic, [b"x"] * 200, partition=number)
    wait_until(lambda: applied(engine) == 600, "everything is applied")
    assert first.telemetry.records + second.telemetry.records == 600
    assert first.telemetry.records
    assert second.telemetry.records


def test_a_worker_that_vanishes_is_replaced_and_nothing_is_lost_or_done_twice(
    engines: Engines, engine: Engine, topic: str, start: Callable[..., Running]
) -> None:
    first = start("a", engines.kafka_login, topic)
    write(engines.kafka_login, topic, [b"x"] * 300)
    wait_until(lambda: applied(engine) > 0, "the first worker is in the middle of it")
    first.vanish()
    write(engines.kafka_login, topic, [b"x"] * 100)
    second = start("b", engines.kafka_login, topic)
    wait_until(lambda: applied(engine) == 400, "the second worker does the rest")
    assert second.telemetry.partitions == 3
    assert first.telemetry.records + second.telemetry.records == 400


def test_a_worker_whose_connection_is_cut_goes_on(
    engines: Engines, engine: Engine, topic: str, start: Callable[..., Running]
) -> None:
    worker = start("victim", engines.kafka_login, topic)
    cut = text("SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE application_name = 'victim'")
    for _ in range(5):
        write(engines.kafka_login, topic, [b"x"] * 60)
        with engine.begin() as connection:
            connection.execute(cut)
    wait_until(lambda: applied(engine) == 300, "everything is applied")
    assert worker.telemetry.records == 300
    wait_until(lambda: worker.telemetry.waits_for is None, "the worker is ready again")


def test_a_poisonous_record_is_parked_and_those_around_it_are_applied(
    engines: Engines, engine: Engine, topic: str, start: Callable[..., Running]
) -> None:
    write(engines.kafka_login, topic, [b"x"] * 20 + [b"poison"] + [b"x"] * 20)
    worker = start("a", engines.kafka_login, topic)
    wait_until(lambda: applied(engine) == 40, "the healthy records are applied")
    wait_until(lambda: worker.telemetry.records == 41, "the position is behind all of them")
    with engine.connect() as connection:
        [row] = ParkedStore(connection, "test").of_keys(["key"])
    assert (row.event.record.position, row.event.record.value) == (20, b"poison")


def test_a_bad_version_parks_a_few_and_halts_and_a_mended_one_goes_on_where_it_stood(
    engines: Engines, engine: Engine, topic: str, start: Callable[..., Running]
) -> None:
    write(engines.kafka_login, topic, [b"x"] * 5 + [b"poison"] * 200 + [b"x"] * 5, partition=0)
    write(engines.kafka_login, topic, [b"x"] * 30, partition=1)
    bad = start("bad", engines.kafka_login, topic)
    wait_until(lambda: bad.telemetry.stopped != [], "the partition is halted")
    wait_until(lambda: applied(engine) == 5 + 30, "the other partition is read")
    wait_until(lambda: len(bad.telemetry.again) > 2, "it is tried again, and halted again")
    bad.end()
    with engine.connect() as connection:
        assert len(ParkedStore(connection, "test").of_keys(["key"])) == FAILED_IN_A_ROW_MAX
    assert {cause for _, cause in bad.telemetry.stopped} == {Setback.FAILED_IN_A_ROW}
    start("mended", engines.kafka_login, topic, AppliedOnce(mended=True))
    wait_until(lambda: applied(engine) == 240 - FAILED_IN_A_ROW_MAX, "everything else is applied")


def test_a_broker_that_restarts_is_waited_for(
    engine: Engine, start: Callable[..., Running], own_broker: Callable[[], EmbeddedKafka]
) -> None:
    kafka = own_broker()
    login = kafka_login(kafka.bootstrap_servers, kafka.user, kafka.password)
    provide(login)
    write(login, LOG_REQUESTS.name, [b"x"] * 50)
    worker = start("a", login, LOG_REQUESTS.name)
    wait_until(lambda: applied(engine) == 50, "the first records are applied")
    kafka.stop()
    wait_until(lambda: worker.telemetry.waits_for is Setback.BROKER_UNAVAILABLE, "the worker is unready", seconds=60.0)
    own_broker()
    write(login, LOG_REQUESTS.name, [b"x"] * 50)
    wait_until(lambda: applied(engine) == 100, "the worker goes on", seconds=60.0)
    wait_until(lambda: worker.telemetry.waits_for is None, "the worker is ready again")
    assert worker.telemetry.records == 100
