"""Every query of the board on a real Prometheus that scrapes the real, running bus."""

import json
import os
import re
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from kafka import KafkaProducer

from deploy.grafana.board import BOARD
from deploy.prometheus.monitor import monitor_command, monitor_port, write_monitor_config
from deploy.workers.table import WORKERS
from tests.kit.real.engines import kafka_login
from tests.kit.real.http import get
from tests.kit.real.running import AGENCY, BILL, BILL_AGENCY, BILL_SERVICE, CITY, SERVICE, RunningBus, pishkhan, until
from tests.kit.values.expressions import expression_with

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

BOARD_JSON = json.loads(BOARD.read_text(encoding="utf-8"))
TARGETS = [(panel["title"], each) for panel in BOARD_JSON["panels"] for each in panel.get("targets", [])]
QUERIED = [variable for variable in BOARD_JSON["templating"]["list"] if variable["type"] == "query"]
LABEL_VALUES = re.compile(r"^label_values\((?P<metric>\w+), (?P<label>\w+)\)$")


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A running server; `values` are what the board's variables stand for, taken from its own queries."""

    address: str
    values: Mapping[str, str]

    def series(self, target: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Run a panel's query as Grafana does and return its series. Fails on an error."""
        query = expression_with(target["expr"], self.values)
        now = time.time()
        asked = {"time": now} if target["instant"] else {"start": now - 60, "end": now, "step": 5}
        series: list[dict[str, Any]] = ask(
            self.address, "query" if target["instant"] else "query_range", query=query, **asked
        )
        return series


def ask(address: str, what: str, **parameters: object) -> Any:
    """Ask the HTTP interface; return the result, or the data where there is no result."""
    answer = get(f"{address}/api/v1/{what}", params={k: str(v) for k, v in parameters.items()})
    body = answer.json()
    assert body["status"] == "success", body
    data = body["data"]
    return data["result"] if isinstance(data, dict) and "result" in data else data


@pytest.fixture(scope="module")
def prometheus(running_bus: RunningBus, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    program = shutil.which("prometheus")
    if program is None:
        message = "prometheus is not installed: apt-get install prometheus"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    directory = tmp_path_factory.mktemp("prometheus")
    config = write_monitor_config(directory, running_bus.settings)
    command = monitor_command(program, directory, config)
    address = f"http://127.0.0.1:{monitor_port(directory)}"
    with (directory / "prometheus.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as server:
        try:
            until(lambda: answers(address), "Prometheus to answer")
            # Rates need a scrape from before the traffic too.
            before = f"count(up == 1) >= {len(WORKERS)}"
            until(
                lambda: knocked(running_bus) and ask(address, "query", query=before),
                "a scrape of every worker before the traffic",
                120,
            )
            make_traffic(running_bus)
            until(
                lambda: knocked(running_bus) and scraped(address),
                "two scrapes after the traffic is in the figures",
                120,
            )
            yield Prometheus(address, {variable["name"]: all_values(address, variable) for variable in QUERIED})
        finally:
            server.terminate()
            server.wait(30)


def knocked(bus: RunningBus) -> bool:
    """Ask at a door without a key: how fast doors answer, and with which problems, is known of those that were used."""
    return get(f"{bus.settings.gateway_address}/v1/feed").is_client_error


def answers(address: str) -> bool:
    try:
        return get(f"{address}/-/ready").is_success
    except httpx.HTTPError:
        return False


def scraped(address: str) -> bool:
    """Say whether the figures hold the traffic, and have held it for two scrapes, so that rates exist."""
    counted = "count_over_time(pishkhan_completed_requests_total[20s] offset 1s) >= 2"
    failed = 'count_over_time(pishkhan_event_reasons_total{outcome="dead_lettered"}[20s] offset 1s) >= 2'
    income = "sum(pishkhan_office_income_rial) > 0"
    waits = "pishkhan_wait_p99_seconds"
    batches = "sum(rate(pishkhan_batch_seconds_count[30s])) > 0"
    doors = "sum(rate(pishkhan_door_seconds_count[30s])) > 0"
    queries = (
        counted,
        failed,
        income,
        waits,
        batches,
        doors,
        "pishkhan_refused_requests_total > 0",
        "pishkhan_parked_events > 0",
    )
    return all(ask(address, "query", query=query) for query in queries)


def all_values(address: str, variable: Mapping[str, Any]) -> str:
    """Run a variable's query and return all of its values as Grafana fills them in."""
    found = LABEL_VALUES.match(variable["query"]["query"])
    assert found, f"{variable['name']} is not asked by label_values(metric, label)"
    values = ask(address, f"label/{found['label']}/values", **{"match[]": found["metric"]})
    assert values, f"{variable['name']} has no values"
    return "|".join(re.escape(value).replace("\\-", "-") for value in values)


def make_traffic(bus: RunningBus) -> None:
    """One request served to its end, one refused, one claim too early, and one event that nobody can read."""
    served = publish(bus, BILL_AGENCY, "RequestSubmitted", service=BILL_SERVICE, origin="agency", city=CITY, form=BILL)
    query = "SELECT office FROM request WHERE request_id = %s AND office IS NOT NULL"
    [(office,)] = until(lambda: bus.rows(query, uuid.UUID(served)), "the request to be routed")
    for act in ("accept", "collect", "start", "deliver"):
        pishkhan(bus.environment, "office", office, act, served)
    until(
        lambda: bus.rows("SELECT 1 FROM request WHERE request_id = %s AND state = 'completed'", uuid.UUID(served)),
        "the request to be complete",
    )
    publish(bus, AGENCY, "RequestSubmitted", service=SERVICE, origin="agency", city="atlantis", form={})
    publish(bus, BILL_AGENCY, "RequestCancelled", reason="not wanted any more")
    producer = KafkaProducer(
        **kafka_login(bus.settings.kafka_bootstrap, f"agency-{AGENCY}", bus.password(AGENCY)), acks="all"
    )
    producer.send(f"pishkhan.intake.{AGENCY}", key=b"k", value=b"not JSON").get(30)
    producer.close()


def publish(bus: RunningBus, agency: str, kind: str, **data: object) -> str:
    """Publish one claim on a new request; return the request's id."""
    request_id = str(uuid.uuid4())
    event = {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": f"/agencies/{agency}",
        "type": f"ir.pishkhan.{kind}.v1",
        "subject": request_id,
        "data": {"request_id": request_id, **data},
    }
    pishkhan(bus.environment, "publish", "-", said=json.dumps(event) + "\n")
    return request_id


def test_every_worker_is_scraped(prometheus: Prometheus) -> None:
    found = {series["metric"]["worker"]: series["value"][1] for series in ask(prometheus.address, "query", query="up")}
    assert found == {row.name: "1" for row in WORKERS}


def test_every_rule_is_evaluated_and_the_books_are_in_order(prometheus: Prometheus) -> None:
    groups = ask(prometheus.address, "rules")["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert rules
    assert {rule["health"] for rule in rules} <= {"ok", "unknown"}
    firing = {rule["name"] for rule in rules if rule.get("state") == "firing"}
    assert not firing & {"PishkhanLedgerNotZero", "PishkhanFeesDoNotAddUp", "PishkhanOfficeOverCap"}
    assert not firing & {"PishkhanWorkerDown", "PishkhanPartitionHalted", "PishkhanFiguresStale"}


@pytest.mark.parametrize("variable", QUERIED, ids=lambda variable: str(variable["name"]))
def test_a_variable_has_values(prometheus: Prometheus, variable: dict[str, Any]) -> None:
    assert prometheus.values[variable["name"]]


@pytest.mark.parametrize(("title", "target"), TARGETS, ids=[f"{title}-{each['refId']}" for title, each in TARGETS])
def test_a_panel_has_data_and_its_legend_has_names(prometheus: Prometheus, title: str, target: dict[str, Any]) -> None:
    assert not list(faults(prometheus, target)), title


@pytest.mark.parametrize("instant", [True, False])
def test_an_empty_panel_and_a_nameless_legend_are_noticed(prometheus: Prometheus, instant: bool) -> None:
    target = {"instant": instant, "expr": 'pishkhan_ready{consumer="nobody"}', "legendFormat": "ready"}
    assert list(faults(prometheus, target)) == ["no series"]
    target |= {"expr": "sum(pishkhan_ready)", "legendFormat": "{{consumer}}"}
    assert list(faults(prometheus, target)) == ["no label consumer"]
    target |= {"expr": "0 * sum(pishkhan_ready) / 0"}
    assert "no number" in list(faults(prometheus, target))


def faults(prometheus: Prometheus, target: Mapping[str, Any]) -> Iterator[str]:
    """Say what of a panel's query a person would miss."""
    series = prometheus.series(target)
    if not series:
        yield "no series"
        return
    if not any(numbers(each) for each in series):
        yield "no number"
    for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
        if not all(each["metric"].get(label) for each in series):
            yield f"no label {label}"


def numbers(series: Mapping[str, Any]) -> list[float]:
    """Return a series' values that are numbers: a quantile of nothing is none."""
    points = series["values"] if "values" in series else [series["value"]]
    return [float(value) for _, value in points if value != "NaN"]
