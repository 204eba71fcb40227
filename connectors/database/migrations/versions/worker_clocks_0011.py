"""Keep how each worker's own clock goes beside the database's, so that anybody can name the one that is wrong."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; workers fill it with their next sign of life."""
    op.add_column("worker", sa.Column("clock_ahead_seconds", sa.Float(53), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("worker", "clock_ahead_seconds")
