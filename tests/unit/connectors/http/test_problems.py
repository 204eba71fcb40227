"""The table of problems: one page and one path for each, and nothing of what was sent."""

from pathlib import Path

import pytest

from connectors.http.problems import PROBLEMS, page, pointer
from tests.kit.values.doors import Doors

ROOT = Path(__file__).parents[4]


def test_names_are_given_once() -> None:
    assert len({row.name for row in PROBLEMS}) == len(PROBLEMS)


def test_the_page_is_made_from_the_table() -> None:
    assert (ROOT / "docs" / "problems.md").read_text(encoding="utf-8") == page()


@pytest.mark.parametrize("row", PROBLEMS, ids=lambda row: row.name)
def test_the_type_of_a_problem_leads_to_its_explanation(row: object) -> None:
    from connectors.http.problems import ProblemType

    assert isinstance(row, ProblemType)
    answer = Doors().ask("GET", row.path)
    assert answer.status_code == 200
    assert row.remedy in answer.text


def test_what_is_asked_again_says_when() -> None:
    assert {row.name for row in PROBLEMS if row.again_seconds} >= {"busy", "unavailable", "too_many_requests"}
    assert Doors().ask("GET", "/problems/none").status_code == 404


@pytest.mark.parametrize(
    ("field", "told"),
    [("data.form.a", "/form/a"), ("service.code", "/service/code"), ("data", ""), ("body", ""), ("a~b", "/a~0b")],
)
def test_fields_are_pointers_in_the_callers_words(field: str, told: str) -> None:
    assert pointer(field) == told
