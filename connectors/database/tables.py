"""Every table, declared once. Migrations, queries and batch writes are derived from these."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()
Timestamp = DateTime(timezone=True)

# --- positions and workers ---------------------------------------------------------------------------------------

#: One row rules a partition: where to go on, who owns it, and for settlement the chain's head and the window.
consumer_offset = Table(
    "consumer_offset",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("cluster_id", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("topic_id", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("next_position", BigInteger, nullable=False),
    Column("owner", Text),
    Column("lease_until", Timestamp),
    Column("backend_pid", Integer),
    Column("backend_start", Timestamp),
    Column("chain_head", LargeBinary),
    Column("chain_count", BigInteger, nullable=False, server_default="0"),
    Column("window_number", Integer, nullable=False, server_default="1"),
)

#: Who is alive, so that workers of one consumer can share its partitions.
worker = Table(
    "worker",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("worker_id", Text, primary_key=True),
    Column("seen_at", Timestamp, nullable=False),
)

# --- events in and out -------------------------------------------------------------------------------------------

#: Every accepted event identity with the hash of its body: the same id with another body is a conflict.
intake_event = Table(
    "intake_event",
    metadata,
    Column("source", Text, primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("body_hash", LargeBinary, nullable=False),
)

#: What is to be published, in daily partitions (by `created_at`); published rows stay some days to repair a log.
outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=False, cache=1), primary_key=True),
    Column("created_at", Timestamp, primary_key=True, server_default=func.now()),
    Column("shard", SmallInteger, nullable=False),
    Column("topic", Text, nullable=False),
    Column("partition", SmallInteger, nullable=False),
    Column("key", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("subject", Text),
    Column("time", Timestamp, nullable=False),
    Column("sequence", Integer),
    Column("load_revision", BigInteger),
    Column("load_index", Integer),
    Column("body", LargeBinary, nullable=False),
    Column("published_at", Timestamp),
    Index("outbox_unpublished", "shard", "id", postgresql_where=text("published_at IS NULL")),
    postgresql_partition_by="RANGE (created_at)",
)

#: Events that wait: for a predecessor, for the registry, or for an operator after a failure.
parked_event = Table(
    "parked_event",
    metadata,
    Column("id", BigInteger, Identity(always=False), primary_key=True),
    Column("consumer", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("appended_at", Timestamp, nullable=False),
    Column("wait_for", JSONB),
    Column("expires_at", Timestamp, nullable=False),
    Column("operator_action", Text),
    Column("operator_by", Text),
    Column("operator_why", Text),
    Index("parked_event_key", "consumer", "key", "id"),
    Index("parked_event_expiry", "consumer", "expires_at"),
)

#: Events that cannot be read or may not be believed, with the field and the reason.
dead_letter = Table(
    "dead_letter",
    metadata,
    Column("id", BigInteger, Identity(always=False), primary_key=True),
    Column("consumer", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("source", Text),
    Column("event_id", Text),
    Column("type", Text),
    Column("headers", JSONB, nullable=False),
    Column("body", LargeBinary),
    Column("recorded_at", Timestamp, nullable=False, server_default=func.now()),
    Index("dead_letter_place", "consumer", "topic", "partition", "position"),
)

# --- registry ----------------------------------------------------------------------------------------------------

#: The newest registry revision; its row lock makes revisions one growing order.
registry_head = Table(
    "registry_head",
    metadata,
    Column("id", SmallInteger, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="registry_head_one_row"),
)

#: Every accepted version; `body` is the log event's own JSON, so log and table say the same.
registry_version = Table(
    "registry_version",
    metadata,
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("valid_from", Timestamp, nullable=False),
    Column("accepted_at", Timestamp, nullable=False),
    Column("body", JSONB, nullable=False),
    Index("registry_version_subject", "kind", "code", "version", unique=True),
)

# --- requests ----------------------------------------------------------------------------------------------------

#: One truth per request: columns for queries, `document` for the whole state. `due_at` is its next timer.
request = Table(
    "request",
    metadata,
    Column("request_id", Uuid, primary_key=True),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("submitted", Boolean, nullable=False),
    Column("ever_routed", Boolean, nullable=False),
    Column("agency", Text),
    Column("service", Text),
    Column("office", Text),
    Column("due_at", Timestamp),
    Column("updated_at", Timestamp, nullable=False),
    Column("document", JSONB, nullable=False),
    Index("request_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    Index("request_inbox", "office", postgresql_where=text("due_at IS NOT NULL AND office IS NOT NULL")),
)

#: What each office carries: money reserved under its cap, requests in flight against its capacity, and the income of
#: the newest Jalali month in which it had any (140509 is Azar 1405). An office that paid ahead has less than nothing
#: reserved.
office_position = Table(
    "office_position",
    metadata,
    Column("office", Text, primary_key=True),
    Column("reserved_rial", BigInteger, nullable=False, server_default="0"),
    Column("cap_rial", BigInteger, nullable=False),
    Column("in_flight", Integer, nullable=False, server_default="0"),
    Column("capacity", Integer, nullable=False),
    Column("income_rial", BigInteger, nullable=False, server_default="0"),
    Column("income_month", Integer, nullable=False, server_default="0"),
    CheckConstraint("in_flight >= 0", name="office_position_in_flight_not_negative"),
)

#: The order of all changes of office positions, so that a decision can say which loads it saw.
load_clock = Table(
    "load_clock",
    metadata,
    Column("id", SmallInteger, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="load_clock_one_row"),
)

#: Acts that may happen once: a window's end, a fine, its lifting. The primary key makes a repetition visible.
act = Table(
    "act",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("act_id", Text, primary_key=True),
    Column("content", Text, nullable=False),
)

# --- settlement --------------------------------------------------------------------------------------------------

#: The last sequence that settlement has folded, per request or act.
settlement_progress = Table(
    "settlement_progress",
    metadata,
    Column("subject", Uuid, primary_key=True),
    Column("sequence", Integer, nullable=False),
)

#: A ledger row is a transfer: debit, credit, amount. `number` counts within the log partition: the hash chain's order.
ledger_transfer = Table(
    "ledger_transfer",
    metadata,
    Column("partition", SmallInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("transaction_id", Uuid, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("request_id", Uuid),
    Column("kind", Text, nullable=False),
    Column("debit_account", Text, nullable=False),
    Column("credit_account", Text, nullable=False),
    Column("amount_rial", BigInteger, nullable=False),
    Column("window_number", Integer, nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
    # On the first row of a transaction that changes what an office owes under its cap: which office, by how much.
    Column("office", Text),
    Column("exposure_rial", BigInteger),
    CheckConstraint("amount_rial > 0", name="ledger_transfer_amount_positive"),
    CheckConstraint("debit_account <> credit_account", name="ledger_transfer_two_accounts"),
)

#: Running sums per log partition, account and window: no row is shared between settlement workers.
ledger_balance = Table(
    "ledger_balance",
    metadata,
    Column("partition", SmallInteger, primary_key=True, autoincrement=False),
    Column("account", Text, primary_key=True),
    Column("window_number", Integer, primary_key=True, autoincrement=False),
    Column("debits_rial", BigInteger, nullable=False),
    Column("credits_rial", BigInteger, nullable=False),
)

#: Every account with its currency code.
ledger_account = Table(
    "ledger_account",
    metadata,
    Column("account", Text, primary_key=True),
    Column("currency", Text, nullable=False),
)

#: Where each partition cut a window: the hash chain as it stood at the marker, and the window's sums there.
window_cut = Table(
    "window_cut",
    metadata,
    Column("window_number", Integer, primary_key=True, autoincrement=False),
    Column("partition", SmallInteger, primary_key=True, autoincrement=False),
    Column("marked_at", Timestamp, nullable=False),
    Column("chain_head", LargeBinary, nullable=False),
    Column("chain_count", BigInteger, nullable=False),
    Column("transfers", BigInteger, nullable=False),
    Column("posted_rial", BigInteger, nullable=False),
    Column("refunded_rial", BigInteger, nullable=False),
)

#: Requests whose posted legs are disputed, or were: they stay out of settlement runs while `open`.
ledger_dispute = Table(
    "ledger_dispute",
    metadata,
    Column("request_id", Uuid, primary_key=True),
    Column("open", Boolean, nullable=False),
    Column("marked_at", Timestamp, nullable=False),
)

#: Windows that every partition has passed, with the anchor over all chain heads.
settlement_window = Table(
    "settlement_window",
    metadata,
    Column("window_number", Integer, primary_key=True, autoincrement=False),
    Column("closed_at", Timestamp, nullable=False),
    Column("transfers", BigInteger, nullable=False),
    Column("anchor", LargeBinary, nullable=False),
)

# --- key figures -------------------------------------------------------------------------------------------------

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
