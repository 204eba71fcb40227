"""From bytes to a typed event, and back. Problems name the field and never repeat its value."""

from dataclasses import dataclass
from functools import cache

from pydantic import ValidationError

from schemas.base import Event
from schemas.envelope import Envelope
from schemas.topics import TOPICS, Topic


class EventInvalid(ValueError):
    """A body that does not fit its schema; `field` is the dotted path and `problem` says what is wrong."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


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


def parse(model: type[Event], body: bytes) -> Event:
    """Parse as a consumer: unknown fields are tolerated. Raises `EventInvalid`."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise _problem(error) from None


def parse_strictly(model: type[Event], body: bytes) -> Event:
    """Parse as a producer: unknown fields are refused. Raises `EventInvalid`."""
    try:
        return model.model_validate_json(body, extra="forbid")
    except ValidationError as error:
        raise _problem(error) from None


def encode(event: Event) -> bytes:
    """Return the JSON body of `event`."""
    return event.__pydantic_serializer__.to_json(event)


def _problem(error: ValidationError) -> EventInvalid:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or "body"
    return EventInvalid(field, first["msg"])
