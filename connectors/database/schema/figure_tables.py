"""The tables of the key figures, declared once."""

from sqlalchemy import BigInteger, Boolean, Column, Double, Identity, Index, Integer, Table, Text, Uuid

from connectors.database.schema.metadata import Timestamp, metadata

#: One fact row per request: who, where, and when each milestone came. Every figure is a query over these.
kpi_request_fact = Table(
    "kpi_request_fact",
    metadata,
    Column("request_id", Uuid, primary_key=True),
    Column("sequence", Integer, nullable=False),
    Column("agency", Text),
    Column("service", Text),
    # The sequence of the event that named the office, or the county: a later one names it anew.
    Column("office", Text),
    Column("office_sequence", Integer, nullable=False),
    Column("county", Text),
    Column("county_sequence", Integer, nullable=False),
    Column("opened_at", Timestamp),
    Column("routed_at", Timestamp),
    Column("accepted_at", Timestamp),
    Column("started_at", Timestamp),
    Column("delivered_at", Timestamp),
    Column("completed_at", Timestamp),
    Column("closed_at", Timestamp),
    Column("refused_at", Timestamp),
    Column("refusal_reason", Text),
    Index("kpi_request_fact_opened", "opened_at"),
    Index("kpi_request_fact_accepted", "accepted_at"),
    Index("kpi_request_fact_completed", "completed_at"),
    Index("kpi_request_fact_refused", "refused_at"),
)

#: An office's own part of a posted fee, or what it gave back (negative): once per business transaction of the ledger.
kpi_income_fact = Table(
    "kpi_income_fact",
    metadata,
    Column("transaction_id", Uuid, primary_key=True),
    Column("request_id", Uuid, nullable=False),
    Column("office", Text, nullable=False),
    Column("at", Timestamp, nullable=False),
    Column("income_rial", BigInteger, nullable=False),
    Index("kpi_income_fact_request", "request_id"),
    Index("kpi_income_fact_at", "at"),
)

#: Notes that a measure of a key in a window must be read again; the same one may be noted many times.
kpi_out_of_date = Table(
    "kpi_out_of_date",
    metadata,
    Column("id", BigInteger, Identity(always=False), primary_key=True),
    Column("measure", Text, nullable=False),
    Column("key_kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("window_from", Timestamp, nullable=False),
    Column("window_to", Timestamp, nullable=False),
)

#: The newest reading of every figure, as it was published.
kpi_figure = Table(
    "kpi_figure",
    metadata,
    Column("figure", Text, primary_key=True),
    Column("key_kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("window_from", Timestamp, primary_key=True),
    Column("window_to", Timestamp, primary_key=True),
    Column("value", Double, nullable=False),
    Column("samples", BigInteger, nullable=False),
    Column("rests_on_generated", Boolean, nullable=False),
    Index("kpi_figure_window", "key_kind", "figure", "window_from"),
)

#: The next position of every partition that facts rest on.
kpi_position = Table(
    "kpi_position",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("next_position", BigInteger, nullable=False),
)
