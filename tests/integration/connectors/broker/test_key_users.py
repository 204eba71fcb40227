"""Users of agencies' keys on a real broker: what each may do, and what is left when it is taken."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    SaslAuthenticationFailedError,
    TopicAuthorizationFailedError,
)
from pydantic import SecretStr

from connectors.broker.admin import agency_user
from connectors.broker.key_users import KeyUsers, key_user
from deploy.running.sweeping import sweep
from deploy.settings import Settings
from producers.access.keys import Key
from producers.access.parties import Party, PartyKind, Scope
from schemas.topics import FEED_AGENCY, INTAKE_AGENCY
from tests.kit.on_sql.databases import wait_until
from tests.kit.real.brokers import fresh_agency, provide, write
from tests.kit.real.engines import Engines, kafka_login
from tests.kit.values.keys import key_of

pytestmark = pytest.mark.integration

EVERYTHING = (Scope.PUBLISH, Scope.SUBMIT, Scope.FEED)


class Given:
    """A key with its user."""

    def __init__(self, engines: Engines, users: KeyUsers, agency: str, *scopes: Scope) -> None:
        self.key, token = key_of(Party(PartyKind.AGENCY, agency), *scopes, seed=uuid4().int)
        users.give(self.key, token)
        self.login = kafka_login(engines.kafka_bootstrap, key_user(self.key.key_id), token)


@pytest.fixture
def users(engines: Engines) -> Iterator[KeyUsers]:
    users = KeyUsers(engines.kafka_login)
    yield users
    users.close()


@pytest.fixture
def agency(engines: Engines) -> str:
    agency = fresh_agency()
    provide(engines.kafka_login, agency)
    return agency


def intake(agency: str) -> str:
    return INTAKE_AGENCY.for_agency(agency)


def is_refused(act: Callable[[], object], *errors: type[Exception]) -> bool:
    try:
        act()
    except errors:
        return True
    return False


def test_a_key_writes_its_agencys_intake_and_nothing_else(engines: Engines, users: KeyUsers, agency: str) -> None:
    other = fresh_agency()
    provide(engines.kafka_login, other)
    given = Given(engines, users, agency, *EVERYTHING)
    write(given.login, intake(agency), [b"{}"])
    for topic in (intake(other), "pishkhan.intake.offices", "pishkhan.log.requests"):
        assert is_refused(lambda topic=topic: write(given.login, topic, [b"{}"]), TopicAuthorizationFailedError), topic  # type: ignore[misc]  # lambda in a loop


@pytest.mark.parametrize("scopes", [(Scope.SUBMIT,), (Scope.PUBLISH, Scope.READ), (Scope.FEED,)])
def test_a_key_that_may_say_only_part_writes_no_topic(
    engines: Engines, users: KeyUsers, agency: str, scopes: tuple[Scope, ...]
) -> None:
    given = Given(engines, users, agency, *scopes)
    # A key with nothing to do on the broker has no user there at all.
    assert (given.key.key_id in users.there()) == (Scope.FEED in scopes)
    assert is_refused(lambda: write(given.login, intake(agency), [b"{}"]), KafkaError)


def test_two_keys_of_one_agency_work_beside_each_other_until_one_is_taken(
    engines: Engines, users: KeyUsers, agency: str
) -> None:
    old, new = (Given(engines, users, agency, *EVERYTHING) for _ in range(2))
    for one in (old, new):
        write(one.login, intake(agency), [b"{}"])
    users.take(old.key.key_id)
    users.take(old.key.key_id)
    assert old.key.key_id not in users.there()
    assert is_refused(lambda: KafkaProducer(**old.login), SaslAuthenticationFailedError, KafkaError)
    write(new.login, intake(agency), [b"{}"])


def test_what_is_open_can_do_nothing_more_when_its_key_is_taken(engines: Engines, users: KeyUsers, agency: str) -> None:
    given = Given(engines, users, agency, *EVERYTHING)
    producer: Any = KafkaProducer(**given.login, acks="all", retries=0)

    def says() -> object:
        return producer.send(intake(agency), b"{}", partition=0).get(timeout=20)

    try:
        says()
        users.take(given.key.key_id)
        wait_until(lambda: is_refused(says, KafkaError), "the open connection to be refused")
    finally:
        producer.close(timeout=5)


def test_a_feed_is_read_in_groups_that_belong_to_the_agency(engines: Engines, users: KeyUsers, agency: str) -> None:
    other = fresh_agency()
    provide(engines.kafka_login, other)
    for code in (agency, other):
        write(engines.kafka_login, FEED_AGENCY.for_agency(code), [b"entry"])
    given = Given(engines, users, agency, Scope.FEED)
    own, others = FEED_AGENCY.for_agency(agency), FEED_AGENCY.for_agency(other)
    assert reads(given, own, agency_user(agency)) == [b"entry"]
    assert reads(given, own, f"{agency_user(agency)}:second") == [b"entry"]
    assert is_refused(lambda: reads(given, others, agency_user(agency)), TopicAuthorizationFailedError)
    assert is_refused(lambda: reads(given, own, agency_user(other)), GroupAuthorizationFailedError)


def reads(given: Given, topic: str, group: str) -> list[bytes]:
    consumer: Any = KafkaConsumer(**given.login, group_id=group, enable_auto_commit=False, auto_offset_reset="earliest")
    place = TopicPartition(topic, 0)
    found: list[bytes] = []

    def complete() -> bool:
        found.extend(record.value for records in consumer.poll(timeout_ms=500).values() for record in records)
        return bool(found)

    try:
        consumer.assign([place])
        wait_until(complete, "the entry")
        consumer.commit()
    finally:
        consumer.close()
    return found


def test_users_of_keys_that_are_over_are_swept_away(engines: Engines, users: KeyUsers, agency: str) -> None:
    over, live = (Given(engines, users, agency, *EVERYTHING) for _ in range(2))
    login = engines.kafka_login
    settings = Settings(
        kafka_bootstrap=engines.kafka_bootstrap,
        kafka_user=login["sasl_plain_username"],
        kafka_password=SecretStr(login["sasl_plain_password"]),
    )
    keys: list[Key] = [over.key]
    assert sweep(settings, keys) == [over.key.key_id]
    assert sweep(settings, keys) == sweep(settings, []) == []
    assert live.key.key_id in users.there()
    write(live.login, intake(agency), [b"{}"])
