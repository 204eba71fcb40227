"""The producer over a client without a broker: a batch counts only when every record's report says so."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import pytest
from confluent_kafka import KafkaError

from connectors.broker import log_producer
from connectors.broker.log_producer import LogProducer
from consumers.runner.records import Partition
from producers.ports import LogUnavailable, OutboxRow, RowsRefused, TopicMissing

CREATED = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
Report = Callable[[KafkaError | None, None], None]


class Client:
    """As much of librdkafka's producer as is used; `fate` says what becomes of each record."""

    #: None: acknowledged; an error: not; nothing: there is never a report.
    fate: Mapping[bytes, KafkaError | None]
    sent: list[tuple[str, int, bytes]]

    def __init__(self, arguments: Mapping[str, object], logger: object) -> None:
        assert arguments["enable.idempotence"] is True
        assert arguments["acks"] == "all"
        self._reports: list[tuple[bytes, Report]] = []

    def produce(
        self,
        topic: str,
        value: bytes,
        key: bytes,
        partition: int,
        on_delivery: Report,
        headers: Sequence[tuple[str, bytes]],
    ) -> None:
        self.sent.append((topic, partition, value))
        self._reports.append((value, on_delivery))

    def flush(self, timeout: float) -> int:
        while self._reports:
            value, report = self._reports.pop(0)
            if value in self.fate:
                report(self.fate[value], None)
        return 0

    def purge(self) -> None:
        self._reports = []


class Admin:
    """A broker that has one topic."""

    def __init__(self, login: object) -> None:
        self.closed = False

    def partitions(self) -> list[Partition]:
        return [Partition("log", "id-1", 0)]

    def close(self) -> None:
        self.closed = True


def rows(*bodies: bytes, topic: str = "log") -> list[OutboxRow]:
    return [OutboxRow(n, CREATED, topic, 0, b"k" + body, [], body) for n, body in enumerate(bodies)]


def of_one_key(*bodies: bytes) -> list[OutboxRow]:
    return [row._replace(key=b"k") for row in rows(*bodies)]


def failed() -> KafkaError:
    return KafkaError(KafkaError._MSG_TIMED_OUT, "timed out")


@pytest.fixture
def producer(monkeypatch: pytest.MonkeyPatch) -> LogProducer:
    monkeypatch.setattr(log_producer, "Producer", Client)
    monkeypatch.setattr(log_producer, "BrokerAdmin", Admin)
    monkeypatch.setattr(Client, "sent", [], raising=False)
    monkeypatch.setattr(Client, "fate", {b"a": None, b"b": None, b"c": None}, raising=False)
    return LogProducer({"bootstrap_servers": "nowhere"})


def test_a_batch_that_is_acknowledged_whole_is_fine(producer: LogProducer) -> None:
    producer.send(rows(b"a", b"b", b"c"))()
    assert Client.sent == [("log", 0, b"a"), ("log", 0, b"b"), ("log", 0, b"c")]


@pytest.mark.parametrize("lost", [b"a", b"b", b"c"])
def test_one_record_that_fails_fails_the_batch(
    producer: LogProducer, monkeypatch: pytest.MonkeyPatch, lost: bytes
) -> None:
    monkeypatch.setattr(Client, "fate", {**Client.fate, lost: failed()})
    wait = producer.send(rows(b"a", b"b", b"c"))
    with pytest.raises(LogUnavailable, match="timed out"):
        wait()


@pytest.mark.parametrize("silent", [b"a", b"b", b"c"])
def test_one_record_without_a_report_fails_the_batch(
    producer: LogProducer, monkeypatch: pytest.MonkeyPatch, silent: bytes
) -> None:
    fate = {body: report for body, report in Client.fate.items() if body != silent}
    monkeypatch.setattr(Client, "fate", fate)
    wait = producer.send(rows(b"a", b"b", b"c"))
    with pytest.raises(LogUnavailable, match="1 of 3 records have no report"):
        wait()


def test_of_one_key_a_row_goes_when_the_one_before_it_is_acknowledged(producer: LogProducer) -> None:
    wait = producer.send(of_one_key(b"a", b"b", b"c"))
    assert Client.sent == [("log", 0, b"a")]
    wait()
    assert Client.sent == [("log", 0, b"a"), ("log", 0, b"b"), ("log", 0, b"c")]


def test_what_lies_behind_a_refused_row_of_its_key_is_not_sent(
    producer: LogProducer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Client, "fate", {**Client.fate, b"b": KafkaError(KafkaError.MSG_SIZE_TOO_LARGE)})
    with pytest.raises(RowsRefused) as refused:
        producer.send(of_one_key(b"a", b"b", b"c"))()
    assert list(refused.value.refused) == [1]
    assert refused.value.acknowledged == {0}
    assert Client.sent == [("log", 0, b"a"), ("log", 0, b"b")]


def test_what_lies_behind_a_row_without_a_report_has_none_either(
    producer: LogProducer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Client, "fate", {b"a": None, b"c": None})
    with pytest.raises(LogUnavailable, match="2 of 3 records have no report"):
        producer.send(of_one_key(b"a", b"b", b"c"))()


def test_a_missing_topic_is_named_before_anything_is_sent(producer: LogProducer) -> None:
    with pytest.raises(TopicMissing) as missing:
        producer.send([*rows(b"a"), *rows(b"b", topic="none")])
    assert missing.value.topics == {"none"}
    assert Client.sent == []


def test_what_the_broker_will_never_take_is_told_apart_from_what_it_has(
    producer: LogProducer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Client, "fate", {**Client.fate, b"b": KafkaError(KafkaError.MSG_SIZE_TOO_LARGE)})
    with pytest.raises(RowsRefused) as refused:
        producer.send(rows(b"a", b"b", b"c"))()
    assert list(refused.value.refused) == [1]
    assert "large" in refused.value.refused[1].lower()
    assert refused.value.acknowledged == {0, 2}


def test_a_batch_in_which_one_is_refused_and_another_fails_goes_again_whole(
    producer: LogProducer, monkeypatch: pytest.MonkeyPatch
) -> None:
    fate = {**Client.fate, b"b": KafkaError(KafkaError.MSG_SIZE_TOO_LARGE), b"c": failed()}
    monkeypatch.setattr(Client, "fate", fate)
    with pytest.raises(LogUnavailable, match="timed out"):
        producer.send(rows(b"a", b"b", b"c"))()


def test_rows_without_ids_of_their_own_are_counted_each(producer: LogProducer, monkeypatch: pytest.MonkeyPatch) -> None:
    several = [row._replace(id=0) for row in rows(b"a", b"b", b"c")]
    producer.send(several)()
    monkeypatch.setattr(Client, "fate", {body: report for body, report in Client.fate.items() if body != b"c"})
    with pytest.raises(LogUnavailable, match="1 of 3 records have no report"):
        producer.send(several)()
