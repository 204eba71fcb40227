"""Say in every request's row what its office owes the citizen, so that no money to give back is out of sight."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

#: As `RequestState.owed_rial` says it; most rows owe nothing, and stay as they are.
_OWED = """
UPDATE request SET owed_rial = due.owed_rial
FROM (
    SELECT request_id,
        CASE WHEN state = 'completed' THEN least(collected_rial, refunded_rial) ELSE collected_rial END - returned_rial
            AS owed_rial
    FROM (
        SELECT request_id, state, coalesce((document ->> 'collected_rial')::bigint, 0) AS collected_rial,
            coalesce((document ->> 'returned_rial')::bigint, 0) AS returned_rial,
            (
                SELECT coalesce(sum(part::bigint), 0)
                FROM jsonb_array_elements_text(coalesce(document -> 'refunds_rial', '[]')) AS part
            )::bigint AS refunded_rial
        FROM request
        WHERE state IN ('completed', 'cancelled', 'rejected', 'expired') AND document ? 'collected_rial'
    ) AS ended
) AS due
WHERE request.request_id = due.request_id AND due.owed_rial > 0
"""


def upgrade() -> None:
    """Add the column, fill it, and let the inbox find it."""
    op.add_column("request", sa.Column("owed_rial", sa.BigInteger(), server_default="0", nullable=False))
    op.execute(_OWED)
    op.create_index("request_owed", "request", ["office"], postgresql_where=sa.text("owed_rial > 0"))


def downgrade() -> None:
    """Drop the index and the column: the documents hold what they were made of."""
    op.drop_index("request_owed", "request", postgresql_where=sa.text("owed_rial > 0"))
    op.drop_column("request", "owed_rial")
