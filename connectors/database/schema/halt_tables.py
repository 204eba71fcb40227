"""Halted partitions, and what operators decided about them."""

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, LargeBinary, Table, Text, func

from connectors.database.schema.metadata import Timestamp, metadata

#: One row for each place where a partition has halted: why, how much of what, and who passed it. It stays as a record.
#: `position` is where the consumer stands, `end_position` where it goes on when this is passed; the hash is of the body
#: of the record, or of all that cannot be read. `seen_at` is when a worker last halted there.
partition_halt = Table(
    "partition_halt",
    metadata,
    Column("id", BigInteger, Identity(always=False), primary_key=True),
    Column("consumer", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("topic_id", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("end_position", BigInteger, nullable=False),
    Column("cause", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("halted_at", Timestamp, nullable=False, server_default=func.now()),
    Column("seen_at", Timestamp, nullable=False, server_default=func.now()),
    Column("decided_by", Text),
    Column("decided_why", Text),
    Column("decided_at", Timestamp),
    Column("passed_at", Timestamp),
    Index(
        "partition_halt_place",
        "consumer",
        "topic",
        "topic_id",
        "partition",
        "position",
        "end_position",
        "sha256",
        unique=True,
    ),
)
