"""One reader of the feeds for all listeners of this process: each new entry is read once and written as JSON once.

A listener that keeps up is served from memory; one that is behind reads its own pages from the database, a few at a
time, and so costs nothing to others. What is kept in memory has a bound for each feed, and a feed that nobody listens
to has nothing there.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple, Protocol

import structlog

from consumers.delivery.entries import Entry, entry_json
from consumers.delivery.feeds import PAGE_MAX, FeedPage

#: Entries of one feed that stay in memory: a second of a busy one.
RECENT_MAX = 512
#: Real seconds from one look at a feed to the next: entries come in batches, and listeners are woken once for several.
GAP_SECONDS = 0.03
#: A feed is looked at so often though nothing is notified.
TICK_SECONDS = 2.0
#: U+0085, U+2028 and U+2029 in UTF-8, and as JSON escapes them.
_ENDS_OF_LINES = ((b"\xc2\x85", b"\\u0085"), (b"\xe2\x80\xa8", b"\\u2028"), (b"\xe2\x80\xa9", b"\\u2029"))
#: Pages that are read at the same time for those who are behind.
READERS_MAX = 2


class AsyncFeeds(Protocol):
    """The feeds, read without holding up the event loop. Every call may raise `DatabaseUnavailable`."""

    async def page(self, feed: str, after: int, most: int) -> FeedPage:
        """Return up to `most` entries that follow number `after`."""

    async def newest(self, feed: str) -> int:
        """Return the number of the newest entry; 0 while there is none."""


class Line(NamedTuple):
    """One entry as all are sent it: as JSON, and as an event of a stream."""

    number: int
    json: bytes
    event: bytes


class Lines(NamedTuple):
    """What a listener reads next, in order, the newest number there is, and all of it as events of a stream."""

    entries: Sequence[Line]
    newest: int
    events: bytes = b""


class _Feed:
    """One feed that somebody listens to."""

    def __init__(self) -> None:
        self.recent: deque[Line] = deque(maxlen=RECENT_MAX)
        self.newest = 0
        self.begun = False
        self.listeners = 0
        self.changed = asyncio.Event()
        self.told = asyncio.Event()
        self.task: asyncio.Task[None] | None = None
        #: What the listeners that stand at one number are sent now: made once for all of them.
        self.ready: dict[tuple[int, int], Lines] = {}


class FeedTail:
    """Feeds for many listeners; all calls from one event loop."""

    def __init__(self, feeds: AsyncFeeds) -> None:
        self._reads = feeds
        self._feeds: dict[str, _Feed] = {}
        self._readers = asyncio.Semaphore(READERS_MAX)
        self.closing = False

    def notify(self, feed: str) -> None:
        """Look at `feed` soon; the empty text stands for all of them."""
        for name, known in self._feeds.items():
            if feed in ("", name):
                known.told.set()

    def close(self) -> None:
        """Let every listener end."""
        self.closing = True
        for feed in self._feeds.values():
            feed.changed.set()

    async def page(self, feed: str, after: int, most: int) -> Lines:
        """Return what follows number `after`, from the database. Raises `DatabaseUnavailable`."""
        async with self._readers:
            page = await self._reads.page(feed, after, most)
        return _lines([_line(entry) for entry in page.entries], page.newest)

    async def next(self, feed: str, after: int, most: int, seconds: float) -> Lines:
        """Return what follows number `after`, at least one entry unless `seconds` pass or the gateway ends.

        Raises `DatabaseUnavailable`.
        """
        known = self._feeds.get(feed)
        if known is None:
            known = self._feeds[feed] = _Feed()
            known.task = asyncio.create_task(self._follow(feed, known))
        known.listeners += 1
        try:
            deadline = asyncio.get_running_loop().time() + seconds
            while True:
                if known.newest > after:
                    lines = self._in_memory(known, after, most)
                    return await self.page(feed, after, most) if lines is None else lines
                changed = known.changed
                left = deadline - asyncio.get_running_loop().time()
                if left <= 0 or self.closing:
                    return Lines((), max(known.newest, after))
                try:
                    async with asyncio.timeout(left):
                        await changed.wait()
                except TimeoutError:
                    pass
        finally:
            known.listeners -= 1

    def _in_memory(self, feed: _Feed, after: int, most: int) -> Lines | None:
        """Return what follows `after` when all of it is in memory."""
        if not feed.recent or feed.recent[0].number > after + 1:
            return None
        lines = feed.ready.get((after, most))
        if lines is None:
            skipped = after + 1 - feed.recent[0].number
            lines = feed.ready[after, most] = _lines(list(islice(feed.recent, skipped, skipped + most)), feed.newest)
        return lines

    async def _follow(self, name: str, feed: _Feed) -> None:
        """Read what is new in one feed, for as long as somebody listens."""
        idle = 0
        try:
            while not self.closing and idle < 2:
                idle = 0 if feed.listeners else idle + 1
                feed.told.clear()
                try:
                    await self._look(name, feed)
                except Exception as error:  # a listener that is behind asks itself, and is told of the same
                    structlog.get_logger("gateway").warning("a feed cannot be read", why=type(error).__name__)
                await asyncio.sleep(GAP_SECONDS)
                try:
                    async with asyncio.timeout(TICK_SECONDS):
                        await feed.told.wait()
                except TimeoutError:
                    pass
        finally:
            self._feeds.pop(name, None)
            _wake(feed)

    async def _look(self, name: str, feed: _Feed) -> None:
        if not feed.begun:
            # Where it stands now; what is older is for those who are behind to read.
            feed.newest, feed.begun = await self._reads.newest(name), True
            _wake(feed)
        while True:
            page = await self._reads.page(name, feed.newest, PAGE_MAX)
            if not page.entries:
                return
            feed.recent.extend(_line(entry) for entry in page.entries)
            feed.newest = page.after
            _wake(feed)
            if not page.more:
                return


def _wake(feed: _Feed) -> None:
    feed.ready.clear()
    changed, feed.changed = feed.changed, asyncio.Event()
    changed.set()


def _line(entry: Entry) -> Line:
    json = entry_json(entry)
    # Without a name of its own an event reaches every listener of a browser; what kind it is stands in its data.
    return Line(entry.number, json, b"id: %d\ndata: %s\n\n" % (entry.number, _one_line(json)))


def _one_line(json: bytes) -> bytes:
    """Escape what JSON lets stand in a text and some readers of lines take for the end of one."""
    for sign, escaped in _ENDS_OF_LINES:
        json = json.replace(sign, escaped)
    return json


def _lines(entries: Sequence[Line], newest: int) -> Lines:
    return Lines(entries, newest, b"".join(line.event for line in entries))
