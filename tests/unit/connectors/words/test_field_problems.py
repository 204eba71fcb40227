"""Every problem of a field has Persian words: those that our code says, and what comes of wrong values in events."""

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.words.details import detail_words
from connectors.words.field_problems import FIELD_PROBLEMS
from connectors.words.language import Language
from schemas.decode import EventInvalid, all_events, parse_strictly
from tests.kit.values.spoken import PLACE, spoken

ROOT = Path(__file__).parents[4]
MODULES = (
    *(
        f"schemas/{name}.py"
        for name in ("envelope", "plausible", "limits", "subject", "national_ids", "instant", "decode")
    ),
    "producers/claims.py",
    "producers/forms.py",
    "producers/outcomes.py",
    "consumers/intake.py",
)
#: What a place in a sentence is filled with.
FILLED = "x1"
#: Sentences that are put together: the parts are said in these ways.
TOGETHER = {
    f"was used before with another {PLACE}; give every new event a new id": [
        f"was used before with another {differing}; give every new event a new id"
        for differing in ("type", "subject", "body", "type and another body", "type and another subject")
    ],
    f"{PLACE}; send the text of ce_subject, in UTF-8, as the message's key": [
        f"is {how}; send the text of ce_subject, in UTF-8, as the message's key" for how in ("missing", "another")
    ],
    f"has {PLACE} bytes; at most {PLACE} may be said here: {PLACE}": [
        f"has 9 bytes; at most 8 may be said here: {remedy}"
        for remedy in ("shorten texts and lists", "say less at once")
    ],
    f"{PLACE}; {PLACE} takes {PLACE}": ["may not be said by x1; x1 takes x1", "is no event of the bus; x1 takes x1"],
    f"no agency is called {PLACE}; {PLACE}": [
        "no agency is called x1; known are x1, x2",
        "no agency is called x1; none is known yet, load a province first",
    ],
    f"{PLACE}; or leave it out": [
        "is not what the body is about; send the body's request id, or the code of what it is about; or leave it out"
    ],
}
#: Parts of the sentences above, and no words for people.
PARTS = {
    *("shorten texts and lists", "say less at once", "is missing", "is another", " and another ", "; or ", ", "),
    *(f"may not be said by {PLACE}", "is no event of the bus", f"known are {PLACE}"),
    "none is known yet, load a province first",
    *("Value error, ", "(a name)", "an attribute"),
}
SAID = sorted(
    way
    for sentence in {said for module in MODULES for said in spoken(ROOT / module)} - PARTS
    if not sentence.startswith("[")  # a pattern
    for way in TOGETHER.get(sentence, [sentence.replace(PLACE, FILLED)])
)
#: What is put into each field of each example: of every type, too small, too large, of another calendar.
WRONG: tuple[object, ...] = (
    *(None, "", "x" * 5_000, "نادرست", "2026-13-45", "1405-01-01", "1405-01-01T00:00:00Z", "2026-11-25T08:30:00"),
    *(0, -1, 10**30, 1.5, True, [], [1], ["a"] * 300, {}, {"a": 1}),
)
EXAMPLES = sorted((ROOT / "schemas" / "examples").glob("*.json"))


def is_persian(told: str) -> bool:
    """Say whether it is Persian, but for names, quoted values and examples."""
    prose = re.sub(r"'[^']*'|\^\S+|\S*[0-9_/.]\S*|UTF-8|JSON|UUID|RFC|CloudEvents|AsyncAPI", "", told)
    english = set(re.findall(r"[A-Za-z][a-z]+", prose)) - {
        "true",
        "false",
        "base",
        "structured",
        "charset",
        "utf",
        "kind",
    }
    return any("\u0600" <= letter <= "\u06ff" for letter in told) and not english


def test_there_are_such_sentences() -> None:
    assert len(SAID) > 40


@pytest.mark.parametrize("said", SAID)
def test_every_problem_that_the_code_names_has_persian_words(said: str) -> None:
    assert is_persian(detail_words(said, Language.FA))
    assert detail_words(said, Language.EN) == said


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_whatever_is_wrong_in_a_body_is_told_in_persian(example: Path) -> None:
    event = json.loads(example.read_text(encoding="utf-8"))
    model = all_events()[event["type"]]
    found = set()
    for body in harmed(event["data"]):
        try:
            parse_strictly(model, json.dumps(body).encode())
        except EventInvalid as error:
            found.add(error.problem)
    assert found
    assert [said for said in sorted(found) if not is_persian(detail_words(said, Language.FA))] == []


def test_no_row_is_said_by_nobody() -> None:
    problems = set(SAID)
    for example in EXAMPLES:
        event = json.loads(example.read_text(encoding="utf-8"))
        for body in harmed(event["data"]):
            try:
                parse_strictly(all_events()[event["type"]], json.dumps(body).encode())
            except EventInvalid as error:
                problems.update((error.problem, *error.problem.split("; or ")))
    rows = {row: re.compile(re.sub(r"\\\{\d\\\}", "(.+?)", re.escape(row)), re.DOTALL) for row in FIELD_PROBLEMS}
    unsaid = [row for row, pattern in rows.items() if not any(map(pattern.fullmatch, problems))]
    assert [row for row in unsaid if not row.startswith("was used before with another")] == []


def harmed(data: Any) -> Iterator[Any]:
    """Yield a body with each of its values wrong in every way, or left out, and one with a field too many."""
    for path in _paths(data, ()):
        yield from (_with(data, path, wrong) for wrong in WRONG)
        if path and isinstance(path[-1], str):
            body = copy.deepcopy(data)
            del _at(body, path[:-1])[path[-1]]
            yield body
    yield {**data, "unheard-of": 1}


def _paths(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    yield path
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _paths(inner, (*path, key))


def _at(value: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def _with(data: Any, path: tuple[str | int, ...], wrong: object) -> Any:
    if not path:
        return wrong
    body = copy.deepcopy(data)
    _at(body, path[:-1])[path[-1]] = wrong
    return body
