"""The board's row of the doors for machines: rate, errors and duration of each."""

from deploy.grafana.shapes import RATE, Panel, Query, Row, Unit

DOORS = Row(
    "Doors",
    (
        Panel(
            "Answers of the doors",
            "Requests answered per second, by door. Of acts, each kept claim is one; a batch is one, too.",
            Unit.PER_SECOND,
            (
                Query(f"sum by (door) (rate(pishkhan_door_answers_total{RATE}))", "{{door}}"),
                Query(f"sum(rate(pishkhan_door_claims_total{RATE}))", "claims kept"),
            ),
            alerts=("doors-fail",),
        ),
        Panel(
            "Problems of the doors",
            "Answers per second that are problems, by status: 4xx are the callers', 5xx ours or the database's.",
            Unit.PER_SECOND,
            (Query(f'sum by (status) (rate(pishkhan_door_answers_total{{status=~"4..|5.."}}{RATE}))', "{{status}}"),),
            alerts=("doors-fail",),
        ),
        Panel(
            "Time to answer",
            "99th percentile by door. The time that a caller asked to wait for an outcome is not in it.",
            Unit.SECONDS,
            (
                Query(
                    f"histogram_quantile(0.99, sum by (door, le) (rate(pishkhan_door_seconds_bucket{RATE})))",
                    "{{door}}",
                ),
            ),
            alerts=("doors-slow",),
        ),
        Panel(
            "Feeds",
            "Events that are not told yet, by log, and entries told per second, by whose feeds.",
            Unit.NUMBER,
            (
                Query('sum by (topic) (pishkhan_lag_records{consumer="delivery"})', "behind: {{topic}}"),
                Query(f"sum by (party) (rate(pishkhan_feed_entries_total{RATE}))", "told: {{party}}"),
            ),
            alerts=("feeds-behind",),
        ),
    ),
)
