"""Note up to when the outbox has let published rows go, and let none go while somebody compares it with the logs."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

#: Runs with the owner's rights, because workers own nothing. A partition that still holds unpublished rows stays.
#: Making and dropping partitions locks the whole table, so both are put off while a reader holds the advisory lock.
_OUTBOX_MAINTAIN = """
CREATE OR REPLACE FUNCTION outbox_maintain(days_ahead int, days_kept int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
    day date;
    part text;
    unpublished boolean;
    newest timestamptz;
BEGIN
    IF NOT pg_try_advisory_xact_lock(7236002) THEN
        RETURN;
    END IF;
    FOR day IN SELECT generate_series(today - 1, today + days_ahead, interval '1 day')::date LOOP
        part := 'outbox_' || to_char(day, 'YYYYMMDD');
        IF to_regclass(part) IS NULL THEN
            EXECUTE format(
                'CREATE TABLE %I PARTITION OF outbox FOR VALUES FROM (%L) TO (%L) '
                'WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.5)',
                part, day || ' 00:00:00+00', day + 1 || ' 00:00:00+00'
            );
        END IF;
    END LOOP;
    FOR part IN
        SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
        WHERE inhparent = 'outbox'::regclass AND child.relname ~ '^outbox_[0-9]{8}$'
            AND to_date(right(child.relname, 8), 'YYYYMMDD') < today - days_kept
    LOOP
        EXECUTE format('SELECT coalesce(bool_or(published_at IS NULL), false), max(published_at) FROM %I', part)
            INTO unpublished, newest;
        IF NOT unpublished THEN
            UPDATE publication_horizon SET published_until = greatest(published_until, newest);
            EXECUTE format('DROP TABLE %I', part);
        END IF;
    END LOOP;
END $$
"""


def upgrade() -> None:
    """Keep the horizon; a bus that has run before may have let rows go that nobody noted."""
    op.create_table(
        "publication_horizon",
        sa.Column("id", sa.SmallInteger(), nullable=False),
        sa.Column("published_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("id = 1", name="publication_horizon_one_row"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute(
        "INSERT INTO publication_horizon (id, published_until) "
        "SELECT 1, CASE WHEN EXISTS (SELECT FROM consumer_offset) THEN now() END"
    )
    op.execute(_OUTBOX_MAINTAIN)


def downgrade() -> None:
    """Refuse: a step back would forget what was let go."""
    raise NotImplementedError("the outbox's horizon cannot be forgotten; restore a backup instead")
