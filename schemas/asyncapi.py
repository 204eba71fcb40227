"""The AsyncAPI 3.0 document: all that a foreign Kafka client needs, derived from the table of topics.

It describes the bus from outside: `send` is what an outsider writes, `receive` what an outsider reads.
"""

import re
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pydantic.json_schema import models_json_schema

from schemas.base import CODE_PATTERN, Event
from schemas.envelope import CONTENT_TYPE, CONTENT_TYPE_PATTERN, ID_LENGTH_MAX
from schemas.examples import example
from schemas.export import Generator, written_by_outsiders
from schemas.limits import limits_of
from schemas.topics import (
    AGENCY_TOPICS,
    FEED_AGENCY,
    INTAKE_AGENCY,
    INTAKE_DIRECTORATE,
    INTAKE_OFFICES,
    KPI_MEASURED,
    LOG_LETTERS,
    LOG_REGISTRY,
    LOG_REQUESTS,
    LOG_SETTLEMENT,
    TOPICS,
    Topic,
    Writer,
)

ASYNCAPI = "3.0.0"
KAFKA_BINDING = "0.5.0"
#: The channels' names in the document.
_CHANNELS = {
    INTAKE_AGENCY: "agencyIntake",
    INTAKE_OFFICES: "officesIntake",
    INTAKE_DIRECTORATE: "directorateIntake",
    LOG_REGISTRY: "registryLog",
    LOG_REQUESTS: "requestsLog",
    LOG_SETTLEMENT: "settlementLog",
    LOG_LETTERS: "lettersLog",
    KPI_MEASURED: "kpis",
    FEED_AGENCY: "agencyFeed",
}
_WHO_WRITES = {
    Writer.AGENCY: "Written by one agency each, with its own credentials; the broker denies everybody else.",
    Writer.GATEWAY: "Written by the operator's gateway alone; the broker denies everybody else.",
    Writer.BUS: "Written by the bus alone. Read with credentials that the operator gives; an agency's are denied.",
}
_WHO_READS_A_FEED = (
    "Written by the bus alone. Read by one agency each, with its own credentials and in a consumer group called "
    "`agency-<code>` or, for more than one, `agency-<code>:` and a name; the broker denies everybody else."
)
_SOURCES = {
    INTAKE_AGENCY: "/agencies/{agency}",
    INTAKE_OFFICES: "/offices/{office}",
    INTAKE_DIRECTORATE: "/directorate",
}

#: Identifiers hold no control characters (nor others that Python's `str.isprintable` denies).
PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
CONTENT_TYPES = {"type": "string", "pattern": CONTENT_TYPE_PATTERN}

DESCRIPTION = """\
Pishkhan carries the requests of citizens from executive organizations (agencies) to counter offices.

Publishing, in five steps:

1. **Connect** with SASL mechanism SCRAM-SHA-256. An agency's user name is `agency-` and its code.
2. **Topic.** An agency writes to `pishkhan.intake.` and its code, and nowhere else. The topic decides who speaks: an
   event whose `ce_source` is not the topic's owner is set aside as a forgery.
3. **Headers.** CloudEvents 1.0, binary content mode: one Kafka header per attribute. `ce_specversion`, `ce_id`,
   `ce_source`, `ce_type` and `ce_subject` are required, `ce_time` and `content-type` are not. Structured mode is not
   taken. Every header is given once; headers that are not named here are ignored.
4. **Body.** One JSON object in UTF-8 that fits the payload's schema; types are strict, and a whole number has no
   decimal point.
5. **Subject and key.** `ce_subject` is what the body is about: its request id, or the code of its service, agreement
   or office, as in the example. The message's key is the text of `ce_subject`, in UTF-8. Your client chooses the
   partition by the key: which one it is does not matter, but everything about one request must have one key.

An event is identified by (`ce_source`, `ce_id`). Sending it again with the same type, subject and body is safe: it
is skipped, however often. The same id with any of them different is set aside, so use a new id for every new event and
keep it over retries. Wait for the broker's acknowledgement (`acks=all`). Events may arrive in any order: one that comes
too early waits for a while. An event that cannot be read or is not allowed never stops those behind it.

What is set aside becomes a dead letter, with a reason and the field at fault: `malformed` (a header, the content type
or the body does not fit), `unknown_type`, `wrong_topic`, `forged_source`, `misaddressed` (`ce_subject` is not what the
body is about, or the key is not `ce_subject`), `too_large`, `national_id`, `identity_conflict`.

Reading. An agency reads the topic `pishkhan.feed.` and its code, and no other: everything that concerns it, as events
`FeedEntry`, numbered from 1 without gaps: its requests routed, refused with the reason, accepted, asked, delivered,
completed, and its own dead letters with field and reason. A record may come twice; then it has the same number. Records
stay for 30 days; older entries are asked for over HTTP, under the same numbers.

Versions. `ce_type` ends with the major version. A newer minor version adds optional fields under the same `ce_type` and
the same schema `$id`: send it as you do now. A reader ignores fields that it does not know, and an older bus takes your
newer event without them. Names that the schema does not have are kept for later versions of it, so invent none. Another
major version is another `ce_type`. `ce_dataschema` is not read.

Time. `ce_time` says when it happened. It counts as no later than the broker's own time of the record, and as earlier by
no more than the policy's `lateness_seconds`. Without it, the broker's time counts.

Clients that are built on librdkafka need its version 2.6.1 or newer: older ones answer SCRAM's challenge with a nonce
that Kafka 4 refuses ("invalid credentials").
"""


def document(bootstrap: str, security_protocol: str) -> dict[str, Any]:
    """Return the document for a broker at `bootstrap` (host:port) that speaks `security_protocol` (SASL_...)."""
    return {
        "asyncapi": ASYNCAPI,
        "id": "urn:pishkhan:bus",
        "info": {"title": "Pishkhan", "version": _version(), "description": DESCRIPTION},
        "defaultContentType": CONTENT_TYPE,
        "servers": {"bus": _server(bootstrap, security_protocol)},
        "channels": {_channel_name(topic): _channel(topic) for topic in TOPICS},
        "operations": {_operation_name(topic): _operation(topic) for topic in TOPICS},
        "components": {
            "messages": {model.__name__: _message(model) for model in _models()},
            "schemas": {"CloudEventHeaders": _headers(), **_payloads()},
            "securitySchemes": {
                "scram": {
                    "type": "scramSha256",
                    "description": "SASL SCRAM-SHA-256; the operator gives each agency its user name and password.",
                }
            },
        },
    }


def _models() -> list[type[Event]]:
    return list(dict.fromkeys(model for topic in TOPICS for model in topic.events))


def _version() -> str:
    try:
        return version("pishkhan")
    except PackageNotFoundError:
        return "0.0.0"


def _server(bootstrap: str, security_protocol: str) -> dict[str, Any]:
    return {
        "host": bootstrap,
        "protocol": "kafka-secure" if security_protocol == "SASL_SSL" else "kafka",
        "description": f"Bootstrap address. Client settings: security.protocol={security_protocol}, "
        "sasl.mechanism=SCRAM-SHA-256, acks=all, enable.idempotence=true.",
        "security": [{"$ref": "#/components/securitySchemes/scram"}],
        "x-security-protocol": security_protocol,
    }


def _channel_name(topic: Topic) -> str:
    return _CHANNELS[topic]


def _who(topic: Topic) -> str:
    return _WHO_READS_A_FEED if topic is FEED_AGENCY else _WHO_WRITES[topic.writer]


def _channel(topic: Topic) -> dict[str, Any]:
    channel: dict[str, Any] = {
        "address": topic.name,
        "summary": f"Key: {topic.key}. Holds about people: {topic.privacy.value}.",
        "description": _who(topic),
        "messages": {model.__name__: {"$ref": f"#/components/messages/{model.__name__}"} for model in topic.events},
        "bindings": {
            "kafka": {
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "cleanup.policy": ["delete"],
                    "retention.ms": topic.retention_ms,
                    "max.message.bytes": limits_of(topic).batch_bytes,
                },
                "bindingVersion": KAFKA_BINDING,
            }
        },
    }
    if topic in AGENCY_TOPICS:
        channel["parameters"] = {
            "agency": {
                "description": "The agency's code, which is also in its user name (`agency-<code>`) and its source.",
                "examples": ["civil-registration"],
            }
        }
    if topic in _SOURCES:
        channel["x-source"] = _SOURCES[topic]
    return channel


def _operation_name(topic: Topic) -> str:
    name = _channel_name(topic)
    return ("receive" if topic.writer is Writer.BUS else "send") + name[0].upper() + name[1:]


def _operation(topic: Topic) -> dict[str, Any]:
    channel = f"#/channels/{_channel_name(topic)}"
    return {
        "action": "receive" if topic.writer is Writer.BUS else "send",
        "channel": {"$ref": channel},
        "summary": _who(topic),
        "messages": [{"$ref": f"{channel}/messages/{model.__name__}"} for model in topic.events],
    }


def _message(model: type[Event]) -> dict[str, Any]:
    outside = written_by_outsiders(model)
    documentation = (model.__doc__ or "").strip()
    message: dict[str, Any] = {
        "name": model.type_name(),
        "title": model.__name__,
        "summary": documentation.splitlines()[0],
        "contentType": CONTENT_TYPE,
        "headers": _headers_of(model),
        "payload": {"$ref": f"#/components/schemas/{model.__name__}"},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": "The text of `ce_subject`, in UTF-8."},
                "bindingVersion": KAFKA_BINDING,
            }
        },
    }
    if outside:
        shown = example(model)
        payload = shown.pop("data")
        headers = {"content-type": shown.pop("datacontenttype")} | {f"ce_{name}": text for name, text in shown.items()}
        message["examples"] = [{"name": model.__name__, "headers": headers, "payload": payload}]
    return message


def _headers_of(model: type[Event]) -> dict[str, Any]:
    sources = [_SOURCES.get(topic, "/bus") for topic in TOPICS if model in topic.events]
    code = CODE_PATTERN.removeprefix("^").removesuffix("$")
    pattern = "|".join(re.sub("{.*}", lambda _: code, source) for source in sources)
    return {
        "allOf": [
            {"$ref": "#/components/schemas/CloudEventHeaders"},
            {
                "type": "object",
                "properties": {
                    "ce_type": {"const": model.type_name()},
                    "ce_source": {"type": "string", "pattern": f"^({pattern})$"},
                },
            },
        ]
    }


def _headers() -> dict[str, Any]:
    return {
        "title": "CloudEventHeaders",
        "description": "The Kafka headers: CloudEvents 1.0 attributes in binary mode. Values are UTF-8 text.",
        "type": "object",
        "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject"],
        "properties": {
            "ce_specversion": {"const": "1.0"},
            "ce_id": {
                "type": "string",
                "minLength": 1,
                "maxLength": ID_LENGTH_MAX,
                "pattern": PRINTABLE,
                "description": "Unique among the events of this source, and the same on every retry: a UUID, say.",
            },
            "ce_source": {"type": "string", "maxLength": 200, "description": "Who speaks; see the channel's owner."},
            "ce_type": {"type": "string", "maxLength": 200},
            "ce_subject": {
                "type": "string",
                "minLength": 1,
                "maxLength": 200,
                "pattern": PRINTABLE,
                "description": "What the event is about: the request id or the code in the body. Also the Kafka key.",
            },
            "ce_time": {
                "type": "string",
                "format": "date-time",
                # Some validators take a date-time without a zone.
                "pattern": "([Zz]|[+-][0-9]{2}:[0-9]{2})$",
                "description": "When it happened, RFC 3339 with a zone: no later than the broker's own time, and "
                "earlier by no more than the policy's `lateness_seconds`. Without it, the broker's time counts.",
            },
            "ce_sequence": {
                "type": "string",
                "pattern": "^[0-9]{1,18}$",
                "description": "Set by the bus, never sent: the order within one subject, without gaps; in a feed the "
                "entry's number.",
            },
            "ce_dataschema": {"type": "string", "description": "Not read: `ce_type` says the major version."},
            "content-type": {**CONTENT_TYPES, "description": f"{CONTENT_TYPE}, with charset=utf-8 or without."},
            "ce_datacontenttype": {**CONTENT_TYPES, "description": "Not needed; held to the same as `content-type`."},
        },
    }


def _payloads() -> dict[str, Any]:
    """Return the schemas of all events and of all that they consist of."""
    _, generated = models_json_schema(
        [(model, "validation") for model in _models()],
        ref_template="#/components/schemas/{model}",
        schema_generator=Generator,
    )
    schemas: dict[str, Any] = generated["$defs"]
    return schemas
