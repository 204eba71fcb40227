"""JSON Schema (2020-12) of every event, as outsiders get it.

Every schema is open, whoever writes the event: a reader tolerates fields that it does not know, so that events may grow
and a newer minor version may be sent to an older reader. Closed are maps alone, whose keys a rule names.
"""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from schemas.base import Event
from schemas.topics import TOPICS, Writer

JSON_SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class Generator(GenerateJsonSchema):
    """pydantic's generator without what is noise or untrue in a published schema."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Leave out titles that only repeat the field's name."""
        return False

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        """Tell the arms apart by their constants, which are required here though the models fill them in for code.

        OpenAPI's `discriminator` is left out: JSON Schema does not have it.
        """
        generated = super().tagged_union_schema(schema)
        generated.pop("discriminator", None)
        for arm in generated["oneOf"]:
            definition = self.get_schema_from_definitions(arm["$ref"])
            assert definition is not None, arm
            required = definition.setdefault("required", [])
            if schema["discriminator"] not in required:
                required.insert(0, schema["discriminator"])
        return generated

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """Refuse keys that do not match: the models do, and JSON Schema alone would let them through."""
        generated = super().dict_schema(schema)
        if "patternProperties" in generated:
            generated["additionalProperties"] = False
        return generated


def written_by_outsiders(model: type[Event]) -> bool:
    """Say whether the event travels on an intake topic."""
    return any(model in topic.events for topic in TOPICS if topic.writer is not Writer.BUS)


def file_name(model: type[Event]) -> str:
    """Return the name of the event's schema file."""
    return f"{model.type_name().removeprefix('ir.pishkhan.')}.json"


def json_schema(model: type[Event]) -> dict[str, Any]:
    """Return the event's own JSON Schema, open to fields that it does not name."""
    generated = model.model_json_schema(schema_generator=Generator)
    return {"$schema": JSON_SCHEMA_DIALECT, "$id": f"urn:pishkhan:event:{model.type_name()}", **generated}


def closed(schema: Any) -> Any:
    """Return `schema` with every object that names its fields refusing others."""
    return _with_additional(schema, closing=True)


def opened(schema: Any) -> Any:
    """Return `schema` with every object that names its fields tolerating others."""
    return _with_additional(schema, closing=False)


#: Keywords whose value is a mapping from names (not keywords) to schemas, and keywords whose value is plain data.
_BY_NAME = ("properties", "patternProperties", "$defs")
_DATA = ("default", "examples", "enum", "const", "required")


def _with_additional(schema: Any, *, closing: bool) -> Any:
    if isinstance(schema, list):
        return [_with_additional(each, closing=closing) for each in schema]
    if not isinstance(schema, dict):
        return schema
    result: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in _DATA:
            result[keyword] = value
        elif keyword in _BY_NAME:
            result[keyword] = {name: _with_additional(each, closing=closing) for name, each in value.items()}
        else:
            result[keyword] = _with_additional(value, closing=closing)
    if "properties" in schema:
        result.pop("additionalProperties", None)
        if closing:
            result["additionalProperties"] = False
    return result
