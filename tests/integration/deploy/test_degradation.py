"""While broker, database or a worker is away, everybody says which and since when; then all recovers by itself."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import uuid4

import httpx
import psutil
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from typer.testing import CliRunner

from connectors.broker.reach import reachable
from connectors.database.sql.engine import plain_url
from consumers.runner.failures import FAILED_IN_A_ROW_MAX
from deploy.agencies import Agencies
from deploy.cli import build
from deploy.engines.kafka import EmbeddedKafka
from deploy.engines.kept import Kept
from deploy.engines.port_block import port_block
from deploy.exits import ExitCode
from deploy.mistakes import PREFIX
from deploy.operations.doctor.checks import Level
from deploy.operations.doctor.table import examine
from deploy.problem import Problem
from deploy.running.preparation import prepare
from deploy.settings import Settings
from deploy.workers.table import WORKERS, worker_row
from schemas.topics import INTAKE_DIRECTORATE
from tests.kit.on_sql.databases import engine_of
from tests.kit.on_sql.requests import load_registry
from tests.kit.real.brokers import broker_in
from tests.kit.real.engines import Engines, new_database
from tests.kit.real.http import get
from tests.kit.real.outages import closed_to_workers
from tests.kit.real.running import until
from tests.kit.values.builders import office, small_province

pytestmark = pytest.mark.integration

LONG = pytest.mark.skipif("PISHKHAN_LONG" not in os.environ, reason="long; `make days` runs it, or PISHKHAN_LONG=1")
AGENCY = "water"
OFFICE = "office-1"
NAMES = tuple(row.name for row in WORKERS)
#: The gateway keeps what it is told without a broker, and says so in each answer: it stays ready.
ON_THE_BROKER = tuple(name for name in NAMES if name != "gateway")
PAYMENTS = 200
BACKLOG = 100_000
#: Above this a worker is too large; see the alert.
MEMORY_MAX = 200_000_000
#: So much more in a backlog's second half than in its first is no growth.
MEMORY_NOISE = 20_000_000
FAILED: LiteralString = "SELECT count(*) FROM parked_event WHERE reason = 'failed'"
_PAID = "FROM outbox WHERE type = 'ir.pishkhan.OfficePaymentAccepted.v1'"
PAID: LiteralString = f"SELECT count(DISTINCT event_id) {_PAID}"
PAID_TWICE: LiteralString = f"SELECT count(*) - count(DISTINCT event_id) {_PAID}"
SUBMITTED: LiteralString = "SELECT count(*) FROM request WHERE submitted"
UNPUBLISHED: LiteralString = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
LONG_AGO: LiteralString = "UPDATE worker SET seen_at = seen_at - interval '1 min' WHERE consumer = 'requests'"
UNREADY_SINCE = "pishkhan_unready_since_timestamp_seconds"


def waiting_for(cause: str | None) -> tuple[str, ...]:
    """Return the workers that wait because of `cause`; with none, all of them."""
    return ON_THE_BROKER if cause == "broker_unavailable" else NAMES


class Bus:
    """A broker of its own, a database, and every worker as a process."""

    def __init__(self, settings: Settings, kafka: EmbeddedKafka) -> None:
        self.settings = settings
        self.kafka = kafka
        self.workers = {name: self.start(name) for name in NAMES}

    def start(self, name: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "deploy.cli", "worker", name],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=self.settings.command_environment(),
        )

    def ask(self, name: str, path: str) -> httpx.Response:
        port = self.settings.metrics_port + worker_row(name).port_offset
        return get(f"http://127.0.0.1:{port}{path}")

    def stands(self, name: str) -> dict[str, Any]:
        try:
            said: dict[str, Any] = self.ask(name, "/readyz").json()
        except httpx.HTTPError:
            return {}
        return said

    def until_all(self, cause: str | None) -> None:
        """Wait until every worker waits because of `cause`, or is ready."""

        def all_say_so() -> bool:
            return all(self.stands(name).get("cause", "no answer") == cause for name in waiting_for(cause))

        until(all_say_so, f"every worker to say {cause or 'that it is ready'}", 60.0)

    def metric(self, worker: str, name: str, **labels: str) -> float:
        families = text_string_to_metric_families(self.ask(worker, "/metrics").text)
        samples = [one for family in families for one in family.samples if one.name == name]
        return sum(one.value for one in samples if labels.items() <= one.labels.items())

    def assert_all_say(self, cause: str) -> None:
        """Check that every worker says at /readyz and in its metrics since when it waits because of `cause`."""
        for name in waiting_for(cause):
            assert self.stands(name)["since"] is not None, name
            assert self.metric(name, UNREADY_SINCE, cause=cause) > 0, name
            assert self.metric(name, "pishkhan_ready") == 0, name

    def wrong(self) -> dict[str, str]:
        """Return what the doctor calls wrong, by subject."""
        found: dict[str, str] = {}
        for finding in examine(self.settings):
            if finding.level is Level.WRONG:
                found[finding.subject] = f"{found.get(finding.subject, '')}{finding.words}\n"
        return found

    def publish(self, lines: str) -> "Said":
        return command("publish", "-", "--wait", "1", typed=lines)

    def submit(self, *options: str) -> "Said":
        return command("agency", AGENCY, "submit", "bill", "--city", "a", *options)

    def accept(self, *options: str) -> "Said":
        return command("office", OFFICE, "accept", str(uuid4()), *options)

    def count(self, query: LiteralString) -> int:
        with psycopg.connect(plain_url(self.settings.worker_database_url())) as connection:
            row = connection.execute(query).fetchone()
        assert row is not None
        return int(row[0])

    def as_owner(self, statement: LiteralString) -> None:
        with psycopg.connect(plain_url(self.settings.owner_database_url())) as connection:
            connection.execute(statement)

    def until_done(self, query: LiteralString, count: int, seconds: float = 60.0) -> None:
        """Wait until everything is applied, by `query`, and no worker has anything left to read."""
        until(lambda: self.count(query) == count, f"{count} by {query}", seconds)
        until(lambda: self.count(UNPUBLISHED) == 0, "an empty outbox", seconds)
        lags = ("requests", "settlement", "kpi")
        until(lambda: not any(self.metric(name, "pishkhan_lag_records") for name in lags), "no lag", seconds)


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said: to the person who typed it, and of what went wrong."""

    exit_code: int
    words: str
    problem: str


def command(*words: str, typed: str | None = None) -> Said:
    """Run a command on the bus that the environment names."""
    result = CliRunner().invoke(build(words[0]), list(words), input=typed)
    assert result.exception is None or isinstance(result.exception, Problem | SystemExit), result.exception
    code = result.exception.ends if isinstance(result.exception, Problem) else result.exit_code
    return Said(code, result.stdout, str(result.exception))


def submissions(count: int) -> str:
    return "".join(
        line(
            f"/agencies/{AGENCY}",
            "RequestSubmitted",
            {"request_id": str(uuid4()), "service": "bill", "origin": "agency", "city": "a"},
        )
        for _ in range(count)
    )


def payments(count: int) -> str:
    return "".join(
        line("/directorate", "OfficePaid", {"office": OFFICE, "amount_rial": 5_000, "reference": str(uuid4())})
        for _ in range(count)
    )


def line(source: str, kind: str, data: dict[str, object]) -> str:
    said = {"specversion": "1.0", "id": str(uuid4()), "source": source, "type": f"ir.pishkhan.{kind}.v1", "data": data}
    return json.dumps(said) + "\n"


@pytest.fixture(scope="module")
def bus(engines: Engines, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    folder = tmp_path_factory.mktemp("degradation")
    with (
        pytest.MonkeyPatch.context() as environment,
        new_database(engines, template) as urls,
        broker_in(folder) as start_broker,
        # Ports that no other bus on this machine has, below those that clients are given.
        port_block(Kept(folder / "kept.json"), 20_460, [row.port_offset for row in WORKERS]) as metrics_port,
    ):
        for name in [name for name in os.environ if name.startswith(PREFIX)]:
            environment.delenv(name)
        kafka = start_broker()
        settings = Settings(
            data_directory=folder / "data",
            kafka_bootstrap=kafka.bootstrap_servers,
            kafka_password=SecretStr(kafka.password),
            database_url=SecretStr(urls.worker_url),
            database_owner_url=SecretStr(urls.owner_url),
            routing_secret=SecretStr("a secret of the tests"),
            key_secret=SecretStr("another one"),
            metrics_port=metrics_port,
        )
        for name, value in settings.values().items():
            environment.setenv(f"{PREFIX}{name.upper()}", value)
        with engine_of(urls.owner_url, "owner") as owner, owner.begin() as connection:
            load_registry(connection, small_province(office(OFFICE)))
        settings.data_directory.mkdir()
        Agencies(settings.data_directory).add([AGENCY])
        prepare(settings, lambda line: None)
        bus = Bus(settings, kafka)
        try:
            bus.until_all(None)
            yield bus
        finally:
            for worker in bus.workers.values():
                worker.kill()
                worker.wait()


@contextmanager
def without_broker(bus: Bus) -> Iterator[None]:
    bus.kafka.stop()
    try:
        yield
    finally:
        bus.kafka.spawn()
        bus.kafka.wait_ready()


def test_a_broker_that_is_away_is_said_with_since_when_and_all_goes_on_by_itself(bus: Bus) -> None:
    before = bus.count(SUBMITTED)
    with without_broker(bus):
        bus.until_all("broker_unavailable")
        bus.assert_all_say("broker_unavailable")
        published = bus.publish(submissions(4))
        assert published.exit_code == ExitCode.UNANSWERED
        assert published.words.count("kept, and will not be lost; not decided yet") == 4
        assert "4 published, 0 refused" in published.words
        assert "4 event(s) are kept in the outbox, in their order: the broker does not answer since" in published.words
        kept = "are kept in the outbox, in their order: the broker does not answer since"
        assert kept in bus.submit("--wait", "0").words
        assert (
            "به ترتیب در صندوق خروجی نگه داشته شده است: کارگزار پیام پاسخ نمی‌دهد"
            in bus.accept("--wait", "0", "--lang", "fa").words
        )
        wrong = bus.wrong()
        assert "no broker answers" in wrong["broker"]
        assert "; workers wait for it since" in wrong["broker"]
        assert all(f"{name} is not ready since" in wrong["workers"] for name in ON_THE_BROKER)
        assert bus.stands("gateway")["ready"] is True
    bus.until_all(None)
    bus.until_done(SUBMITTED, before + 4 + 1)
    assert all(bus.metric(name, UNREADY_SINCE) == 0 for name in NAMES)


def test_a_database_that_is_away_is_said_with_since_when_and_nothing_is_taken_in(bus: Bus, engines: Engines) -> None:
    before = bus.count(SUBMITTED)
    with closed_to_workers(engines):
        bus.until_all("database_unavailable")
        bus.assert_all_say("database_unavailable")
        refused = bus.publish(submissions(5))
        assert refused.exit_code == ExitCode.UNKNOWN
        assert "0 events are published, those from line 1 on are not accepted." in refused.problem
        assert "Publish the file again when it is back" in refused.problem
        for said in (bus.submit(), bus.accept()):
            assert said.exit_code == ExitCode.UNKNOWN
            assert "The database does not answer" in said.problem
            assert "Your claim was not stored; send it again when the database is back." in said.problem
        assert "این گفته ثبت نشد؛ پس از بازگشت آن دوباره بگویید." in bus.accept("--lang", "fa").problem
        assert "; workers wait for it since" in bus.wrong()["database"]
    bus.until_all(None)
    bus.publish(submissions(1))
    bus.until_done(SUBMITTED, before + 1)


def test_a_worker_that_is_frozen_is_said_with_since_when_and_its_work_waits_for_it(bus: Bus) -> None:
    before = bus.count(SUBMITTED)
    frozen = bus.workers["requests"]
    frozen.send_signal(signal.SIGSTOP)
    bus.as_owner(LONG_AGO)
    wrong = bus.wrong()["workers"]
    assert "requests does not answer at port" in wrong
    assert "; no sign of life since" in wrong
    published = bus.publish(submissions(2))
    assert "kept in the outbox" not in published.words, "the broker has them"
    assert "no requests worker is at work, no sign of life of one since" in bus.submit("--wait", "1").words
    frozen.send_signal(signal.SIGCONT)
    bus.until_done(SUBMITTED, before + 2 + 1)
    bus.until_all(None)


@LONG
def test_a_worker_that_is_gone_is_said_with_since_when_and_its_work_waits_for_it(bus: Bus) -> None:
    before = bus.count(SUBMITTED)
    bus.workers["requests"].kill()
    bus.workers["requests"].wait()
    bus.as_owner(LONG_AGO)
    assert "requests does not run; no sign of life since" in bus.wrong()["workers"]
    assert "no requests worker is at work" in bus.submit("--wait", "0").words
    bus.workers["requests"] = bus.start("requests")
    bus.until_all(None)
    bus.until_done(SUBMITTED, before + 1)


@LONG
def test_a_bad_version_halts_before_it_parks_much_and_all_is_done_once_it_is_mended(bus: Bus) -> None:
    before = bus.count(PAID)
    # What a version does that fails on every payment: it can be neither written nor refused.
    bus.as_owner("ALTER TABLE outbox ADD CONSTRAINT bad CHECK (type <> 'ir.pishkhan.OfficePaymentAccepted.v1')")
    assert f"{PAYMENTS} published" in bus.publish(payments(PAYMENTS)).words
    until(lambda: bus.metric("requests", "pishkhan_halted_partitions", cause="failed_in_a_row") > 0, "a halt", 60)
    until(lambda: bus.count(FAILED) > 0 and bus.stands("requests")["halted"] != [], "halted partitions at /readyz")
    assert bus.count(FAILED) <= FAILED_IN_A_ROW_MAX * INTAKE_DIRECTORATE.partitions
    assert ": failed_in_a_row" in bus.wrong()["halted"]
    bus.as_owner("ALTER TABLE outbox DROP CONSTRAINT bad")
    bus.until_done(PAID, before + PAYMENTS, 120.0)
    until(lambda: bus.stands("requests")["halted"] == [], "no partition halted")
    assert bus.count(PAID_TWICE) == 0
    assert bus.count(FAILED) == 0


@LONG
@pytest.mark.timeout(900)
def test_memory_stays_flat_while_a_long_backlog_is_worked_off(bus: Bus) -> None:
    before = bus.count(PAID)
    with without_broker(bus):
        bus.until_all("broker_unavailable")
        assert f"{BACKLOG} published" in bus.publish(payments(BACKLOG)).words
    entered = bus.metric("settlement", "pishkhan_events_total", outcome="handled")
    halves: tuple[dict[str, int], dict[str, int]] = ({}, {})

    def all_entered() -> bool:
        done = bus.metric("settlement", "pishkhan_events_total", outcome="handled") - entered
        half = halves[done > BACKLOG / 2]
        for name, worker in bus.workers.items():
            half[name] = max(half.get(name, 0), psutil.Process(worker.pid).memory_info().rss)
        return done >= BACKLOG

    until(all_entered, f"{BACKLOG} payments in the ledger", 600.0)
    bus.until_done(PAID, before + BACKLOG)
    first, second = halves
    assert max(second.values()) < MEMORY_MAX, (first, second)
    assert all(second[name] < first[name] + MEMORY_NOISE for name in NAMES), (first, second)


def test_a_broker_is_reachable_when_one_of_its_addresses_listens() -> None:
    assert reachable(""), "not knowing any, nothing is said against it"
    assert not reachable("127.0.0.1:1")
    assert not reachable("nonsense")
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert reachable(f"127.0.0.1:1, 127.0.0.1:{server.getsockname()[1]}")
