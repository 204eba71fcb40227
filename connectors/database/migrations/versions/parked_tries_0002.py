"""Try failed events again by themselves, and keep operators' decisions when the events are gone."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KEEP_DECISIONS = """
INSERT INTO park_decision (parked_id, consumer, key, topic, partition, position, reason, detail, tries, action,
    decided_by, why)
SELECT id, consumer, key, topic, partition, position, reason, detail, tries, operator_action,
    coalesce(operator_by, ''), coalesce(operator_why, '')
FROM parked_event WHERE operator_action IS NOT NULL
"""


def upgrade() -> None:
    """Add tries, the next of them, and the table of decisions. What failed before waits for a person, as it did."""
    op.add_column("parked_event", sa.Column("tries", sa.Integer(), server_default="0", nullable=False))
    op.add_column("parked_event", sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "parked_event",
        sa.Column("parked_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index(
        "parked_event_next_try",
        "parked_event",
        ["consumer", "next_try_at"],
        unique=False,
        postgresql_where=sa.text("next_try_at IS NOT NULL"),
    )
    op.create_table(
        "park_decision",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("parked_id", sa.BigInteger(), nullable=False),
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("park_decision_parked", "park_decision", ["parked_id"], unique=False)
    op.execute("UPDATE parked_event SET tries = 1 WHERE reason = 'failed'")
    op.execute("UPDATE parked_event SET next_try_at = now() WHERE operator_action IS NOT NULL")
    op.execute(_KEEP_DECISIONS)
    op.drop_column("parked_event", "operator_by")
    op.drop_column("parked_event", "operator_why")


def downgrade() -> None:
    """Refuse: decisions on record would be lost."""
    raise NotImplementedError("decisions on record would be lost; restore a backup instead")
