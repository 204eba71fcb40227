"""What was told, derived from the logs again: contents alone. Whom an event was told, and its numbers, are facts.

So an entry that was harmed, or that an earlier version told in other words, says again what this version tells of its
event, under the number that it has. An entry whose log is not kept as long as feeds are stays as it is.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple, Protocol

import orjson

from consumers.delivery.arrival import read_arrival
from consumers.delivery.domain.telling import told_to
from consumers.runner.records import Record
from schemas.feed import DIRECTORATE_FEED, agency_feed, office_feed

#: So many records are read and kept at a time.
AT_ONCE = 2_000
#: A feed of each kind: what is told depends on no more than that.
KINDS = {"agency": agency_feed(""), "office": office_feed(""), "directorate": DIRECTORATE_FEED}


class Derived(NamedTuple):
    """What feeds of one kind are told of one event."""

    event_id: str
    kind: str
    data: bytes


class Rebuilt(NamedTuple):
    """How many entries there are, of how many the log still has the event, and how many said something else."""

    entries: int
    found: int
    changed: int


class FeedRebuild(Protocol):
    """The entries, while their contents are derived again."""

    def keep(self, derived: Iterable[Derived]) -> None:
        """Keep what was derived aside; nothing changes yet. Of a repeated event the first counts."""

    def apply(self, *, change: bool) -> Rebuilt:
        """Compare the entries with what was derived, and write it where it differs, if `change`."""


def rebuild(records: Iterable[Record], feeds: FeedRebuild, *, change: bool) -> Rebuilt:
    """Derive the contents of all entries from `records`, which are all records of the logs that are told."""
    left = iter(records)
    while batch := list(islice(left, AT_ONCE)):
        feeds.keep(one for record in batch for one in _derived(record))
    return feeds.apply(change=change)


def _derived(record: Record) -> Iterator[Derived]:
    arrival = read_arrival(record)
    if arrival.is_told:
        body = arrival.body()
        for kind, feed in KINDS.items():
            data = told_to(feed, arrival.event_type, body)
            if data is not None:
                yield Derived(arrival.event_id, kind, orjson.dumps(data))
