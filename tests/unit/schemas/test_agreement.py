"""The published JSON Schema and the model say the same of every body: neither promises what the other refuses."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from schemas.base import Event
from schemas.decode import EventInvalid, all_events, parse_strictly
from schemas.examples import example, exemplified
from schemas.export import json_schema

EXAMPLES = [model for model in all_events().values() if exemplified(model)]
#: Values of every JSON type, at and beyond the bounds. Texts that only a format could judge are left out: JSON Schema
#: itself does not say what a date or an id looks like, and a whole number written 5.0 is one for it.
VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, 5, 181, 10_001, 10**15, 10**15 + 1, 2**60, 0.5, 90.5, -181.5),
    *("", "a", "A", "a b", "x" * 64, "x" * 201, "x" * 2001, "a\0b", "active", "urban", "0" * 41),
    *([], ["a"], ["A"], [1], {}, {"a": 1}, {"A": 1}, {"a": 0.5}, {"fa": "a", "en": "b"}),
]
FORMATS = {"date", "date-time", "uuid"}
Path = tuple[str | int, ...]


def places(value: Any, path: Path = ()) -> list[Path]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(each for step, child in inner for each in places(child, (*path, step)))]


def changed(content: Any, path: Path, value: Any, *, drop: bool) -> Any:
    copy = json.loads(json.dumps(content))
    *parents, last = path
    place = copy
    for step in parents:
        place = place[step]
    if drop:
        del place[last]
    else:
        place[last] = value
    return copy


def only_a_format_could_judge(errors: str, value: Any) -> bool:
    return isinstance(value, str) and any(words in errors for words in ("RFC 3339", "UUID", "base64", "a day such as"))


@pytest.mark.parametrize("model", EXAMPLES, ids=lambda model: model.__name__)
@given(data=st.data())
def test_schema_and_model_agree_on_a_changed_example(model: type[Event], data: st.DataObject) -> None:
    content = example(model)["data"]
    path = data.draw(st.sampled_from(places(content)[1:]))
    value = data.draw(st.sampled_from(VALUES))
    body = changed(content, path, value, drop=data.draw(st.booleans()))
    try:
        parse_strictly(model, json.dumps(body).encode())
        refused = ""
    except EventInvalid as error:
        refused = str(error)
    fits = Draft202012Validator(json_schema(model)).is_valid(body)
    assert fits == (not refused) or only_a_format_could_judge(refused, value), refused


@pytest.mark.parametrize("model", all_events().values(), ids=lambda model: model.__name__)
def test_every_number_and_text_is_bounded(model: type[Event]) -> None:
    """What has no bound cannot be kept, added up or shown; a list's length is bounded by the message's size."""
    unbounded = [place for place, schema in _typed(json_schema(model), "") if _lacks_bound(schema)]
    assert not unbounded, f"give {unbounded} of {model.__name__} a bound, by a type of schemas/base.py"


def _typed(schema: Any, place: str) -> list[tuple[str, dict[str, Any]]]:
    found = [(place, schema)] if isinstance(schema, dict) and isinstance(schema.get("type"), str) else []
    inner = schema.items() if isinstance(schema, dict) else enumerate(schema) if isinstance(schema, list) else ()
    return found + [each for step, child in inner for each in _typed(child, f"{place}.{step}")]


def _lacks_bound(schema: dict[str, Any]) -> bool:
    if "enum" in schema or "const" in schema:
        return False
    if schema["type"] == "string":
        limited = schema.get("pattern", "").endswith("}$")
        return not limited and "maxLength" not in schema and schema.get("format") not in FORMATS
    if schema["type"] == "integer":
        lower = {"minimum", "exclusiveMinimum"} & schema.keys()
        return not (lower and {"maximum", "exclusiveMaximum"} & schema.keys())
    return False
