"""A Kafka record in columns and back: headers as JSON that keeps every byte."""

import base64
from collections.abc import Iterable

from consumers.runner.records import Record

Header = tuple[str, bytes | None]


def headers_to_json(headers: Iterable[Header]) -> list[list[object]]:
    """Return `[name, text]` pairs; a value that is not clean text becomes `{"base64": …}`, an absent one null."""
    return [[_clean(name), _value_to_json(value)] for name, value in headers]


def headers_from_json(pairs: Iterable[tuple[str, object]]) -> tuple[Header, ...]:
    """Return the headers that `headers_to_json` was given."""
    return tuple((name, _value_from_json(value)) for name, value in pairs)


def body_or_empty(record: Record) -> bytes:
    """Return the record's body; a record without one is kept as an empty body."""
    return record.value or b""


def _clean(name: str) -> str:
    return name.replace("\0", "\N{REPLACEMENT CHARACTER}")


def _value_to_json(value: bytes | None) -> object:
    if value is None:
        return None
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    return {"base64": base64.b64encode(value).decode()} if "\0" in text else text


def _value_from_json(value: object) -> bytes | None:
    if isinstance(value, str):
        return value.encode()
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else None
