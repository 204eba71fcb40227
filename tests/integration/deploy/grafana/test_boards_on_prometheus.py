"""Every query of every board on a real Prometheus that scrapes a real worker; and the verifier's own eyes."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.database.engine import build_engine
from connectors.database.migrate import migrate
from deploy.engines.processes import choose_port
from tests.board_verifier import Problem, verify_board
from tests.engines import DatabaseUrls
from tests.integration.connectors.telemetry.test_database_gauges import fill
from tests.integration.consumers.kpi.test_stream import kafka, login, send
from tests.kpi_log import working_day
from tests.prometheus import prometheus_on, prometheus_program

pytestmark = pytest.mark.integration

BOARDS = sorted((Path(__file__).parents[4] / "deploy/grafana/boards").glob("*.json"))
DEADLINE_SECONDS = 90.0
__all__ = ["kafka", "login"]


@pytest.fixture
def address(login: dict[str, str], fresh_database: DatabaseUrls, tmp_path: Path) -> Iterator[str]:
    """The address of a Prometheus that scrapes a worker, before which a day is written to its logs."""
    prometheus_program()
    migrate(fresh_database.owner_url)
    engine = build_engine(fresh_database.worker_url, "test-boards")
    fill(engine)
    engine.dispose()
    port = choose_port(None)
    environment = os.environ | {
        "PISHKHAN_DATA_DIRECTORY": str(tmp_path / "data"),
        "PISHKHAN_KAFKA_BOOTSTRAP": login["bootstrap_servers"],
        "PISHKHAN_KAFKA_USER": login["sasl_plain_username"],
        "PISHKHAN_KAFKA_PASSWORD": login["sasl_plain_password"],
        "PISHKHAN_DATABASE_URL": fresh_database.worker_url,
    }
    command = [sys.executable, "-m", "deploy.cli", "worker", "kpi", "--port", str(port)]
    worker = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        with prometheus_on(tmp_path / "prometheus", {"kpi": port}) as address:
            is_up = _panel("up", 'up{worker="kpi"} == 1')
            assert problems_at_last(address, {"panels": [is_up]}) == []
            send(login, working_day())
            yield address
    finally:
        worker.terminate()
        worker.wait(30)


def problems_at_last(address: str, board: dict[str, Any]) -> list[Problem]:
    """Return the problems that are left when there are none any more, or when time is up."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while (problems := verify_board(address, board)) and time.monotonic() < deadline:
        time.sleep(1)
    return problems


def test_every_query_returns_data_and_bad_ones_are_seen(address: str) -> None:
    assert BOARDS, "there are no boards to verify"
    for path in BOARDS:
        assert problems_at_last(address, json.loads(path.read_text(encoding="utf-8"))) == [], path.name
    seen = verify_board(address, BAD_BOARD)
    [unreadable] = [problem for problem in seen if problem.where == "unreadable (A)"]
    assert "parse error" in unreadable.what
    assert [problem for problem in seen if problem is not unreadable] == [
        Problem("$nothing", "has no values"),
        Problem("$custom", "is not a label_values query"),
        Problem("no such metric (A)", "returns no data: pishkhan_no_such_metric"),
        Problem("wrong legend (A)", "the legend names office, which series lack"),
        Problem("unknown variable (A)", "$province is no variable of the board"),
        Problem("not a number (A)", "returns no data: 0 / (pishkhan_ledger_sum_rial * 0)"),
    ]


def _panel(title: str, expression: str, legend: str = "") -> dict[str, Any]:
    target = {"refId": "A", "expr": expression, "legendFormat": legend}
    return {"type": "timeseries", "title": title, "targets": [target]}


BAD_BOARD: dict[str, Any] = {
    "templating": {
        "list": [
            {"name": "datasource", "type": "datasource", "query": "prometheus"},
            {"name": "nothing", "type": "query", "query": "label_values(pishkhan_ready, office)"},
            {"name": "custom", "type": "custom", "query": "a,b"},
            {"name": "consumer", "type": "query", "query": {"query": "label_values(pishkhan_ready, consumer)"}},
        ]
    },
    "panels": [
        _panel("good", 'sum by (consumer) (pishkhan_ready{consumer=~"$consumer"})', "{{consumer}}"),
        _panel("no such metric", "pishkhan_no_such_metric"),
        {"type": "row", "title": "row", "panels": [_panel("unreadable", "sum((")]},
        _panel("wrong legend", "pishkhan_ready", "{{ office }} {{consumer}}"),
        _panel("unknown variable", 'pishkhan_ready{consumer="$province"}'),
        _panel("not a number", "0 / (pishkhan_ledger_sum_rial * 0)"),
    ],
}
