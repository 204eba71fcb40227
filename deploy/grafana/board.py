"""The board as Grafana reads it, from `deploy.grafana.panels`; `python -m deploy.grafana.board` writes it again."""

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models

from deploy.grafana.panels import CHOICES, ROWS
from deploy.grafana.shapes import Choice, Panel, Query, Shape

BOARD = Path(__file__).parent / "boards" / "pishkhan.json"
#: Where the runbook can be read; a person who keeps it elsewhere changes the variable of the board.
RUNBOOK = "/public/pishkhan/runbook.md"
_SOURCE = common_models.DataSourceRef(type_val="prometheus", uid="${datasource}")
_HEIGHTS = {Shape.STAT: 4, Shape.TIME: 8}


def board_json() -> str:
    """Return the board's JSON, the same at every call."""
    board = (
        dashboard.Dashboard("Pishkhan")
        .uid("pishkhan")
        .description("The bus as a whole: requests, money, events and workers.")
        .tags(["pishkhan"])
        .timezone("Asia/Tehran")
        .time("now-6h", "now")
        .refresh("30s")
        .readonly()
        .link(
            dashboard.DashboardLink("Runbook")
            .type(models.DashboardLinkType.LINK)
            .url("${runbook}")
            .icon("doc")
            .target_blank(True)
        )
        .with_variable(dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
    )
    for choice in CHOICES:
        board = board.with_variable(_variable(choice))
    board = board.with_variable(
        dashboard.TextBoxVariable("runbook").label("Address of the runbook").default_value(RUNBOOK)
    )
    ids = count(1)
    for row in ROWS:
        board = board.with_row(dashboard.Row(row.title).id(next(ids)))
        for panel in row.panels:
            board = board.with_panel(_panel(panel, next(ids)))
    built = json.loads(json.dumps(board.build(), cls=JSONEncoder))
    return json.dumps(_without_unused(built), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _variable(choice: Choice) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable(choice.name)
        .label(choice.label)
        .datasource(_SOURCE)
        .query({"query": f"label_values({choice.metric}, {choice.name})", "refId": choice.name})
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(models.VariableOption(selected=True, text="All", value="$__all"))
    )


def _panel(panel: Panel, number: int) -> stat.Panel | timeseries.Panel:
    built: stat.Panel | timeseries.Panel
    if panel.shape is Shape.STAT:
        built = stat.Panel().text_mode(common_models.BigValueTextMode.VALUE_AND_NAME)
    else:
        legend = common.VizLegendOptions().show_legend(True)
        legend = legend.display_mode(common_models.LegendDisplayMode.LIST)
        built = timeseries.Panel().legend(legend.placement(common_models.LegendPlacement.BOTTOM))
    built = (
        built.id(number)
        .title(panel.title)
        .description(panel.description)
        .unit(panel.unit.value)
        .datasource(_SOURCE)
        .height(_HEIGHTS[panel.shape])
        .span(panel.width)
        .targets(list(_targets(panel)))
        .thresholds(_thresholds(panel))
    )
    return built.links([_link(anchor) for anchor in panel.alerts]) if panel.alerts else built


def _targets(panel: Panel) -> Iterator[prometheus.Dataquery]:
    for number, query in enumerate(panel.queries):
        yield _target(query, chr(ord("A") + number), panel.shape)


def _target(query: Query, name: str, shape: Shape) -> prometheus.Dataquery:
    target = prometheus.Dataquery().ref_id(name).datasource(_SOURCE).expr(query.expression).legend_format(query.legend)
    return target.instant() if shape is Shape.STAT else target.range()


def _thresholds(panel: Panel) -> dashboard.ThresholdsConfig:
    steps = [models.Threshold(value=None, color="green")]
    if panel.only_zero_is_good:
        steps = [models.Threshold(value=None, color="red"), models.Threshold(value=0, color="green")]
    if panel.red_from is not None:
        steps.append(models.Threshold(value=panel.red_from, color="red"))
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)


def _link(anchor: str) -> dashboard.DashboardLink:
    title = anchor.replace("-", " ").capitalize()
    return dashboard.DashboardLink(f"Runbook: {title}").url(f"${{runbook}}#{anchor}").target_blank(True)


def _without_unused(value: object) -> object:
    """Drop keys that the builders set and Grafana does not know for this kind of variable."""
    if isinstance(value, dict):
        return {key: _without_unused(each) for key, each in value.items() if not key.startswith("auto")}
    return [_without_unused(each) for each in value] if isinstance(value, list) else value


if __name__ == "__main__":
    BOARD.parent.mkdir(exist_ok=True)
    BOARD.write_text(board_json(), encoding="utf-8")
