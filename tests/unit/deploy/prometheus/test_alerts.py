"""The alert rules: `promtool` reads them, each fires and keeps quiet as it should, and each has its page to turn to."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.prometheus.monitor import RULES_DIRECTORY, write_monitor_config
from deploy.settings import Settings
from tests.kit.real.promql import promtool

ROOT = Path(__file__).parents[4]
RULES = sorted(RULES_DIRECTORY.glob("*.rules.yml"))
CASES = Path(__file__).with_name("alerts.test.yml")


def all_rules() -> list[dict[str, Any]]:
    documents = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in RULES]
    return [rule for document in documents for group in document["groups"] for rule in group["rules"]]


ALERTS = [rule for rule in all_rules() if "alert" in rule]


def test_promtool_accepts_the_configuration_with_the_rules(tmp_path: Path) -> None:
    promtool("check", "config", str(write_monitor_config(tmp_path, Settings(data_directory=tmp_path))))


def test_promtool_accepts_the_rules_and_their_style() -> None:
    promtool("check", "rules", "--lint-fatal", *map(str, RULES))


def test_every_alert_fires_and_keeps_quiet_as_it_should() -> None:
    promtool("test", "rules", str(CASES))


def test_every_alert_is_tried_both_ways() -> None:
    tries = [one for case in yaml.safe_load(CASES.read_text("utf-8"))["tests"] for one in case["alert_rule_test"]]
    names = {rule["alert"] for rule in ALERTS}
    assert {one["alertname"] for one in tries if one.get("exp_alerts")} == names
    assert {one["alertname"] for one in tries if not one.get("exp_alerts")} == names


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: str(rule["alert"]))
def test_an_alert_says_how_bad_it_is_and_where_to_read_on(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"]["summary"].endswith(".")
    page, anchor = rule["annotations"]["runbook_url"].split("#")
    assert anchor in anchors(page)


def test_the_runbook_speaks_of_these_alerts_alone() -> None:
    assert anchors("docs/runbook.md") == {rule["annotations"]["runbook_url"].split("#")[1] for rule in ALERTS}


def anchors(page: str) -> set[str]:
    headings = re.findall(r"^## (.+)$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
    return {heading.lower().replace(" ", "-") for heading in headings}
