"""Reading a feed: the use case of every door, each with the same cursor, which is the number of the last entry read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from consumers.delivery.entries import Entry

#: So many entries are given at once at most.
PAGE_MAX = 1_000


class SubjectReads(Protocol):
    """What feeds say of one subject, such as a request."""

    def about(self, feed: str, subject: str, most: int) -> Sequence[Entry]:
        """Return the first `most` entries of `feed` about `subject`, in order."""


class FeedReads(SubjectReads, Protocol):
    """The feeds, read. A feed that nothing was ever written to is empty."""

    def page(self, feed: str, after: int, most: int) -> Sequence[Entry]:
        """Return up to `most` entries of `feed` that follow number `after`, in order."""

    def newest(self, feed: str) -> int:
        """Return the number of the newest entry of `feed`; 0 while it is empty."""


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Some entries in order, up to which number this reader has read now, and the newest there is."""

    entries: Sequence[Entry]
    after: int
    newest: int

    @property
    def more(self) -> bool:
        """Whether there is more to read at once."""
        return self.after < self.newest


def feed_page(feeds: FeedReads, feed: str, after: int, most: int = PAGE_MAX) -> FeedPage:
    """Return what follows number `after` in `feed`: up to `most` entries, and never more than `PAGE_MAX`."""
    # In this order: what is committed in between is in the newest, and not lost from the page.
    entries = feeds.page(feed, after, min(max(most, 1), PAGE_MAX))
    last = entries[-1].number if entries else after
    return FeedPage(entries, last, max(last, feeds.newest(feed)))
