"""The outbox's daily partitions: how many there are, how old the oldest is, and for how many days the next are there.

The relay makes and drops them every minute (`outbox_maintain`); a day goes when all in it is published and it is older
than `OUTBOX_DAYS_KEPT`.
"""

from typing import NamedTuple

#: Days count by the database's own clock, in UTC, as the partitions are cut.
_DAYS = """
SELECT to_date(right(child.relname, 8), 'YYYYMMDD') AS day, (now() AT TIME ZONE 'UTC')::date AS today
FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
WHERE inhparent = to_regclass('outbox') AND child.relname ~ '^outbox_[0-9]{8}$'
"""
COUNT = f"SELECT count(*) FROM ({_DAYS}) AS days"
#: Nothing when there is no partition at all.
OLDEST = f"SELECT max(today - day) FROM ({_DAYS}) AS days HAVING count(*) > 0"
AHEAD = f"SELECT coalesce(max(day - today), -1) FROM ({_DAYS}) AS days"
#: Nothing that the outbox keeps was made before this moment.
BEGINS = f"SELECT min(day)::timestamp AT TIME ZONE 'UTC' FROM ({_DAYS}) AS days"
ALL = f"SELECT count(*), coalesce(max(today - day), 0), coalesce(max(day - today), -1) FROM ({_DAYS}) AS days"


class OutboxDays(NamedTuple):
    """A row of `ALL`: partitions, days since the oldest one's day, and until the newest one's (-1: none is left)."""

    partitions: int
    oldest_days: int
    ahead_days: int
