"""Rows of the table of metrics: the doors for machines, by rate, errors and duration."""

from connectors.telemetry.metric import BATCH_SECONDS, Kind, Metric, Origin

# Rate and errors: 4xx are the callers', 5xx ours or the database's.
DOOR_ANSWERS = Metric(
    "pishkhan_door_answers_total",
    Kind.COUNTER,
    Origin.WORKER,
    "requests",
    "Answered requests, by door and status.",
    ("door", "status"),
)
# Of a door that waits for an outcome, the caller's wait is in it.
DOOR_SECONDS = Metric(
    "pishkhan_door_seconds",
    Kind.HISTOGRAM,
    Origin.WORKER,
    "seconds",
    "Time from a request's headers to its answer, by door.",
    ("door",),
    BATCH_SECONDS,
)
# Each is in the outbox; repetitions are not counted again.
DOOR_CLAIMS = Metric(
    "pishkhan_door_claims_total", Kind.COUNTER, Origin.WORKER, "claims", "Claims that the gateway has kept, once each."
)

DOOR_METRICS: tuple[Metric, ...] = (DOOR_ANSWERS, DOOR_SECONDS, DOOR_CLAIMS)
