"""Find an event of the outbox by its id, so that the outcome of a repeated claim is found at once."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index; days that are made later have it, too."""
    op.create_index("outbox_event", "outbox", ["event_id"], postgresql_using="hash")


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("outbox_event", "outbox")
