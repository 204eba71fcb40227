"""The compatibility checker: published verdicts, its own soundness, and the words that it finds."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from schemas.compatibility import compare

PAIRS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "data" / "schema_compat" / "karapace-jsonschema-pairs.json").read_text(
        encoding="utf-8"
    )
)
JUDGED = [pair for pair in PAIRS if not compare(pair["reader"], pair["writer"]).unknown]


def title(pair: dict[str, Any]) -> str:
    return f"{pair['line']}-{pair['reader_name']}-{pair['writer_name']}"


@pytest.mark.parametrize("pair", JUDGED, ids=title)
def test_the_checker_agrees_with_the_published_verdict(pair: dict[str, Any]) -> None:
    assert compare(pair["reader"], pair["writer"]).compatible == pair["compatible"]


def test_most_published_pairs_are_judged_and_the_rest_use_what_our_schemas_never_use() -> None:
    unjudged = [compare(pair["reader"], pair["writer"]).unknown for pair in PAIRS if pair not in JUDGED]
    reasons = {line.split(": ", 1)[1] for unknown in unjudged for line in unknown}
    assert (len(JUDGED), len(unjudged)) == (175, 56)
    assert reasons == {
        "a schema that is not an object",
        "additionalItems",
        "not",
        "patternProperties in an open map",
        "propertyNames by anything but an enumeration",
    }


def test_what_is_unknown_is_not_compatible() -> None:
    verdict = compare({"not": {"type": "string"}}, {"not": {"type": "string"}})
    assert not verdict.compatible
    assert verdict.unknown == ("reader (the whole): not", "writer (the whole): not")
    assert compare({"type": "object"}, {"type": "object", "properties": {"a": {"multipleOf": 2}}}).unknown == (
        "writer a: multipleOf",
    )


SCALARS: list[Any] = [None, True, False, 0, 1, 2, 1.5, -1, "", "a", "b", "abc"]
NAMES = ["a", "b", "ab"]


class Maker:
    """Makes small schemas and instances of the supported features from hypothesis' draws."""

    def __init__(self, data: st.DataObject) -> None:
        self._draw = data.draw

    def one_of(self, options: Sequence[Any]) -> Any:
        return self._draw(st.sampled_from(options))

    def some(self, options: Sequence[Any]) -> list[Any]:
        return [each for each in options if self._draw(st.booleans())]

    def maybe(self, keyword: str, value: Any) -> dict[str, Any]:
        return {keyword: value} if self._draw(st.booleans()) else {}

    def schema(self, depth: int) -> dict[str, Any]:
        kinds: list[Callable[[int], dict[str, Any]]] = [self.listed, self.number, self.text, self.typed]
        if depth:
            kinds += [self.array, self.object, self.map, self.named_map, self.alternatives]
        return cast(dict[str, Any], self.one_of(kinds)(depth - 1))

    def listed(self, depth: int) -> dict[str, Any]:
        return dict(self.one_of([{"enum": self.some(SCALARS) or [1]}, {"const": self.one_of(SCALARS)}]))

    def typed(self, depth: int) -> dict[str, Any]:
        types = [
            {"type": "null"},
            {"type": "boolean"},
            {"type": ["string", "integer"]},
            {"type": ["null", "number"]},
            {},
        ]
        return dict(self.one_of(types))

    def number(self, depth: int) -> dict[str, Any]:
        keywords = self.some(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"])
        bounds = {keyword: self.one_of(range(-2, 4)) for keyword in keywords}
        return {"type": self.one_of(["integer", "number"]), **bounds}

    def text(self, depth: int) -> dict[str, Any]:
        return {
            "type": "string",
            **self.sizes("minLength", "maxLength"),
            **self.maybe("pattern", self.one_of(["a", "^b"])),
        }

    def sizes(self, least: str, most: str) -> dict[str, int]:
        return {keyword: self.one_of(range(4)) for keyword in self.some([least, most])}

    def array(self, depth: int) -> dict[str, Any]:
        return {"type": "array", **self.sizes("minItems", "maxItems"), **self.maybe("items", self.schema(depth))}

    def object(self, depth: int) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {name: self.schema(depth) for name in self.some(NAMES)},
            "required": self.some(NAMES),
            **self.sizes("minProperties", "maxProperties"),
            **self.maybe("additionalProperties", self.one_of([True, False, self.schema(depth)])),
        }

    def map(self, depth: int) -> dict[str, Any]:
        patterns = {self.one_of(["^a", "b$"]): self.schema(depth)}
        return {"type": "object", "patternProperties": patterns, "additionalProperties": False}

    def named_map(self, depth: int) -> dict[str, Any]:
        return {
            "type": "object",
            "propertyNames": {"enum": self.some(NAMES)},
            "additionalProperties": self.schema(depth),
        }

    def alternatives(self, depth: int) -> dict[str, Any]:
        return {"anyOf": [self.schema(depth), self.schema(depth)]}

    def variant(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        """Return `schema` with a keyword dropped, replaced by another schema's, or changed further inside."""
        change = self.one_of(["drop", "borrow", "inside", "widen"])
        variant = dict(schema)
        if change == "drop" and variant:
            variant.pop(self.one_of(sorted(variant)))
        elif change == "borrow":
            variant = {**variant, **self.some_keywords(self.schema(depth))}
        elif change == "widen":
            variant = {"anyOf": [schema, self.schema(depth)]}
        else:
            for keyword in ("items", "additionalProperties"):
                if isinstance(variant.get(keyword), dict):
                    variant[keyword] = self.variant(variant[keyword], depth)
            if variant.get("properties"):
                name = self.one_of(sorted(variant["properties"]))
                variant["properties"] = {
                    **variant["properties"],
                    name: self.variant(variant["properties"][name], depth),
                }
        return variant

    def some_keywords(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {keyword: schema[keyword] for keyword in self.some(sorted(schema))}

    def instance(self, depth: int) -> Any:
        kind = self.one_of(["scalar", "array", "object"]) if depth else "scalar"
        if kind == "array":
            return [self.instance(depth - 1) for _ in range(self.one_of(range(3)))]
        if kind == "object":
            return {name: self.instance(depth - 1) for name in self.some([*NAMES, "c"])}
        return self.one_of(SCALARS)


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_a_compatible_reader_accepts_what_the_writer_may_send(data: st.DataObject) -> None:
    """The reference validator is the judge: no instance that the writer's schema allows is refused by the reader's."""
    maker = Maker(data)
    writer = maker.schema(2)
    reader = maker.variant(writer, 1)
    verdict = compare(reader, writer)
    assume(verdict.compatible)
    event("compatible, and not the same" if reader != writer else "the same")
    written, read = Draft202012Validator(writer), Draft202012Validator(reader)
    for _ in range(10):
        instance = maker.instance(2)
        if written.is_valid(instance):
            assert read.is_valid(instance), (instance, reader, writer)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_schema_is_compatible_with_itself(data: st.DataObject) -> None:
    schema = Maker(data).schema(2)
    assert compare(schema, json.loads(json.dumps(schema)), keep_fields=True).compatible


def test_references_are_followed_also_when_they_recur() -> None:
    tree = {
        "$ref": "#/$defs/Tree",
        "$defs": {
            "Tree": {
                "type": "object",
                "properties": {"size": {"type": "integer"}, "left": {"$ref": "#/$defs/Tree"}},
                "additionalProperties": False,
            }
        },
    }
    narrower: dict[str, Any] = json.loads(json.dumps(tree))
    narrower["$defs"]["Tree"]["properties"]["size"]["maximum"] = 9
    assert compare(tree, narrower).compatible
    assert compare(narrower, tree).problems == ("size: the upper bound was lowered",)


@pytest.mark.parametrize(
    ("reader", "writer", "problem"),
    [
        ({"enum": ["a"]}, {"enum": ["a", "b"]}, "(the whole): 'b' is no longer accepted"),
        ({"enum": ["a"]}, {"type": "string"}, "(the whole): only some values are accepted where any string was"),
        ({"type": "string"}, {"type": "integer"}, "(the whole): type integer is no longer accepted"),
        (
            {"type": "string", "pattern": "^a$"},
            {"type": "string", "pattern": "^b$"},
            "(the whole): pattern was ^b$, is ^a$",
        ),
        ({"type": "string", "maxLength": 3}, {"type": "string"}, "(the whole): maxLength was unlimited, is 3"),
        (
            {"type": "array", "items": {"type": "integer", "minimum": 1}},
            {"type": "array", "items": {"type": "integer", "minimum": 0}},
            "items: the lower bound was raised",
        ),
        (
            {"type": "object", "required": ["a"], "properties": {"a": {}}},
            {"type": "object", "properties": {"a": {}}},
            "a: is newly required",
        ),
        (
            {"anyOf": [{"type": "string", "maxLength": 2}, {"type": "null"}]},
            {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "null"}]},
            "(the whole): maxLength was 3, is 2",
        ),
    ],
)
def test_a_problem_names_the_place_and_the_change(reader: Any, writer: Any, problem: str) -> None:
    assert compare(reader, writer).problems == (problem,)


def test_an_optional_model_is_compared_with_its_own_kind_however_much_of_it_changes() -> None:
    names = ("a", "b", "c")
    fields = {name: {"type": "integer"} for name in names}
    writer = {"anyOf": [{"type": "object", "properties": fields, "required": []}, {"type": "null"}]}
    reader = {"anyOf": [{"type": "object", "properties": fields, "required": list(names)}, {"type": "null"}]}
    assert compare(reader, writer).problems == tuple(f"{name}: is newly required" for name in names)


def test_a_field_that_nobody_reads_any_more_is_seen_only_when_asked_for() -> None:
    writer = {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False}
    assert compare({"type": "object", "properties": {}}, writer).compatible
    assert compare({"type": "object", "properties": {}}, writer, keep_fields=True).problems == ("a: was removed",)
