"""The doors for citizens and keys in the OpenAPI document."""

from collections.abc import Callable, Iterable
from typing import Any

from connectors.http.problems import (
    BODY_TOO_LARGE,
    CLAIM_INVALID,
    FAULT,
    KEY_REUSED,
    MALFORMED,
    NOT_AUTHENTICATED,
    NOT_FOUND,
    SCOPE_MISSING,
    TOO_MANY,
    UNAVAILABLE,
    UNSUPPORTED_MEDIA,
    WRONG_PARTY,
    ProblemType,
)

_TEXT = {"type": "string"}
_TEXT_OR_NOTHING = {"type": ["string", "null"]}
#: Returns the responses of some problems.
Problems = Callable[[Iterable[ProblemType]], dict[str, Any]]


def citizen_paths(problems: Problems) -> dict[str, dict[str, Any]]:
    """Return the operations by path and method."""
    request = _named("request_id", {"type": "string", "format": "uuid"})
    everybody = (NOT_AUTHENTICATED, TOO_MANY, FAULT, UNAVAILABLE)
    some = (*everybody, WRONG_PARTY, SCOPE_MISSING, NOT_FOUND)
    me = dict.fromkeys(("party", "code", "key", "name"), _TEXT) | {
        "scopes": {"type": "array", "items": _TEXT},
        "operator": _TEXT_OR_NOTHING,
    }
    tracked = dict.fromkeys(("state", "service", "next"), _TEXT) | dict.fromkeys(
        ("office", "until", "document_wanted"), _TEXT_OR_NOTHING
    )
    shown = {"request_id": _TEXT, "personal": {"type": "object"}}
    sealed = {"request_id": _TEXT, "citizen_ref": _TEXT, "personal": _TEXT_OR_NOTHING}
    wanted = {
        "type": "object",
        "required": ["number"],
        "properties": {
            "kind": {"enum": ["national", "legal", "foreigner"], "default": "national"},
            "number": _TEXT,
            "fields": {"type": "object", "description": "Personal fields of the form, by their codes."},
        },
    }
    seal = _operation("seal-request", "A person and its fields become a reference and a blob", [request], sealed)
    seal["requestBody"] = {"required": True, "content": {"application/json": {"schema": wanted}}}
    seal["responses"] |= problems((*some, MALFORMED, CLAIM_INVALID, KEY_REUSED, BODY_TOO_LARGE, UNSUPPORTED_MEDIA))
    reveal = _operation("reveal-request", "A citizen's fields, while a request is in hand", [request], shown)
    reveal["responses"] |= problems(some)
    track = _operation("track-request", "Where a request is, by its code", [_named("code", _TEXT)], tracked)
    # A citizen has no key.
    track["security"] = []
    track["responses"] |= problems((NOT_FOUND, TOO_MANY, FAULT, UNAVAILABLE))
    key = _operation("show-key", "Whose key this is, and what it may do", [], me)
    key["responses"] |= problems(everybody)
    return {
        "/v1/me": {"get": key},
        "/v1/track/{code}": {"get": track},
        "/v1/requests/{request_id}/personal": {"get": reveal, "put": seal},
    }


def _named(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _operation(name: str, summary: str, parameters: list[dict[str, Any]], properties: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "required": sorted(properties), "properties": properties}
    found = {"description": "It is so.", "content": {"application/json": {"schema": schema}}}
    return {"operationId": name, "summary": summary, "parameters": parameters, "responses": {"200": found}}
