"""What a row of the table of metrics says."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The Prometheus types in use."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Origin(StrEnum):
    """Who sets a metric: every worker about itself, one worker out of the database, or a library."""

    WORKER = "worker"
    DATABASE = "database"
    LIBRARY = "library"


@dataclass(frozen=True, slots=True)
class Metric:
    """One row. `unit` is what one count of the value means; names of counters end in `_total`, as they are exposed."""

    name: str
    kind: Kind
    origin: Origin
    unit: str
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


#: Bounds of histograms of transactions and of answers, in seconds.
BATCH_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
