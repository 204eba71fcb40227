"""Every mutant still applies: its text is there once, its tests exist. That they fail with it, `make mutants` says."""

import ast
from pathlib import Path

import pytest

from tests.mutants.mutant import Mutant
from tests.mutants.table import MUTANTS

ROOT = Path(__file__).parents[2]


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_names_are_given_once() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_applies_exactly_once_and_is_python(mutant: Mutant) -> None:
    before = text(mutant.path)
    assert before.count(mutant.old) == 1, f"write the mutant's patch anew: {mutant.path} has changed"
    after = before.replace(mutant.old, mutant.new)
    assert ast.dump(ast.parse(after)) != ast.dump(ast.parse(before)), "the patch changes something"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_tests_of_a_mutant_exist(mutant: Mutant) -> None:
    assert mutant.tests
    for node in mutant.tests:
        path, *_, name = node.split("::")
        # A class may have its tests from a contract of another module.
        modules = [
            path,
            *(f"{each.replace('.', '/')}.py" for each in imported(path) if each.startswith("tests.contract")),
        ]
        functions = {
            each.name
            for module in modules
            for each in ast.walk(ast.parse(text(module)))
            if isinstance(each, ast.FunctionDef)
        }
        assert name.partition("[")[0] in functions, f"{node} is no test any more: name the one that kills the mutant"


def imported(path: str) -> set[str]:
    """Return the modules that `path` imports names of."""
    return {each.module or "" for each in ast.walk(ast.parse(text(path))) if isinstance(each, ast.ImportFrom)}
