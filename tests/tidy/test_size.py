"""Modules and functions stay small enough to read at once. Exceptions are listed with their size and only shrink."""

import ast

from tests.tidy.files import files, modules, report, text, tree

LINES_MAX = 400
FUNCTION_LINES_MAX = 70
FILE_BYTES_MAX = 700_000

#: Modules that are longer for now, with their present length.
LONG_MODULES: dict[str, int] = {}
#: Functions that are longer for now, as `path:name`, with their present length.
LONG_FUNCTIONS: dict[str, int] = {}
#: Lists of columns, written once and never changed again.
MIGRATIONS = "connectors/database/migrations/versions/"


def module_lengths() -> dict[str, int]:
    return {name: len((text(name) or "").splitlines()) for name in modules()}


def function_lengths() -> dict[str, int]:
    """Return the length of every function without its decorators and docstring."""
    found = {}
    for name in modules():
        for node in ast.walk(tree(name)) if not name.startswith(MIGRATIONS) else ():
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
                found[f"{name}:{node.name}"] = (node.end_lineno or 0) - first.lineno + 2
    return found


def test_modules_are_short() -> None:
    report(
        f"{name} has {lines} lines, at most {LONG_MODULES.get(name, LINES_MAX)}: move one concern into its own module"
        for name, lines in module_lengths().items()
        if lines > LONG_MODULES.get(name, LINES_MAX)
    )


def test_functions_are_short() -> None:
    report(
        f"{name} has {lines} lines, at most {LONG_FUNCTIONS.get(name, FUNCTION_LINES_MAX)}: give its steps names"
        for name, lines in function_lengths().items()
        if lines > LONG_FUNCTIONS.get(name, FUNCTION_LINES_MAX)
    )


def test_the_lists_of_exceptions_only_shrink() -> None:
    problems = []
    for exceptions, lengths, limit in (
        (LONG_MODULES, module_lengths(), LINES_MAX),
        (LONG_FUNCTIONS, function_lengths(), FUNCTION_LINES_MAX),
    ):
        for name, allowed in exceptions.items():
            present = lengths.get(name, 0)
            if present <= limit:
                problems.append(f"{name} is short enough by now: take it off the list in tests/tidy/test_size.py")
            elif present < allowed:
                problems.append(f"{name} has {present} lines by now: write that instead of {allowed} in the list")
    report(problems)


def test_no_file_is_a_blob() -> None:
    problems = []
    for name in files():
        content = text(name)
        if content is None and not name.endswith((".gz", ".png")):
            problems.append(f"{name} is not UTF-8 text: convert it")
        elif len((content or "").encode()) > FILE_BYTES_MAX:
            problems.append(f"{name} is larger than {FILE_BYTES_MAX} bytes: ship a slice of it")
    report(problems)
