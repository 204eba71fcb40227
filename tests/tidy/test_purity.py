"""Domain code is values in, values out: what it may not import stands in pyproject.toml; what it may not call, here."""

import ast

from tests.tidy.files import modules, report, tree

CALLS_BANNED = {
    "now": "take the moment as an argument",
    "utcnow": "take the moment as an argument",
    "today": "take the moment as an argument",
    "uuid1": "take the id as an argument, or derive it with schemas.identity",
    "uuid4": "take the id as an argument, or derive it with schemas.identity",
    "open": "take the content as an argument",
    "print": "return what is to be said",
    "input": "take it as an argument",
    "hash": "use hashlib: hash() of text differs from process to process",
}


def domain() -> list[str]:
    return [name for name in modules("consumers/", "connectors/") if "/domain/" in name or "/words/" in name]


def called(node: ast.Call) -> str:
    return str(getattr(node.func, "attr", None) or getattr(node.func, "id", ""))


def test_there_is_domain_code() -> None:
    assert len(domain()) > 10


def test_domain_calls_nothing_that_depends_on_more_than_its_arguments() -> None:
    report(
        f"{name}:{node.lineno} calls {called(node)}(): {CALLS_BANNED[called(node)]}"
        for name in domain()
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Call) and called(node) in CALLS_BANNED
    )
