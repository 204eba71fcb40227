"""The table of metrics as `prometheus_client` objects, one registry per worker and nothing global."""

import threading
from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from connectors.telemetry.metrics import Kind, Metric, Origin, of_origin

#: All series of one metric: label values, in the order of the metric's labels, to the value.
Series = Mapping[tuple[str, ...], float]
Snapshot = Mapping[Metric, Series]


class Exporter:
    """Every metric of this worker. `increase`, `put` and `observe` are safe from any thread and never block long."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.database = SnapshotCollector()
        self._counters: dict[Metric, Counter] = {}
        self._gauges: dict[Metric, Gauge] = {}
        self._histograms: dict[Metric, Histogram] = {}
        for metric in of_origin(Origin.WORKER):
            match metric.kind:
                case Kind.COUNTER:
                    self._counters[metric] = Counter(metric.name, metric.help, metric.labels, registry=self.registry)
                case Kind.GAUGE:
                    self._gauges[metric] = Gauge(metric.name, metric.help, metric.labels, registry=self.registry)
                case Kind.HISTOGRAM:
                    self._histograms[metric] = Histogram(
                        metric.name, metric.help, metric.labels, buckets=metric.buckets, registry=self.registry
                    )
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.registry.register(self.database)

    def begin(self, metric: Metric, *labels: str) -> None:
        """Show a counter or a histogram at zero: one that appears with its first event hides that event from `rate`."""
        (self._counters.get(metric) or self._histograms[metric]).labels(*labels)

    def increase(self, metric: Metric, amount: float, *labels: str) -> None:
        """Add to a counter."""
        counter = self._counters[metric]
        (counter.labels(*labels) if labels else counter).inc(amount)

    def put(self, metric: Metric, value: float, *labels: str) -> None:
        """Set a gauge."""
        self._gauges[metric].labels(*labels).set(value)

    def follow(self, metric: Metric, read: Callable[[], float], *labels: str) -> None:
        """Let a gauge show at every scrape what `read` returns then. It is called from the scrape's thread."""
        self._gauges[metric].labels(*labels).set_function(read)

    def observe(self, metric: Metric, value: float, *labels: str) -> None:
        """Add one observation to a histogram."""
        self._histograms[metric].labels(*labels).observe(value)


class SnapshotCollector(Collector):
    """Metrics that are read as a whole: a new snapshot replaces the old one, so series that ended do not linger."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._snapshot: Snapshot = {}

    def replace(self, snapshot: Snapshot) -> None:
        """Show `snapshot` from now on; an empty one shows nothing."""
        assert all(metric.origin is Origin.DATABASE for metric in snapshot), "only rows of the database section"
        with self._lock:
            self._snapshot = snapshot

    def collect(self) -> Iterator[Family]:
        """Yield one family per metric of the snapshot; called at every scrape."""
        with self._lock:
            snapshot = self._snapshot
        for metric, series in snapshot.items():
            family: CounterMetricFamily | GaugeMetricFamily
            if metric.kind is Kind.COUNTER:
                family = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
            else:
                family = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
            for labels, value in series.items():
                family.add_metric(labels, value)
            yield family
