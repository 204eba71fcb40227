"""Every table, declared once. Migrations, queries and batch writes are derived from these."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

import connectors.database.schema.access_tables
import connectors.database.schema.delivery_tables
import connectors.database.schema.figure_tables
import connectors.database.schema.gateway_tables
import connectors.database.schema.halt_tables
import connectors.database.schema.letter_tables  # noqa: F401 - whoever asks for the metadata wants these tables, too
from connectors.database.schema.metadata import Timestamp
from connectors.database.schema.metadata import metadata as metadata

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
    # How far its own clock was ahead of the database's then; none of a worker of an older version.
    Column("clock_ahead_seconds", Float(53)),
)

# --- events in and out -------------------------------------------------------------------------------------------

#: Every accepted event identity with the hashes of its body, and of its type and subject: other words under the same
#: id are a conflict. Rows of the first release have no hash of type and subject; of them the bodies are compared.
intake_event = Table(
    "intake_event",
    metadata,
    Column("source", Text, primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("body_hash", LargeBinary, nullable=False),
    Column("about_hash", LargeBinary),
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
    # Answers to a claim are found by their ids. A hash is a third of a tree's size and costs the writer 2 µs a row.
    Index("outbox_event", "event_id", postgresql_using="hash"),
    postgresql_partition_by="RANGE (created_at)",
)

#: Rows of the outbox that no broker takes: why, and what a person decided. Until then the key waits, in that topic.
set_aside_row = Table(
    "set_aside_row",
    metadata,
    Column("id", BigInteger, Identity(always=False), primary_key=True),
    Column("outbox_id", BigInteger, nullable=False),
    Column("topic", Text, nullable=False),
    Column("partition", SmallInteger, nullable=False),
    Column("key", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("sequence", Integer),
    Column("bytes", BigInteger, nullable=False),
    Column("cause", Text, nullable=False),
    Column("set_aside_at", Timestamp, nullable=False, server_default=func.now()),
    Column("action", Text),
    Column("decided_by", Text),
    Column("why", Text),
    Column("decided_at", Timestamp),
    Index("set_aside_row_open", "topic", "key", unique=True, postgresql_where=text("decided_at IS NULL")),
)

#: Rows that somebody deleted from the outbox, whole, by whom and when: a trigger keeps them, a repair puts them back.
removed_row = Table(
    "removed_row",
    metadata,
    Column("id", BigInteger, Identity(always=False), primary_key=True),
    Column("content", JSONB, nullable=False),
    Column("removed_by", Text, nullable=False),
    Column("removed_at", Timestamp, nullable=False, server_default=func.now()),
    Column("put_back_at", Timestamp),
)

#: What the outbox has let go: all that was published after `published_until` still has its row; none: everything has.
publication_horizon = Table(
    "publication_horizon",
    metadata,
    Column("id", SmallInteger, primary_key=True),
    Column("published_until", Timestamp),
    CheckConstraint("id = 1", name="publication_horizon_one_row"),
)

#: Events that wait: for a predecessor, for the registry, or, after a failure, for their next try or an operator.
#: `next_try_at` is real time, and now when an operator has decided; without it nothing is tried by itself.
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
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("next_try_at", Timestamp),
    Column("parked_at", Timestamp, nullable=False, server_default=func.now()),
    Index("parked_event_key", "consumer", "key", "id"),
    Index("parked_event_expiry", "consumer", "expires_at"),
    Index("parked_event_next_try", "consumer", "next_try_at", postgresql_where=text("next_try_at IS NOT NULL")),
)

#: Every decision of an operator on a parked event: what was parked, who decided what, why, and what became of it. It
#: stays when the event has left the park.
park_decision = Table(
    "park_decision",
    metadata,
    Column("id", BigInteger, Identity(always=False), primary_key=True),
    Column("parked_id", BigInteger, nullable=False),
    Column("consumer", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("source", Text),
    Column("event_id", Text),
    Column("type", Text),
    Column("topic", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("action", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("decided_at", Timestamp, nullable=False, server_default=func.now()),
    Column("outcome", Text),
    Column("ended_at", Timestamp),
    Index("park_decision_parked", "parked_id"),
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
    # What the office still has to give back to the citizen; the request stays in its inbox until that is nothing.
    Column("owed_rial", BigInteger, nullable=False, server_default="0"),
    Column("updated_at", Timestamp, nullable=False),
    Column("document", JSONB, nullable=False),
    Index("request_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    Index("request_inbox", "office", postgresql_where=text("due_at IS NOT NULL AND office IS NOT NULL")),
    Index("request_owed", "office", postgresql_where=text("owed_rial > 0")),
    # A citizen asks by the code alone.
    Index("request_tracking", text("(document ->> 'tracking_code')"), postgresql_using="hash"),
)

#: What each office carries: money reserved under its cap, requests in flight against its capacity, and the income of
#: the newest Jalali month in which it had any (140509 is Azar 1405). An office that paid ahead has less than nothing
#: reserved. `steered` says how many of the requests in flight count on which agency's share of the places.
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
    Column("steered", JSONB, nullable=False, server_default="{}"),
    # Of what is reserved: taken after requests had ended, and not given back yet. It may be beyond the cap.
    Column("late_cash_rial", BigInteger, nullable=False, server_default="0"),
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
    # By it settlement knows what it has entered, even where the row that counts a subject's events was lost.
    Index("ledger_transfer_transaction", "transaction_id"),
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

# --- what was asked ----------------------------------------------------------------------------------------------

#: What every reconciliation that came to its end has said, and when: whoever asks less says so.
reconciliation_verdict = Table(
    "reconciliation_verdict",
    metadata,
    Column("id", BigInteger, Identity(always=False), primary_key=True),
    Column("said_at", Timestamp, nullable=False, server_default=func.clock_timestamp()),
    Column("records", BigInteger, nullable=False),
    Column("differences", BigInteger, nullable=False),
    Column("harmless", BigInteger, nullable=False),
    Column("exit_code", SmallInteger, nullable=False),
)
