"""The parties' feeds, and how far delivery is in each subject."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, SmallInteger, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from connectors.database.schema.metadata import Timestamp, metadata

#: Per feed (`agency:CODE`, `office:CODE`, `directorate`) the newest number. Locked in name order from the drawing of
#: numbers until the commit, so that numbers appear in their order.
feed_head = Table(
    "feed_head",
    metadata,
    Column("feed", Text, primary_key=True),
    Column("newest", BigInteger, nullable=False),
    CheckConstraint("newest > 0", name="feed_head_newest_positive"),
)

#: The feeds themselves. Number and event are facts and stay for ever; `data` can be derived again from the place.
feed_entry = Table(
    "feed_entry",
    metadata,
    Column("feed", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("event_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("time", Timestamp, nullable=False),
    Column("subject", Text),
    Column("topic", Text, nullable=False),
    Column("partition", SmallInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("data", JSONB, nullable=False),
    # What a party was told of one request.
    Index("feed_entry_subject", "feed", "subject", "number", postgresql_where=text("subject IS NOT NULL")),
)

#: The last sequence told of each request or act, and whom the request concerns: not every event says it.
delivery_subject = Table(
    "delivery_subject",
    metadata,
    Column("subject", Uuid, primary_key=True),
    Column("sequence", Integer, nullable=False),
    Column("agency", Text),
    Column("office", Text),
)

#: Events without a place in an order that were told: versions, payments, statements, letters. Facts; they stay.
delivery_event = Table(
    "delivery_event",
    metadata,
    Column("event_id", Text, primary_key=True),
)
