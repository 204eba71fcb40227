"""The feed of one party: everything that concerns it, numbered from 1 without gaps, with nothing about a citizen."""

from typing import Annotated

from pydantic import Field, JsonValue

from schemas.base import Code, Count, Event, Instant, Model, ShortText

#: The feed of the directorate, which is told of everything, in short.
DIRECTORATE_FEED = "directorate"
_AGENCY, _OFFICE = "agency:", "office:"

#: From 1, one more for every entry of the same feed.
FeedNumber = Annotated[int, Field(ge=1, le=9_007_199_254_740_991)]


def agency_feed(code: str) -> str:
    """Return the name of an agency's feed."""
    return _AGENCY + code


def office_feed(code: str) -> str:
    """Return the name of an office's feed."""
    return _OFFICE + code


def agency_of_feed(feed: str) -> str | None:
    """Return whose feed it is when it is an agency's, else none."""
    return feed.removeprefix(_AGENCY) if feed.startswith(_AGENCY) else None


class LogPlace(Model):
    """Where an event lies in the bus's own logs."""

    topic: ShortText
    partition: Count
    position: Count


class FeedEntry(Event):
    """One entry of an agency's feed.

    `number` is the same in the header `ce_sequence`, and however often the record comes. `id`, `type`, `time` and
    `subject` are those of the event that is told, `place` says where it lies. What `data` holds depends on `type`; the
    page on feeds lists it. More may be told in later versions.
    """

    number: FeedNumber
    id: ShortText
    type: ShortText
    time: Instant
    subject: ShortText | None
    place: LogPlace
    data: dict[Code, JsonValue]
