"""Only the house of words picks by language: everybody else takes a phrase and fills it."""

import ast

from tests.tidy.files import modules, report, tree

HOUSE = "connectors/words/"


def test_nobody_but_the_house_of_words_asks_which_language_it_is() -> None:
    report(
        f"{name}:{line} picks by language: put a Phrase into {HOUSE}, and fill it"
        for name in modules("schemas/", "producers/", "consumers/", "connectors/", "deploy/")
        if not name.startswith(HOUSE)
        for line in _picks(tree(name))
    )


def test_no_table_is_by_language_anywhere() -> None:
    report(
        f"{name}:{node.lineno} has a table by language: make its rows phrases"
        for name in modules("connectors/", "deploy/")
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Dict) and any(_is_member(key) for key in node.keys if key is not None)
    )


def test_the_rule_sees_what_it_forbids() -> None:
    code = (
        "language is Language.FA\nlanguage != Language.EN\nlanguage in (Language.FA,)\n"
        "match language:\n    case Language.FA:\n        pass\nsay(Language.EN)\n"
    )
    assert _picks(ast.parse(code)) == [1, 2, 3, 5]


def _picks(module: ast.Module) -> list[int]:
    found = []
    for node in ast.walk(module):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            within = [each for side in sides for each in (getattr(side, "elts", None) or [side])]
            found += [node.lineno] if any(map(_is_member, within)) else []
        elif isinstance(node, ast.MatchValue) and _is_member(node.value):
            found.append(node.lineno)
    return sorted(found)


def _is_member(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Language"
