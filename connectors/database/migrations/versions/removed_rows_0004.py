"""Keep what somebody deletes from the outbox: workers never do, and an event would be gone without a trace."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

#: Days that are let go are dropped as whole tables, so this costs nothing until somebody deletes a row.
_KEEP = """
CREATE FUNCTION outbox_row_removed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO removed_row (content, removed_by) VALUES (to_jsonb(OLD), session_user);
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    """Add the table, and the trigger that fills it."""
    op.create_table(
        "removed_row",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("removed_by", sa.Text(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("put_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute(_KEEP)
    op.execute(
        "CREATE TRIGGER outbox_row_removed AFTER DELETE ON outbox FOR EACH ROW EXECUTE FUNCTION outbox_row_removed()"
    )


def downgrade() -> None:
    """Refuse: a step back would forget what was deleted."""
    raise NotImplementedError("rows that were deleted from the outbox cannot be forgotten; restore a backup instead")
