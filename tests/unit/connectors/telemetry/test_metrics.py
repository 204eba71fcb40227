"""The table of metrics keeps its own rules."""

import pytest

from connectors.telemetry.metrics import LABELS, METRICS, Kind, Metric, Origin, of_origin, series_names

OURS = [metric for metric in METRICS if metric.origin is not Origin.LIBRARY]


def test_names_are_unique() -> None:
    names = [metric.name for metric in METRICS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("metric", OURS, ids=lambda metric: metric.name)
def test_a_row_follows_the_conventions(metric: Metric) -> None:
    assert metric.name.startswith("pishkhan_")
    assert (metric.kind is Kind.COUNTER) == metric.name.endswith("_total"), "counters end in _total, others do not"
    assert metric.help.endswith(".")
    assert metric.unit
    assert (metric.kind is Kind.HISTOGRAM) == bool(metric.buckets)
    assert list(metric.buckets) == sorted(metric.buckets)


@pytest.mark.parametrize("metric", [m for m in OURS if m.unit in {"seconds", "rial", "rows", "records"}], ids=str)
def test_a_unit_is_in_the_name(metric: Metric) -> None:
    assert metric.name.removesuffix("_total").endswith(metric.unit)


def test_labels_are_declared_and_used() -> None:
    used = {label for metric in METRICS for label in metric.labels}
    assert used == set(LABELS)


def test_no_label_can_name_a_person_or_a_request() -> None:
    assert not {"request_id", "citizen_ref", "operator", "office", "detail"} & set(LABELS)


def test_every_row_has_an_origin() -> None:
    assert sorted((m for origin in Origin for m in of_origin(origin)), key=str) == sorted(METRICS, key=str)


def test_a_histogram_is_stored_under_three_names() -> None:
    histogram = next(metric for metric in METRICS if metric.kind is Kind.HISTOGRAM)
    assert series_names(histogram) == {f"{histogram.name}_{part}" for part in ("bucket", "count", "sum")}
