"""Let each worker's role move only its own positions and signs of life, and end frozen owners whatever their role."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

#: A worker's role is called after it; the wide role, and whoever is a member of it, has all rows.
_OWN = (
    "'pishkhan_' || consumer = current_user::text "
    "OR (SELECT pg_has_role(current_user, 'pishkhan_worker'::name, 'MEMBER'))"
)
#: Runs with the owner's rights: a frozen owner holds rows that workers of other roles wait for. It ends nobody but whom
#: a position names, by number and start, whose lease is over and whose transaction began before that. Nobody but the
#: owner and those of its own role see a backend's start, so that a worker can name only its own.
_END_FROZEN_OWNERS = """
CREATE FUNCTION end_frozen_owners() RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT count(*) FILTER (WHERE pg_terminate_backend(frozen.pid, 1000))::int
FROM (
    SELECT DISTINCT activity.pid
    FROM consumer_offset AS row
    JOIN pg_stat_activity AS activity
        ON activity.pid = row.backend_pid AND activity.backend_start = row.backend_start
    WHERE row.lease_until < clock_timestamp() AND activity.xact_start < row.lease_until
        AND activity.pid <> pg_backend_pid() AND pg_has_role(current_user, activity.usesysid, 'USAGE')
) AS frozen
$$
"""


def upgrade() -> None:
    """Add the function and the policies."""
    op.execute(_END_FROZEN_OWNERS)
    op.execute("REVOKE ALL ON FUNCTION end_frozen_owners() FROM PUBLIC")
    for table in ("consumer_offset", "worker"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY seen_by_all ON {table} FOR SELECT USING (true)")
        op.execute(f"CREATE POLICY own_rows ON {table} FOR ALL USING ({_OWN}) WITH CHECK ({_OWN})")


def downgrade() -> None:
    """Refuse: a step back would let every worker move every position."""
    raise NotImplementedError("positions would be everybody's again; restore a backup instead")
