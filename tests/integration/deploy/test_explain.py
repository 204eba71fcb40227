"""`pishkhan explain` on a real broker: the answer in words, the recomputation, and what it says when it cannot."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic
from typer.testing import CliRunner, Result

from connectors.broker.history import KafkaHistory
from consumers.requests.domain.registry.view import RegistryView
from consumers.runner.records import Record
from deploy.cli import build
from deploy.engines.instance import Instance
from deploy.engines.jars import ensure_jars
from deploy.engines.kafka import EmbeddedKafka
from deploy.exits import ExitCode
from deploy.problem import Problem
from schemas.base import Event
from schemas.decode import encode
from schemas.envelope import Envelope, to_headers
from schemas.log_requests import Decision, RequestRouted
from schemas.partition import partition_of
from schemas.topics import LOG_REGISTRY, LOG_REQUESTS, LOG_SETTLEMENT
from tests.kit.real.engines import kafka_login
from tests.kit.values import builders
from tests.kit.values.journal import OFFICES, SECRET, Journal, decline, ident, office_of, submission

pytestmark = pytest.mark.integration

TOPICS = (LOG_REGISTRY, LOG_REQUESTS, LOG_SETTLEMENT)
FORGED = 3
#: Requests of which the log has lost own events, by their numbers: the routing; what was decided after an office gave
#: it back; the giving back; the opening.
LOST = {30: (2,), 31: (4,), 32: (3,), 33: (1,)}


def filled_journal() -> Journal:
    bus = Journal(RegistryView.empty().with_entries(builders.small_province(*OFFICES)))
    bus.batch(*(submission(number) for number in range(8)))
    bus.batch(decline(1, office_of(bus, 1)), submission(20, city="faruj"))
    bus.batch(*(submission(number) for number in LOST))
    bus.batch(*(decline(number, office_of(bus, number)) for number in (31, 32)))
    return bus


class Broker:
    """One broker with the three logs on it, written as the relay writes them."""

    def __init__(self, login: dict[str, str]) -> None:
        self.login = login
        self.bus = filled_journal()

    def fill(self) -> None:
        admin = KafkaAdminClient(**self.login)
        admin.create_topics([NewTopic(topic.name, topic.partitions, 1) for topic in TOPICS])
        admin.close()
        producer = KafkaProducer(**self.login, acks="all", enable_idempotence=True)
        for entry in builders.small_province(*OFFICES):
            self._send(producer, LOG_REGISTRY.name, 0, Envelope("e", "/bus", entry.type_name(), "s"), entry)
        for topic, _, received in self.bus.logs:
            subject = received.envelope.subject or ""
            if any(subject == str(ident(number)) and received.envelope.sequence in LOST[number] for number in LOST):
                continue
            event = forged(received.event) if subject == str(ident(FORGED)) else received.event
            self._send(producer, topic, partition_of(subject, LOG_REQUESTS.partitions), received.envelope, event)
        producer.flush(30)
        producer.close()

    def _send(self, producer: KafkaProducer, topic: str, partition: int, envelope: Envelope, event: Event) -> None:
        key = (envelope.subject or "").encode()
        headers = to_headers(envelope)
        producer.send(topic, value=encode(event), key=key, headers=headers, partition=partition)

    def explain(self, *arguments: str) -> Result:
        environment = {
            "PISHKHAN_KAFKA_BOOTSTRAP": self.login["bootstrap_servers"],
            "PISHKHAN_KAFKA_USER": self.login["sasl_plain_username"],
            "PISHKHAN_KAFKA_PASSWORD": self.login["sasl_plain_password"],
            "PISHKHAN_ROUTING_SECRET": SECRET.decode(),
        }
        return CliRunner().invoke(build("explain"), ["explain", *arguments], env=environment)


def forged(event: Event) -> Event:
    """Return a decision with another winner, as somebody might have written it into the log."""
    if not isinstance(event, RequestRouted):
        return event
    loser = next(sample.office for sample in event.decision.samples if sample.office != event.decision.office)
    decision = Decision.model_validate({**event.decision.model_dump(), "office": loser})
    return event.model_copy(update={"decision": decision})


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Instance(tmp_path_factory.mktemp("explain")) as instance:
        kafka = EmbeddedKafka(instance.directory / "kafka", instance.log_directory, instance.processes, ensure_jars)
        kafka.start()
        try:
            made = Broker(kafka_login(kafka.bootstrap_servers, kafka.user, kafka.password))
            made.fill()
            yield made
        finally:
            kafka.stop()


def test_why_this_office_in_english_and_in_persian(broker: Broker) -> None:
    winner = office_of(broker.bus, 5)
    english, persian = (broker.explain(str(ident(5)), "--lang", language) for language in ("en", "fa"))
    assert english.exit_code == persian.exit_code == 0
    assert f"Given to {winner}" in english.stdout
    assert "recomputed" not in english.stdout
    assert f"به {winner}" in persian.stdout


def test_every_attempt_is_the_same_again(broker: Broker) -> None:
    answer = broker.explain(str(ident(1)), "--verify")
    assert answer.exit_code == 0
    assert "Attempt 1, recomputed from the logs: the same" in answer.stdout
    assert "Attempt 2, recomputed from the logs: the same" in answer.stdout


def test_a_forged_decision_is_found(broker: Broker) -> None:
    answer = broker.explain(str(ident(FORGED)), "--verify")
    assert answer.exit_code == ExitCode.DIFFERS
    assert "DIFFERENT" in answer.stdout
    assert f"recomputed {office_of(broker.bus, FORGED)}" in answer.stdout


@pytest.mark.parametrize(
    ("number", "missing", "why"),
    [
        (
            30,
            "Events 2 of",
            "Attempt 1 was not recomputed: event 2 of the request, which says what was decided, is not in",
        ),
        (
            31,
            "Events 4 of",
            "Attempt 2 was not recomputed: event 4 of the request, which says what was decided, is not in",
        ),
        (32, "Events 3 of", "Attempt 2 was not recomputed: what came before is incomplete: event 3 of the request"),
    ],
)
def test_what_could_not_be_recomputed_is_neither_the_same_nor_different(
    broker: Broker, number: int, missing: str, why: str
) -> None:
    answer = broker.explain(str(ident(number)), "--verify")
    assert answer.exit_code == ExitCode.UNKNOWN
    assert why in answer.stdout
    assert "DIFFERENT" not in answer.stdout
    plain = broker.explain(str(ident(number)))
    assert plain.exit_code == ExitCode.UNKNOWN
    assert missing in plain.stdout


def test_without_its_opening_nothing_can_be_explained(broker: Broker) -> None:
    answer = broker.explain(str(ident(33)), "--verify")
    assert isinstance(answer.exception, Problem)
    assert answer.exception.ends is ExitCode.UNKNOWN
    assert "The opening of request" in str(answer.exception)


def test_all_offices_and_json(broker: Broker) -> None:
    answer = broker.explain(str(ident(20)), "--all", "--verify", "--json")
    assert answer.exit_code == 0
    body = json.loads(answer.stdout)
    assert body["refusal"]["reason"] == "no_eligible_office"
    assert body["refusal"]["lists"] == {"distance": [office.code for office in OFFICES]}
    assert [one["finding"] for one in body["verification"]] == ["same"]


def test_an_unknown_request_is_said_in_words(broker: Broker) -> None:
    answer = broker.explain(str(ident(99)))
    assert isinstance(answer.exception, Problem)
    assert answer.exception.ends is ExitCode.UNKNOWN
    assert str(ident(99)) in str(answer.exception)


def test_an_id_that_is_none_is_said_before_anything_connects(tmp_path: Path) -> None:
    answer = CliRunner().invoke(build("explain"), ["explain", "42", "--data", str(tmp_path)])
    assert isinstance(answer.exception, Problem)
    assert "is no request id" in str(answer.exception)


def test_history_reads_each_log_once_to_its_end_and_reports_progress(broker: Broker) -> None:
    seen: list[tuple[int, int]] = []
    with KafkaHistory(broker.login) as history:
        records: list[Record] = list(
            history.records([LOG_REQUESTS.name, LOG_SETTLEMENT.name], progress=lambda *at: seen.append(at))
        )
        again = list(history.records([LOG_REQUESTS.name], partition_of(str(ident(5)), 12)))
        assert history.partitions(LOG_REQUESTS.name) == 12
        assert history.partitions("no-such-topic") == 0
        assert list(history.records(["no-such-topic"])) == []
    assert len(records) == len(broker.bus.logs) - sum(map(len, LOST.values()))
    assert seen[-1] == (len(records), len(records))
    assert {record.partition for record in again} == {partition_of(str(ident(5)), 12)}
    assert len({(record.partition, record.position) for record in records}) == len(records)
