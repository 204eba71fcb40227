"""Let dead letters go when they are old, or take more room than there is, and keep on record how many."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

#: Runs with the owner's rights, because workers may delete no letter. Of each intake topic the oldest letters go: those
#: of age, and those beyond the topic's room. When all topics together have more than there is room for, no topic has
#: more than a common level, which is as high as fits: who has less than that gives nothing.
#: What an operator passed stays, and so does what is of a log of our own: no party can make those many.
_LET_GO = """
CREATE FUNCTION let_letters_go(
    days_kept int, most_topic_rows bigint, most_topic_bytes bigint, most_rows bigint, most_bytes bigint, at_once int
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    old timestamptz := clock_timestamp() - make_interval(days => days_kept);
    one record;
    now_gone bigint;
    total bigint := 0;
BEGIN
    IF NOT pg_try_advisory_xact_lock(7236003) THEN
        RETURN 0;
    END IF;
    FOR one IN
        WITH kept AS (
            SELECT topic, count(*) AS rows, sum(kept_bytes) AS bytes, min(id) AS oldest,
                least(count(*), most_topic_rows) AS share_rows, least(sum(kept_bytes), most_topic_bytes) AS share_bytes
            FROM dead_letter WHERE reason <> 'passed' AND starts_with(topic, 'pishkhan.intake.') GROUP BY topic
        ), ranked AS (
            SELECT row_number() OVER by_rows AS nth_by_rows, row_number() OVER by_bytes AS nth_by_bytes,
                sum(share_rows) OVER () - sum(share_rows) OVER by_rows AS other_rows,
                sum(share_bytes) OVER () - sum(share_bytes) OVER by_bytes AS other_bytes
            FROM kept
            WINDOW by_rows AS (ORDER BY share_rows DESC, topic ROWS UNBOUNDED PRECEDING),
                by_bytes AS (ORDER BY share_bytes DESC, topic ROWS UNBOUNDED PRECEDING)
        ), level AS (
            SELECT greatest(0, floor(max((most_rows - other_rows) / nth_by_rows))) AS rows,
                greatest(0, floor(max((most_bytes - other_bytes) / nth_by_bytes))) AS bytes
            FROM ranked
        )
        SELECT kept.topic, kept.rows - least(most_topic_rows, level.rows) AS over_rows,
            kept.bytes - least(most_topic_bytes, level.bytes) AS over_bytes,
            (SELECT recorded_at FROM dead_letter WHERE id = oldest) AS oldest_at
        FROM kept CROSS JOIN level ORDER BY kept.topic
    LOOP
        CONTINUE WHEN one.over_rows <= 0 AND one.over_bytes <= 0 AND one.oldest_at >= old;
        WITH oldest AS (
            SELECT id, recorded_at < old AS aged, row_number() OVER by_id AS nth,
                sum(kept_bytes) OVER by_id - kept_bytes AS bytes_before
            FROM (
                SELECT id, recorded_at, kept_bytes FROM dead_letter
                WHERE reason <> 'passed' AND topic = one.topic ORDER BY id LIMIT at_once
            ) AS first
            WINDOW by_id AS (ORDER BY id ROWS UNBOUNDED PRECEDING)
        ), gone AS (
            DELETE FROM dead_letter AS letter USING oldest
            WHERE letter.id = oldest.id AND (aged OR nth <= one.over_rows OR bytes_before < one.over_bytes)
            RETURNING consumer, topic, partition, position, kept_bytes, aged
        ), noted AS (
            INSERT INTO dead_letter_let_go AS before
            SELECT consumer, topic, partition, max(position), count(*), sum(kept_bytes),
                count(*) FILTER (WHERE NOT aged), clock_timestamp()
            FROM gone GROUP BY consumer, topic, partition
            ON CONFLICT (consumer, topic, partition) DO UPDATE SET up_to = greatest(before.up_to, excluded.up_to),
                letters = before.letters + excluded.letters, bytes = before.bytes + excluded.bytes,
                for_room = before.for_room + excluded.for_room, last_at = excluded.last_at
        )
        SELECT count(*) INTO now_gone FROM gone;
        total := total + now_gone;
    END LOOP;
    RETURN total;
END $$
"""


def upgrade() -> None:
    """Say of every letter what room it takes, and add the record and the function."""
    op.add_column("dead_letter", sa.Column("kept_bytes", sa.BigInteger(), server_default="0", nullable=False))
    op.execute(
        "UPDATE dead_letter SET kept_bytes = coalesce(octet_length(body), 0) + octet_length(headers::text) "
        "+ octet_length(field) + octet_length(detail)"
    )
    op.create_index(
        "dead_letter_room",
        "dead_letter",
        ["topic", "id"],
        unique=False,
        postgresql_include=["kept_bytes"],
        postgresql_where=sa.text("reason <> 'passed'"),
    )
    op.create_table(
        "dead_letter_let_go",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("up_to", sa.BigInteger(), nullable=False),
        sa.Column("letters", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("for_room", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "topic", "partition"),
    )
    op.execute(_LET_GO)
    op.execute("REVOKE ALL ON FUNCTION let_letters_go(int, bigint, bigint, bigint, bigint, int) FROM PUBLIC")


def downgrade() -> None:
    """Refuse: without the record a letter that was let go would be a record that was skipped."""
    raise NotImplementedError("what was let go cannot be forgotten; restore a backup instead")
