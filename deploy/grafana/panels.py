"""The board's panels, declared once as values: what is asked, in which unit, and which alerts watch it."""

# Figures out of the database are shown by one worker at a time; sums and maxima stay right when that changes hands.
from deploy.grafana.door_panels import DOORS
from deploy.grafana.shapes import RATE, Choice, Panel, Query, Row, Shape, Unit

CHOICES = (
    Choice("agency", "Agency", "pishkhan_opened_requests_total"),
    Choice("county", "County", "pishkhan_opened_requests_total"),
    Choice("consumer", "Worker", "pishkhan_ready"),
)

_AT_A_GLANCE = Row(
    "At a glance",
    (
        Panel(
            "Σ of the ledger",
            "All accounts' debits less credits. Always zero: anything else is an accident with the data.",
            Unit.RIAL,
            (Query("sum(pishkhan_ledger_sum_rial)", "Σ"),),
            Shape.STAT,
            4,
            ("ledger-not-zero",),
            1,
            only_zero_is_good=True,
        ),
        Panel(
            "Workers that are ready",
            "Workers that answer, and see broker, database and their leases.",
            Unit.NUMBER,
            (Query("sum(pishkhan_ready)", "ready"), Query('sum(up{job="pishkhan"})', "answer")),
            Shape.STAT,
            4,
            ("worker-down", "worker-not-ready"),
        ),
        Panel(
            "Halted partitions",
            "Partitions that stand still until a person acts.",
            Unit.NUMBER,
            (Query("sum(pishkhan_halted_partitions)", "halted"),),
            Shape.STAT,
            4,
            ("partition-halted",),
            1,
        ),
        Panel(
            "Offices over their cap",
            "Offices with more money reserved than they may hold. Always zero.",
            Unit.NUMBER,
            (Query("sum(pishkhan_offices_over_cap)", "offices"),),
            Shape.STAT,
            4,
            ("office-over-cap",),
            1,
        ),
        Panel(
            "Oldest event not published",
            "How long the oldest committed event has waited for the relay. Events wait only while the broker is away.",
            Unit.SECONDS,
            (Query("max(pishkhan_outbox_oldest_seconds)", "age"),),
            Shape.STAT,
            4,
            ("outbox-stuck",),
            60,
        ),
        Panel(
            "Age of these figures",
            "When the figures out of the database were last read; old ones say nothing.",
            Unit.SECONDS,
            (Query("time() - max(pishkhan_database_read_timestamp_seconds)", "age"),),
            Shape.STAT,
            4,
            ("figures-stale",),
            600,
        ),
    ),
)

_REQUESTS = Row(
    "Requests",
    (
        Panel(
            "Volume",
            "Requests opened per minute, by county.",
            Unit.PER_MINUTE,
            (
                Query(
                    "60 * sum by (county) "
                    f'(rate(pishkhan_opened_requests_total{{agency=~"$agency", county=~"$county"}}{RATE}))',
                    "{{county}}",
                ),
            ),
        ),
        Panel(
            "Completion",
            "Requests completed per minute, by class of the office that did it.",
            Unit.PER_MINUTE,
            (
                Query(
                    "60 * sum by (office_class) "
                    f'(rate(pishkhan_completed_requests_total{{agency=~"$agency", county=~"$county"}}{RATE}))',
                    "{{office_class}}",
                ),
            ),
        ),
        Panel(
            "Refusals by reason",
            "Requests refused before any office had them, so far. Each refused request is a citizen sent away.",
            Unit.NUMBER,
            (
                Query(
                    'sum by (agency, reason) (pishkhan_refused_requests_total{agency=~"$agency"})',
                    "{{agency}}: {{reason}}",
                ),
            ),
            alerts=("many-refusals",),
        ),
        Panel(
            "Requests by state",
            "Every request once, where it stands now.",
            Unit.NUMBER,
            (Query('sum by (state) (pishkhan_requests{agency=~"$agency"})', "{{state}}"),),
        ),
        Panel(
            "Median wait",
            "From opening to acceptance by an office, on the newest day of business time.",
            Unit.SECONDS,
            (Query('max by (county) (pishkhan_wait_p50_seconds{county=~"$county"})', "{{county}}"),),
        ),
        Panel(
            "Long waits",
            "99th percentile of the wait from opening to acceptance, on the newest day of business time.",
            Unit.SECONDS,
            (Query('max by (county) (pishkhan_wait_p99_seconds{county=~"$county"})', "{{county}}"),),
        ),
    ),
)

_MONEY = Row(
    "Money",
    (
        Panel(
            "Income of offices by county",
            "Offices' own parts of posted fees less refunds, so far, by the county of the request.",
            Unit.RIAL,
            (
                Query(
                    'sum by (county, office_class) (pishkhan_office_income_rial{county=~"$county"})',
                    "{{county}}, {{office_class}}",
                ),
            ),
        ),
        Panel(
            "Held, posted, voided",
            "Fees so far. Held is posted, voided and still held, at every moment.",
            Unit.RIAL,
            (
                Query('sum by (kind) (pishkhan_ledger_moved_rial_total{kind=~"hold|post|void"})', "{{kind}}"),
                Query("sum(pishkhan_still_held_rial)", "still held"),
            ),
            alerts=("ledger-not-zero",),
        ),
        Panel(
            "Owed to citizens",
            "Money that offices still have to give back: their inboxes show each request, the amount and the command.",
            Unit.RIAL,
            (Query("sum by (reason) (pishkhan_owed_to_citizens_rial)", "{{reason}}"),),
            alerts=("owed-to-citizens",),
        ),
        Panel(
            "Reserved under the offices' caps",
            "How much of the offices' room for citizens' money is in use.",
            Unit.RIAL,
            (Query("sum(pishkhan_offices_reserved_rial)", "reserved"),),
            alerts=("office-over-cap",),
        ),
    ),
)

_EVENTS = Row(
    "Events",
    (
        Panel(
            "Events by outcome",
            "Events consumed per second, by what became of them.",
            Unit.PER_SECOND,
            (
                Query(
                    f'sum by (consumer, outcome) (rate(pishkhan_events_total{{consumer=~"$consumer"}}{RATE}))',
                    "{{consumer}}: {{outcome}}",
                ),
            ),
            alerts=("many-dead-letters",),
        ),
        Panel(
            "Not simply handled",
            "Events refused, parked or dead-lettered since the workers started, by reason.",
            Unit.NUMBER,
            (
                Query(
                    'sum by (consumer, outcome, reason) (pishkhan_event_reasons_total{consumer=~"$consumer"})',
                    "{{consumer}}: {{outcome}}, {{reason}}",
                ),
            ),
            alerts=("many-dead-letters",),
        ),
        Panel(
            "Lag",
            "Records not yet read, over all workers of a kind.",
            Unit.NUMBER,
            (
                Query(
                    'sum by (consumer, topic) (pishkhan_lag_records{consumer=~"$consumer"})', "{{consumer}} {{topic}}"
                ),
            ),
            alerts=("lagging",),
        ),
        Panel(
            "Outbox",
            "Events committed and not yet published, and those that no broker takes: they wait for a person.",
            Unit.NUMBER,
            (
                Query("sum(pishkhan_outbox_unpublished_rows)", "events"),
                Query("sum(pishkhan_outbox_set_aside_rows)", "set aside: a person"),
                Query("max(pishkhan_outbox_partitions)", "days that are kept"),
                Query("max(pishkhan_outbox_oldest_partition_days)", "age of the oldest, days"),
                Query("max(pishkhan_outbox_partitions_ahead_days)", "days ahead"),
            ),
            alerts=("outbox-stuck", "set-aside", "outbox-days"),
        ),
        Panel(
            "Parked",
            "Events that wait, by what for. Those that failed wait for their next try, and at last for a person.",
            Unit.NUMBER,
            (
                Query(
                    'sum by (consumer, reason) (pishkhan_parked_events{consumer=~"$consumer"})',
                    "{{consumer}}: {{reason}}",
                ),
                Query('sum by (consumer) (pishkhan_undecided_events{consumer=~"$consumer"})', "{{consumer}}: a person"),
            ),
            alerts=("parked-by-failure",),
        ),
        Panel(
            "Dead letters",
            "Events on record that can never be applied, by reason; and how many are not kept any more.",
            Unit.NUMBER,
            (
                Query(
                    'sum by (consumer, reason) (pishkhan_dead_letters{consumer=~"$consumer"})',
                    "{{consumer}}: {{reason}}",
                ),
                Query("sum by (topic) (pishkhan_dead_letters_let_go_total)", "let go: {{topic}}"),
            ),
            alerts=("many-dead-letters",),
        ),
    ),
)

_UNREAD = Query(f"sum by (consumer) (increase(pishkhan_unread_deadlines_total{RATE}))", "{{consumer}}")
_WORKERS = Row(
    "Workers",
    (
        Panel(
            "Time of a batch",
            "Median and 99th percentile of a committed batch: one poll, one transaction.",
            Unit.SECONDS,
            tuple(
                Query(
                    f"histogram_quantile({quantile}, sum by (consumer, le) "
                    f'(rate(pishkhan_batch_seconds_bucket{{consumer=~"$consumer"}}{RATE})))',
                    f"{{{{consumer}}}} {name}",
                )
                for quantile, name in (("0.5", "p50"), ("0.99", "p99"))
            ),
        ),
        Panel(
            "Records per second",
            "Records in committed batches.",
            Unit.PER_SECOND,
            (
                Query(
                    f'sum by (consumer) (rate(pishkhan_batch_records_total{{consumer=~"$consumer"}}{RATE}))',
                    "{{consumer}}",
                ),
            ),
        ),
        Panel(
            "Batches rolled back",
            "Batches done again, per minute, by cause. Contention is ordinary in small numbers.",
            Unit.PER_MINUTE,
            (
                Query(
                    "60 * sum by (consumer, cause) "
                    f'(rate(pishkhan_rolled_back_batches_total{{consumer=~"$consumer"}}{RATE}))',
                    "{{consumer}}: {{cause}}",
                ),
            ),
            alerts=("rolling-back",),
        ),
        Panel(
            "Owned partitions",
            "Over all workers of a kind, this is the number of partitions; less means that nobody reads some.",
            Unit.NUMBER,
            (Query('sum by (consumer) (pishkhan_owned_partitions{consumer=~"$consumer"})', "{{consumer}}"),),
            alerts=("partitions-unowned",),
        ),
        Panel("Unread deadlines", "Fired on unread intake.", Unit.NUMBER, (_UNREAD,), alerts=("unread-deadlines",)),
        Panel(
            "Clocks",
            "How far each worker's own clock is ahead of the database's. Beyond the bound it does no timed act.",
            Unit.SECONDS,
            (Query("max by (consumer) (pishkhan_clock_ahead_seconds)", "{{consumer}}"),),
            alerts=("clock-differs",),
        ),
        Panel(
            "Memory",
            "Resident memory of each worker.",
            Unit.BYTES,
            (Query('sum by (worker, instance) (process_resident_memory_bytes{job="pishkhan"})', "{{worker}}"),),
            alerts=("worker-too-large",),
        ),
        Panel(
            "Processor",
            "Processors that each worker keeps busy.",
            Unit.PROCESSORS,
            (
                Query(
                    f'sum by (worker, instance) (rate(process_cpu_seconds_total{{job="pishkhan"}}{RATE}))',
                    "{{worker}}",
                ),
            ),
        ),
    ),
)

ROWS = (_AT_A_GLANCE, _REQUESTS, _MONEY, _EVENTS, DOORS, _WORKERS)
