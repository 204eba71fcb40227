"""The log of letters: what was set aside of intake because it can never be applied. It holds nothing of the claim."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.base import Count, Event, LongText, ShortText


class DeadLetterReason(StrEnum):
    """Why an event can never be applied."""

    #: The envelope or the body cannot be read; the field says where.
    MALFORMED = "malformed"
    #: No schema of this name, or one of another major version.
    UNKNOWN_TYPE = "unknown_type"
    #: The schema is known, but may not be spoken on this topic.
    WRONG_TOPIC = "wrong_topic"
    #: The source is not the one that the topic belongs to.
    FORGED_SOURCE = "forged_source"
    #: The subject or the key is not what the body is about; the field says which.
    MISADDRESSED = "misaddressed"
    #: The body, or a list in it, is larger than may be said on; the field says which.
    TOO_LARGE = "too_large"
    #: Free text holds a number that is a valid national id; the field says where.
    NATIONAL_ID = "national_id"
    #: A known event id came again with another type, subject or body; the detail says which.
    IDENTITY_CONFLICT = "identity_conflict"
    #: A batch unpacks to more than a worker makes room for; it is one dead letter, whatever it holds.
    UNPACKS_TOO_LARGE = "unpacks_too_large"
    #: A partition had halted at it, and an operator passed it.
    PASSED = "passed"
    #: The database closes the connection at it; only figures continue without it, unasked.
    CONNECTION_LOST = "connection_lost"


class ClaimSetAside(Event):
    """Something on an intake topic can never be applied: it is a dead letter, and nothing of its content is here.

    It lay at `position` of `partition` of `topic`, whose owner spoke it. `claim_id`, `claim_source` and `claim_type`
    are what it called itself, none where that cannot be read; they are no more than claimed. `field` is a header or a
    dotted path in the body. Not every dead letter of a flood is told: `untold_before` counts those of the same topic
    that were kept since the last one that was told.
    """

    topic: Annotated[str, Field(min_length=1, max_length=249)]
    partition: Annotated[int, Field(ge=0, le=9_999)]
    position: Count
    claim_id: ShortText | None
    claim_source: ShortText | None
    claim_type: ShortText | None
    reason: DeadLetterReason
    field: ShortText
    detail: LongText
    untold_before: Count = 0
