"""What each account may do on a real broker, and that everything else is refused: accounts times acts."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient, UserScramCredentialUpsertion
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    KafkaError,
    NoError,
    NotCoordinatorError,
    TopicAuthorizationFailedError,
)
from kafka.structs import OffsetAndMetadata

from connectors.accounts import ACCOUNTS, account
from connectors.broker.admin import SCRAM_MECHANISM, BrokerAdmin
from connectors.broker.log_producer import LogProducer
from connectors.broker.rights import rights_of
from schemas.topics import (
    INTAKE_AGENCY,
    INTAKE_DIRECTORATE,
    INTAKE_OFFICES,
    KPI_MEASURED,
    LOG_REGISTRY,
    LOG_REQUESTS,
    LOG_SETTLEMENT,
)
from tests.kit.on_sql.databases import wait_until
from tests.kit.real.brokers import fresh_agency, write
from tests.kit.real.engines import Engines, kafka_login

pytestmark = pytest.mark.integration

INTAKES = (INTAKE_OFFICES.name, INTAKE_DIRECTORATE.name)
LOGS = (LOG_REGISTRY.name, LOG_REQUESTS.name, LOG_SETTLEMENT.name, KPI_MEASURED.name)
TOPICS = (*INTAKES, *LOGS)
#: By hand, and not from the table of accounts: who reads what. Nobody but the relay writes.
READS = {
    "relay": (),
    "registry": INTAKES,
    "requests": INTAKES,
    "settlement": (LOG_REQUESTS.name,),
    "kpi": (LOG_REQUESTS.name, LOG_SETTLEMENT.name),
    "operator": TOPICS,
}
OWN_GROUP = {name: f"pishkhan.{name}" for name in ("registry", "requests", "settlement", "kpi")}


class OnBroker:
    """Users of the accounts, made for these tests, on a broker with all topics."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._admin = BrokerAdmin(engines.kafka_login)
        self.agency = fresh_agency()
        self._admin.ensure_topics([self.agency])
        self._passwords = {f"test-{row.name}-{uuid4().hex}": uuid4().hex for row in ACCOUNTS}
        self._users = dict(zip((row.name for row in ACCOUNTS), self._passwords, strict=True))
        self._admin.ensure_users(self._passwords)
        for row in ACCOUNTS:
            self._admin.ensure_exact_rights(row, self._users[row.name])

    def login(self, name: str) -> dict[str, str]:
        """Return the login of one account."""
        user = self._users[name]
        return kafka_login(self._engines.kafka_bootstrap, user, self._passwords[user])

    def admin(self) -> BrokerAdmin:
        """Return the broker's own administrator."""
        return self._admin

    def user(self, name: str) -> str:
        """Return the user of one account."""
        return self._users[name]

    def client(self, name: str) -> Any:
        """Return an admin client of one account."""
        return KafkaAdminClient(**self.login(name))

    def close(self) -> None:
        """End the connection."""
        self._admin.close()


@pytest.fixture(scope="module")
def broker(engines: Engines) -> Iterator[OnBroker]:
    broker = OnBroker(engines)
    yield broker
    broker.close()


def may_read(login: dict[str, str], topic: str) -> bool:
    consumer: Any = KafkaConsumer(**login, group_id=None, enable_auto_commit=False, auto_offset_reset="earliest")
    try:
        consumer.assign([TopicPartition(topic, 0)])
        consumer.poll(timeout_ms=1_500)
        # Without the right to see the topic it is not even found.
        return bool(consumer.partitions_for_topic(topic))
    except TopicAuthorizationFailedError:
        return False
    finally:
        consumer.close()


@pytest.mark.parametrize("name", READS)
def test_an_account_reads_the_topics_of_its_work_and_no_others(broker: OnBroker, name: str) -> None:
    topics = (*TOPICS, INTAKE_AGENCY.for_agency(broker.agency))
    wanted = {topic for topic in topics if topic in READS[name] or (INTAKES[0] in READS[name] and ".intake." in topic)}
    assert {topic for topic in topics if may_read(broker.login(name), topic)} - _seen_only(name) == wanted


def _seen_only(name: str) -> set[str]:
    """Topics whose metadata an account may see because it writes them; reading them is tried by itself."""
    return {*TOPICS} if name == "relay" else set()


def test_the_relay_writes_and_cannot_read(broker: OnBroker) -> None:
    consumer: Any = KafkaConsumer(**broker.login("relay"), group_id=None, enable_auto_commit=False)
    consumer.assign([TopicPartition(LOG_REQUESTS.name, 0)])
    consumer.seek(TopicPartition(LOG_REQUESTS.name, 0), 0)
    with pytest.raises(TopicAuthorizationFailedError):
        consumer.poll(timeout_ms=20_000)
    consumer.close()
    producer = LogProducer(broker.login("relay"))
    producer.reach()
    producer.close()
    for topic in TOPICS:
        write(broker.login("relay"), topic, [b"{}"])


@pytest.mark.parametrize("name", [name for name in READS if name != "relay"])
def test_nobody_but_the_relay_writes_a_topic(broker: OnBroker, name: str) -> None:
    for topic in (*TOPICS, INTAKE_AGENCY.for_agency(broker.agency)):
        with pytest.raises(KafkaError) as refused:
            write(broker.login(name), topic, [b"{}"])
        assert "Authorization" in repr(refused.value) or "Metadata" in repr(refused.value), (topic, refused.value)


@pytest.mark.parametrize("name", READS)
def test_positions_are_noted_for_ones_own_group_alone(broker: OnBroker, name: str) -> None:
    place = TopicPartition(LOG_REQUESTS.name if name in ("settlement", "kpi") else INTAKES[0], 0)
    client = broker.client(name)
    for group in ("pishkhan.registry", "pishkhan.requests", "pishkhan.settlement", "pishkhan.kpi", "another"):
        wait_until(partial(_has_coordinator, client, group), f"a coordinator of {group}")
        try:
            noted = client.alter_group_offsets(group, {place: OffsetAndMetadata(0, "", -1)})[place] is NoError
        except KafkaError:
            noted = False
        assert noted == (group == OWN_GROUP.get(name)), group
    client.close()


def _has_coordinator(client: Any, group: str) -> bool:
    """Say whether the broker says of a group anything but that it is not ready yet."""
    try:
        client.list_group_offsets({group: None})
    except (CoordinatorNotAvailableError, CoordinatorLoadInProgressError, NotCoordinatorError):
        return False
    except KafkaError:
        return True
    return True


@pytest.mark.parametrize("name", READS)
def test_no_account_makes_topics_users_or_rules(broker: OnBroker, name: str) -> None:
    client = broker.client(name)
    topic = {f"pishkhan.made-by-{name}": {"num_partitions": 1, "replication_factor": 1}}
    rule = rights_of(account("relay"), broker.user(name))
    # The client hides this refusal, for the broker gives it no words; so it is tried out below.
    other = "requests" if name == "relay" else "relay"
    client.alter_user_scram_credentials([UserScramCredentialUpsertion(broker.user(other), SCRAM_MECHANISM, "mine")])
    refusals = {
        "topic": _refusal(lambda: client.create_topics(topic)),
        "deletion": _refusal(lambda: client.delete_topics([LOG_REQUESTS.name])),
        "rule": _refusal(lambda: client.create_acls(rule)["failed"]),
    }
    client.close()
    BrokerAdmin(broker.login(other)).close()
    assert [what for what, refusal in refusals.items() if "authoriz" not in refusal.lower()] == []
    assert LOG_REQUESTS.name in {partition.topic for partition in broker.admin().partitions()}


def _refusal(act: Callable[[], object]) -> str:
    """Return what came of an act, in words: its error, or its answer, which may hold one for each thing."""
    try:
        return repr(act())
    except KafkaError as error:
        return repr(error)


def test_rules_that_an_account_has_no_more_are_taken_away(broker: OnBroker) -> None:
    user = broker.user("settlement")
    broker.admin().ensure_exact_rights(account("requests"), user)
    assert not may_read(broker.login("settlement"), LOG_REQUESTS.name)
    broker.admin().ensure_exact_rights(account("settlement"), user)
    assert may_read(broker.login("settlement"), LOG_REQUESTS.name)
    assert not may_read(broker.login("settlement"), INTAKES[0])
