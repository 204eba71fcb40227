"""What the doors for machines keep."""

from sqlalchemy import Column, LargeBinary, Table, Text, func

from connectors.database.schema.metadata import Timestamp, metadata

#: What a caller said first under each key of its own: the claim that it became, about what, and a keyed hash of the
#: request. It is written with the claim's row of the outbox, and stays like the claim's own identity.
gateway_identity = Table(
    "gateway_identity",
    metadata,
    Column("source", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("event_id", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("created_at", Timestamp, nullable=False, server_default=func.now()),
)
