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
    [channel] = [each for each in DOCUMENT["channels"].values() if each["address"].startswith("pishkhan.intake.{")]
    assert "`agency-<code>`" in channel["parameters"]["agency"]["description"]
    assert channel["x-source"] == "/agencies/{agency}"
    message = at(channel["messages"]["RequestSubmitted"]["$ref"])
    assert message["bindings"]["kafka"]["key"]["description"] == "The text of `ce_subject`, in UTF-8."
    [shown] = message["examples"]
    assert shown["headers"]["ce_source"] == "/agencies/electricity"
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
        ("content-type", "text/plain"),
        ("content-type", "application/json; charset=utf-16"),
        ("ce_datacontenttype", "application/xml"),
        ("ce_id", "a\nb"),
        ("ce_subject", "a\x00"),
        ("ce_id", ""),
        ("ce_subject", None),
    ],
)
def test_wrong_headers_do_not_fit(name: str, value: str | None) -> None:
    message = DOCUMENT["components"]["messages"]["RequestSubmitted"]
    changed = {**message["examples"][0]["headers"], name: value}
    assert not validator(message["headers"]).is_valid({key: each for key, each in changed.items() if each is not None})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("content-type", None),
        ("content-type", "application/json; charset=utf-8"),
        ("content-type", 'Application/JSON;charset="UTF-8"'),
        ("ce_time", None),
        ("ce_dataschema", "urn:pishkhan:event:ir.pishkhan.RequestSubmitted.v1"),
        ("ce_traceparent", "00-1"),
        ("x-anything", "y"),
    ],
)
def test_headers_that_may_differ_fit(name: str, value: str | None) -> None:
    message = DOCUMENT["components"]["messages"]["RequestSubmitted"]
    changed = {**message["examples"][0]["headers"], name: value}
    validator(message["headers"]).validate({key: each for key, each in changed.items() if each is not None})


def objects_that_name_fields(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        own = [value] if value.get("type") == "object" and "properties" in value else []
        return own + [each for inner in value.values() for each in objects_that_name_fields(inner)]
    return [each for inner in value for each in objects_that_name_fields(inner)] if isinstance(value, list) else []


def test_every_schema_tolerates_fields_that_it_does_not_name() -> None:
    schemas = [*DOCUMENT["components"]["schemas"].values(), *(json_schema(model) for model in all_events().values())]
    found = objects_that_name_fields(schemas)
    assert len(found) > len(all_events())
    assert not [each["title"] for each in found if each.get("additionalProperties", True) is not True]
    submitted = example(RequestSubmitted)["data"] | {"priority": "high"}
    validator({"$ref": "#/components/schemas/RequestSubmitted"}).validate(submitted)
    Draft202012Validator(json_schema(RequestSubmitted)).validate(submitted)


@pytest.mark.parametrize("key", ["Reason", "علت", "a b", ""])
def test_a_form_key_that_the_model_refuses_is_refused_by_the_schema(key: str) -> None:
    submitted = example(RequestSubmitted)["data"] | {"form": {key: "lost"}}
    assert not Draft202012Validator(json_schema(RequestSubmitted)).is_valid(submitted)


def test_schema_files_have_names_of_their_own() -> None:
    assert len({file_name(model) for model in all_events().values()}) == len(all_events())
