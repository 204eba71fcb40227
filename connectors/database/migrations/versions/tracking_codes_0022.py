"""Find a request by its tracking code, so that a citizen's question costs no look at all of them."""

from alembic import op
from sqlalchemy import text

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index; requests from before there were codes are in it once, as none."""
    op.create_index("request_tracking", "request", [text("(document ->> 'tracking_code')")], postgresql_using="hash")


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("request_tracking", "request")
