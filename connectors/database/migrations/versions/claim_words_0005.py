"""Keep of every claim what its type and subject were: the same body under another type is another claim."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column. Rows that are there get nothing: of them the bodies alone can be compared."""
    op.add_column("intake_event", sa.Column("about_hash", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Refuse: what is known of claims would be forgotten."""
    raise NotImplementedError("the types and subjects of claims cannot be forgotten; restore a backup instead")
