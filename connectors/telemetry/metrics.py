"""The one declared table of metrics: name, type, unit, help and labels of everything that a worker exports.

Boards, alert rules and tests are held against this table, both ways. A label's values are bounded by `LABELS`; a
request, a citizen or free text is never a label.
"""

from connectors.telemetry.door_metrics import DOOR_METRICS
from connectors.telemetry.metric import BATCH_SECONDS as _BATCH_SECONDS
from connectors.telemetry.metric import Kind as Kind
from connectors.telemetry.metric import Metric as Metric
from connectors.telemetry.metric import Origin as Origin

#: Every label that may be used, and what bounds its values.
LABELS: dict[str, str] = {
    "consumer": "the table of workers",
    "outcome": "consumers.runner.outcomes.Outcome",
    "cause": "consumers.runner.outcomes.Setback",
    "reason": "the closed enums of refusals, parking and dead letters",
    "topic": "the table of topics, one intake topic per agency",
    "door": "the table of acts, and the gateway's other doors",
    "status": "the table of HTTP problems, and what succeeds",
    "state": "the states of the request's lifecycle",
    "kind": "the kinds of ledger transfers",
    "agency": "the registry's agencies",
    "service": "the registry's services",
    "county": "the province's counties",
    "office_class": "schemas.base.OfficeClass",
    "party": "the kinds of feeds: agency, office, directorate",
}

_W, _D, _L = Origin.WORKER, Origin.DATABASE, Origin.LIBRARY

# --- every worker, about itself ----------------------------------------------------------------------------------

# What became of consumed events; their sum is what was consumed.
EVENTS = Metric(
    "pishkhan_events_total", Kind.COUNTER, _W, "events", "Consumed events by outcome.", ("consumer", "outcome")
)
# Only for outcomes that have a reason: refused, parked, dead-lettered.
EVENT_REASONS = Metric(
    "pishkhan_event_reasons_total",
    Kind.COUNTER,
    _W,
    "events",
    "Consumed events that were not simply handled, by outcome and reason.",
    ("consumer", "outcome", "reason"),
)
# One poll is one transaction, so this is also the time of a database transaction.
BATCH_SECONDS = Metric(
    "pishkhan_batch_seconds",
    Kind.HISTOGRAM,
    _W,
    "seconds",
    "Time of one committed batch, from the first statement to the commit.",
    ("consumer",),
    _BATCH_SECONDS,
)
# Records over batches is the batch size.
BATCH_RECORDS = Metric(
    "pishkhan_batch_records_total", Kind.COUNTER, _W, "records", "Records in committed batches.", ("consumer",)
)
# Contention is ordinary in small numbers; a database that is away is not.
ROLLED_BACK = Metric(
    "pishkhan_rolled_back_batches_total",
    Kind.COUNTER,
    _W,
    "batches",
    "Batches that were rolled back and done again, by cause.",
    ("consumer", "cause"),
)
# Summed over workers, because each sees only its own partitions.
LAG = Metric(
    "pishkhan_lag_records",
    Kind.GAUGE,
    _W,
    "records",
    "Records not yet read on the partitions that the worker owns.",
    ("consumer", "topic"),
)
# Summed over workers this must be the number of partitions; less means that nobody reads some.
OWNED = Metric(
    "pishkhan_owned_partitions", Kind.GAUGE, _W, "partitions", "Partitions that the worker owns.", ("consumer",)
)
# A partition that stands still until a person acts.
HALTED = Metric(
    "pishkhan_halted_partitions",
    Kind.GAUGE,
    _W,
    "partitions",
    "Partitions that the worker has halted since it started, by cause.",
    ("consumer", "cause"),
)
# Zero while nothing is halted.
HALTED_SINCE = Metric(
    "pishkhan_halted_since_timestamp_seconds",
    Kind.GAUGE,
    _W,
    "seconds since 1970",
    "Since when the first of the halted partitions stands still, by cause.",
    ("consumer", "cause"),
)
# The same answer as /readyz.
READY = Metric(
    "pishkhan_ready",
    Kind.GAUGE,
    _W,
    "boolean",
    "1 when broker and database answer and leases are known.",
    ("consumer",),
)
# Zero while the worker does not wait for that.
UNREADY_SINCE = Metric(
    "pishkhan_unready_since_timestamp_seconds",
    Kind.GAUGE,
    _W,
    "seconds since 1970",
    "Since when the worker waits, by what for.",
    ("consumer", "cause"),
)

# Each is on record in its event as well: somebody may have spoken in time and lost.
UNREAD_DEADLINES = Metric(
    "pishkhan_unread_deadlines_total",
    Kind.COUNTER,
    _W,
    "deadlines",
    "Deadlines that fired after intake had stood still for too long, before it was read up to them.",
    ("consumer",),
)
# Beyond the bound of the settings the worker does no timed act.
CLOCK_AHEAD = Metric(
    "pishkhan_clock_ahead_seconds",
    Kind.GAUGE,
    _W,
    "seconds",
    "How far the worker's own clock is ahead of the database's.",
    ("consumer",),
)

# --- the whole bus, read from the database by one worker -----------------------------------------------------------

# Grows when the relay or the broker is away; nothing is lost meanwhile.
OUTBOX_ROWS = Metric(
    "pishkhan_outbox_unpublished_rows", Kind.GAUGE, _D, "rows", "Events committed and not yet published."
)
# The age says more than the number: a busy bus has many young rows.
OUTBOX_AGE = Metric(
    "pishkhan_outbox_oldest_seconds", Kind.GAUGE, _D, "seconds", "Age of the oldest event not yet published."
)
# Larger than its topic may hold, or refused by the broker: it waits for a person, and its key with it.
SET_ASIDE = Metric(
    "pishkhan_outbox_set_aside_rows",
    Kind.GAUGE,
    _D,
    "rows",
    "Events that no broker takes: they wait for a person, and later events of their keys behind them.",
)
# The relay lets a day go a week later; a day that stays holds something that nobody published.
OUTBOX_DAYS = Metric(
    "pishkhan_outbox_partitions", Kind.GAUGE, _D, "partitions", "Daily partitions of the outbox that are there."
)
OUTBOX_OLDEST_DAY = Metric(
    "pishkhan_outbox_oldest_partition_days", Kind.GAUGE, _D, "days", "Age of the oldest daily partition of the outbox."
)
# Without a partition for its day nothing can be committed.
OUTBOX_DAYS_AHEAD = Metric(
    "pishkhan_outbox_partitions_ahead_days",
    Kind.GAUGE,
    _D,
    "days",
    "So many days from today the outbox has partitions for.",
)
# Distinct requests, once each, by state.
REQUESTS = Metric(
    "pishkhan_requests", Kind.GAUGE, _D, "requests", "Requests by agency and state, once each.", ("agency", "state")
)
# Volume: what the offices have to do.
OPENED = Metric(
    "pishkhan_opened_requests_total",
    Kind.COUNTER,
    _D,
    "requests",
    "Requests opened, by agency, service and county.",
    ("agency", "service", "county"),
)
# Completion, by who did it.
COMPLETED = Metric(
    "pishkhan_completed_requests_total",
    Kind.COUNTER,
    _D,
    "requests",
    "Requests completed, by agency, county and class of office.",
    ("agency", "county", "office_class"),
)
# A refused request never had an office.
REFUSED = Metric(
    "pishkhan_refused_requests_total",
    Kind.COUNTER,
    _D,
    "requests",
    "Requests refused before any office had them, by agency and reason.",
    ("agency", "reason"),
)
# The newest day's figures of the kpi consumer.
WAIT_P50 = Metric(
    "pishkhan_wait_p50_seconds",
    Kind.GAUGE,
    _D,
    "seconds",
    "Median wait from opening to acceptance on the newest day, business time.",
    ("county",),
)
WAIT_P99 = Metric(
    "pishkhan_wait_p99_seconds",
    Kind.GAUGE,
    _D,
    "seconds",
    "99th percentile of the wait from opening to acceptance on the newest day, business time.",
    ("county",),
)
# A gauge and not a counter: a refund takes income back.
INCOME = Metric(
    "pishkhan_office_income_rial",
    Kind.GAUGE,
    _D,
    "rial",
    "Offices' own parts of posted fees less refunds, by county of the request and class of office.",
    ("county", "office_class"),
)
# Zero by construction; anything else is an accident with the data.
LEDGER_SUM = Metric(
    "pishkhan_ledger_sum_rial", Kind.GAUGE, _D, "rial", "Sum of all accounts' signed balances: always zero."
)
# Money moved so far, by kind of transfer. Held is posted, voided and still held, so of these only suspense counts.
LEDGER_MOVED = Metric(
    "pishkhan_ledger_moved_rial_total",
    Kind.COUNTER,
    _D,
    "rial",
    "Amounts transferred so far, by kind; of hold, post and void what went through suspense.",
    ("kind",),
)
# What is held and not yet divided or let go.
STILL_HELD = Metric(
    "pishkhan_still_held_rial", Kind.GAUGE, _D, "rial", "Fees held and neither posted nor voided: the suspense account."
)
# What is not given back is a citizen's loss.
OWED = Metric(
    "pishkhan_owed_to_citizens_rial",
    Kind.GAUGE,
    _D,
    "rial",
    "Money that offices still have to give back to citizens, by reason.",
    ("reason",),
)
# What waits for a predecessor, the registry or its next try.
PARKED = Metric(
    "pishkhan_parked_events", Kind.GAUGE, _D, "events", "Events parked now, by reason.", ("consumer", "reason")
)
# Of those that failed, the ones that are not tried by themselves any more.
UNDECIDED = Metric(
    "pishkhan_undecided_events",
    Kind.GAUGE,
    _D,
    "events",
    "Events on which the code failed at every try: they wait for a person.",
    ("consumer",),
)
# Kept for an operator to look at.
DEAD_LETTERS = Metric(
    "pishkhan_dead_letters", Kind.GAUGE, _D, "events", "Dead letters on record, by reason.", ("consumer", "reason")
)
# Letters that were old, or had no room: by their topic, which is who floods.
LETTERS_LET_GO = Metric(
    "pishkhan_dead_letters_let_go_total",
    Kind.COUNTER,
    _D,
    "events",
    "Dead letters that are not kept any more, by topic.",
    ("consumer", "topic"),
)
# What was ever told, by whose feeds: it grows as long as anything happens, and never shrinks.
FEED_ENTRIES = Metric(
    "pishkhan_feed_entries_total",
    Kind.COUNTER,
    _D,
    "entries",
    "Entries of feeds, by the kind of party that is told.",
    ("party",),
)
# Reserved must never exceed the cap.
OFFICES_OVER_CAP = Metric(
    "pishkhan_offices_over_cap", Kind.GAUGE, _D, "offices", "Offices whose reservation exceeds their cap: always zero."
)
# How much of the offices' room for money is used.
RESERVED = Metric(
    "pishkhan_offices_reserved_rial", Kind.GAUGE, _D, "rial", "Money reserved under the offices' caps, all offices."
)
# When the figures of this section were last read; a stale figure is worse than none.
READ_AT = Metric(
    "pishkhan_database_read_timestamp_seconds",
    Kind.GAUGE,
    _D,
    "seconds since 1970",
    "When the figures out of the database were last read.",
)

# --- what prometheus_client and Prometheus themselves bring --------------------------------------------------------

RSS = Metric("process_resident_memory_bytes", Kind.GAUGE, _L, "bytes", "Resident memory of the worker.")
CPU = Metric("process_cpu_seconds_total", Kind.COUNTER, _L, "seconds", "CPU time of the worker.")
UP = Metric("up", Kind.GAUGE, _L, "boolean", "1 when the last scrape succeeded.")

METRICS: tuple[Metric, ...] = (
    EVENTS,
    EVENT_REASONS,
    BATCH_SECONDS,
    BATCH_RECORDS,
    ROLLED_BACK,
    LAG,
    OWNED,
    HALTED,
    HALTED_SINCE,
    READY,
    UNREADY_SINCE,
    UNREAD_DEADLINES,
    CLOCK_AHEAD,
    *DOOR_METRICS,
    OUTBOX_ROWS,
    OUTBOX_AGE,
    SET_ASIDE,
    OUTBOX_DAYS,
    OUTBOX_OLDEST_DAY,
    OUTBOX_DAYS_AHEAD,
    REQUESTS,
    OPENED,
    COMPLETED,
    REFUSED,
    WAIT_P50,
    WAIT_P99,
    INCOME,
    LEDGER_SUM,
    LEDGER_MOVED,
    STILL_HELD,
    OWED,
    PARKED,
    UNDECIDED,
    DEAD_LETTERS,
    LETTERS_LET_GO,
    FEED_ENTRIES,
    OFFICES_OVER_CAP,
    RESERVED,
    READ_AT,
    RSS,
    CPU,
    UP,
)


def of_origin(origin: Origin) -> tuple[Metric, ...]:
    """Return the rows of one origin, in the order of the table."""
    return tuple(metric for metric in METRICS if metric.origin is origin)


def series_names(metric: Metric) -> frozenset[str]:
    """Return the names under which Prometheus stores `metric`."""
    if metric.kind is Kind.HISTOGRAM:
        return frozenset(metric.name + suffix for suffix in ("_bucket", "_count", "_sum"))
    return frozenset({metric.name})
