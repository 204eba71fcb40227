"""New identifiers: UUIDv7, so that ids sort by the time of their making; and the randomness of tracking codes."""

from secrets import token_bytes
from uuid import UUID

from uuid_utils.compat import uuid7

from consumers.requests.domain.life.tracking import CODE_BYTES


def new_id() -> UUID:
    """Return a new UUIDv7."""
    return uuid7()


def code_bits(_: UUID) -> bytes:
    """Return the randomness of a new tracking code, from the system's source for secrets."""
    return token_bytes(CODE_BYTES)
