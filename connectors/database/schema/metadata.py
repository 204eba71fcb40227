"""What every table belongs to, the type of every moment, and which days of the outbox have a table."""

from sqlalchemy import DateTime, MetaData

metadata = MetaData()
Timestamp = DateTime(timezone=True)
#: Enough for a weekend without a relay, few enough to keep the outbox's plans small.
OUTBOX_DAYS_AHEAD = 3
OUTBOX_DAYS_KEPT = 7
