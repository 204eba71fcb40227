"""One entry of a feed, and its one form as JSON: over HTTP, in a webhook, at a terminal and on the agency's topic."""

from datetime import datetime
from typing import NamedTuple

import orjson

from schemas.envelope import Envelope, format_time
from schemas.feed import FeedEntry
from schemas.message import Message
from schemas.topics import FEED_AGENCY

SOURCE = "/bus"
_TYPE = FeedEntry.type_name()


class Entry(NamedTuple):
    """One entry of one feed, numbered from 1. `data` is JSON; the place is that of the event in a log of the bus."""

    feed: str
    number: int
    id: str
    type: str
    time: datetime
    subject: str | None
    topic: str
    partition: int
    position: int
    data: bytes


def entry_json(entry: Entry) -> bytes:
    """Return an entry as everybody is given it: the body of the event `FeedEntry`."""
    return orjson.dumps(
        {
            "number": entry.number,
            "id": entry.id,
            "type": entry.type,
            "time": format_time(entry.time),
            "subject": entry.subject,
            "place": {"topic": entry.topic, "partition": entry.partition, "position": entry.position},
            "data": orjson.Fragment(entry.data),
        }
    )


def message_of(agency: str, entry: Entry) -> Message:
    """Return `entry` for the topic of `agency`. Its key is the agency: one order, which is that of the numbers.

    The number is the event's `sequence` as well, and with the feed its id: a record that comes twice says the same.
    """
    envelope = Envelope(f"{entry.feed}/{entry.number}", SOURCE, _TYPE, agency, entry.time, entry.number)
    return Message(FEED_AGENCY.for_agency(agency), agency, envelope, entry_json(entry), partition=0)
