"""The base of every event model and the value types that they share.

A model is strict about types (a number in quotes is not a number) and, as a consumer, tolerant of unknown fields. A
producer refuses unknown fields: it parses with `schemas.decode.parse_strictly`.
"""

from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

#: A code chosen by people: lower case letters, digits, `.`, `_` and `-`; it appears in topic names and accounts.
Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
#: A whole amount of rial, never negative; the bound keeps every sum of a province's year inside 64 bits.
Rial = Annotated[int, Field(ge=0, le=1_000_000_000_000_000)]
PositiveRial = Annotated[int, Field(gt=0, le=1_000_000_000_000_000)]
ShortText = Annotated[str, Field(min_length=1, max_length=200)]
LongText = Annotated[str, Field(min_length=1, max_length=2000)]
#: Deposit, bill and payment ids are text: the state's 30-digit deposit ids overflow 64-bit integers.
DigitText = Annotated[str, Field(pattern=r"^[0-9]{1,40}$")]
Version = Annotated[int, Field(ge=1, le=1_000_000)]
RequestId = UUID
Instant = AwareDatetime


class Model(BaseModel):
    """An immutable value with strict types; unknown fields are ignored."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", ser_json_bytes="base64")


class Event(Model):
    """The body of one event. Its CloudEvents type is `ir.pishkhan.<class name>.v<major>`."""

    major: ClassVar[int] = 1

    @classmethod
    def type_name(cls) -> str:
        """Return the CloudEvents `type` of this event."""
        return f"ir.pishkhan.{cls.__name__}.v{cls.major}"


class LocalizedText(Model):
    """One text in Persian and in English."""

    fa: LongText
    en: LongText


class OfficeClass(StrEnum):
    """The two kinds of counter office licence."""

    URBAN = "urban"
    RURAL = "rural"


class Provenance(StrEnum):
    """Where a figure or a record comes from, so that nobody takes a generated one for a fact."""

    FACT = "fact"
    READING = "reading"
    GENERATED = "generated"
