"""The table of topics: every event in exactly one mapping, every row consistent with the rules of the design."""

import importlib
import pkgutil
import re

import pytest

import schemas
from schemas.base import Event
from schemas.decode import all_events, events_by_type
from schemas.examples import example, exemplified
from schemas.intake_agency import ClaimWithdrawn, RequestSubmitted
from schemas.log_registry import RegistryEntry
from schemas.log_requests import RequestLogEvent, RequestMoneyEvent
from schemas.log_settlement import LedgerEvent, RequestLedgerEvent
from schemas.topics import (
    FEED_AGENCY,
    INTAKE_AGENCY,
    INTAKE_DIRECTORATE,
    INTAKE_OFFICES,
    KEEP,
    LOG_LETTERS,
    LOG_REGISTRY,
    RESERVED_AGENCY_CODES,
    TOPICS,
    Topic,
    Writer,
    speaker_allowed,
    topic_of,
)

ABSTRACT: set[type[Event]] = {
    Event,
    RegistryEntry,
    RequestLogEvent,
    RequestMoneyEvent,
    LedgerEvent,
    RequestLedgerEvent,
}
by_name = pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)


def declared_events() -> set[type[Event]]:
    for module in pkgutil.iter_modules(schemas.__path__, "schemas."):
        importlib.import_module(module.name)
    found: set[type[Event]] = set()
    queue: list[type[Event]] = [Event]
    while queue:
        model = queue.pop()
        if model.__module__.startswith("schemas."):
            found.add(model)
            queue += model.__subclasses__()
    return found - ABSTRACT


def test_every_declared_event_travels_and_every_type_has_one_model() -> None:
    in_table = {model for topic in TOPICS for model in topic.events}
    assert in_table == declared_events(), "put the event in its row of schemas/topics.py"
    assert set(all_events().values()) == in_table, "two events share one class name: rename one"
    assert all(all_events()[model.type_name()] is model for model in in_table)


#: What is said on several topics, each time by whom its topic belongs to; its example is an agency's.
SHARED = {
    RequestSubmitted: [INTAKE_AGENCY.name, INTAKE_OFFICES.name],
    ClaimWithdrawn: [INTAKE_AGENCY.name, INTAKE_OFFICES.name, INTAKE_DIRECTORATE.name],
}


def test_only_walk_ins_and_withdrawals_travel_on_several_topics() -> None:
    rows = {model: [topic.name for topic in TOPICS if model in topic.events] for model in all_events().values()}
    assert {model: topics for model, topics in rows.items() if len(topics) > 1} == SHARED


@by_name
def test_a_row_says_each_event_once_and_types_follow_the_naming_rule(topic: Topic) -> None:
    assert len(events_by_type(topic)) == len(topic.events)
    for name, model in events_by_type(topic).items():
        assert re.fullmatch(r"ir\.pishkhan\.[A-Z][A-Za-z]+\.v[1-9][0-9]*", name)
        assert model.__doc__
        assert model.__doc__ != Event.__doc__, f"{model.__name__} needs a docstring of its own"


@by_name
def test_intake_is_written_by_outsiders_in_append_time_and_kept_for_a_while(topic: Topic) -> None:
    intake = topic.name.startswith("pishkhan.intake.")
    assert intake == (topic.writer is not Writer.BUS)
    assert intake == topic.append_time
    copies = topic in (LOG_LETTERS, FEED_AGENCY)
    assert (intake or copies) == (topic.retention_ms != KEEP), "what others are kept by is kept for ever"
    assert topic.retention_ms == KEEP or topic.retention_ms >= 7 * 86_400_000
    assert topic.key


@by_name
def test_names_are_legal_for_kafka_and_partitions_positive(topic: Topic) -> None:
    name = topic.for_agency("civil-registration")
    assert re.fullmatch(r"[a-z0-9.-]{1,249}", name), "no `_`: it collides with `.` in Kafka's metric names"
    assert topic.partitions >= 1


def test_the_registry_has_one_order() -> None:
    assert LOG_REGISTRY.partitions == 1


def test_names_are_unique_and_lead_back_to_their_row() -> None:
    assert len({topic.name for topic in TOPICS}) == len(TOPICS)
    for topic in TOPICS:
        assert topic_of(topic.for_agency("civil-registration")) is topic
    assert topic_of("pishkhan.log.nothing") is None
    assert topic_of("another.intake.post") is None


def test_the_gateways_topics_are_reserved_agency_codes() -> None:
    assert {INTAKE_AGENCY.for_agency(code) for code in RESERVED_AGENCY_CODES} == {
        INTAKE_OFFICES.name,
        INTAKE_DIRECTORATE.name,
    }


@pytest.mark.parametrize(
    ("topic", "source", "allowed"),
    [
        ("pishkhan.intake.post", "/agencies/post", True),
        ("pishkhan.intake.post", "/agencies/water", False),
        ("pishkhan.intake.post", "/agencies/post/", False),
        ("pishkhan.intake.post", "/offices/bojnord-01", False),
        ("pishkhan.intake.post", "/directorate", False),
        ("pishkhan.intake.post", "/bus", False),
        ("pishkhan.intake.offices", "/offices/bojnord-01", True),
        ("pishkhan.intake.offices", "/offices/", False),
        ("pishkhan.intake.offices", "/offices/a/b", False),
        ("pishkhan.intake.offices", "/agencies/offices", False),
        ("pishkhan.intake.directorate", "/directorate", True),
        ("pishkhan.intake.directorate", "/agencies/directorate", False),
    ],
)
def test_the_topic_decides_who_spoke(topic: str, source: str, allowed: bool) -> None:
    assert speaker_allowed(topic, source) is allowed


@by_name
def test_exactly_the_intake_events_have_an_example_that_may_be_sent_there(topic: Topic) -> None:
    for model in topic.events:
        assert exemplified(model) == (topic.writer is not Writer.BUS)
        if topic.writer is not Writer.BUS and model not in SHARED:
            shown = example(model)
            assert shown["type"] == model.type_name()
            assert speaker_allowed(topic.for_agency(shown["source"].rsplit("/", 1)[-1]), shown["source"])


def test_no_schema_has_a_field_for_a_national_id() -> None:
    names = {field for model in declared_events() for field in re.findall(r'"(\w+)":', str(model.model_json_schema()))}
    banned = re.compile("national|passport|birth_date|first_name|last_name|mobile|phone|address", re.IGNORECASE)
    assert not [name for name in names if banned.search(name)]
