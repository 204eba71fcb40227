"""The Faust stream on a real broker and a real database: whatever happens to it, figures are those of a plain count."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition
from kafka.structs import OffsetAndMetadata
from sqlalchemy import Connection, text

from connectors.broker.admin import BrokerAdmin
from connectors.broker.source import KafkaSource
from connectors.database.kpi.stores import SqlKpiWork
from connectors.telemetry.worker import WorkerTelemetry
from consumers.kpi.handlers import KpiHandler
from consumers.kpi.reading import TOPICS
from consumers.kpi.stream import GROUP, FigurePace
from consumers.kpi.worker import KpiWorker
from deploy.engines.instance import Instance
from deploy.engines.jars import ensure_jars
from deploy.engines.kafka import EmbeddedKafka
from tests.integration.consumers.kpi.test_figures_in_sql import in_sql, plainly
from tests.kit.real.engines import DatabaseUrls, Engines, kafka_login
from tests.kit.real.http import get
from tests.kit.real.outages import closed_to_workers
from tests.kit.values.kpi_log import Told, working_day

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

FAST = FigurePace(measure_seconds=0.2, look_seconds=1.0)
DEADLINE_SECONDS = 90.0


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedKafka]:
    """A broker of this module's own: the logs have fixed names, and a test stops it.

    Every test writes the same day again, with a database of its own: what is read twice must change nothing.
    """
    directory = tmp_path_factory.mktemp("kpi-broker")
    with Instance(directory / "instance") as instance:
        kafka = EmbeddedKafka(directory / "kafka", instance.log_directory, instance.processes, ensure_jars)
        kafka.start()
        try:
            yield kafka
        finally:
            kafka.stop()


@pytest.fixture
def login(kafka: EmbeddedKafka) -> dict[str, str]:
    login = kafka_login(kafka.bootstrap_servers, kafka.user, kafka.password)
    admin = BrokerAdmin(login)
    admin.ensure_topics([])
    admin.close()
    return login


@pytest.fixture
def build(
    login: dict[str, str], work: SqlKpiWork, handler: KpiHandler, telemetry: WorkerTelemetry
) -> Callable[[], KpiWorker]:
    def worker() -> KpiWorker:
        source = KafkaSource(login, lambda topic: topic in TOPICS, f"{GROUP}.look")
        return KpiWorker(login, work, handler, source, telemetry, pace=FAST)

    return worker


def send(login: dict[str, str], told: Sequence[Told]) -> None:
    producer = KafkaProducer(**login, acks="all", enable_idempotence=True)
    for record in (one.record(0) for one in told):
        producer.send(
            record.topic, key=record.key, value=record.value, headers=list(record.headers), partition=record.partition
        )
    producer.flush(timeout=30)
    producer.close()


@contextmanager
def running(worker: KpiWorker) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(DEADLINE_SECONDS)
    assert not thread.is_alive(), "the worker does not stop"


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.1)


def position(connection: Connection) -> int:
    """Return how many records the worker has passed."""
    return int(connection.execute(text("SELECT coalesce(sum(next_position), 0) FROM kpi_position")).scalar_one())


def ends(login: dict[str, str]) -> dict[TopicPartition, int]:
    """Return the end of every partition that the worker reads."""
    source = KafkaSource(login, lambda topic: topic in TOPICS, "ends")
    found = {name.rpartition("/"): end for name, end in source.ends(TOPICS).items()}
    source.close()
    return {TopicPartition(topic, int(number)): end for (topic, _, number), end in found.items()}


def committed(login: dict[str, str]) -> dict[TopicPartition, int]:
    admin = KafkaAdminClient(**login)
    offsets = {place: offset.offset for place, offset in admin.list_group_offsets(GROUP)[GROUP].items()}
    admin.close()
    return offsets


def test_figures_arrive_and_a_stopped_worker_has_committed(
    build: Callable[[], KpiWorker], login: dict[str, str], connection: Connection, telemetry: WorkerTelemetry
) -> None:
    day = working_day()
    send(login, day)
    with running(build()):
        wait_for(lambda: in_sql(connection) == plainly(day), "the figures")
        wait_for(lambda: telemetry.not_ready_because() is None, "readiness")
    written = {place: end for place, end in ends(login).items() if end}
    assert {place: offset for place, offset in committed(login).items() if offset > 0} == written
    assert position(connection) == sum(written.values())


def test_a_worker_that_starts_again_goes_on(
    build: Callable[[], KpiWorker], login: dict[str, str], connection: Connection
) -> None:
    day = working_day()
    for part in (day[:12], day[12:]):
        send(login, part)
        with running(build()):
            wait_for(lambda: position(connection) == sum(ends(login).values()), "the records")
    with running(build()):
        wait_for(lambda: in_sql(connection) == plainly(day), "the figures")


def test_records_that_faust_committed_by_mistake_are_read_from_the_log(
    build: Callable[[], KpiWorker], login: dict[str, str], connection: Connection
) -> None:
    day = working_day()
    send(login, day)
    admin = KafkaAdminClient(**login)
    admin.alter_group_offsets(GROUP, {place: OffsetAndMetadata(end, "", -1) for place, end in ends(login).items()})
    admin.close()
    with running(build()):
        # Nothing new comes, so only a look round finds them.
        wait_for(lambda: in_sql(connection) == plainly(day), "the figures")


def test_it_waits_for_a_broker_that_is_away_and_outlives_a_restart(
    build: Callable[[], KpiWorker],
    kafka: EmbeddedKafka,
    login: dict[str, str],
    connection: Connection,
    telemetry: WorkerTelemetry,
) -> None:
    day = working_day()
    send(login, day[:10])
    kafka.stop()
    with running(build()):
        wait_for(lambda: telemetry.not_ready_because() == "broker_unavailable", "unreadiness")
        kafka.start()
        wait_for(lambda: telemetry.not_ready_because() is None, "readiness")
        kafka.stop()
        kafka.start()
        send(login, day[10:])
        wait_for(lambda: in_sql(connection) == plainly(day), "the figures")


def test_it_waits_for_a_database_that_is_away(
    build: Callable[[], KpiWorker],
    engines: Engines,
    login: dict[str, str],
    connection: Connection,
    telemetry: WorkerTelemetry,
) -> None:
    day = working_day()
    with running(build()):
        wait_for(lambda: telemetry.not_ready_because() is None, "readiness")
        with closed_to_workers(engines):
            send(login, day)
            wait_for(lambda: telemetry.not_ready_because() == "database_unavailable", "unreadiness")
        wait_for(lambda: in_sql(connection) == plainly(day), "the figures")


def test_kills_at_any_time_lose_nothing_and_count_nothing_twice(
    login: dict[str, str], migrated_database: DatabaseUrls, connection: Connection, tmp_path: Path
) -> None:
    day = working_day()
    environment = os.environ | {
        "PISHKHAN_DATA_DIRECTORY": str(tmp_path / "data"),
        "PISHKHAN_KAFKA_BOOTSTRAP": login["bootstrap_servers"],
        "PISHKHAN_KAFKA_USER": login["sasl_plain_username"],
        "PISHKHAN_KAFKA_PASSWORD": login["sasl_plain_password"],
        "PISHKHAN_DATABASE_URL": migrated_database.worker_url,
    }

    port = _free_port()
    for part in (day[:9], day[9:20], day[20:]):
        reached = position(connection)
        with worker_process(environment, port) as worker:
            send(login, part)
            wait_for(lambda: position(connection) > reached, "some of the records")  # noqa: B023 - called in this turn
            worker.send_signal(signal.SIGKILL)
    with worker_process(environment, port) as worker:
        wait_for(lambda: in_sql(connection) == plainly(day), "the figures")
        wait_for(lambda: is_ready(port), "readiness")
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0


@contextmanager
def worker_process(environment: dict[str, str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run the worker as `pishkhan up` does; it is gone afterwards in any case."""
    command = [sys.executable, "-m", "deploy.cli", "worker", "kpi", "--port", str(port)]
    worker = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait()


def is_ready(port: int) -> bool:
    try:
        return get(f"http://127.0.0.1:{port}/readyz").status_code == HTTPStatus.OK
    except httpx.TransportError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
