"""A worker's counts follow its transactions, and its readiness follows broker, database and leases."""

import json
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import pytest

from connectors.telemetry import metrics
from connectors.telemetry.doors import DoorTelemetry
from connectors.telemetry.exporter import Exporter
from connectors.telemetry.metrics import METRICS, Origin, of_origin, series_names
from connectors.telemetry.standing import Halt, Standing
from connectors.telemetry.worker import WorkerTelemetry
from consumers.runner.outcomes import Outcome, Setback
from consumers.runner.ports import Telemetry
from consumers.runner.records import Partition


class Why(StrEnum):
    LATE = "late"


@pytest.fixture
def exporter() -> Exporter:
    return Exporter()


@pytest.fixture
def telemetry(exporter: Exporter) -> WorkerTelemetry:
    return WorkerTelemetry(exporter, "requests")


def value(exporter: Exporter, name: str, **labels: str) -> float | None:
    return exporter.registry.get_sample_value(name, {"consumer": "requests", **labels})


NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


class SetTime:
    """Real time that a test moves."""

    def __init__(self) -> None:
        self.moment = NOON

    def __call__(self) -> datetime:
        return self.moment

    def pass_seconds(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


def test_since_when_it_waits_for_the_same_thing_is_known(exporter: Exporter) -> None:
    time = SetTime()
    telemetry = WorkerTelemetry(exporter, "requests", time)
    assert telemetry.standing() == Standing("starting", NOON)
    time.pass_seconds(10)
    telemetry.unready(Setback.BROKER_UNAVAILABLE)
    time.pass_seconds(10)
    telemetry.unready(Setback.BROKER_UNAVAILABLE)
    assert telemetry.standing() == Standing("broker_unavailable", NOON + timedelta(seconds=10))
    since = "pishkhan_unready_since_timestamp_seconds"
    assert value(exporter, since, cause="broker_unavailable") == NOON.timestamp() + 10
    telemetry.unready(Setback.DATABASE_UNAVAILABLE)
    assert telemetry.standing().since == NOON + timedelta(seconds=20)
    assert value(exporter, since, cause="broker_unavailable") == 0
    telemetry.owned(1)
    telemetry.ready()
    assert telemetry.standing() == Standing()
    assert value(exporter, since, cause="database_unavailable") == 0


def test_a_worker_that_gives_no_sign_hangs_since_its_last_one(exporter: Exporter) -> None:
    time = SetTime()
    telemetry = WorkerTelemetry(exporter, "requests", time)
    telemetry.owned(1)
    telemetry.ready()
    time.pass_seconds(20)
    telemetry.committed(0, 0.01)
    time.pass_seconds(30)
    assert telemetry.standing() == Standing()
    time.pass_seconds(1)
    assert telemetry.standing() == Standing("stuck", NOON + timedelta(seconds=20))
    since = "pishkhan_unready_since_timestamp_seconds"
    assert value(exporter, since, cause="stuck") == NOON.timestamp() + 20
    assert value(exporter, "pishkhan_ready") == 0
    telemetry.unready(Setback.DATABASE_UNAVAILABLE)
    time.pass_seconds(60)
    assert telemetry.standing().cause == "database_unavailable", "it has said what it waits for"
    telemetry.ready()
    assert (telemetry.standing(), value(exporter, since, cause="stuck")) == (Standing(), 0)


def test_a_partition_that_is_tried_in_vain_stands_since_the_first_time(exporter: Exporter) -> None:
    time = SetTime()
    telemetry = WorkerTelemetry(exporter, "requests", time)
    place = Partition("log", "id", 3)
    since = "pishkhan_halted_since_timestamp_seconds"
    for _ in range(3):
        telemetry.halted(place, Setback.FAILED_IN_A_ROW, "why")
        assert telemetry.standing().halts == (Halt("log", 3, "failed_in_a_row", NOON, "why"),)
        assert value(exporter, since, cause="failed_in_a_row") == NOON.timestamp()
        time.pass_seconds(30)
        telemetry.resumed(place)
        assert telemetry.standing().halts == ()
        assert value(exporter, since, cause="failed_in_a_row") == 0
        time.pass_seconds(1)
    time.pass_seconds(600)
    telemetry.halted(place, Setback.FAILED_IN_A_ROW, "why")
    assert telemetry.standing().halts[0].since == time.moment, "it was well for ten minutes"


def test_how_a_worker_stands_travels_as_json() -> None:
    for standing in (
        Standing(),
        Standing("broker_unavailable", NOON),
        Standing(halts=(Halt("log", 3, "park_full", NOON), Halt("log", 4, "position_lost", NOON, "at position 7: …"))),
    ):
        assert Standing.from_json(json.loads(json.dumps(standing.as_json()))) == standing
    nonsense: object
    for nonsense in ([], {}, {"halted": [{}], "since": None}, {"halted": [], "since": "noon", "cause": None}):
        with pytest.raises((ValueError, KeyError, TypeError)):
            Standing.from_json(nonsense)


def test_a_halted_partition_counts_once(exporter: Exporter, telemetry: WorkerTelemetry) -> None:
    runners: Telemetry = telemetry
    for number in (0, 1, 1):
        runners.halted(Partition("a", "id", number), Setback.POSITION_LOST, "why")
    assert value(exporter, "pishkhan_halted_partitions", cause="position_lost") == 2


def test_counts_appear_with_the_commit(exporter: Exporter, telemetry: WorkerTelemetry) -> None:
    telemetry.count(Outcome.REFUSED, 3, Why.LATE)
    assert value(exporter, "pishkhan_events_total", outcome="refused") == 0
    telemetry.committed(10, 0.02)
    assert value(exporter, "pishkhan_events_total", outcome="refused") == 3
    assert value(exporter, "pishkhan_event_reasons_total", outcome="refused", reason="late") == 3
    assert value(exporter, "pishkhan_batch_records_total") == 10
    assert value(exporter, "pishkhan_batch_seconds_count") == 1


def test_a_batch_that_is_done_again_counts_once(exporter: Exporter, telemetry: WorkerTelemetry) -> None:
    telemetry.count(Outcome.HANDLED, 5)
    telemetry.rolled_back(Setback.CONTENTION)
    telemetry.count(Outcome.HANDLED, 5)
    telemetry.committed(5, 0.01)
    assert value(exporter, "pishkhan_events_total", outcome="handled") == 5
    assert value(exporter, "pishkhan_rolled_back_batches_total", cause="contention") == 1


def test_what_has_not_happened_yet_shows_zero(exporter: Exporter, telemetry: WorkerTelemetry) -> None:
    assert telemetry.not_ready_because()
    assert value(exporter, "pishkhan_events_total", outcome="parked") == 0
    assert value(exporter, "pishkhan_event_reasons_total", outcome="dead_lettered", reason="malformed") == 0
    assert value(exporter, "pishkhan_rolled_back_batches_total", cause="fenced") == 0
    assert value(exporter, "pishkhan_halted_partitions", cause="park_full") == 0


def test_an_idle_sweep_leaves_no_trace(exporter: Exporter, telemetry: WorkerTelemetry) -> None:
    telemetry.committed(0, 0.001)
    assert value(exporter, "pishkhan_batch_seconds_count") == 0
    assert value(exporter, "pishkhan_batch_records_total") == 0


def test_the_lag_of_a_lost_topic_is_zero(exporter: Exporter, telemetry: WorkerTelemetry) -> None:
    telemetry.lag({"a": 7, "b": 1})
    telemetry.lag({"b": 2})
    assert value(exporter, "pishkhan_lag_records", topic="a") == 0
    assert value(exporter, "pishkhan_lag_records", topic="b") == 2


def test_ready_needs_an_answer_and_known_leases(exporter: Exporter, telemetry: WorkerTelemetry) -> None:
    assert telemetry.not_ready_because() == "starting"
    telemetry.ready()
    assert telemetry.not_ready_because() == "no_leases_known"
    assert value(exporter, "pishkhan_ready") == 0
    telemetry.owned(0)
    assert telemetry.not_ready_because() is None
    assert value(exporter, "pishkhan_ready") == 1
    telemetry.unready(Setback.DATABASE_UNAVAILABLE)
    assert telemetry.not_ready_because() == "database_unavailable"
    assert value(exporter, "pishkhan_ready") == 0


def test_everything_exported_is_a_row_of_the_table(exporter: Exporter, telemetry: WorkerTelemetry) -> None:
    telemetry.count(Outcome.PARKED, 1, Why.LATE)
    telemetry.committed(1, 0.1)
    telemetry.rolled_back(Setback.FENCED)
    telemetry.lag({"a": 1})
    telemetry.owned(1)
    telemetry.halted(Partition("a", "id", 0), Setback.PARK_FULL, "why")
    DoorTelemetry(exporter).answered("batch", 200, 0.1)
    exporter.database.replace({metric: {("x",) * len(metric.labels): 1.0} for metric in of_origin(Origin.DATABASE)})
    exported = {
        sample.name
        for family in exporter.registry.collect()
        for sample in family.samples
        if sample.name.startswith("pishkhan_") and not sample.name.endswith("_created")
    }
    declared = {name for m in METRICS if m.origin is not Origin.LIBRARY for name in series_names(m)}
    assert exported == declared


def test_series_that_ended_do_not_linger(exporter: Exporter) -> None:
    exporter.database.replace({metrics.WAIT_P50: {("bojnord",): 30.0}})
    exporter.database.replace({metrics.WAIT_P50: {("shirvan",): 40.0}})
    read = exporter.registry.get_sample_value
    assert read("pishkhan_wait_p50_seconds", {"county": "bojnord"}) is None
    assert read("pishkhan_wait_p50_seconds", {"county": "shirvan"}) == 40.0


def test_a_worker_whose_clock_is_in_doubt_is_not_ready_and_says_since_when(exporter: Exporter) -> None:
    time = SetTime()
    telemetry = WorkerTelemetry(exporter, "requests", time)
    telemetry.owned(3)
    telemetry.ready()
    telemetry.clock(10_800.0, Setback.CLOCK_DIFFERS, NOON - timedelta(hours=3))
    assert telemetry.standing() == Standing("clock_differs", NOON - timedelta(hours=3)), "by the database's clock"
    assert value(exporter, "pishkhan_clock_ahead_seconds") == 10_800
    assert value(exporter, "pishkhan_ready") == 0
    since = value(exporter, "pishkhan_unready_since_timestamp_seconds", cause="clock_differs")
    assert since == (NOON - timedelta(hours=3)).timestamp()
    telemetry.ready()
    assert telemetry.standing().cause == "clock_differs", "that broker and database answer is another matter"
    telemetry.unready(Setback.DATABASE_UNAVAILABLE)
    assert telemetry.standing().cause == "database_unavailable"
    telemetry.ready()
    telemetry.clock(0.2, None, None)
    assert telemetry.standing() == Standing()
