"""Keep where partitions stand still, and of dead letters what is kept of how much."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of standstills, and the length and hash of dead letters; those from before are whole."""
    op.create_table(
        "partition_halt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("topic_id", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("end_position", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("halted_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_why", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("passed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "partition_halt_place",
        "partition_halt",
        ["consumer", "topic", "topic_id", "partition", "position", "end_position", "sha256"],
        unique=True,
    )
    op.add_column("dead_letter", sa.Column("length", sa.BigInteger(), nullable=True))
    op.add_column("dead_letter", sa.Column("sha256", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Refuse: decisions on record would be lost."""
    raise NotImplementedError("decisions on record would be lost; restore a backup instead")
