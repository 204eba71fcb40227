"""From bytes to a typed event, and back. Problems name the field and never repeat its value."""

import re
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from pydantic import ValidationError

from schemas.base import Event
from schemas.envelope import Envelope
from schemas.problems import FieldProblem
from schemas.topics import TOPICS, Topic

SomeEvent = TypeVar("SomeEvent", bound=Event)


class EventInvalid(FieldProblem):
    """A body that does not fit its schema; `field` is the dotted path and `problem` says what is wrong."""


@dataclass(frozen=True, slots=True)
class Received:
    """One decoded event as a consumer sees it."""

    envelope: Envelope
    event: Event


@cache
def events_by_type(topic: Topic) -> dict[str, type[Event]]:
    """Return the models that `topic` may carry, by CloudEvents type."""
    return {model.type_name(): model for model in topic.events}


@cache
def all_events() -> dict[str, type[Event]]:
    """Return every model of the table of topics, by CloudEvents type."""
    return {model.type_name(): model for topic in TOPICS for model in topic.events}


def parse(model: type[SomeEvent], body: bytes) -> SomeEvent:
    """Parse as a consumer: unknown fields are tolerated. Raises `EventInvalid`."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise _problem(error) from None


def parse_strictly(model: type[SomeEvent], body: bytes) -> SomeEvent:
    """Parse as a producer: unknown fields are refused. Raises `EventInvalid`."""
    try:
        return model.model_validate_json(body, extra="forbid")
    except ValidationError as error:
        raise _problem(error) from None


def encode(event: Event) -> bytes:
    """Return the JSON body of `event`."""
    return event.__pydantic_serializer__.to_json(event)


#: Problems whose pydantic text repeats a part of the value; said in our own words instead.
_OWN_WORDS = {
    "uuid_parsing": "Input should be a UUID such as 01890000-0000-7000-8000-000000000000",
    "uuid_type": "Input should be a UUID such as 01890000-0000-7000-8000-000000000000",
    "bytes_invalid_encoding": "Input should be base64",
    "union_tag_invalid": "Input should be of one of the kinds that the schema lists",
    "date_parsing": "Input should be a day such as 2026-11-25",
    "json_invalid": "Body should be one JSON object in UTF-8",
    "extra_forbidden": "The schema has no such field; remove it or correct its name",
}
#: A name that a schema or a person could have given; anything else may be data that went astray.
_NAME = re.compile("[A-Za-z_][A-Za-z0-9_.-]{0,62}", re.ASCII)
#: How pydantic names the arms of a union in an error's path.
_UNION_ARMS = re.compile(r"(constrained-)?(str|int|bool)|tuple\[.*")


def _problem(error: ValidationError) -> EventInvalid:
    errors = error.errors(include_url=False, include_input=False, include_context=False)
    path = _path(errors[0]["loc"])
    words = [_words(each["type"], each["msg"]) for each in errors if _path(each["loc"]) == path]
    return EventInvalid(path, "; or ".join(dict.fromkeys(words)))


def _path(location: tuple[int | str, ...]) -> str:
    parts = []
    for index, part in enumerate(location):
        if isinstance(part, str) and index >= 2 and _UNION_ARMS.fullmatch(part):
            break
        parts.append(str(part) if isinstance(part, int) or part == "[key]" or _NAME.fullmatch(part) else "(a name)")
    return ".".join(parts) or "body"


def _words(kind: str, message: str) -> str:
    return _OWN_WORDS.get(kind) or message.removeprefix("Value error, ")
