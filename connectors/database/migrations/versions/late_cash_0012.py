"""Say of what is reserved for an office how much was taken after requests had ended: that may be beyond its cap."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column: until now late cash was refused, so there is none."""
    op.add_column("office_position", sa.Column("late_cash_rial", sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    """Refuse: without the column nobody could tell which reservation may be beyond the cap."""
    raise NotImplementedError("late cash cannot be forgotten; restore a backup instead")
