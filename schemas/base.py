"""The base of every event model and the value types that they share.

A model is strict about types (a number in quotes is not a number) and, as a consumer, tolerant of unknown fields. A
producer refuses unknown fields: it parses with `schemas.decode.parse_strictly`.
"""

from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)

from schemas.instant import bounded_instant, parse_day, parse_instant


def _instant(value: object, parse: ValidatorFunctionWrapHandler) -> datetime:
    # pydantic by itself would read a number in quotes as seconds since 1970.
    return parse_instant(value) if isinstance(value, str) else bounded_instant(parse(value))


def _day(value: object, parse: ValidatorFunctionWrapHandler) -> date:
    day: date = parse_day(value) if isinstance(value, str) else parse(value)
    return day


#: A code chosen by people: lower case letters, digits, `.`, `_` and `-`; it appears in topic names and accounts.
CODE_PATTERN = r"^[a-z0-9][a-z0-9._-]{0,62}$"
Code = Annotated[str, Field(pattern=CODE_PATTERN)]
#: A whole amount of rial, never negative; the bound keeps every sum of a province's year inside 64 bits.
Rial = Annotated[int, Field(ge=0, le=1_000_000_000_000_000)]
PositiveRial = Annotated[int, Field(gt=0, le=1_000_000_000_000_000)]
#: Balances and sums may be negative; the bound is the largest whole number that every JSON reader holds exactly.
SignedRial = Annotated[int, Field(ge=-9_007_199_254_740_991, le=9_007_199_254_740_991)]
#: How many of something, or a revision.
Count = Annotated[int, Field(ge=0, le=9_007_199_254_740_991)]
#: Text without NUL, which PostgreSQL cannot store.
TEXT_PATTERN = r"^[^\x00]*$"
ShortText = Annotated[str, Field(min_length=1, max_length=200, pattern=TEXT_PATTERN)]
LongText = Annotated[str, Field(min_length=1, max_length=2000, pattern=TEXT_PATTERN)]
#: Deposit, bill and payment ids are text: the state's 30-digit deposit ids overflow 64-bit integers.
DigitText = Annotated[str, Field(pattern=r"^[0-9]{1,40}$")]
Version = Annotated[int, Field(ge=1, le=1_000_000)]
WindowNumber = Annotated[int, Field(ge=1, le=1_000_000_000)]
RequestId = UUID
#: What a citizen asks after a request with: 64 random bits in signs that neither look nor sound like one another.
TrackingCode = Annotated[str, Field(pattern=r"^[2-9FKMRTWXY]{4}(-[2-9FKMRTWXY]{4}){3}$")]
#: A moment with a time zone, between 1900 and 2200; held and written in UTC.
Instant = Annotated[AwareDatetime, WrapValidator(_instant)]
#: A calendar day, Gregorian.
Day = Annotated[date, WrapValidator(_day)]
#: An AES-GCM blob of up to 20,000 bytes, in JSON as base64 (either alphabet is read, the URL-safe one is written).
EncryptedBlob = Annotated[
    bytes,
    Field(max_length=20_000),
    WithJsonSchema({"type": "string", "contentEncoding": "base64", "maxLength": 26_668}),
]


class Model(BaseModel):
    """An immutable value with strict types; unknown fields are ignored, infinities and NaN are refused."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="ignore",
        allow_inf_nan=False,
        ser_json_bytes="base64",
        val_json_bytes="base64",
    )


class Event(Model):
    """The body of one event. Its CloudEvents type is `ir.pishkhan.<class name>.v<major>`.

    A later major version is a class of its own beside the first: `FeeCollectedV2`, with `major = 2`, is
    `ir.pishkhan.FeeCollected.v2`.
    """

    major: ClassVar[int] = 1

    @classmethod
    @cache
    def type_name(cls) -> str:
        """Return the CloudEvents `type` of this event."""
        return f"ir.pishkhan.{cls.__name__.removesuffix(f'V{cls.major}')}.v{cls.major}"


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
