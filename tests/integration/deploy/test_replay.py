"""`pishkhan replay`: what was left out is made up for, nothing is done twice, and what would happen is said."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from kafka import KafkaProducer
from pydantic import SecretStr
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from connectors.broker.admin import BrokerAdmin
from connectors.broker.source import KafkaSource
from connectors.database.runner.dead_letters import DeadLetterStore
from connectors.database.sql.engine import build_engine
from consumers.intake import Unreadable
from consumers.runner.outcomes import DeadLetterReason, Outcome
from consumers.runner.records import Record
from consumers.runner.rereading import Reread, RereadRequest
from deploy.cli import build
from deploy.engines.instance import Instance
from deploy.engines.jars import ensure_jars
from deploy.engines.kafka import EmbeddedKafka
from deploy.operations.rereading import reread
from deploy.problem import Problem
from deploy.settings import Settings
from schemas.intake_agency import RequestCancelled
from schemas.topics import LOG_REQUESTS
from tests.kit.on_sql.databases import engine_of
from tests.kit.on_sql.requests import AGENCY_SOURCE, claim_record, load_registry, submission
from tests.kit.real.engines import DatabaseUrls, kafka_login
from tests.kit.values.builders import AGENCY, office, small_province
from tests.kit.values.ledger_log import RequestsLog, accepted, certificate, collected, completed, request, started

pytestmark = pytest.mark.integration

TOPIC = f"pishkhan.intake.{AGENCY}"


@pytest.fixture(scope="module")
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedKafka]:
    """A broker of its own: the shared one has other tests' logs."""
    with Instance(tmp_path_factory.mktemp("broker")) as instance:
        kafka = EmbeddedKafka(instance.directory / "kafka", instance.log_directory, instance.processes, ensure_jars)
        kafka.start()
        admin = BrokerAdmin(kafka_login(kafka.bootstrap_servers, kafka.user, kafka.password))
        admin.ensure_topics([AGENCY])
        admin.close()
        yield kafka
        kafka.stop()


@pytest.fixture
def settings(own_broker: EmbeddedKafka, migrated_database: DatabaseUrls, tmp_path: Path) -> Settings:
    with engine_of(migrated_database.owner_url, "owner") as owner, owner.begin() as connection:
        load_registry(connection, small_province(*(office(f"office-{number}") for number in range(1, 6))))
    return Settings(
        data_directory=tmp_path,
        kafka_bootstrap=own_broker.bootstrap_servers,
        kafka_password=SecretStr(own_broker.password),
        database_url=SecretStr(migrated_database.worker_url),
        routing_secret=SecretStr("a secret of the tests"),
    )


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    engine = build_engine(settings.worker_database_url(), "tests")
    yield engine
    engine.dispose()


@pytest.fixture
def start() -> datetime:
    return next_millisecond()


def next_millisecond() -> datetime:
    """Return a moment that is later, by the broker's milliseconds, than everything written so far."""
    before, deadline = datetime.now(UTC), monotonic() + 5.0
    while (now := datetime.now(UTC)).replace(microsecond=now.microsecond // 1000 * 1000) <= before:
        assert monotonic() < deadline, "the clock stands still"
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def write(settings: Settings, records: Sequence[Record]) -> None:
    producer = KafkaProducer(**settings.kafka_login(), acks="all")
    sent = [
        producer.send(one.topic, one.value, key=one.key, headers=list(one.headers), partition=one.partition)
        for one in records
    ]
    for future in sent:
        future.get(timeout=20)
    producer.close()


def claims(count: int) -> list[Record]:
    return [claim_record(AGENCY_SOURCE, submission()) for _ in range(count)]


def passes(settings: Settings, engine: Engine, consumer: str, topic: str, back: int = 0) -> None:
    """Let `consumer` stand at the end of `topic`, or so many records before it, though it has applied nothing."""
    admin = BrokerAdmin(settings.kafka_login())
    partitions = [one for one in admin.partitions() if one.topic == topic]
    cluster = admin.cluster_id()
    admin.close()
    source = KafkaSource(settings.kafka_login(), lambda each: each == topic, "tests")
    ends = source.ends([topic])
    source.close()
    insert = (
        "INSERT INTO consumer_offset (consumer, cluster_id, topic, topic_id, partition, next_position) "
        "VALUES (:consumer, :cluster, :topic, :topic_id, :number, :position)"
    )
    with engine.begin() as connection:
        for one in partitions:
            position = max(0, ends[f"{topic}/{one.number}"] - back)
            values = {"topic": topic, "topic_id": one.topic_id, "number": one.number, "position": position}
            connection.execute(text(insert), {"consumer": consumer, "cluster": cluster, **values})


def of(results: list[Reread], consumer: str) -> dict[str, int]:
    """Return what became of one consumer's records."""
    [one] = [result for result in results if result.consumer == consumer]
    counts = {outcome.value: count for outcome, count in one.tally.outcomes.items() if count}
    return counts | ({"to_come": one.to_come} if one.to_come else {})


def again(settings: Settings, start: datetime, end: datetime | None = None, *, keep: bool = True) -> dict[str, int]:
    return of(
        reread(settings, RereadRequest(start, end, [TOPIC]), keep=keep, progress=lambda done, total: None), "requests"
    )


def rows(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    with engine.begin() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_what_was_left_out_is_done_now_and_once(settings: Settings, engine: Engine, start: datetime) -> None:
    write(settings, claims(40))
    passes(settings, engine, "requests", TOPIC)
    assert again(settings, start, keep=False) == {"handled": 40}
    assert rows(engine, "SELECT count(*) FROM request") == [(0,)], "a trial changes nothing"
    assert again(settings, start) == {"handled": 40}
    assert again(settings, start) == {"duplicate": 40}
    assert again(settings, start, keep=False) == {"duplicate": 40}
    assert rows(engine, "SELECT state, count(*) FROM request GROUP BY state") == [("routed", 40)]
    assert rows(engine, "SELECT count(*), count(DISTINCT event_id) FROM outbox") == [(80, 80)]


def test_only_the_records_of_the_time_are_read(settings: Settings, engine: Engine, start: datetime) -> None:
    write(settings, claims(10))
    middle = next_millisecond()
    write(settings, claims(7))
    end = next_millisecond()
    write(settings, claims(3))
    passes(settings, engine, "requests", TOPIC)
    assert again(settings, middle, end) == {"handled": 7}
    assert again(settings, end) == {"handled": 3}
    assert again(settings, start, middle) == {"handled": 10}
    assert again(settings, start) == {"duplicate": 20}


def test_what_the_consumer_has_not_come_to_is_left_to_it(settings: Settings, engine: Engine, start: datetime) -> None:
    write(settings, claims(10))
    passes(settings, engine, "requests", TOPIC, back=4)
    assert again(settings, start) == {"handled": 6, "to_come": 4}


def test_what_cannot_be_read_or_applied_is_kept_once(settings: Settings, engine: Engine, start: datetime) -> None:
    good, early = claims(1), claim_record(AGENCY_SOURCE, RequestCancelled(request_id=request(7), reason="too early"))
    garbage = Record(TOPIC, 0, 0, b"k", (("ce_id", b"\xff"),), b"{", good[0].appended_at)
    write(settings, [*good, garbage, early])
    passes(settings, engine, "requests", TOPIC)
    assert again(settings, start) == {"handled": 1, "dead_lettered": 1, "parked": 1}
    assert again(settings, start) == {"duplicate": 3}
    assert rows(engine, "SELECT count(*) FROM dead_letter") == [(1,)]
    assert rows(engine, "SELECT reason FROM parked_event") == [("predecessor",)]


def test_what_a_bad_version_called_unreadable_is_done_by_a_mended_one(
    settings: Settings, engine: Engine, start: datetime
) -> None:
    good = claims(3)
    write(settings, good)
    passes(settings, engine, "requests", TOPIC)
    with engine.begin() as connection:
        letters = [Unreadable(one, DeadLetterReason.MALFORMED, "body", "is not JSON") for one in good]
        assert DeadLetterStore(connection).add("requests", letters) == letters
    assert again(settings, start) == {"handled": 3}
    assert rows(engine, "SELECT count(*) FROM dead_letter") == [(3,)], "what was once said of them stays on record"


def test_a_log_is_made_up_for_in_the_ledger_and_in_the_figures(
    settings: Settings, engine: Engine, start: datetime
) -> None:
    log = RequestsLog()
    for number in range(1, 6):
        log.add(accepted(request(number), certificate()))
        log.add(collected(request(number), 30_000))
        log.add(started(request(number)))
        log.add(completed(request(number), certificate()))
    write(settings, log.records)
    passes(settings, engine, "settlement", LOG_REQUESTS.name)
    everything = RereadRequest(start, None, [LOG_REQUESTS.name])
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO kpi_position SELECT topic, partition, next_position FROM consumer_offset "
                "WHERE consumer = 'settlement'"
            )
        )

    def read_again() -> list[Reread]:
        return reread(settings, everything, keep=True, progress=lambda done, total: None)

    first = read_again()
    assert of(first, "settlement") == {"handled": 20}
    assert of(first, "kpi")["handled"] >= 5
    sums = "SELECT count(*), count(DISTINCT transaction_id), sum(amount_rial) FROM ledger_transfer"
    before = rows(engine, sums)
    assert before[0][:2] == (20, 15)
    second = read_again()
    assert of(second, "settlement") == {"duplicate": 20}
    assert Outcome.HANDLED.value not in of(second, "kpi")
    assert rows(engine, sums) == before
    assert rows(engine, "SELECT count(*) FROM kpi_request_fact") == [(5,)]


def test_it_says_what_would_happen_and_what_happened(
    settings: Settings, engine: Engine, start: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(settings, claims(3))
    passes(settings, engine, "requests", TOPIC)
    for name, value in settings.values().items():
        monkeypatch.setenv(f"PISHKHAN_{name.upper()}", value)
    monkeypatch.setenv("COLUMNS", "160")

    def say(*more: str) -> str:
        result = CliRunner().invoke(build("replay"), ["replay", "--from", start.isoformat(), "--topic", TOPIC, *more])
        assert result.exit_code == 0, result.output
        return result.stdout

    tried = say("--dry-run")
    assert "3 events would be taken in that were not before.\nEach batch was tried and undone" in tried
    assert "۳ رویداد گرفته می‌شد که پیش‌تر گرفته نشده بود." in say("--dry-run", "--lang", "fa")
    assert "3 events were taken in that were not before." in say()
    assert "Nothing has changed." in say()
    assert "Nothing would change." in say("--dry-run")
    for arguments, problem in (
        (["--from", "yesterday"], "is no time"),
        (["--from", "2026-01-02", "--to", "2026-01-01"], "must be later"),
        (["--from", "2199-01-01"], "lies ahead"),
        (["--from", "2026-01-02", "--topic", "nonsense"], "No consumer reads nonsense"),
    ):
        failed = CliRunner().invoke(build("replay"), ["replay", *arguments])
        assert isinstance(failed.exception, Problem)
        assert problem in str(failed.exception)
