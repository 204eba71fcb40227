"""YAML as people write it: what does not look like a number, a truth value or nothing is the text that stands there.

PyYAML reads YAML 1.1, in which `20:00` is 1200, `no` is false, `010` is eight and `2027-03-21` a day. Here only what
JSON has too is more than text: whole and decimal numbers, `true`, `false` and `null`. Names of fields are always text.
A name that stands twice is refused. Why this is a table for PyYAML and no other library is on
record: docs/decisions/0027-yaml-as-people-write-it.md.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from connectors.files.problem import Unreadable, Wrong
from connectors.words.language import Phrase
from connectors.words.letters import unified_digits, unified_letters

YamlPath = tuple[str | int, ...]

_DIGITS = "0-9\u06f0-\u06f9\u0660-\u0669"
_ZEROS = "0\u06f0\u0660"
_INTEGER = f"[-+]?(?:[{_ZEROS}]|(?![{_ZEROS}])[{_DIGITS}]+)"
#: What is more than text: the tag, how it is written, and the signs with which it begins.
_MEANINGS = (
    ("tag:yaml.org,2002:null", "null|Null|NULL|~|", "nN~"),
    ("tag:yaml.org,2002:bool", "true|True|TRUE|false|False|FALSE", "tTfF"),
    ("tag:yaml.org,2002:int", _INTEGER, None),
    ("tag:yaml.org,2002:float", f"{_INTEGER}[.\u066b][{_DIGITS}]+", None),
)
_NUMBER_STARTS = "-+0123456789" + "".join(chr(zero + digit) for zero in (0x6F0, 0x660) for digit in range(10))

_NO_YAML = Wrong(
    Phrase("YAML نیست", "is not YAML"),
    Phrase("تورفتگی و نشانه‌های نقل‌قول را ببینید", "check indentation and quotation marks"),
)
_TWICE = Phrase("دو بار آمده است", "stands there twice")
_TWICE_REMEDY = Phrase("یکی را بردارید یا نام دیگری بدهید", "remove or rename one")
_NAME = Wrong(
    Phrase("نام میدان متن ساده نیست", "has a field whose name is no text"),
    Phrase("آنچه پیش از دونقطه است متن ساده باشد", "write a plain text before the colon"),
)
_MERGE = Wrong(
    Phrase("با << چیزی را در خود می‌آورد", "takes something in by <<"), Phrase("آن را کامل بنویسید", "write it out")
)
_ITSELF = Wrong(Phrase("خود را در بر دارد", "holds itself"), Phrase("آن را کامل بنویسید", "write it out"))


class _Loader(yaml.SafeLoader):
    """Resolves by `_MEANINGS` only."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  as PyYAML declares it


for _tag, _written, _starts in _MEANINGS:
    _first = [*(_starts or _NUMBER_STARTS), *([""] if _tag.endswith("null") else [])]
    _Loader.add_implicit_resolver(_tag, re.compile(f"(?:{_written})\\Z"), _first)
# Digits of every keyboard, and the decimal point of Persian ones; the patterns above leave nothing else.
_Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(unified_digits(node.value)))
_Loader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(unified_digits(node.value)))
_Loader.add_constructor("tag:yaml.org,2002:str", lambda loader, node: unified_letters(node.value))


@dataclass(slots=True)
class Document:
    """What a YAML text says, where everything stood in it, and what is wrong with it though it could be read."""

    file: str
    data: Any
    lines: Mapping[YamlPath, int]
    problems: list[tuple[int, str, Wrong]] = field(default_factory=list)

    def line(self, *path: str | int) -> int:
        """Return the line of `path`, or of its nearest ancestor that stood in the text."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_yaml(text: str, file: str = "") -> Document:
    """Return what one YAML document, `file`, says; an empty one says nothing (`None`). Raises `Unreadable`."""
    lines: dict[YamlPath, int] = {}
    problems: list[tuple[int, str, Wrong]] = []
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return Document(file, None, lines)
        _look(node, (), lines, problems, ())
        return Document(file, loader.construct_document(node), lines, problems)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Unreadable(1 if mark is None else mark.line + 1, _at_column(error, mark)) from None
    except (yaml.YAMLError, ValueError, KeyError, RecursionError):
        # Characters that no text has, a `!!bool` that is none, or lists in lists without end.
        raise Unreadable(1, _NO_YAML) from None


def _at_column(error: yaml.MarkedYAMLError, mark: yaml.Mark | None) -> Wrong:
    if mark is None:
        return _NO_YAML
    problem = Phrase(
        f"در ستون {mark.column + 1} YAML نیست",
        f"is not YAML at column {mark.column + 1} ({error.problem or error.context})",
    )
    return Wrong(problem, _NO_YAML.remedy)


def _look(
    node: yaml.Node,
    path: YamlPath,
    lines: dict[YamlPath, int],
    problems: list[tuple[int, str, Wrong]],
    around: tuple[int, ...],
) -> None:
    """Note on which line everything stands, and make every field's name the text that was written."""
    line = node.start_mark.line + 1
    if id(node) in around:
        raise Unreadable(line, _ITSELF)
    lines[path] = line
    around = (*around, id(node))
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _look(item, (*path, index), lines, problems, around)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise Unreadable(key.start_mark.line + 1, _NAME)
            if key.value == "<<":
                raise Unreadable(key.start_mark.line + 1, _MERGE)
            key.tag = "tag:yaml.org,2002:str"
            inner = (*path, unified_letters(key.value))
            if inner in lines:
                where = f"{key.value} ({key.start_mark.line + 1}:{key.start_mark.column + 1})"
                problems.append((key.start_mark.line + 1, where, Wrong(_TWICE, _TWICE_REMEDY)))
            else:
                _look(value, inner, lines, problems, around)
