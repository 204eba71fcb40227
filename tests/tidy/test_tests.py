"""Tests are found, wait for conditions and not for time, and use fakes."""

import ast
from pathlib import PurePosixPath

from tests.tidy.files import files, modules, report, tree


def test_every_folder_with_tests_is_a_package() -> None:
    folders = {str(PurePosixPath(name).parent) for name in modules("tests/")}
    report(
        f"add {folder}/__init__.py, or collection breaks on equal names"
        for folder in sorted(folders)
        if f"{folder}/__init__.py" not in files()
    )


def test_every_test_module_is_collected() -> None:
    report(
        f"{name} holds {node.name} but pytest does not look there: call it test_*.py"
        for name in modules("tests/")
        if not PurePosixPath(name).name.startswith("test_")
        for node in tree(name).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def test_tests_wait_for_a_condition_and_not_for_time() -> None:
    problems = []
    for name in modules("tests/"):
        if name.startswith("tests/bench/"):  # a bench measures time itself
            continue
        loops = [node for node in ast.walk(tree(name)) if isinstance(node, ast.While)]
        polling = {id(inner) for loop in loops for inner in ast.walk(loop)}
        problems += [
            f"{name}:{node.lineno} sleeps: poll for the condition in a `while` with a deadline instead"
            for node in ast.walk(tree(name))
            if isinstance(node, ast.Call)
            and getattr(node.func, "attr", getattr(node.func, "id", "")) == "sleep"
            and id(node) not in polling
        ]
    report(problems)


def test_fakes_not_mocks() -> None:
    report(
        f"{name}:{node.lineno} imports a mock: write a small fake that passes the real thing's tests"
        for name in modules("tests/")
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Import | ast.ImportFrom)
        and any("mock" in each for each in (getattr(node, "module", "") or "", *(alias.name for alias in node.names)))
    )


def test_skips_say_why() -> None:
    report(
        f"{name}:{node.lineno} skips without a reason: say what is missing"
        for name in modules("tests/")
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", "") in ("skip", "skipif", "xfail")
        and not (node.args or any(keyword.arg == "reason" for keyword in node.keywords))
    )
