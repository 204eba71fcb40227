"""Keep how many dead letters of each intake topic were told as events."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table: nothing was told yet, and every topic has its whole share."""
    op.create_table(
        "letter_telling",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("busy_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("untold", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic"),
    )


def downgrade() -> None:
    """Drop the table: every topic has its whole share again."""
    op.drop_table("letter_telling")
