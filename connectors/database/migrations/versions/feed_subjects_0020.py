"""Find what a feed says of one subject without reading all of the feed."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index; a feed keeps everything, so it is made of all that is there."""
    op.create_index(
        "feed_entry_subject",
        "feed_entry",
        ["feed", "subject", "number"],
        postgresql_where=sa.text("subject IS NOT NULL"),
    )


def downgrade() -> None:
    """Take it away again: nothing is lost."""
    op.drop_index("feed_entry_subject", table_name="feed_entry")
