"""Topics, users and rights on a real broker: each writer may write its own intake, and nobody reads another's."""

from collections.abc import Iterator
from itertools import chain
from typing import Any
from uuid import uuid4

import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import GroupAuthorizationFailedError, MessageSizeTooLargeError, TopicAuthorizationFailedError

from connectors.broker.admin import BATCH_BYTES, GATEWAY_USER, BrokerAdmin, agency_user, topic_rows
from schemas.limits import limits_of
from schemas.topics import FEED_AGENCY, FEED_PREFIX, INTAKE_AGENCY, INTAKE_DIRECTORATE, INTAKE_OFFICES, LOG_REQUESTS
from tests.kit.on_sql.databases import wait_until
from tests.kit.real.brokers import fresh_agency, read_from_start, write
from tests.kit.real.engines import Engines, kafka_login

pytestmark = pytest.mark.integration


@pytest.fixture
def admin(engines: Engines) -> Iterator[BrokerAdmin]:
    admin = BrokerAdmin(engines.kafka_login)
    yield admin
    admin.close()


@pytest.fixture
def agencies(admin: BrokerAdmin) -> tuple[str, str]:
    codes = fresh_agency(), fresh_agency()
    admin.ensure_topics(codes)
    admin.ensure_rights(codes)
    return codes


def login_of(engines: Engines, admin: BrokerAdmin, user: str) -> dict[str, str]:
    password = uuid4().hex
    admin.ensure_users({user: password})
    return kafka_login(engines.kafka_bootstrap, user, password)


def test_topics_are_made_once_as_the_table_says(engines: Engines, admin: BrokerAdmin) -> None:
    agency = fresh_agency()
    topic = INTAKE_AGENCY.for_agency(agency)
    assert topic in admin.ensure_topics([agency])
    assert admin.ensure_topics([agency]) == []
    counts: dict[str, int] = {}
    for partition in admin.partitions():
        counts[partition.topic] = counts.get(partition.topic, 0) + 1
    assert all(counts[row.name] == row.row.partitions for row in topic_rows([agency]))
    client: Any = KafkaAdminClient(**engines.kafka_login)
    found = client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    client.close()
    assert "LogAppendTime" in str(found)
    assert batch_bytes(engines, topic) == limits_of(INTAKE_AGENCY).batch_bytes


def batch_bytes(engines: Engines, topic: str) -> int:
    """Return what the broker says one batch of `topic` may have."""
    client: Any = KafkaAdminClient(**engines.kafka_login)
    try:
        asked = ConfigResource(ConfigResourceType.TOPIC, topic, {BATCH_BYTES: None})
        return int(client.describe_configs([asked], config_filter="all")["topic"][topic][BATCH_BYTES]["value"])
    finally:
        client.close()


def test_a_topic_of_an_earlier_version_takes_from_now_on_what_the_table_says(
    engines: Engines, admin: BrokerAdmin
) -> None:
    agency = fresh_agency()
    topic = INTAKE_AGENCY.for_agency(agency)
    client: Any = KafkaAdminClient(**engines.kafka_login)
    client.create_topics({topic: {"num_partitions": 3, "replication_factor": 1}}, wait_for_metadata=True)
    client.close()
    assert batch_bytes(engines, topic) > limits_of(INTAKE_AGENCY).batch_bytes
    assert admin.ensure_topics([agency]) == [FEED_AGENCY.for_agency(agency)], "what an earlier version had not"
    wait_until(lambda: batch_bytes(engines, topic) == limits_of(INTAKE_AGENCY).batch_bytes, "the limit is there")
    login = engines.kafka_login
    write(login, topic, [b"x" * limits_of(INTAKE_AGENCY).body_bytes])
    with pytest.raises(MessageSizeTooLargeError):
        write(login, topic, [b"x" * limits_of(INTAKE_AGENCY).batch_bytes])


def test_every_agency_has_its_own_writer_and_the_logs_have_none() -> None:
    writers = {row.name: row.writer_user for row in topic_rows(["water"])}
    assert writers[INTAKE_AGENCY.for_agency("water")] == agency_user("water")
    assert writers[INTAKE_OFFICES.name] == writers[INTAKE_DIRECTORATE.name] == GATEWAY_USER
    assert {user for name, user in writers.items() if ".intake." not in name} == {None}


def test_an_agency_writes_its_own_topic_and_no_other(
    engines: Engines, admin: BrokerAdmin, agencies: tuple[str, str]
) -> None:
    mine, theirs = agencies
    login = login_of(engines, admin, agency_user(mine))
    own = INTAKE_AGENCY.for_agency(mine)
    write(login, own, [b"mine"])
    assert [record.value for record in read_from_start(engines.kafka_login, own, 1)] == [b"mine"]
    for forbidden in (
        INTAKE_AGENCY.for_agency(theirs),
        INTAKE_OFFICES.name,
        INTAKE_DIRECTORATE.name,
        LOG_REQUESTS.name,
    ):
        with pytest.raises(TopicAuthorizationFailedError):
            write(login, forbidden, [b"forged"])


def test_the_gateway_writes_for_offices_and_the_directorate_alone(
    engines: Engines, admin: BrokerAdmin, agencies: tuple[str, str]
) -> None:
    login = login_of(engines, admin, GATEWAY_USER)
    write(login, INTAKE_OFFICES.name, [b"office"])
    write(login, INTAKE_DIRECTORATE.name, [b"directorate"])
    for forbidden in (INTAKE_AGENCY.for_agency(agencies[0]), LOG_REQUESTS.name):
        with pytest.raises(TopicAuthorizationFailedError):
            write(login, forbidden, [b"forged"])


def test_an_agency_reads_its_own_feed_in_a_group_of_its_own_and_no_other_feed(
    engines: Engines, admin: BrokerAdmin, agencies: tuple[str, str]
) -> None:
    mine, theirs = agencies
    for code in agencies:
        write(engines.kafka_login, FEED_AGENCY.for_agency(code), [code.encode()])
    login = login_of(engines, admin, agency_user(mine))
    with pytest.raises(TopicAuthorizationFailedError):
        write(login, FEED_AGENCY.for_agency(mine), [b"forged"])
    for group in (agency_user(mine), f"{agency_user(mine)}:another"):
        assert read_in_group(login, FEED_AGENCY.for_agency(mine), group) == mine.encode()
    with pytest.raises(GroupAuthorizationFailedError):
        read_in_group(login, FEED_AGENCY.for_agency(mine), agency_user(theirs))
    consumer: Any = KafkaConsumer(**login)
    try:
        # Of what it may not read it does not even learn that it is there.
        feeds = {topic for topic in consumer.topics() if topic.startswith(FEED_PREFIX)}
    finally:
        consumer.close()
    assert feeds == {FEED_AGENCY.for_agency(mine)}


def read_in_group(login: dict[str, str], topic: str, group: str) -> bytes | None:
    """Return the first record of a topic, read as a member of a consumer group."""
    found: list[Any] = []
    consumer: Any = KafkaConsumer(topic, **login, group_id=group, auto_offset_reset="earliest")

    def read() -> bool:
        found.extend(chain(*consumer.poll(timeout_ms=500).values()))
        return bool(found)

    try:
        wait_until(read, "a record is there")
        consumer.commit()
    finally:
        consumer.close()
    return bytes(found[0].value)


def test_an_agency_reads_nothing_else_not_even_its_own_words(
    engines: Engines, admin: BrokerAdmin, agencies: tuple[str, str]
) -> None:
    own = INTAKE_AGENCY.for_agency(agencies[0])
    write(engines.kafka_login, own, [b"x"])
    login = login_of(engines, admin, agency_user(agencies[0]))
    consumer: Any = KafkaConsumer(**login, enable_auto_commit=False, group_id=None, auto_offset_reset="none")
    try:
        place = TopicPartition(own, 0)
        assert consumer.partitions_for_topic(own) == {0, 1, 2}, "it may look its own topic up"
        consumer.assign([place])
        consumer.seek(place, 0)
        with pytest.raises(TopicAuthorizationFailedError):
            wait_until(lambda: bool(consumer.poll(timeout_ms=500)), "the broker answers")
        assert LOG_REQUESTS.name not in consumer.topics()
    finally:
        consumer.close()


def test_a_changed_password_shuts_the_old_one_out(engines: Engines, admin: BrokerAdmin) -> None:
    agency = fresh_agency()
    admin.ensure_topics([agency])
    admin.ensure_rights([agency])
    user, topic = agency_user(agency), INTAKE_AGENCY.for_agency(agency)
    admin.ensure_users({user: "first"})
    write(kafka_login(engines.kafka_bootstrap, user, "first"), topic, [b"1"])
    admin.ensure_users({user: "second"})
    write(kafka_login(engines.kafka_bootstrap, user, "second"), topic, [b"2"])
    assert len(read_from_start(engines.kafka_login, topic, 2)) == 2
