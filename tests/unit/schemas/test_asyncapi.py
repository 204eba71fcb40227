"""The AsyncAPI document alone tells a foreign client how to publish."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from schemas.asyncapi import document
from schemas.base import Event
from schemas.decode import all_events
from schemas.examples import example
from schemas.export import file_name, json_schema, written_by_outsiders
from schemas.intake_agency import RequestSubmitted
from schemas.topics import TOPICS, Writer

DOCUMENT = document("kafka.example.org:9093", "SASL_SSL")
WRITTEN = [model for model in all_events().values() if written_by_outsiders(model)]
by_name = pytest.mark.parametrize("model", WRITTEN, ids=lambda model: model.__name__)


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    """Return a validator of a schema whose references lead into the document."""
    whole = {**schema, "components": DOCUMENT["components"]}
    return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [each for inner in value.values() for each in references(inner)]
    return [each for inner in value for each in references(inner)] if isinstance(value, list) else []


def at(reference: str) -> Any:
    place: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        place = place[step]
    return place


def test_every_reference_leads_somewhere() -> None:
    assert all(at(reference) is not None for reference in references(DOCUMENT))


def test_every_topic_is_a_channel_with_one_operation_seen_from_outside() -> None:
    addresses = {channel["address"]: name for name, channel in DOCUMENT["channels"].items()}
    assert set(addresses) == {topic.name for topic in TOPICS}
    for topic in TOPICS:
        reference = f"#/channels/{addresses[topic.name]}"
        [operation] = [each for each in DOCUMENT["operations"].values() if each["channel"]["$ref"] == reference]
        assert operation["action"] == ("receive" if topic.writer is Writer.BUS else "send")
        assert [each["$ref"] for each in operation["messages"]] == [
            f"{reference}/messages/{model.__name__}" for model in topic.events
        ]


def test_a_client_can_publish_a_request_from_the_document_alone() -> None:
    """Which broker, mechanism, topic, headers, key and body: each is read from the document here, nothing is known."""
    server = DOCUMENT["servers"]["bus"]
    assert (server["host"], server["protocol"]) == ("kafka.example.org:9093", "kafka-secure")
    assert at(server["security"][0]["$ref"])["type"] == "scramSha256"
    assert "sasl.mechanism=SCRAM-SHA-256" in server["description"]
    [channel] = [each for each in DOCUMENT["channels"].values() if "{agency}" in each["address"]]
    assert "`agency-<code>`" in channel["parameters"]["agency"]["description"]
    assert channel["x-source"] == "/agencies/{agency}"
    message = at(channel["messages"]["RequestSubmitted"]["$ref"])
    assert message["bindings"]["kafka"]["key"]["description"] == "The text of `ce_subject`, in UTF-8."
    [shown] = message["examples"]
    assert shown["headers"]["ce_source"] == "/agencies/civil-registration"
    validator(message["headers"]).validate(shown["headers"])
    validator(message["payload"]).validate(shown["payload"])


@by_name
def test_every_example_fits_the_document_and_its_own_schema(model: type[Event]) -> None:
    message = DOCUMENT["components"]["messages"][model.__name__]
    [shown] = message["examples"]
    validator(message["headers"]).validate(shown["headers"])
    validator(message["payload"]).validate(shown["payload"])
    own = json_schema(model)
    Draft202012Validator.check_schema(own)
    Draft202012Validator(own).validate(example(model)["data"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ce_type", "ir.pishkhan.RequestCancelled.v1"),
        ("ce_source", "/bus"),
        ("ce_source", "/agencies/Civil"),
        ("ce_specversion", "0.3"),
        ("content-type", "application/cloudevents+json"),
        ("ce_id", ""),
        ("ce_subject", None),
    ],
)
def test_wrong_headers_do_not_fit(name: str, value: str | None) -> None:
    message = DOCUMENT["components"]["messages"]["RequestSubmitted"]
    changed = {**message["examples"][0]["headers"], name: value}
    assert not validator(message["headers"]).is_valid({key: each for key, each in changed.items() if each is not None})


def test_what_outsiders_write_is_closed_and_what_they_read_is_open() -> None:
    submitted = example(RequestSubmitted)["data"] | {"priority": "high"}
    assert not validator({"$ref": "#/components/schemas/RequestSubmitted"}).is_valid(submitted)
    assert not Draft202012Validator(json_schema(RequestSubmitted)).is_valid(submitted)
    started = {"request_id": submitted["request_id"], "office": "urban-001", "added_later": 1}
    validator({"$ref": "#/components/schemas/read.OfficeStarted"}).validate(started)


@pytest.mark.parametrize("key", ["Reason", "علت", "a b", ""])
def test_a_form_key_that_the_model_refuses_is_refused_by_the_schema(key: str) -> None:
    submitted = example(RequestSubmitted)["data"] | {"form": {key: "lost"}}
    assert not Draft202012Validator(json_schema(RequestSubmitted)).is_valid(submitted)


def test_schema_files_have_names_of_their_own() -> None:
    assert len({file_name(model) for model in all_events().values()}) == len(all_events())
