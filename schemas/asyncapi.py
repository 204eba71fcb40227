"""The AsyncAPI 3.0 document: all that a foreign Kafka client needs, derived from the table of topics.

It describes the bus from outside: `send` is what an outsider writes, `receive` what an outsider reads.
"""

import re
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pydantic.json_schema import models_json_schema

from schemas.base import CODE_PATTERN, Event
from schemas.envelope import CONTENT_TYPE, ID_LENGTH_MAX
from schemas.examples import example
from schemas.export import Generator, closed, written_by_outsiders
from schemas.limits import limits_of
from schemas.topics import TOPICS, Topic, Writer

ASYNCAPI = "3.0.0"
KAFKA_BINDING = "0.5.0"
#: The channels' names in the document, by the last part of the topic's name.
_CHANNELS = {
    "{agency}": "agencyIntake",
    "offices": "officesIntake",
    "directorate": "directorateIntake",
    "registry": "registryLog",
    "requests": "requestsLog",
    "settlement": "settlementLog",
    "measured": "kpis",
}
_WHO_WRITES = {
    Writer.AGENCY: "Written by one agency each, with its own credentials; the broker denies everybody else.",
    Writer.GATEWAY: "Written by the operator's gateway alone; the broker denies everybody else.",
    Writer.BUS: "Written by the bus alone. Read with credentials that the operator gives; an agency's are denied.",
}
_SOURCES = {
    "{agency}": "/agencies/{agency}",
    "offices": "/offices/{office}",
    "directorate": "/directorate",
}

DESCRIPTION = """\
Pishkhan carries the requests of citizens from executive organizations (agencies) to counter offices.

Publishing, in five steps:

1. **Connect** with SASL mechanism SCRAM-SHA-256. An agency's user name is `agency-` and its code.
2. **Topic.** An agency writes to `pishkhan.intake.` and its code, and nowhere else. The topic decides who speaks: an
   event whose `ce_source` is not the topic's owner is set aside as a forgery.
3. **Headers.** CloudEvents 1.0, binary content mode: one Kafka header per attribute (`ce_specversion`, `ce_id`,
   `ce_source`, `ce_type`, `ce_subject`, `ce_time`) and `content-type`. Structured mode is not taken.
4. **Body.** One JSON object in UTF-8 that fits the payload's schema. Do not send fields that the schema does not name.
5. **Key.** The text of `ce_subject`, in UTF-8. Which partition it falls in does not matter.

An event is identified by (`ce_source`, `ce_id`). Sending it again with the same type, subject and body is safe: it
is skipped, however often. The same id with any of them different is set aside, so use a new id for every new event and
keep it over retries. Wait for the broker's acknowledgement (`acks=all`). Events may arrive in any order: one that comes
too early waits for a while. An event that cannot be read or is not allowed never stops those behind it.

Clients that are built on librdkafka need its version 2.6.1 or newer: older ones answer SCRAM's challenge with a nonce
that Kafka 4 refuses ("invalid credentials").
"""


def document(bootstrap: str, security_protocol: str) -> dict[str, Any]:
    """Return the document for a broker at `bootstrap` (host:port) that speaks `security_protocol` (SASL_...)."""
    written = [model for model in _models() if written_by_outsiders(model)]
    read = [model for model in _models() if not written_by_outsiders(model)]
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
            "schemas": {"CloudEventHeaders": _headers(), **_payloads(written, ""), **_payloads(read, "read.")},
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


def _place(topic: Topic) -> str:
    return topic.name.rpartition(".")[2]


def _channel_name(topic: Topic) -> str:
    return _CHANNELS[_place(topic)]


def _channel(topic: Topic) -> dict[str, Any]:
    channel: dict[str, Any] = {
        "address": topic.name,
        "summary": f"Key: {topic.key}. Holds about people: {topic.privacy.value}.",
        "description": _WHO_WRITES[topic.writer],
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
    if topic.writer is Writer.AGENCY:
        channel["parameters"] = {
            "agency": {
                "description": "The agency's code, which is also in its user name (`agency-<code>`) and its source.",
                "examples": ["civil-registration"],
            }
        }
    if _place(topic) in _SOURCES:
        channel["x-source"] = _SOURCES[_place(topic)]
    return channel


def _operation_name(topic: Topic) -> str:
    name = _channel_name(topic)
    return ("receive" if topic.writer is Writer.BUS else "send") + name[0].upper() + name[1:]


def _operation(topic: Topic) -> dict[str, Any]:
    channel = f"#/channels/{_channel_name(topic)}"
    return {
        "action": "receive" if topic.writer is Writer.BUS else "send",
        "channel": {"$ref": channel},
        "summary": _WHO_WRITES[topic.writer],
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
        "payload": {"$ref": f"#/components/schemas/{'' if outside else 'read.'}{model.__name__}"},
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
    sources = [_SOURCES.get(_place(topic), "/bus") for topic in TOPICS if model in topic.events]
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
        "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "content-type"],
        "properties": {
            "ce_specversion": {"const": "1.0"},
            "ce_id": {
                "type": "string",
                "minLength": 1,
                "maxLength": ID_LENGTH_MAX,
                "description": "Unique among the events of this source, and the same on every retry: a UUID, say.",
            },
            "ce_source": {"type": "string", "maxLength": 200, "description": "Who speaks; see the channel's owner."},
            "ce_type": {"type": "string", "maxLength": 200},
            "ce_subject": {
                "type": "string",
                "minLength": 1,
                "maxLength": 200,
                "description": "What the event is about: the request id or the code in the body. Also the Kafka key.",
            },
            "ce_time": {
                "type": "string",
                "format": "date-time",
                "description": "When it happened, RFC 3339 with a zone. Without it, the broker's time counts.",
            },
            "ce_sequence": {
                "type": "string",
                "pattern": "^[0-9]{1,18}$",
                "description": "Set by the bus in its logs, never sent: the order within one subject, without gaps.",
            },
            "content-type": {"const": CONTENT_TYPE},
        },
    }


def _payloads(models: list[type[Event]], prefix: str) -> dict[str, Any]:
    """Return the schemas of `models` and of all that they consist of, their names behind `prefix`."""
    _, generated = models_json_schema(
        [(model, "validation") for model in models],
        ref_template=f"#/components/schemas/{prefix}{{model}}",
        schema_generator=Generator,
    )
    schemas = generated["$defs"] if prefix else closed(generated)["$defs"]
    return {prefix + name: schema for name, schema in schemas.items()}
