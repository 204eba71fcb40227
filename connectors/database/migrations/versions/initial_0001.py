"""Create every table, the outbox's daily partitions, and the rows of which there is exactly one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

#: Runs with the owner's rights, because workers own nothing. A partition that still holds unpublished rows stays.
_OUTBOX_MAINTAIN = """
CREATE FUNCTION outbox_maintain(days_ahead int, days_kept int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
    day date;
    part text;
    unpublished boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(7236002);
    FOR day IN SELECT generate_series(today - 1, today + days_ahead, interval '1 day')::date LOOP
        part := 'outbox_' || to_char(day, 'YYYYMMDD');
        IF to_regclass(part) IS NULL THEN
            EXECUTE format(
                'CREATE TABLE %I PARTITION OF outbox FOR VALUES FROM (%L) TO (%L) '
                'WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.5)',
                part, day || ' 00:00:00+00', day + 1 || ' 00:00:00+00'
            );
        END IF;
    END LOOP;
    FOR part IN
        SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
        WHERE inhparent = 'outbox'::regclass AND child.relname ~ '^outbox_[0-9]{8}$'
            AND to_date(right(child.relname, 8), 'YYYYMMDD') < today - days_kept
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I WHERE published_at IS NULL)', part) INTO unpublished;
        IF NOT unpublished THEN
            EXECUTE format('DROP TABLE %I', part);
        END IF;
    END LOOP;
END $$
"""


def upgrade() -> None:
    """Create all."""
    _create_positions_and_events()
    _create_registry_and_requests()
    _create_settlement()
    _create_figures()
    op.execute(_OUTBOX_MAINTAIN)
    op.execute("INSERT INTO registry_head (id, revision) VALUES (1, 0)")
    op.execute("INSERT INTO load_clock (id, revision) VALUES (1, 0)")


def downgrade() -> None:
    """Refuse: the first step holds the ledger, and dropping it is not a migration."""
    raise NotImplementedError("the first step cannot be undone; restore a backup instead")


def _create_positions_and_events() -> None:
    op.create_table(
        "consumer_offset",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("cluster_id", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("topic_id", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("next_position", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("backend_pid", sa.Integer(), nullable=True),
        sa.Column("backend_start", sa.DateTime(timezone=True), nullable=True),
        sa.Column("chain_head", sa.LargeBinary(), nullable=True),
        sa.Column("chain_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("window_number", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("consumer", "cluster_id", "topic", "topic_id", "partition"),
    )
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("headers", postgresql.JSONB(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("dead_letter_place", "dead_letter", ["consumer", "topic", "partition", "position"], unique=False)
    op.create_table(
        "intake_event",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("source", "event_id"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False, cache=1), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.SmallInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=True),
        sa.Column("load_revision", sa.BigInteger(), nullable=True),
        sa.Column("load_index", sa.Integer(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", "created_at"),
        postgresql_partition_by="RANGE (created_at)",
    )
    op.create_index(
        "outbox_unpublished", "outbox", ["shard", "id"], unique=False, postgresql_where=sa.text("published_at IS NULL")
    )
    op.create_table(
        "parked_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("headers", postgresql.JSONB(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("appended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wait_for", postgresql.JSONB(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("operator_action", sa.Text(), nullable=True),
        sa.Column("operator_by", sa.Text(), nullable=True),
        sa.Column("operator_why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("parked_event_expiry", "parked_event", ["consumer", "expires_at"], unique=False)
    op.create_index("parked_event_key", "parked_event", ["consumer", "key", "id"], unique=False)
    op.create_table(
        "worker",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("worker_id", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "worker_id"),
    )


def _create_registry_and_requests() -> None:
    op.create_table(
        "act",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("act_id", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "act_id"),
    )
    op.create_table(
        "load_clock",
        sa.Column("id", sa.SmallInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name="load_clock_one_row"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "office_position",
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("reserved_rial", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("cap_rial", sa.BigInteger(), nullable=False),
        sa.Column("in_flight", sa.Integer(), server_default="0", nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("income_rial", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("income_month", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("in_flight >= 0", name="office_position_in_flight_not_negative"),
        sa.PrimaryKeyConstraint("office"),
    )
    op.create_table(
        "registry_head",
        sa.Column("id", sa.SmallInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name="registry_head_one_row"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "registry_version",
        sa.Column("revision", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("revision"),
    )
    op.create_index("registry_version_subject", "registry_version", ["kind", "code", "version"], unique=True)
    op.create_table(
        "request",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("submitted", sa.Boolean(), nullable=False),
        sa.Column("ever_routed", sa.Boolean(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=True),
        sa.Column("service", sa.Text(), nullable=True),
        sa.Column("office", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("request_id"),
    )
    op.create_index("request_due", "request", ["due_at"], unique=False, postgresql_where=sa.text("due_at IS NOT NULL"))
    op.create_index(
        "request_inbox",
        "request",
        ["office"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL AND office IS NOT NULL"),
    )
    op.create_table(
        "window_cut",
        sa.Column("window_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("partition", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("chain_head", sa.LargeBinary(), nullable=False),
        sa.Column("chain_count", sa.BigInteger(), nullable=False),
        sa.Column("transfers", sa.BigInteger(), nullable=False),
        sa.Column("posted_rial", sa.BigInteger(), nullable=False),
        sa.Column("refunded_rial", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("window_number", "partition"),
    )


def _create_settlement() -> None:
    op.create_table(
        "ledger_account",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account"),
    )
    op.create_table(
        "ledger_balance",
        sa.Column("partition", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("window_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("debits_rial", sa.BigInteger(), nullable=False),
        sa.Column("credits_rial", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("partition", "account", "window_number"),
    )
    op.create_table(
        "ledger_dispute",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("request_id"),
    )
    op.create_table(
        "ledger_transfer",
        sa.Column("partition", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("transaction_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("debit_account", sa.Text(), nullable=False),
        sa.Column("credit_account", sa.Text(), nullable=False),
        sa.Column("amount_rial", sa.BigInteger(), nullable=False),
        sa.Column("window_number", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("office", sa.Text(), nullable=True),
        sa.Column("exposure_rial", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("amount_rial > 0", name="ledger_transfer_amount_positive"),
        sa.CheckConstraint("debit_account <> credit_account", name="ledger_transfer_two_accounts"),
        sa.PrimaryKeyConstraint("partition", "number"),
    )
    op.create_table(
        "settlement_progress",
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subject"),
    )
    op.create_table(
        "settlement_window",
        sa.Column("window_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("transfers", sa.BigInteger(), nullable=False),
        sa.Column("anchor", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("window_number"),
    )


def _create_figures() -> None:
    op.create_table(
        "kpi_request_fact",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=True),
        sa.Column("service", sa.Text(), nullable=True),
        sa.Column("office", sa.Text(), nullable=True),
        sa.Column("office_sequence", sa.Integer(), nullable=False),
        sa.Column("county", sa.Text(), nullable=True),
        sa.Column("county_sequence", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("routed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("request_id"),
    )
    for milestone in ("opened", "accepted", "completed", "refused"):
        op.create_index(f"kpi_request_fact_{milestone}", "kpi_request_fact", [f"{milestone}_at"], unique=False)
    op.create_table(
        "kpi_income_fact",
        sa.Column("transaction_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("income_rial", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("transaction_id"),
    )
    op.create_index("kpi_income_fact_request", "kpi_income_fact", ["request_id"], unique=False)
    op.create_index("kpi_income_fact_at", "kpi_income_fact", ["at"], unique=False)
    op.create_table(
        "kpi_out_of_date",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("key_kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("window_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("window_to", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "kpi_figure",
        sa.Column("figure", sa.Text(), nullable=False),
        sa.Column("key_kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("window_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("window_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("samples", sa.BigInteger(), nullable=False),
        sa.Column("rests_on_generated", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("figure", "key_kind", "key", "window_from", "window_to"),
    )
    op.create_index("kpi_figure_window", "kpi_figure", ["key_kind", "figure", "window_from"], unique=False)
    op.create_table(
        "kpi_position",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("next_position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "partition"),
    )
