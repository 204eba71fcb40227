"""The committed board: generated, by our own rules, in PromQL that parses, about the metrics that there are."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.models import units

from connectors.telemetry.metrics import METRICS, Origin, series_names
from deploy.grafana.board import BOARD, board_json
from deploy.prometheus.monitor import RULES_DIRECTORY
from tests.kit.real.promql import accept, names_in
from tests.kit.values.expressions import expression_with, variables_in

BOARD_TEXT = BOARD.read_text(encoding="utf-8")
PANELS = [panel for panel in json.loads(BOARD_TEXT)["panels"] if panel["type"] != "row"]
TARGETS = [(panel["title"], target) for panel in PANELS for target in panel["targets"]]
VARIABLES = {variable["name"]: variable for variable in json.loads(BOARD_TEXT)["templating"]["list"]}
PROVISIONING = BOARD.parents[1] / "provisioning"
GRAFANA_UNITS = {value for name, value in vars(units).items() if isinstance(value, str) and not name.startswith("_")}
ANY = {"agency": ".*", "county": ".*", "consumer": ".*"}

panel = pytest.mark.parametrize("panel", PANELS, ids=lambda panel: str(panel["title"]))
target = pytest.mark.parametrize(("title", "target"), TARGETS, ids=[f"{title}-{t['refId']}" for title, t in TARGETS])


def rules() -> Iterator[dict[str, Any]]:
    for path in sorted(RULES_DIRECTORY.glob("*.rules.yml")):
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
            yield from group["rules"]


def shown() -> set[str]:
    return {name for _, each in TARGETS for name in names_in(expression_with(each["expr"], ANY))}


def alerted() -> set[str]:
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    return {name for rule in rules() for name in names_in(rule["expr"])} - recorded


def test_the_committed_board_is_the_generated_one() -> None:
    assert board_json() == BOARD_TEXT, "write it again: python -m deploy.grafana.board"


def test_it_is_of_the_classic_model() -> None:
    assert json.loads(BOARD_TEXT)["schemaVersion"] == 42
    assert not re.search(r'"auto\w*":', BOARD_TEXT), "keys that builders emit and Grafana does not use"


def test_ids_are_unique_and_panels_do_not_overlap() -> None:
    panels = json.loads(BOARD_TEXT)["panels"]
    assert len({each["id"] for each in panels}) == len(panels)
    cells = [
        (column, line)
        for place in (each["gridPos"] for each in panels)
        for column in range(place["x"], place["x"] + place["w"])
        for line in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert all(column < 24 for column, _ in cells)


@panel
def test_a_panel_says_what_it_shows_in_which_unit(panel: dict[str, Any]) -> None:
    assert panel["description"].endswith(".")
    unit = panel["fieldConfig"]["defaults"]["unit"]
    assert unit in GRAFANA_UNITS or unit.startswith("suffix: ")


@panel
def test_a_panel_shows_its_legend(panel: dict[str, Any]) -> None:
    if panel["type"] == "timeseries":
        assert panel["options"]["legend"]["showLegend"]
    assert all(each["legendFormat"] for each in panel["targets"])


@panel
def test_a_data_source_is_a_variable(panel: dict[str, Any]) -> None:
    for each in (panel, *panel["targets"]):
        assert each["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    assert VARIABLES["datasource"]["type"] == "datasource"


@panel
def test_a_panel_that_an_alert_watches_links_to_its_page_and_no_other(panel: dict[str, Any]) -> None:
    expressions = [expression_with(each["expr"], ANY) for each in panel["targets"]]
    watched = {name for expression in expressions for name in names_in(expression)}
    pages = {rule["annotations"]["runbook_url"].split("#")[1] for rule in rules() if "alert" in rule}
    linked = {link["url"].removeprefix("${runbook}#") for link in panel.get("links", [])}
    assert linked <= pages
    # Those that go through a recording rule, or that divide, are watched by what they are made of.
    direct = {
        rule["annotations"]["runbook_url"].split("#")[1]
        for rule in rules()
        if "alert" in rule and names_in(rule["expr"]) & watched
    }
    assert direct <= linked, f"an alert watches what this panel shows: link to {direct - linked}"


def test_every_page_of_the_runbook_is_linked_from_the_board() -> None:
    linked = {link["url"].split("#")[1] for each in PANELS for link in each.get("links", [])}
    assert linked == {rule["annotations"]["runbook_url"].split("#")[1] for rule in rules() if "alert" in rule}


def test_prometheus_own_parser_accepts_every_expression(tmp_path: Path) -> None:
    accept({f"{title}-{each['refId']}": expression_with(each["expr"], ANY) for title, each in TARGETS}, tmp_path)


@pytest.mark.parametrize("refused", ["limitk(2, up)", "info(up)", "rate(up)", "sum(up", "up offset 5m + 5m"])
def test_what_a_server_refuses_by_default_is_refused_here(refused: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="expression"):
        accept({"refused": refused}, tmp_path)


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ('sum by (agency) (rate(a_total{agency=~"b_total|(c)"}[20s])) / on (d) group_left (e) f:g', {"a_total", "f:g"}),
        ("histogram_quantile(0.99, sum by (le) (rate(a_bucket[20s]))) > bool 5", {"a_bucket"}),
        ("max(a) without (b) or topk(3, c) unless d offset 5m", {"a", "c", "d"}),
        ("count_over_time(a[5m]) and -1e3 * Inf < a", {"a"}),
    ],
)
def test_names_of_series_are_picked_out(expression: str, names: set[str], tmp_path: Path) -> None:
    accept({"valid": expression}, tmp_path)
    assert names_in(expression) == names


@target
def test_ranges_follow_the_board(title: str, target: dict[str, Any]) -> None:
    assert set(re.findall(r"\[[^\]]*\]", target["expr"])) <= {"[$__rate_interval]"}


@target
def test_a_variable_is_declared(title: str, target: dict[str, Any]) -> None:
    assert variables_in(target["expr"]) <= VARIABLES.keys() - {"datasource", "runbook"}


def test_every_variable_is_used() -> None:
    used = {name for _, each in TARGETS for name in variables_in(each["expr"])}
    assert used | {"datasource", "runbook"} == VARIABLES.keys()


def test_board_and_rules_name_metrics_of_the_table_alone() -> None:
    known = {name for metric in METRICS for name in series_names(metric)}
    assert shown() <= known
    assert alerted() <= known


def test_every_metric_is_shown_or_alerted_on() -> None:
    named = shown() | alerted()
    idle = [metric.name for metric in METRICS if not series_names(metric) & named]
    assert not idle, f"nobody looks at {idle}: show them, alert on them, or drop them"


def test_board_shows_all_of_the_business() -> None:
    business = [metric for metric in METRICS if metric.origin is Origin.DATABASE]
    assert not [metric.name for metric in business if not series_names(metric) & shown()]


def test_provisioning_is_in_grafanas_folders_and_holds_no_secret() -> None:
    [source] = yaml.safe_load((PROVISIONING / "datasources/prometheus.yaml").read_text("utf-8"))["datasources"]
    [provider] = yaml.safe_load((PROVISIONING / "dashboards/pishkhan.yaml").read_text("utf-8"))["providers"]
    assert source["type"] == "prometheus"
    assert source["url"] == "$PROMETHEUS_URL"
    assert not {"secureJsonData", "password", "basicAuthPassword"} & source.keys()
    [service] = yaml.safe_load((BOARD.parents[1] / "compose.yaml").read_text("utf-8"))["services"].values()
    mounted = {volume.split(":")[1]: BOARD.parents[1] / volume.split(":")[0] for volume in service["volumes"]}
    assert all(path.exists() for path in mounted.values())
    assert mounted[provider["options"]["path"]] == BOARD.parent
