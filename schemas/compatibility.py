"""Whether a reader with one JSON Schema accepts everything that a writer with another one may send.

The direction is always the same: **the reader must accept what the writer sends**. For an evolving event the reader is
the new schema and the writer the old one, because old events stay in the logs and agencies keep writing them.

The answer is safe rather than clever: where it cannot tell, it says so and the change counts as incompatible. It knows
the keywords that our generated schemas use (`SUPPORTED`) and, of these, the shapes that they use:

- `oneOf` is read like `anyOf`: our alternatives exclude each other by a constant `kind`;
- `patternProperties` only in closed maps (with `additionalProperties: false`), `propertyNames` only by an enumeration;
- patterns and formats are compatible when they are equal;
- a field that the reader names and an open writer does not name is incompatible, whatever its schema: the writer may
  already use that name for something else.

Unknown to it: boolean schemas (other than as `additionalProperties`), `not`, `allOf`, `if`, tuples (`prefixItems`,
a list of `items`), `multipleOf`, `uniqueItems`, `contains`, `dependent*`, `unevaluated*`, `$dynamicRef`, remote `$ref`.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]
Path = tuple[str, ...]

ANNOTATIONS = frozenset({"$schema", "$id", "title", "description", "default", "examples"})
#: Lower and upper bounds on the length of texts, arrays and maps.
LENGTHS = (("minLength", "maxLength"), ("minItems", "maxItems"), ("minProperties", "maxProperties"))
EQUALS = ("pattern", "format", "contentEncoding")
SUPPORTED = ANNOTATIONS.union(
    {"$defs", "$ref", "type", "enum", "const", "anyOf", "oneOf", "items", "properties", "required"},
    {"additionalProperties", "patternProperties", "propertyNames"},
    {"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"},
    EQUALS,
    *LENGTHS,
)
TYPES = ("null", "boolean", "number", "string", "array", "object")


@dataclass(frozen=True, slots=True)
class Verdict:
    """`problems` say what a writer may send that the reader refuses; `unknown` lists what the checker cannot judge."""

    problems: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def compatible(self) -> bool:
        """Say whether the reader surely accepts everything: what is unknown counts as incompatible."""
        return not self.problems and not self.unknown


def compare(reader: Any, writer: Any, *, keep_fields: bool = False) -> Verdict:
    """Judge whether `reader` accepts all that `writer` may send.

    With `keep_fields` the reader must also name every field that the writer names: a field that nobody reads any more
    would otherwise vanish without a sound, because readers tolerate unknown fields.
    """
    unknown = [
        *(f"reader {each}" for each in _unsupported(reader)),
        *(f"writer {each}" for each in _unsupported(writer)),
    ]
    if unknown:
        return Verdict((), tuple(unknown))
    return Verdict(tuple(_Comparison(reader, writer, keep_fields).problems(reader, writer, ())), ())


def _unsupported(schema: Any, path: Path = ()) -> Iterator[str]:
    """Yield each place in `schema` that uses a keyword, or a shape of one, that `compare` cannot judge."""
    if not isinstance(schema, dict):
        yield f"{_shown(path)}: a schema that is not an object"
        return
    for keyword in sorted(schema.keys() - SUPPORTED):
        yield f"{_shown(path)}: {keyword}"
    for keyword, why in _unsupported_shapes(schema):
        yield f"{_shown(path)}: {keyword} {why}"
    for step, inner in _inner_schemas(schema):
        yield from _unsupported(inner, (*path, *step))


def _unsupported_shapes(schema: Schema) -> Iterator[tuple[str, str]]:
    for keyword in ("anyOf", "oneOf", "$ref"):
        beside = schema.keys() - ANNOTATIONS - {keyword, "$defs"}
        if keyword in schema and beside:
            yield keyword, f"beside {', '.join(sorted(beside))}"
    if not str(schema.get("$ref", "#/$defs/")).startswith("#/$defs/"):
        yield "$ref", "to another document"
    if "patternProperties" in schema and schema.get("additionalProperties") is not False:
        yield "patternProperties", "in an open map"
    names = schema.get("propertyNames")
    if isinstance(names, dict) and not {"$ref", "enum"} & names.keys():
        yield "propertyNames", "by anything but an enumeration"
    if any(isinstance(value, dict | list) for value in _values(schema) or ()):
        yield "enum", "of arrays or objects"


def _inner_schemas(schema: Schema) -> Iterator[tuple[Path, Any]]:
    for keyword in ("properties", "patternProperties", "$defs"):
        for name, inner in schema.get(keyword, {}).items():
            yield (name,), inner
    for keyword in ("anyOf", "oneOf"):
        for index, inner in enumerate(schema.get(keyword, ())):
            yield (keyword, str(index)), inner
    for keyword in ("items", "propertyNames"):
        if keyword in schema:
            yield (keyword,), schema[keyword]
    if not isinstance(schema.get("additionalProperties", True), bool):
        yield ("*",), schema["additionalProperties"]


def _shown(path: Path) -> str:
    return ".".join(path) or "(the whole)"


def _values(schema: Schema) -> list[Any] | None:
    """Return all values of a schema that lists them, else none."""
    if "const" in schema:
        return [schema["const"]]
    if "enum" in schema:
        return list(schema["enum"])
    of_type: dict[str, list[Any]] = {"null": [None], "boolean": [False, True]}
    return of_type.get(str(schema.get("type")))


def _may_hold(option: Schema, type_name: str) -> bool:
    """Say whether an alternative has, or lists a value of, the type `type_name`."""
    values = _values(option)
    if values is not None:
        return any(type_name in _types_of(value) for value in values)
    return option["type"] in (type_name, "number" if type_name == "integer" else type_name)


def _types_of(value: Any) -> set[str]:
    if value is None:
        return {"null"}
    if isinstance(value, bool):
        return {"boolean"}
    if isinstance(value, str):
        return {"string"}
    return {"integer", "number"} if float(value).is_integer() else {"number"}


class _Comparison:
    """One comparison: the two documents that references lead into, and the pairs of references being compared."""

    def __init__(self, reader: Schema, writer: Schema, keep_fields: bool) -> None:
        self._reader_definitions = reader.get("$defs", {})
        self._writer_definitions = writer.get("$defs", {})
        self._keep_fields = keep_fields
        self._open_pairs: set[tuple[str, str]] = set()

    def problems(self, reader: Schema, writer: Schema, path: Path) -> list[str]:
        """Return what `writer` may send at `path` that `reader` refuses."""
        pair = (reader.get("$ref", ""), writer.get("$ref", ""))
        if all(pair):
            if pair in self._open_pairs:
                return []  # a recursive schema: this pair is being compared further up
            self._open_pairs.add(pair)
        found = [
            problem
            for arm in self._alternatives(writer, self._writer_definitions)
            for problem in self._problems_of_arm(reader, arm, path)
        ]
        self._open_pairs.discard(pair)
        return list(dict.fromkeys(found))

    def _problems_of_arm(self, reader: Schema, arm: Schema, path: Path) -> list[str]:
        options = self._alternatives(reader, self._reader_definitions)
        values = _values(arm)
        if values is not None:
            refused = [value for value in values if not any(_accepts(option, value) for option in options)]
            return [f"{_shown(path)}: {value!r} is no longer accepted" for value in refused]
        kind = arm["type"]
        tries = [(not _may_hold(option, kind), self._problems_of_option(option, arm, path)) for option in options]
        # Alternatives of another type never fit: the nearest of the same type explains best, however much it lists.
        return min(tries, key=lambda each: (each[0] and each[1] != [], len(each[1])), default=(False, []))[1]

    def _problems_of_option(self, option: Schema, arm: Schema, path: Path) -> list[str]:
        if _values(option) is not None:
            return [f"{_shown(path)}: only some values are accepted where any {arm['type']} was"]
        if option["type"] != arm["type"] and (option["type"], arm["type"]) != ("number", "integer"):
            return [f"{_shown(path)}: type {arm['type']} is no longer accepted"]
        found = [
            f"{_shown(path)}: {words}" for words in (*_length_problems(option, arm), *_bound_problems(option, arm))
        ]
        for keyword in EQUALS:
            if keyword in option and option[keyword] != arm.get(keyword):
                found.append(f"{_shown(path)}: {keyword} was {arm.get(keyword)}, is {option[keyword]}")
        if arm["type"] == "array" and "items" in option:
            found += self.problems(option["items"], arm.get("items", {}), (*path, "items"))
        if arm["type"] == "object":
            found += _Objects(self, option, arm, path, self._keep_fields).problems()
        return found

    def accepts_name(self, names: Schema, name: str) -> bool:
        """Say whether the reader's `propertyNames` accept `name`."""
        return any(_accepts(option, name) for option in self._alternatives(names, self._reader_definitions))

    def _alternatives(self, schema: Schema, definitions: dict[str, Schema]) -> list[Schema]:
        """Return `schema` as a list of schemas that each have one type, or list their values."""
        if "$ref" in schema:
            return self._alternatives(definitions[schema["$ref"].removeprefix("#/$defs/")], definitions)
        arms = schema.get("anyOf") or schema.get("oneOf")
        if arms:
            return [each for arm in arms for each in self._alternatives(arm, definitions)]
        if "const" in schema or "enum" in schema:
            return [schema]
        types = schema.get("type", TYPES)
        return [{**schema, "type": each} for each in ([types] if isinstance(types, str) else types)]


@dataclass(frozen=True, slots=True)
class _Objects:
    """The comparison of two object schemas."""

    comparison: _Comparison
    reader: Schema
    writer: Schema
    path: Path
    keep_fields: bool

    def problems(self) -> list[str]:
        newly = [name for name in self.reader.get("required", ()) if name not in self.writer.get("required", ())]
        found = [f"{_shown((*self.path, name))}: is newly required" for name in newly]
        for name, inner in self.writer.get("properties", {}).items():
            found += self._of_field(name, inner)
        for name, inner in self.reader.get("properties", {}).items():
            if name not in self.writer.get("properties", {}):
                found += self._of_new_field(name, inner)
        for pattern, inner in self.writer.get("patternProperties", {}).items():
            found += self._of_pattern(pattern, inner)
        return [*found, *self._of_unnamed(), *self._of_names()]

    def _of_field(self, name: str, inner: Schema) -> list[str]:
        path = (*self.path, name)
        place = _place_for(self.reader, name)
        if place is False:
            return [f"{_shown(path)}: is refused"]
        if place is True:
            return [f"{_shown(path)}: was removed"] if self.keep_fields else []
        return [problem for schema in place for problem in self.comparison.problems(schema, inner, path)]

    def _of_new_field(self, name: str, inner: Schema) -> list[str]:
        path = (*self.path, name)
        place = _place_for(self.writer, name)
        if place is False:
            return []
        if place is True:
            return [f"{_shown(path)}: was not named, so writers may send anything there"]
        return [problem for schema in place for problem in self.comparison.problems(inner, schema, path)]

    def _of_pattern(self, pattern: str, inner: Schema) -> list[str]:
        path = (*self.path, "*")
        if pattern in self.reader.get("patternProperties", {}):
            return self.comparison.problems(self.reader["patternProperties"][pattern], inner, path)
        additional = self.reader.get("additionalProperties", True)
        if additional is False:
            return [f"{_shown(path)}: the rule for names was {pattern}, is another"]
        return [] if additional is True else self.comparison.problems(additional, inner, path)

    def _of_unnamed(self) -> list[str]:
        """Compare what both say of fields that they do not name."""
        path = (*self.path, "*")
        reader, writer = (each.get("additionalProperties", True) for each in (self.reader, self.writer))
        if writer is False or reader is True:
            return []
        if reader is False:
            return [f"{_shown(path)}: fields that are not named are no longer accepted"]
        return self.comparison.problems(reader, {} if writer is True else writer, path)

    def _of_names(self) -> list[str]:
        names = self.reader.get("propertyNames")
        if names is None:
            return []
        path = (*self.path, "(names)")
        if "propertyNames" in self.writer:
            return self.comparison.problems(names, self.writer["propertyNames"], path)
        if self.writer.get("additionalProperties", True) is not False or "patternProperties" in self.writer:
            return [f"{_shown(path)}: only some names are accepted where any was"]
        named = self.writer.get("properties", {})
        return [f"{_shown(path)}: {name} is refused" for name in named if not self.comparison.accepts_name(names, name)]


def _place_for(schema: Schema, name: str) -> list[Schema] | bool:
    """Return the schemas that bind a field called `name`; true when anything goes, false when it may not be there."""
    if name in schema.get("properties", {}):
        return [schema["properties"][name]]
    matching = [inner for pattern, inner in schema.get("patternProperties", {}).items() if re.search(pattern, name)]
    if matching:
        return matching
    additional = schema.get("additionalProperties", True)
    return additional if isinstance(additional, bool) else [additional]


def _length_problems(reader: Schema, writer: Schema) -> Iterator[str]:
    for least, most in LENGTHS:
        if reader.get(least, 0) > writer.get(least, 0):
            yield f"{least} was {writer.get(least, 0)}, is {reader[least]}"
        if reader.get(most, math.inf) < writer.get(most, math.inf):
            yield f"{most} was {writer.get(most, 'unlimited')}, is {reader[most]}"


def _bound_problems(reader: Schema, writer: Schema) -> Iterator[str]:
    if _lower(reader, writer["type"]) > _lower(writer, writer["type"]):
        yield "the lower bound was raised"
    if _upper(reader, writer["type"]) < _upper(writer, writer["type"]):
        yield "the upper bound was lowered"


def _lower(schema: Schema, type_name: str) -> tuple[float, bool]:
    """Return the lower bound as (value, excluded): the greater, the narrower. Whole numbers have no excluded bound."""
    bounds = [(schema["minimum"], False)] if "minimum" in schema else []
    if "exclusiveMinimum" in schema:
        excluded = schema["exclusiveMinimum"]
        bounds.append((math.floor(excluded) + 1, False) if type_name == "integer" else (excluded, True))
    return max(bounds, default=(-math.inf, False))


def _upper(schema: Schema, type_name: str) -> tuple[float, bool]:
    """Return the upper bound as (value, included): the smaller, the narrower."""
    bounds = [(schema["maximum"], True)] if "maximum" in schema else []
    if "exclusiveMaximum" in schema:
        excluded = schema["exclusiveMaximum"]
        bounds.append((math.ceil(excluded) - 1, True) if type_name == "integer" else (excluded, False))
    return min(bounds, default=(math.inf, True))


def _accepts(option: Schema, value: Any) -> bool:
    """Say whether an alternative accepts a scalar; a format is taken as refusing every text."""
    lists = ([option["const"]] if "const" in option else None, option.get("enum"))
    if not all(listed is None or any(_same(each, value) for each in listed) for listed in lists):
        return False
    types = option.get("type", TYPES)
    if not _types_of(value) & ({types} if isinstance(types, str) else set(types)):
        return False
    if isinstance(value, str):
        fits_pattern = re.search(option.get("pattern", ""), value) is not None
        fits_length = option.get("minLength", 0) <= len(value) <= option.get("maxLength", math.inf)
        return fits_pattern and fits_length and "format" not in option
    if value is None or isinstance(value, bool):
        return True
    return not any(_bound_problems(option, {"type": "number", "minimum": value, "maximum": value}))


def _same(one: Any, other: Any) -> bool:
    """Compare as JSON does: true is not 1, and 1.0 is."""
    return one == other and _types_of(one) == _types_of(other)
