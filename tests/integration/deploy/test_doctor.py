"""The doctor on a real broker and database: in order, then with one thing broken at a time."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import LiteralString

import psycopg
import pytest
from pydantic import SecretStr

from connectors.database.sql.engine import plain_url
from connectors.telemetry.exporter import Exporter
from connectors.telemetry.health import HealthServer
from connectors.telemetry.standing import Halt, Standing
from connectors.words.language import Language
from deploy.bootstrap import run_worker
from deploy.engines.instance import Instance
from deploy.engines.jars import ensure_jars
from deploy.engines.kafka import EmbeddedKafka
from deploy.engines.kept import Kept
from deploy.engines.port_block import port_block
from deploy.operations.doctor.checks import Level
from deploy.operations.doctor.table import examine
from deploy.problem import Problem
from deploy.processes.processes import choose_port
from deploy.running.preparation import prepare
from deploy.settings import Settings, remember
from deploy.use_cases import opened
from deploy.workers.table import WORKERS, worker_row
from tests.kit.on_sql.databases import wait_until
from tests.kit.real.brokers import provide
from tests.kit.real.engines import DatabaseUrls, Engines, kafka_login

pytestmark = pytest.mark.integration

AGENCIES = ["gas"]
HURRIED = [("database", f"{name} is off: what was committed can be lost") for name in ("fsync", "full_page_writes")]


@pytest.fixture(scope="module")
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedKafka]:
    """A broker of its own: the shared one has other tests' topics."""
    with Instance(tmp_path_factory.mktemp("broker")) as instance:
        kafka = EmbeddedKafka(instance.directory / "kafka", instance.log_directory, instance.processes, ensure_jars)
        kafka.start()
        provide(kafka_login(kafka.bootstrap_servers, kafka.user, kafka.password), *AGENCIES)
        yield kafka
        kafka.stop()


@pytest.fixture
def settings(
    own_broker: EmbeddedKafka, migrated_database: DatabaseUrls, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    kept = Kept(tmp_path_factory.mktemp("ports") / "kept.json")
    # Ports that no other bus on this machine has, all of them: below those that clients are given.
    with port_block(kept, 20_560, [row.port_offset for row in WORKERS]) as metrics_port:
        yield Settings(
            data_directory=tmp_path,
            kafka_bootstrap=own_broker.bootstrap_servers,
            kafka_password=SecretStr(own_broker.password),
            database_url=SecretStr(migrated_database.worker_url),
            database_owner_url=SecretStr(migrated_database.owner_url),
            metrics_port=metrics_port,
        )


def wrong(settings: Settings) -> list[tuple[str, str]]:
    """What is wrong, but for the workers, none of which runs here."""
    found = [finding for finding in examine(settings) if finding.level is Level.WRONG]
    return [(finding.subject, finding.words) for finding in found if finding.subject != "workers"]


def faults(settings: Settings) -> list[tuple[str, str]]:
    """What is wrong, but for what is meant: the server of tests answers before its rows are on the disk."""
    return [found for found in wrong(settings) if found not in HURRIED]


def words(settings: Settings) -> list[tuple[str, str]]:
    """Everything that is said."""
    return [(finding.subject, finding.words) for finding in examine(settings)]


def as_owner(settings: Settings, statement: LiteralString) -> None:
    url = plain_url(settings.owner_database_url())
    with psycopg.connect(url) as connection:
        connection.execute(statement)


def test_a_prepared_bus_is_in_order(settings: Settings) -> None:
    # A broker shows rules a moment after it has taken them.
    wait_until(lambda: faults(settings) == [], "the broker to show the rules that it was given")
    assert faults(settings) == []


def test_a_server_that_does_not_wait_for_its_disk_is_found(settings: Settings) -> None:
    found = wrong(settings)
    assert [one for one in found if one[0] == "database"] == HURRIED


def test_workers_that_do_not_run_are_named(settings: Settings) -> None:
    wrong = [finding.words for finding in examine(settings) if finding.subject == "workers"]
    assert "settlement does not run" in wrong


def test_a_missing_table_is_named(settings: Settings) -> None:
    as_owner(settings, "DROP TABLE dead_letter")
    assert faults(settings) == [("tables", "missing: dead_letter")]


def test_a_changed_table_and_a_right_to_change_history_are_found(settings: Settings) -> None:
    as_owner(settings, "ALTER TABLE request DROP COLUMN agency")
    as_owner(settings, "GRANT DELETE ON ledger_transfer TO pishkhan_worker")
    assert faults(settings) == [
        ("tables", "the tables differ from what this version expects, in 1 place(s)"),
        ("tables", "pishkhan_worker may change or remove rows of ledger_transfer"),
    ]


def a_newer_build_was_here(settings: Settings) -> None:
    as_owner(settings, "UPDATE alembic_version SET version_num = '9999'")


def test_tables_to_which_a_newer_build_has_only_added_are_not_compared(settings: Settings) -> None:
    as_owner(settings, "CREATE TABLE of_a_newer_build (id int)")
    a_newer_build_was_here(settings)
    assert faults(settings) == []
    [form] = [words for subject, words in words(settings) if subject == "tables"]
    assert form.endswith("there, and what a newer build has added beside them")


def test_a_database_that_a_newer_build_changed_is_told_in_one_sentence_everywhere(settings: Settings) -> None:
    a_newer_build_was_here(settings)
    as_owner(settings, "COMMENT ON TABLE alembic_version IS 'the oldest build knows step 9998'")
    told = "The database was changed by a newer build (step 9999), and this one cannot work on it; start the newer"
    [(subject, said)] = faults(settings)
    assert subject == "database"
    assert said.startswith(told)
    assert {"tables", "lag", "counts", "outbox"}.isdisjoint(subject for subject, _ in words(settings))
    remember(settings)
    for ask in (
        lambda: prepare(settings, print),
        lambda: run_worker("relay", settings, choose_port(None), Event()),
        lambda: opened(settings.data_directory).__enter__(),
    ):
        with pytest.raises(Problem) as refused:
            ask()
        assert str(refused.value) == said
        assert refused.value.told(Language.FA).startswith("نسخه تازه‌تری")


def test_a_position_on_another_topic_is_found(settings: Settings) -> None:
    as_owner(
        settings,
        "INSERT INTO consumer_offset (consumer, cluster_id, topic, topic_id, partition, next_position) "
        "VALUES ('settlement', 'x', 'pishkhan.log.requests', 'another', 0, 0)",
    )
    assert faults(settings) == [("lag", "settlement knows another pishkhan.log.requests than the broker has")]


def test_events_that_wait_for_a_topic_that_is_missing_are_found(settings: Settings) -> None:
    as_owner(
        settings,
        "INSERT INTO outbox (shard, topic, partition, key, event_id, source, type, time, body) "
        "SELECT 0, topic, 0, 'k', 'e', 's', 't', now(), '' "
        "FROM unnest(ARRAY['pishkhan.intake.nosuch', 'pishkhan.intake.nosuch', 'pishkhan.intake.gas']) AS topic",
    )
    assert faults(settings) == [("outbox", "2 event(s) wait for pishkhan.intake.nosuch, which does not exist")]
    assert ("outbox", "1 event(s) wait to be published") in words(settings)


def test_failed_events_are_found(settings: Settings) -> None:
    as_owner(
        settings,
        "INSERT INTO parked_event (consumer, key, reason, detail, topic, partition, position, headers, body, "
        "appended_at, expires_at) SELECT 'requests', 'k', reason, 'd', 't', 0, 0, '[]', '', now(), now() "
        "FROM unnest(ARRAY['failed', 'behind', 'behind']) AS reason",
    )
    (fault,) = faults(settings)
    assert fault[1].startswith("the code of requests failed on 1 event(s) at every try")
    as_owner(settings, "UPDATE parked_event SET next_try_at = now() + interval '1 day' WHERE reason = 'failed'")
    assert faults(settings) == []
    assert ("waiting", "requests has parked events: 2 behind") in words(settings)


def test_the_figures_are_compared_with_the_ends_of_the_logs(settings: Settings) -> None:
    assert ("lag", "kpi is 0 events behind") in words(settings)
    as_owner(settings, "INSERT INTO kpi_position VALUES ('pishkhan.log.settlement', 3, 7)")
    assert faults(settings) == [("lag", "kpi is at 7 of pishkhan.log.settlement-3, which ends at 0")]


def test_halted_partitions_are_found(settings: Settings) -> None:
    standing = Standing(halts=tuple(Halt("log", number, "park_full", datetime.now(UTC)) for number in range(2)))
    port = settings.metrics_port + worker_row("requests").port_offset
    with HealthServer(port, Exporter().registry, lambda: standing):
        [(subject, words)] = faults(settings)
    assert subject == "halted"
    assert words.startswith("requests has halted 2 partition(s) since ")
    assert words.endswith(": park_full; log/0, log/1")


def test_a_worker_that_is_gone_was_last_heard_of_at_some_time(settings: Settings) -> None:
    as_owner(settings, "INSERT INTO worker VALUES ('settlement', 'a', '2026-11-25 08:00Z')")
    [gone] = [finding.words for finding in examine(settings) if finding.words.startswith("settlement does not run")]
    assert "no sign of life since 2026-11-25 08:00:00 UTC" in gone


def test_workers_that_log_in_as_the_super_user_are_found(settings: Settings, engines: Engines) -> None:
    database = settings.owner_database_url().rpartition("/")[2]
    mighty = settings.model_copy(update={"database_url": SecretStr(engines.postgres.url("postgres", database))})
    assert ("database", "workers log in as postgres, who may do too much") in faults(mighty)


def test_engines_that_do_not_answer_are_the_only_thing_said_of_them(tmp_path: Path) -> None:
    nowhere = Settings(
        data_directory=tmp_path,
        kafka_bootstrap="127.0.0.1:1",
        database_url=SecretStr("postgresql+psycopg://pishkhan_worker:x@127.0.0.1:1/pishkhan"),
    )
    subjects = [subject for subject, _ in faults(nowhere)]
    assert subjects == ["broker", "database"]
