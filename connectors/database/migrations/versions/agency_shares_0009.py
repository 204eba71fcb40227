"""Keep of every office how many of its places each agency has taken, so that no agency takes all of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column. Requests in flight count on nobody's share, and say so when they end."""
    op.add_column("office_position", sa.Column("steered", postgresql.JSONB(), nullable=False, server_default="{}"))


def downgrade() -> None:
    """Refuse: who has taken which places would be forgotten while their requests are under way."""
    raise NotImplementedError("the places that agencies have taken cannot be forgotten; restore a backup instead")
