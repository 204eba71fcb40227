"""Runs every query of a board on a real Prometheus, as Grafana would: variables filled, macros substituted.

What this shows is that every panel's query was run and returned data with the labels that its legend names. It does not
show what Grafana draws.
"""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from tests.expressions import expression_with, variables_in

STEP_SECONDS = 5
RANGE_SECONDS = 120
_LABEL_VALUES = re.compile(r"label_values\(\s*(?:(?P<metric>.+?)\s*,\s*)?(?P<label>\w+)\s*\)", re.DOTALL)
_SPECIAL = re.compile(r"[\\^$.|?*+()\[\]{}]")
_LEGEND_LABEL = re.compile(r"{{\s*(\w+)\s*}}")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one variable or panel."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Query:
    """One expression of one panel, as the board holds it."""

    where: str
    expression: str
    legend: str


def verify_board(prometheus_url: str, board: Mapping[str, Any]) -> list[Problem]:
    """Return what is wrong with `board` on the Prometheus at `prometheus_url`; none when every query returns data."""
    with httpx.Client(base_url=prometheus_url, timeout=30) as client:
        values, problems = _fill_variables(client, board)
        for query in queries_of(board):
            problems += _verify_query(client, query, values)
    return problems


def queries_of(board: Mapping[str, Any]) -> Iterator[Query]:
    """Yield every expression of every panel, those in collapsed rows included."""
    for panel in panels_of(board):
        for target in panel.get("targets", ()):
            where = f"{panel['title']} ({target.get('refId', '?')})"
            yield Query(where, target["expr"], target.get("legendFormat", ""))


def panels_of(board: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield every panel that shows something; rows are opened."""
    for panel in board["panels"]:
        if panel["type"] == "row":
            yield from panel.get("panels", ())
        else:
            yield panel


def _fill_variables(client: httpx.Client, board: Mapping[str, Any]) -> tuple[dict[str, str], list[Problem]]:
    values: dict[str, str] = {}
    problems: list[Problem] = []
    for variable in board.get("templating", {}).get("list", ()):
        name = variable["name"]
        if variable["type"] in {"datasource", "textbox"}:
            # Neither is part of an expression: one says where to ask, the other is words for people.
            continue
        query = variable["query"]
        found = _LABEL_VALUES.fullmatch((query["query"] if isinstance(query, dict) else query).strip())
        if variable["type"] != "query" or found is None:
            problems.append(Problem(f"${name}", "is not a label_values query"))
            continue
        match = {"match[]": expression_with(found["metric"], values)} if found["metric"] else {}
        answer = client.get(f"/api/v1/label/{found['label']}/values", params=match).raise_for_status()
        options: list[str] = answer.json()["data"]
        if not options:
            problems.append(Problem(f"${name}", "has no values"))
        # As Grafana does: escaped for the expression, and the backslash once more for the text that it stands in.
        values[name] = "|".join(_SPECIAL.sub(r"\\\\\g<0>", option) for option in options)
    return values, problems


def _verify_query(client: httpx.Client, query: Query, values: Mapping[str, str]) -> list[Problem]:
    if unknown := variables_in(query.expression) - values.keys():
        return [Problem(query.where, f"${min(unknown)} is no variable of the board")]
    expression = expression_with(query.expression, values)
    now = time.time()
    answer = client.get(
        "/api/v1/query_range",
        params={"query": expression, "start": now - RANGE_SECONDS, "end": now, "step": STEP_SECONDS},
    )
    body = answer.json()
    if body["status"] != "success":
        return [Problem(query.where, f"{body['error']}: {expression}")]
    series: Sequence[Mapping[str, Any]] = body["data"]["result"]
    if not any(value != "NaN" for one in series for _, value in one["values"]):
        return [Problem(query.where, f"returns no data: {expression}")]
    wanted = set(_LEGEND_LABEL.findall(query.legend))
    lacking = sorted({label for one in series for label in wanted - one["metric"].keys()})
    return [Problem(query.where, f"the legend names {label}, which series lack") for label in lacking]
