"""Every detail that a rule of the requests gives has Persian words; the rules themselves say which there are."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.words.details import detail_words
from connectors.words.language import Language
from consumers.requests.domain.life import early
from consumers.requests.domain.life.early import wait_for
from consumers.requests.domain.life.outcome import Awaited
from schemas.intake_agency import AgencyAnswered
from schemas.log_requests import Exclusion

RULES = Path(__file__).parents[4] / "consumers" / "requests"
CALLS = {"Refuse", "Refused"}
#: What a place in a sentence is filled with. Of an office's exclusion and of a form's field the problem varies, too.
FILLED = "x1"
VARY = {
    "form.{…}: {…}",
    "form.{…}",
    "office {…}: {…}",
    "{…}, and {…}",
    "said too early; {…}",
    "{…} before it was routed",
}


def sentences() -> Iterator[str]:
    for path in sorted(RULES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
                yield from (said for argument in node.args[1:2] if (said := text(argument)) is not None)


def text(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{…}" for part in node.values)  # type: ignore[misc]  # constants of a string are texts
    return None


FOUND = sorted(set(sentences()) - VARY)


def is_persian(words: str) -> bool:
    return any("\u0600" <= letter <= "\u06ff" for letter in words)


def test_the_rules_have_such_sentences() -> None:
    assert len(FOUND) > 30


@pytest.mark.parametrize("sentence", FOUND)
def test_every_sentence_of_a_rule_has_persian_words(sentence: str) -> None:
    said = sentence.replace("{…}", FILLED)
    persian = detail_words(said, Language.FA)
    assert is_persian(persian)
    assert "{" not in persian
    assert persian.count(FILLED) <= said.count(FILLED)
    assert detail_words(said, Language.EN) == said or "FeeReturned" in said or "ServicePublished" in said


@pytest.mark.parametrize("reason", Exclusion)
def test_an_office_that_may_not_is_told_why(reason: Exclusion) -> None:
    assert is_persian(detail_words(f"office urban-001: {reason.value}", Language.FA))
    assert "mou-gas" in detail_words(f"office urban-001: {reason.value} (agreement mou-gas)", Language.FA)


@pytest.mark.parametrize("awaited", Awaited)
def test_whoever_is_waited_for_is_named(awaited: Awaited) -> None:
    waits = wait_for(awaited, AgencyAnswered)
    persian = detail_words(waits.detail, Language.FA)
    assert persian.startswith("نخست باید «پاسخ» بیاید")
    late = f"{waits.detail}; it did not come in time, say this again when it has come"
    assert detail_words(late, Language.FA).startswith("نخست باید «پاسخ» بیاید")


@pytest.mark.parametrize("words", early._SAY_FIRST.values())
def test_what_must_be_said_first_is_named_with_its_command(words: str) -> None:
    said = f"said too early; {words.format(office='urban-001', request='r-1')}"
    persian = detail_words(said, Language.FA)
    assert is_persian(persian)
    assert ("pishkhan office urban-001" in persian) is ("pishkhan" in said)


@pytest.mark.parametrize(
    "problem",
    [
        "is required; fill it in",
        "is required and personal; send it in the encrypted part",
        "must be a whole number",
        "must be a subscription number of 1 to 20 digits",
        "must be a consignment number: 4 to 24 digits, or as in RR123456785IR",
        "is missing; the tariff counts on it",
    ],
)
def test_a_form_is_told_with_its_field(problem: str) -> None:
    persian = detail_words(f"form.page-count: {problem}", Language.FA)
    assert persian.startswith("form.page-count: ")
    assert is_persian(persian)


@pytest.mark.parametrize("how", ["the agency cancelled it", "who submitted it took it back"])
def test_what_ends_before_it_is_routed_says_by_whom(how: str) -> None:
    assert f'"{how}"' in (RULES / "domain" / "life" / "opening.py").read_text(encoding="utf-8")
    assert is_persian(detail_words(f"{how} before it was routed", Language.FA))


def test_what_is_not_known_stays_as_the_bus_says_it() -> None:
    assert detail_words("something new about AgencyAnswered", Language.FA) == "something new about پاسخ"
