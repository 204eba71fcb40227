"""The OpenAPI 3.1 document, made from what the doors stand on: the acts, the events' models, the table of problems.

Examples are those of the events (`schemas/examples`), less what the path, the key and the act say by themselves; tests
send every one of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connectors.http.headers import WAIT_SECONDS_MAX
from connectors.http.openapi_citizens import citizen_paths
from connectors.http.problems import (
    BODY_TOO_LARGE,
    BUSY,
    CLAIM_INVALID,
    FAULT,
    IN_PROGRESS,
    KEY_REUSED,
    MALFORMED,
    NOT_AUTHENTICATED,
    NOT_FOUND,
    SCOPE_MISSING,
    TOO_MANY,
    TOO_SLOW,
    UNAVAILABLE,
    UNSUPPORTED_MEDIA,
    WRONG_PARTY,
    ProblemType,
)
from connectors.words.acts import SPEAKERS, purpose
from producers.acts import ACTS, About, Act
from schemas.base import CODE_PATTERN
from schemas.examples import example
from schemas.export import json_schema

_ALWAYS = (MALFORMED, NOT_AUTHENTICATED, WRONG_PARTY, SCOPE_MISSING, TOO_MANY, FAULT, UNAVAILABLE)
_BODIED = (TOO_SLOW, BODY_TOO_LARGE, UNSUPPORTED_MEDIA)
_WRITES = (*_ALWAYS, *_BODIED, NOT_FOUND, IN_PROGRESS, CLAIM_INVALID, KEY_REUSED, BUSY)
_PROBLEM = "application/problem+json"
_TEXT: Mapping[str, Any] = {"type": "string"}
_UUID = {"type": "string", "format": "uuid"}
#: What paths name, where it is no code.
_PATH_SCHEMAS: Mapping[About, Mapping[str, Any]] = {
    About.REQUEST: _UUID,
    About.FINE: _UUID,
    About.CLAIM: {"type": "string", "minLength": 1, "maxLength": 200},
    About.WINDOW: {"type": "string", "pattern": "^[1-9][0-9]{0,8}$"},
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Your own id of this request, 1 to 200 visible characters. The same request again under the same "
    "key is answered, and kept once.",
    "schema": {"type": "string", "pattern": r"^[!#-\[\]-~]{1,200}$"},
}
_PREFER = {
    "name": "Prefer",
    "in": "header",
    "required": False,
    "description": f"`wait=3` waits so many seconds, at most {WAIT_SECONDS_MAX}, for the bus's decision.",
    "schema": {"type": "string", "examples": ["wait=3"]},
}


def document(address: str) -> dict[str, Any]:
    """Return the document; `address` is where the gateway answers."""
    paths: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    together: defaultdict[tuple[str, str], list[Act]] = defaultdict(list)
    for act in ACTS:
        together[act.path, act.method.lower()].append(act)
    for (path, method), acts in together.items():
        paths[path][method] = _operation(acts)
    paths["/v1/batch"]["post"] = _batch()
    paths["/v1/events/{event_id}"]["get"] = _event()
    paths["/v1/feed"]["get"] = _feed()
    for path, methods in citizen_paths(_problems).items():
        paths[path] |= methods
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "Pishkhan",
            "version": "1",
            "description": "Doors for agencies, counter offices and the directorate. What is answered with 201 is "
            "durable; what the bus decides on it comes with `Prefer: wait`, by `GET /v1/events/{event_id}`, or in "
            "the feed.",
        },
        "servers": [{"url": address}],
        "security": [{"key": []}],
        "paths": dict(paths),
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "A key of your party."}},
            "schemas": {"Problem": _problem_schema(), "Kept": _kept_schema(), "FeedPage": _page_schema()},
        },
    }


def example_body(act: Act) -> dict[str, Any]:
    """Return the act's example as a caller sends it."""
    data: dict[str, Any] = example(act.event)["data"]
    _drop(data, [*([act.place] if act.place else []), *([act.own] if act.own else []), *act.fixed])
    return data


def example_named(act: Act) -> str | None:
    """Return what the path of the act's example names."""
    value: Any = example(act.event)["data"]
    if act.place is None:
        return None
    for part in act.place.split("."):
        value = value[part]
    return str(value)


def _operation(acts: Sequence[Act]) -> dict[str, Any]:
    first = acts[0]
    who = ", ".join(SPEAKERS[act.speaker].en for act in acts)
    scopes = ", ".join(dict.fromkeys(act.scope.value for act in acts))
    return {
        "operationId": first.name,
        "summary": purpose(first).en,
        "description": f"For: {who}. Scope: {scopes}. Event: `{first.event.type_name()}`.",
        "tags": [SPEAKERS[act.speaker].en for act in acts],
        "parameters": [*_path_parameters(first), _KEY, _PREFER],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _body_schema(first), "example": example_body(first)}},
        },
        "responses": {"201": _kept_response(), **_problems(_WRITES)},
    }


def _path_parameters(act: Act) -> list[dict[str, Any]]:
    if act.about is None:
        return []
    named = example_named(act)
    schema = _PATH_SCHEMAS.get(act.about, {"type": "string", "pattern": CODE_PATTERN})
    return [{"name": act.about.value, "in": "path", "required": True, "schema": schema, "example": named}]


def _body_schema(act: Act) -> dict[str, Any]:
    """Return the event's schema without what path, key and act say, and closed: the door refuses unknown fields."""
    schema = json_schema(act.event)
    for key in ("$id", "$schema", "title"):
        schema.pop(key, None)
    text = _renamed(schema)
    gone = [place for place in (act.place, act.own, *act.fixed) if place is not None and "." not in place]
    for name in gone:
        text["properties"].pop(name, None)
    optional = {*gone, *act.made}
    text["required"] = [name for name in text.get("required", []) if name not in optional]
    if not text["required"]:
        del text["required"]
    text["additionalProperties"] = False
    for place in (act.place, act.own):
        if place is not None and "." in place:
            thing, name = place.split(".")
            # It may be said there as well, and then it must be the same.
            text["properties"][thing]["required"].remove(name)
    return text


def _renamed(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a copy in which each definition is written out where it is used: the document has one place for all."""
    definitions = schema.pop("$defs", {})

    def written(value: Any) -> Any:
        if isinstance(value, dict):
            reference = value.get("$ref")
            if isinstance(reference, str) and reference.startswith("#/$defs/"):
                beside = {name: one for name, one in value.items() if name != "$ref"}
                return written({**definitions[reference.removeprefix("#/$defs/")], **beside})
            return {name: written(one) for name, one in value.items()}
        return [written(one) for one in value] if isinstance(value, list) else value

    whole: dict[str, Any] = written(schema)
    return whole


def _batch() -> dict[str, Any]:
    return {
        "operationId": "batch",
        "summary": "Many acts at once, one JSON object a line",
        "description": 'Each line is `{"id": ..., "act": ..., "data": {...}}`: your own id of it, which is its '
        "Idempotency-Key, the act's name, and the event's fields. Up to 5,000 lines. Each line has a result, in order; "
        "what holds is kept, whatever the other lines are.",
        "requestBody": {"required": True, "content": {"application/x-ndjson": {"schema": _TEXT}}},
        "responses": {
            "200": {"description": "A result a line.", "content": {"application/x-ndjson": {"schema": _TEXT}}},
            **_problems((*_ALWAYS, *_BODIED)),
        },
    }


def _event() -> dict[str, Any]:
    parameter = {"name": "event_id", "in": "path", "required": True, "schema": _TEXT}
    found = {"application/json": {"schema": {"$ref": "#/components/schemas/Kept"}}}
    return {
        "operationId": "read-event",
        "summary": "What became of a claim of yours",
        "parameters": [parameter],
        "responses": {
            "200": {"description": "What is known now.", "content": found},
            **_problems((*_ALWAYS[1:2], NOT_FOUND, TOO_MANY, FAULT, UNAVAILABLE)),
        },
    }


def _feed() -> dict[str, Any]:
    def number(name: str, most: int, what: str) -> dict[str, Any]:
        schema = {"type": "integer", "minimum": 0, "maximum": most}
        return {"name": name, "in": "query", "required": False, "description": what, "schema": schema}

    return {
        "operationId": "read-feed",
        "summary": "Your feed: everything that concerns you, numbered",
        "description": "With `Accept: text/event-stream` the same entries come as server-sent events, whose ids "
        "are the numbers; `Last-Event-ID` resumes.",
        "parameters": [
            number("after", 9_007_199_254_740_991, "The number of the last entry that you have."),
            number("limit", 1_000, "How many entries at most."),
            number("wait", WAIT_SECONDS_MAX, "Seconds to wait while there is none."),
        ],
        "responses": {
            "200": {
                "description": "Entries in order, or a stream of them.",
                "content": {
                    "application/json": {"schema": {"$ref": "#/components/schemas/FeedPage"}},
                    "text/event-stream": {"schema": _TEXT},
                },
            },
            **_problems(_ALWAYS),
        },
    }


def _problems(rows: Iterable[ProblemType]) -> dict[str, Any]:
    by_status: defaultdict[int, list[ProblemType]] = defaultdict(list)
    for row in rows:
        by_status[row.status.value].append(row)
    content = {_PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        str(status): {
            "description": " / ".join(f"`{row.name}`: {row.title}." for row in alike),
            "content": content,
            **({"headers": {"Retry-After": {"schema": _TEXT}}} if any(row.again_seconds for row in alike) else {}),
        }
        for status, alike in sorted(by_status.items())
    }


def _kept_response() -> dict[str, Any]:
    return {
        "description": "The claim is durable. A refusal is an outcome, and no error.",
        "headers": {"Location": {"description": "Where its outcome is found.", "schema": _TEXT}},
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Kept"}}},
    }


def _kept_schema() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["event_id", "state"],
        "properties": {
            "event_id": _TEXT,
            "state": {"const": "accepted"},
            "request_id": _TEXT,
            "fine_id": _TEXT,
            "outcome": {"enum": ["done", "refused", "waits", "set_aside", "forgotten", "undecided"]},
            "events": {"type": "array", "items": {"type": "object"}},
            "reason": _TEXT,
            "detail": _TEXT,
            "delivery": {"type": "object", "description": "There when what is kept cannot leave at this moment."},
        },
    }


def _page_schema() -> dict[str, Any]:
    number = {"type": "integer", "minimum": 0}
    entry = {"type": "object", "required": ["number", "id", "type", "time", "data"]}
    return {
        "type": "object",
        "required": ["feed", "after", "newest", "more", "entries"],
        "properties": {
            "feed": _TEXT,
            "after": number,
            "newest": number,
            "more": {"type": "boolean"},
            "entries": {"type": "array", "items": entry},
        },
    }


def _problem_schema() -> dict[str, Any]:
    texts = dict.fromkeys(("type", "title", "detail", "remedy", "field"), _TEXT)
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail", "remedy"],
        "properties": {**texts, "status": {"type": "integer"}},
    }


def _drop(data: dict[str, Any], places: Iterable[str]) -> None:
    for place in places:
        *above, name = place.split(".")
        inner: Any = data
        for part in above:
            inner = inner[part]
        inner.pop(name, None)
