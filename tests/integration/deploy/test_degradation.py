"""While broker, database or a worker is away, everybody says which and since when; then all goes on by itself."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString
from uuid import uuid4

import httpx
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from connectors.database.migrate import migrate
from consumers.runner.failures import FAILED_IN_A_ROW_MAX
from deploy.agencies import Agencies
from deploy.bootstrap import prepare
from deploy.delivery import reachable
from deploy.doctor.checks import Level
from deploy.doctor.table import examine
from deploy.engines.kafka import EmbeddedKafka
from deploy.engines.kept import Kept
from deploy.ports import port_block
from deploy.settings import PREFIX, Settings
from deploy.workers import worker_row
from schemas.topics import INTAKE_DIRECTORATE
from tests.bus import until
from tests.engines import DatabaseUrls, Engines
from tests.outages import closed_to_workers

pytestmark = pytest.mark.integration

LONG = pytest.mark.skipif("PISHKHAN_LONG" not in os.environ, reason="long; `make faults` runs it, or PISHKHAN_LONG=1")
AGENCY = "water"
PAYMENTS = 200
FAILED: LiteralString = "SELECT count(*) FROM parked_event WHERE reason = 'failed'"
NAMES = ("relay", "requests", "settlement")


class Bus:
    """A broker of its own, a database, and three workers as processes."""

    def __init__(self, settings: Settings, start_broker: Callable[[], EmbeddedKafka], kafka: EmbeddedKafka) -> None:
        self.settings = settings
        self.start_broker = start_broker
        self.kafka = kafka
        self.workers = {name: self.start(name) for name in NAMES}

    def start(self, name: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "deploy.cli", "worker", name],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=self.settings.worker_environment(),
        )

    def ask(self, name: str, path: str) -> httpx.Response:
        port = self.settings.metrics_port + worker_row(name).port_offset
        return httpx.get(f"http://127.0.0.1:{port}{path}", trust_env=False, timeout=10)

    def stands(self, name: str) -> dict[str, Any]:
        try:
            said: dict[str, Any] = self.ask(name, "/readyz").json()
        except httpx.HTTPError:
            return {}
        return said

    def until_all(self, cause: str | None) -> None:
        """Wait until every worker waits because of `cause`, or is ready."""

        def all_say_so() -> bool:
            return all(self.stands(name).get("cause", "no answer") == cause for name in NAMES)

        until(all_say_so, f"every worker to say {cause or 'that it is ready'}", 60.0)

    def metric(self, worker: str, name: str, **labels: str) -> float:
        families = text_string_to_metric_families(self.ask(worker, "/metrics").text)
        samples = [one for family in families for one in family.samples if one.name == name]
        return sum(one.value for one in samples if labels.items() <= one.labels.items())

    def wrong(self) -> dict[str, list[str]]:
        """Return what the doctor calls wrong, by subject."""
        found: dict[str, list[str]] = {}
        for finding in examine(self.settings):
            if finding.level is Level.WRONG:
                found.setdefault(finding.subject, []).append(finding.words)
        return found

    def publish(self, count: int) -> subprocess.CompletedProcess[str]:
        return self.command("publish", "-", "--wait", "1", said="".join(event() for _ in range(count)))

    def command(self, *words: str, said: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "deploy.cli", *words],
            input=said,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env=self.settings.worker_environment(),
        )

    def count(self, query: LiteralString) -> int:
        with psycopg.connect(self.settings.worker_database_url().replace("+psycopg", "")) as connection:
            row = connection.execute(query).fetchone()
        assert row is not None
        return int(row[0])

    def until_done(self, requests: int) -> None:
        """Wait until everything is applied and no worker has anything left to read."""
        asked: LiteralString = "SELECT count(*) FROM request WHERE submitted"
        until(lambda: self.count(asked) == requests, f"{requests} requests", 60.0)
        lags = ("requests", "settlement")
        until(lambda: not any(self.metric(name, "pishkhan_lag_records") for name in lags), "no lag", 60.0)
        until(lambda: self.count("SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0, "an empty outbox")


def event() -> str:
    data = {"request_id": str(uuid4()), "service": "bill", "origin": "agency", "city": "a"}
    kind = "ir.pishkhan.RequestSubmitted.v1"
    said = {"specversion": "1.0", "id": str(uuid4()), "source": f"/agencies/{AGENCY}", "type": kind, "data": data}
    return json.dumps(said) + "\n"


@pytest.fixture
def metrics_port(tmp_path: Path) -> Iterator[int]:
    """The first of some ports that no other bus on this machine has, below those that clients are given."""
    with port_block(Kept(tmp_path / "kept.json"), 20_460, [worker_row(name).port_offset for name in NAMES]) as first:
        yield first


@pytest.fixture
def bus(
    fresh_database: DatabaseUrls,
    own_broker: Callable[[], EmbeddedKafka],
    metrics_port: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Bus]:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    kafka = own_broker()
    settings = Settings(
        data_directory=tmp_path / "data",
        kafka_bootstrap=kafka.bootstrap_servers,
        kafka_password=SecretStr(kafka.password),
        database_url=SecretStr(fresh_database.worker_url),
        database_owner_url=SecretStr(fresh_database.owner_url),
        routing_secret=SecretStr("a secret of the tests"),
        metrics_port=metrics_port,
    )
    migrate(fresh_database.owner_url)
    settings.data_directory.mkdir()
    Agencies(settings.data_directory).add([AGENCY])
    prepare(settings, lambda line: None)
    bus = Bus(settings, own_broker, kafka)
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
    yield
    bus.kafka = bus.start_broker()


def test_a_broker_that_is_away_is_said_with_since_when_and_all_goes_on_by_itself(bus: Bus) -> None:
    assert "kept in the outbox" not in bus.publish(3).stdout
    bus.until_done(3)

    with without_broker(bus):
        bus.until_all("broker_unavailable")
        published = bus.publish(4)
        assert published.returncode == 0
        assert "4 published, 0 refused" in published.stdout
        assert "4 event(s) are kept in the outbox, in their order: the broker does not answer since" in published.stdout
        said = bus.command("agency", AGENCY, "submit", "bill", "--city", "a", "--wait", "0").stdout
        assert "are kept in the outbox, in their order: the broker does not answer since" in said
        wrong = bus.wrong()
        assert "no broker answers" in wrong["broker"][0]
        assert "; workers wait for it since" in wrong["broker"][0]
        assert all(any(f"{name} is not ready since" in words for words in wrong["workers"]) for name in NAMES)
        since = bus.metric("requests", "pishkhan_unready_since_timestamp_seconds", cause="broker_unavailable")
        assert since > 0
        assert bus.stands("settlement")["since"] is not None
    bus.until_all(None)
    bus.until_done(3 + 4 + 1)
    assert bus.metric("requests", "pishkhan_unready_since_timestamp_seconds") == 0


@LONG
def test_a_database_or_a_worker_that_is_away_is_said_and_all_goes_on_by_itself(bus: Bus, engines: Engines) -> None:
    bus.publish(3)
    with closed_to_workers(engines):
        bus.until_all("database_unavailable")
        refused = bus.publish(5)
        assert refused.returncode == 1
        assert "0 events are published, those from line 1 on are not accepted." in refused.stderr
        assert "Publish the file again when it is back" in refused.stderr
        said = bus.command("agency", AGENCY, "cancel", str(uuid4()), "--reason", "late").stderr
        assert "The database does not answer" in said
        wrong = bus.wrong()
        assert "; workers wait for it since" in wrong["database"][0]
        assert bus.metric("relay", "pishkhan_unready_since_timestamp_seconds", cause="database_unavailable") > 0
    bus.until_all(None)
    bus.until_done(3)

    gone = bus.workers["requests"]
    gone.kill()
    gone.wait()
    published = bus.publish(2)
    assert "kept in the outbox" not in published.stdout, "the broker has them"
    with psycopg.connect(bus.settings.owner_database_url().replace("+psycopg", "")) as connection:
        connection.execute("UPDATE worker SET seen_at = seen_at - interval '1 min' WHERE consumer = 'requests'")
    said = bus.command("agency", AGENCY, "submit", "bill", "--city", "a", "--wait", "1").stdout
    assert "no requests worker is at work, nothing was heard of one since" in said
    assert any("requests does not run: nothing was heard of it since" in words for words in bus.wrong()["workers"])
    bus.workers["requests"] = bus.start("requests")
    bus.until_all(None)
    bus.until_done(3 + 2 + 1)


@LONG
def test_a_bad_version_halts_before_it_parks_much_and_all_is_done_once_it_is_mended(bus: Bus) -> None:
    owner = bus.settings.owner_database_url().replace("+psycopg", "")
    with psycopg.connect(owner, autocommit=True) as connection:
        # What a version does that fails on every payment: it can be neither written nor refused.
        connection.execute("ALTER TABLE outbox ADD CONSTRAINT bad CHECK (topic <> 'pishkhan.log.requests')")
        paid = "".join(payment(number) for number in range(PAYMENTS))
        assert f"{PAYMENTS} published" in bus.command("publish", "-", said=paid).stdout
        until(lambda: bus.metric("requests", "pishkhan_halted_partitions", cause="failed_in_a_row") > 0, "a halt", 60)
        until(lambda: bus.count(FAILED) > 0 and bus.stands("requests")["halted"] != [], "halted partitions at /readyz")
        assert bus.count(FAILED) <= FAILED_IN_A_ROW_MAX * INTAKE_DIRECTORATE.partitions
        assert any(words.endswith(": failed_in_a_row") for words in bus.wrong()["halted"])
        connection.execute("ALTER TABLE outbox DROP CONSTRAINT bad")
    logged: LiteralString = "SELECT count(DISTINCT event_id) FROM outbox WHERE topic = 'pishkhan.log.requests'"
    until(lambda: bus.count(logged) == PAYMENTS, "every payment", 120.0)
    until(lambda: bus.stands("requests")["halted"] == [], "no partition halted")
    assert bus.count("SELECT count(*) FROM outbox WHERE topic = 'pishkhan.log.requests'") == PAYMENTS
    assert bus.count("SELECT count(*) FROM parked_event") == 0


def payment(number: int) -> str:
    data = {"office": "office-1", "amount_rial": 5_000, "reference": f"bank-{number}"}
    kind = "ir.pishkhan.OfficePaid.v1"
    said = {"specversion": "1.0", "id": str(uuid4()), "source": "/directorate", "type": kind, "data": data}
    return json.dumps(said) + "\n"


def test_a_broker_is_reachable_when_one_of_its_addresses_listens() -> None:
    assert reachable(""), "not knowing any, nothing is said against it"
    assert not reachable("127.0.0.1:1")
    assert not reachable("nonsense")
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert reachable(f"127.0.0.1:1, 127.0.0.1:{server.getsockname()[1]}")
