"""The relay between a real outbox and a real log: restarts, cut connections, missing topics; nothing lost, in order."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any

import pytest
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from sqlalchemy import Engine, text

from connectors.broker.admin import BATCH_BYTES, BrokerAdmin
from connectors.broker.log_producer import LogProducer
from connectors.database.publication.operator import OutboxOperator
from connectors.database.publication.outbox import outbox_opener
from connectors.database.publication.relay import SqlRelayOutbox
from consumers.runner.records import Record
from deploy.engines.kafka import EmbeddedKafka
from producers.relay import Relay, RelayPace
from producers.set_aside import OutboxAction
from schemas.envelope import Envelope, from_headers
from schemas.limits import PRODUCER_BATCH_BYTES
from schemas.message import Message
from schemas.topics import LOG_REQUESTS
from tests.kit.on_sql.databases import scalar, wait_until
from tests.kit.real.brokers import fresh_agency, provide, read_from_start, source_of
from tests.kit.real.engines import DatabaseUrls, Engines, kafka_login
from tests.kit.values.clocks import trusting_watch
from tests.memory.telemetry import MemoryRelayReport

pytestmark = pytest.mark.integration

TIME = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
PACE = RelayPace(rows_max=20, poll_seconds=0.2, standby_seconds=0.2, wait_last_seconds=0.5, missing_topic_seconds=0.5)


class Keys:
    """Writes events of several keys to the outbox, each with the next sequence of its key."""

    def __init__(self, engine: Engine, topic: str) -> None:
        self._open = outbox_opener(engine)
        self._topic = topic
        self.sequences: dict[str, int] = {}

    def write(self, events: int) -> None:
        messages = []
        for number in range(events):
            key = f"key-{number % 7}"
            sequence = self.sequences[key] = self.sequences.get(key, 0) + 1
            envelope = Envelope(f"{key}-{sequence}", "/bus", "ir.pishkhan.X.v1", key, TIME, sequence)
            messages.append(Message(self._topic, key, envelope, b"{}"))
        with self._open() as outbox:
            outbox.add(messages)


def first_appearances(records: list[Record]) -> dict[str, list[int]]:
    """Return each key's sequences in the order in which they first appear in the log: what a reader sees."""
    seen: dict[str, list[int]] = {}
    for record in records:
        envelope = from_headers(record.headers)
        assert envelope.sequence is not None
        sequences = seen.setdefault(str(envelope.subject), [])
        if not sequences or envelope.sequence > sequences[-1]:
            sequences.append(envelope.sequence)
    return seen


@contextmanager
def running_relay(url: str, login: Mapping[str, Any], name: str = "relay-1") -> Iterator[MemoryRelayReport]:
    stop, report = Event(), MemoryRelayReport()
    relay = Relay(
        lambda: SqlRelayOutbox(url, name, trusting_watch()),
        lambda: LogProducer(login),
        report,
        pace=PACE,
        chance=lambda: 0.5,
    )
    thread = Thread(target=relay.run, args=(stop,))
    thread.start()
    try:
        yield report
    finally:
        stop.set()
        thread.join()


def nothing_waits(engine: Engine) -> Callable[[], bool]:
    def check() -> bool:
        with engine.connect() as connection:
            return scalar(connection, "SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0

    return check


def log_end(login: Mapping[str, Any], topic: str) -> int:
    source = source_of(login, topic)
    try:
        return sum(source.ends([topic]).values())
    finally:
        source.close()


@pytest.fixture
def topic(engines: Engines) -> str:
    agency = fresh_agency()
    provide(engines.kafka_login, agency)
    return f"pishkhan.intake.{agency}"


def test_everything_is_published_once_in_order(
    engines: Engines, database: DatabaseUrls, engine: Engine, topic: str
) -> None:
    keys = Keys(engine, topic)
    keys.write(300)
    with running_relay(database.worker_url, engines.kafka_login) as report:
        keys.write(300)
        wait_until(nothing_waits(engine), "everything is published")
    records = read_from_start(engines.kafka_login, topic, 600)
    assert log_end(engines.kafka_login, topic) == 600
    assert first_appearances(records) == {key: list(range(1, last + 1)) for key, last in keys.sequences.items()}
    assert report.rows == 600


def test_a_relay_that_loses_its_database_connection_goes_on_in_order(
    engines: Engines, database: DatabaseUrls, engine: Engine, topic: str
) -> None:
    keys = Keys(engine, topic)
    cut = text("SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE application_name LIKE 'relay-%'")
    with running_relay(database.worker_url, engines.kafka_login) as first:
        with running_relay(database.worker_url, engines.kafka_login, "relay-2") as second:
            for _ in range(5):
                keys.write(100)
                with engine.begin() as connection:
                    connection.execute(cut)
            wait_until(nothing_waits(engine), "everything is published")
        assert first.rows + second.rows >= 500
    records = read_from_start(engines.kafka_login, topic, log_end(engines.kafka_login, topic))
    assert first_appearances(records) == {key: list(range(1, last + 1)) for key, last in keys.sequences.items()}


def test_a_missing_topic_holds_up_nothing_else_and_its_rows_go_out_when_it_is_made(
    engines: Engines, database: DatabaseUrls, engine: Engine, topic: str
) -> None:
    missing = fresh_agency()
    later = f"pishkhan.intake.{missing}"
    Keys(engine, later).write(5)
    Keys(engine, topic).write(5)
    with running_relay(database.worker_url, engines.kafka_login) as report:
        wait_until(lambda: report.rows == 5, "the rows of the topic that is there are published")
        assert set(report.missing) == {later}
        provide(engines.kafka_login, missing)
        wait_until(nothing_waits(engine), "the others follow")
    assert len(read_from_start(engines.kafka_login, later, 5)) == 5


def test_a_broker_that_restarts_loses_nothing(
    database: DatabaseUrls, engine: Engine, own_broker: Callable[[], EmbeddedKafka]
) -> None:
    kafka = own_broker()
    login = kafka_login(kafka.bootstrap_servers, kafka.user, kafka.password)
    admin = BrokerAdmin(login)
    admin.ensure_topics([])
    admin.close()
    keys = Keys(engine, LOG_REQUESTS.name)
    keys.write(100)
    with running_relay(database.worker_url, login) as report:
        wait_until(lambda: report.rows >= 20, "the relay is in the middle of it")
        kafka.stop()
        keys.write(100)
        wait_until(lambda: report.waits_for == "broker" or not nothing_waits(engine)(), "rows wait for the broker")
        kafka = own_broker()
        assert login["bootstrap_servers"] == kafka.bootstrap_servers
        wait_until(nothing_waits(engine), "everything is published", seconds=90.0)
    records = read_from_start(login, LOG_REQUESTS.name, log_end(login, LOG_REQUESTS.name))
    assert first_appearances(records) == {key: list(range(1, last + 1)) for key, last in keys.sequences.items()}


def set_batch_bytes(login: Mapping[str, Any], topic: str, size: int) -> None:
    """Change the topic's limit and wait until the broker holds to it: the controller's answer comes before that."""
    client: Any = KafkaAdminClient(**login)
    with closing(client):
        client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {BATCH_BYTES: str(size)})])
        asked = [ConfigResource(ConfigResourceType.TOPIC, topic)]

        def known() -> bool:
            found = client.describe_configs(asked, config_filter="all")["topic"][topic]
            return str(found[BATCH_BYTES]["value"]) == str(size)

        wait_until(known, "the broker knows the topic's limit")


@pytest.mark.parametrize("batch_bytes", [1, PRODUCER_BATCH_BYTES], ids=["each in a batch of its own", "as they come"])
def test_what_the_broker_refuses_waits_with_its_key_for_a_person_and_all_others_are_published(
    engines: Engines,
    database: DatabaseUrls,
    engine: Engine,
    topic: str,
    batch_bytes: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # In batches of its own, what follows the refused row in its key could be there before it.
    monkeypatch.setattr("connectors.broker.log_producer.PRODUCER_BATCH_BYTES", batch_bytes)
    set_batch_bytes(engines.kafka_login, topic, 3_000)
    keys = [f"key-{number}" for number in range(40)]
    large = b'"' + b"".join(b"%06x" % (number * 7_919 % 16_777_216) for number in range(2_000)) + b'"'

    def message(key: str, number: int, body: bytes = b"{}") -> Message:
        return Message(topic, key, Envelope(f"{key}-{number}", "/bus", "ir.pishkhan.X.v1", key, TIME), body)

    with outbox_opener(engine)() as outbox:
        outbox.add([message(key, 1) for key in keys])
        outbox.add([message("key-7", 2, large), message("key-7", 3)])
        outbox.add([message(key, 4) for key in keys])
    count = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
    with running_relay(database.worker_url, engines.kafka_login) as report, engine.connect() as connection:
        wait_until(lambda: scalar(connection, count) == 3, "all others are published")
        wait_until(lambda: bool(report.aside), "one is set aside")
        [(_, cause)] = report.aside
        assert "refuses" in cause
        assert report.waits_for is None
        connection.rollback()
        set_batch_bytes(engines.kafka_login, topic, 100_000)
        operator = OutboxOperator(connection)
        [line] = operator.lines()
        assert (line.key, line.event_id, operator.behind()) == ("key-7", "key-7-2", {line.id: 2})
        assert operator.decide([line.id], OutboxAction.RETRY, "somebody", "the topic takes more again") == [line.id]
        connection.commit()
        wait_until(lambda: scalar(connection, count) == 0, "it follows")
    records = read_from_start(engines.kafka_login, topic, 82)
    mine = [from_headers(record.headers).id for record in records if record.key == b"key-7"]
    assert list(dict.fromkeys(mine)) == ["key-7-1", "key-7-2", "key-7-3", "key-7-4"]
