"""Every sentence that code says: its texts with blanks, but for what speaks to developers."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

#: What stands for a place of a sentence that varies.
PLACE = "{…}"
_PROSE = re.compile(r"\w[,;:]? \w")


def spoken(path: Path) -> Iterator[str]:
    """Yield the sentences of one module, in its order: no docstring, no assertion, no log, no raised assertion."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    ignored = {id(part) for node in ast.walk(tree) for part in _ignored(node)}
    for node in ast.walk(tree):
        if id(node) in ignored:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            said = "".join(str(part.value) if isinstance(part, ast.Constant) else PLACE for part in node.values)
            yield from [said] if _PROSE.search(said.replace(PLACE, "x")) else []


def _ignored(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is said to developers in a node, and the parts of a text that is put together."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield node.value
    elif (
        isinstance(node, ast.Assert)
        or (isinstance(node, ast.Raise) and _is_assertion(node.exc))
        or (isinstance(node, ast.Call) and _is_log(node.func))
    ):
        yield from ast.walk(node)
    elif isinstance(node, ast.JoinedStr):
        for value in node.values:
            yield from [value] if isinstance(value, ast.Constant) else ()


def _is_assertion(raised: ast.expr | None) -> bool:
    return isinstance(raised, ast.Call) and isinstance(raised.func, ast.Name) and raised.func.id == "AssertionError"


def _is_log(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and function.attr in {"error", "warning", "info"}
