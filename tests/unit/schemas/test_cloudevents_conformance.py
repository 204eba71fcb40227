"""The published Kafka binding scenarios of the CloudEvents conformance suite, run against our envelope."""

import json
import re
from pathlib import Path

import pytest

from schemas.envelope import Envelope, EnvelopeInvalid, format_time, from_headers, from_structured, to_headers

FEATURE = Path(__file__).parents[2] / "data" / "cloudevents" / "kafka-protocol-binding.feature"


def scenario(title: str) -> str:
    text = FEATURE.read_text(encoding="utf-8")
    start = text.index(title)
    return text[start:].split("\n    Scenario", 1)[0]


def table(text: str, heading: str) -> dict[str, str]:
    """Return the rows of the first table after `heading`, without its own heading row."""
    lines = text[text.index(heading) :].splitlines()[1:]
    rows = [re.findall(r"[^|]+", line.strip()) for line in lines[: next_gap(lines)]]
    return {key.strip(): value.strip() for key, value in rows[1:]}


def next_gap(lines: list[str]) -> int:
    return next((index for index, line in enumerate(lines) if not line.strip().startswith("|")), len(lines))


def documents(text: str) -> list[str]:
    return re.findall(r'"""\n(.*?)"""', text, re.DOTALL)


def attributes(envelope: Envelope) -> dict[str, str]:
    assert envelope.time is not None
    return {
        "id": envelope.id,
        "specversion": "1.0",
        "type": envelope.type,
        "source": envelope.source,
        "time": format_time(envelope.time).replace(".000000Z", "Z"),
        "datacontenttype": "application/json",
    }


def test_binary_mode_yields_the_published_attributes() -> None:
    text = scenario("Scenario: Binary content mode")
    headers = [(name, value.encode()) for name, value in table(text, "Kafka headers").items()]
    payload, data = documents(text)
    assert attributes(from_headers(headers)) == table(text, "Then the attributes are")
    assert json.loads(payload) == json.loads(data)


def test_binary_mode_is_written_with_the_published_headers() -> None:
    published = table(scenario("Scenario: Binary content mode"), "Kafka headers")
    written = {name: value.decode() for name, value in to_headers(from_headers(_bytes(published)))}
    assert written == {**published, "ce_time": "2018-04-05T03:56:24.000000Z"}


def test_structured_mode_yields_the_published_attributes_and_data() -> None:
    text = scenario("Scenario Outline: Structured content mode")
    payload, data = documents(text)
    envelope, body = from_structured(payload)
    assert attributes(envelope) == table(text, "Then the attributes are")
    assert json.loads(body) == json.loads(data)


@pytest.mark.parametrize(
    "content_type", ["application/cloudevents+json", "application/cloudevents+json; charset=utf-8"]
)
def test_structured_mode_on_a_topic_is_refused_with_the_remedy(content_type: str) -> None:
    assert f"| {content_type}" in scenario("Scenario Outline: Structured content mode")
    with pytest.raises(EnvelopeInvalid, match="content-type: says structured mode; send the attributes as ce_ headers"):
        from_headers([("content-type", content_type.encode())])


def _bytes(headers: dict[str, str]) -> list[tuple[str, bytes]]:
    return [(name, value.encode()) for name, value in headers.items()]
