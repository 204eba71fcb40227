"""The health server answers over real HTTP, on loopback only."""

import os
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from connectors.telemetry.exporter import Exporter
from connectors.telemetry.health import HealthServer
from connectors.telemetry.standing import Halt, Standing
from connectors.telemetry.worker import WorkerTelemetry
from consumers.runner.outcomes import Outcome, Setback
from consumers.runner.records import Partition
from tests.kit.real.http import get

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def exporter() -> Exporter:
    return Exporter()


@pytest.fixture
def telemetry(exporter: Exporter) -> WorkerTelemetry:
    return WorkerTelemetry(exporter, "registry", lambda: NOON)


def test_it_answers_on_its_paths(exporter: Exporter, telemetry: WorkerTelemetry) -> None:
    telemetry.count(Outcome.HANDLED, 4)
    telemetry.committed(4, 0.01)
    with HealthServer(0, exporter.registry, telemetry.standing) as server:
        base = f"http://127.0.0.1:{server.port}"
        assert get(f"{base}/healthz").json() == {"alive": True}
        unready = get(f"{base}/readyz")
        assert unready.status_code == HTTPStatus.SERVICE_UNAVAILABLE
        assert unready.json() == {
            "ready": False,
            "cause": "starting",
            "since": "2026-11-25T12:00:00+00:00",
            "halted": [],
            "process_id": os.getpid(),
        }
        telemetry.owned(12)
        telemetry.ready()
        ready: dict[str, Any] = {"ready": True, "cause": None, "since": None, "halted": [], "process_id": os.getpid()}
        assert get(f"{base}/readyz").json() == ready
        telemetry.halted(Partition("log", "id", 3), Setback.PARK_FULL, "at position 7: no room")
        said = get(f"{base}/readyz")
        assert said.status_code == HTTPStatus.OK, "its other partitions are read"
        assert Standing.from_json(said.json()).halts == (Halt("log", 3, "park_full", NOON, "at position 7: no room"),)
        telemetry.unready(Setback.BROKER_UNAVAILABLE)
        assert get(f"{base}/readyz").json()["cause"] == "broker_unavailable"
        families = {family.name for family in text_string_to_metric_families(get(f"{base}/metrics").text)}
        assert {"pishkhan_events", "pishkhan_ready", "process_resident_memory_bytes"} <= families
        assert get(f"{base}/").status_code == HTTPStatus.NOT_FOUND
        assert httpx.post(f"{base}/metrics").status_code == HTTPStatus.NOT_IMPLEMENTED


def test_a_taken_port_is_said(exporter: Exporter, telemetry: WorkerTelemetry) -> None:
    with (
        HealthServer(0, exporter.registry, telemetry.standing) as server,
        pytest.raises(OSError, match="in use"),
    ):
        HealthServer(server.port, exporter.registry, telemetry.standing)


def test_the_port_is_free_again_after_closing(exporter: Exporter, telemetry: WorkerTelemetry) -> None:
    with HealthServer(0, exporter.registry, telemetry.standing) as server:
        port = server.port
    with HealthServer(port, exporter.registry, telemetry.standing) as again:
        assert again.port == port
