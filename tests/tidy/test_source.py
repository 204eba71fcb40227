"""Source files say what they are, leave nothing undone, and every lint ignore carries its reason."""

import ast
import re

from tests.tidy.files import modules, own_texts, report, text, tree

UNDONE = re.compile(r"\b(?:TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b")
IGNORED = re.compile(r"#\s*(?:no[q]a|type: ign[o]re|pragma: n[o] cover)(?P<rest>.*)$")
#: What an ignore says before its reason: the codes of the rules.
CODES = re.compile(r"^(?:\[[\w, -]+\]|:\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)")
SOURCES = ("schemas/", "producers/", "consumers/", "connectors/", "deploy/")


def test_nothing_is_left_undone() -> None:
    report(
        f"{name} says {found[0]}: do it, or open an issue"
        for name, content in own_texts()
        for found in UNDONE.finditer(content)
    )


def test_every_module_says_what_it_is() -> None:
    report(
        f"{name} needs a docstring: say what it is"
        for name in modules()
        if (text(name) or "").strip() and not ast.get_docstring(tree(name))
    )


def test_public_classes_and_functions_state_their_contract() -> None:
    report(
        f"{name}:{node.lineno} {node.name} needs a docstring: say what it returns, raises and expects"
        for name in modules(*SOURCES)
        for node in tree(name).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    )


def test_every_ignore_carries_its_reason() -> None:
    report(
        f"{name}:{number} ignores without a reason: write it behind the rule's name"
        for name in modules()
        for number, line in enumerate((text(name) or "").splitlines(), start=1)
        for found in IGNORED.finditer(line)
        if not re.search(r"\w{3}", CODES.sub("", found["rest"]))
    )


def test_no_private_name_of_another_module_is_imported() -> None:
    packages = tuple(folder.rstrip("/") for folder in SOURCES)
    report(
        f"{name}:{node.lineno} imports {alias.name}: make the name public where it is declared"
        for name in modules(*SOURCES)
        for node in ast.walk(tree(name))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(packages)
        for alias in node.names
        if alias.name.startswith("_")
    )
