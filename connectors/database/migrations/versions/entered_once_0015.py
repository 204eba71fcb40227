"""Find a transaction of the ledger by its id, so that settlement recognizes what it has entered."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.create_index("ledger_transfer_transaction", "ledger_transfer", ["transaction_id"])


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("ledger_transfer_transaction", "ledger_transfer")
