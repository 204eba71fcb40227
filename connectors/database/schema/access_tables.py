"""Keys of parties, and what administrators did with them and with the bus."""

from sqlalchemy import ARRAY, BigInteger, Column, Identity, Index, LargeBinary, Table, Text, func

from connectors.database.schema.metadata import Timestamp, metadata

#: Every key there ever was; rows stay, so that the audit and the logs can be read. Of its text the table holds a keyed
#: hash, whose key is not in the database. All times are real.
api_key = Table(
    "api_key",
    metadata,
    # Twelve letters, which are in the key's text as well.
    Column("key_id", Text, primary_key=True),
    Column("party_kind", Text, nullable=False),
    Column("party_code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    # The person of the office whose key it is; none: the office's software.
    Column("operator", Text),
    Column("hash", LargeBinary, nullable=False),
    Column("issued_at", Timestamp, nullable=False),
    Column("issued_by", Text, nullable=False),
    # Given when another key takes its place.
    Column("ends_at", Timestamp),
    Column("revoked_at", Timestamp),
    Column("revoked_by", Text),
    # Written once a minute at most.
    Column("last_used_at", Timestamp),
    Column("replaces", Text),
    Index("api_key_party", "party_kind", "party_code"),
)

#: Every administrative act, refused ones too: who, what, about what, and what became of it. Facts, never rewritten; a
#: bus has some dozens a day, so nothing removes them.
audit_row = Table(
    "audit_row",
    metadata,
    Column("id", BigInteger, Identity(always=False), primary_key=True),
    Column("at", Timestamp, nullable=False, server_default=func.now()),
    # A person's login or name, or a party as its key named it.
    Column("actor", Text, nullable=False),
    Column("key_id", Text),
    Column("act", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
    Index("audit_row_at", "at"),
)
