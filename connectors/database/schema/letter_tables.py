"""Dead letters, and how many of them were deleted for age or want of room."""

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, LargeBinary, Table, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB

from connectors.database.schema.metadata import Timestamp, metadata

#: Events that cannot be read or may not be believed, with the field and the reason: of headers and body the beginning,
#: how many bytes headers, key and body had, and the SHA-256 of the body. Without a length it is from before, and whole.
dead_letter = Table(
    "dead_letter",
    metadata,
    Column("id", BigInteger, Identity(always=False), primary_key=True),
    Column("consumer", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("source", Text),
    Column("event_id", Text),
    Column("type", Text),
    Column("headers", JSONB, nullable=False),
    Column("body", LargeBinary),
    Column("recorded_at", Timestamp, nullable=False, server_default=func.now()),
    Column("length", BigInteger),
    Column("sha256", LargeBinary),
    # What of the record and of the words about it takes room here.
    Column("kept_bytes", BigInteger, nullable=False, server_default="0"),
    Index("dead_letter_place", "consumer", "topic", "partition", "position"),
    Index(
        "dead_letter_room",
        "topic",
        "id",
        postgresql_include=["kept_bytes"],
        postgresql_where=text("reason <> 'passed'"),
    ),
)

#: Up to when each intake topic's share of letters that are told is used up, and how many were kept untold since the
#: last that was. Locked last of all, by whoever keeps letters.
letter_telling = Table(
    "letter_telling",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("busy_until", Timestamp, nullable=False),
    Column("untold", BigInteger, nullable=False),
)

#: What was let go, of age or for want of room: how many letters and bytes, and up to which position. A record of intake
#: up to there that cannot be accepted has had its letter.
dead_letter_let_go = Table(
    "dead_letter_let_go",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("up_to", BigInteger, nullable=False),
    Column("letters", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    # Of `letters`: those that were not old, but too many or too large.
    Column("for_room", BigInteger, nullable=False),
    Column("last_at", Timestamp, nullable=False),
)
