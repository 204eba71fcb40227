"""A party's feed over HTTP: pages, long polls and server-sent events, all with the same cursor.

The cursor is the number of the last entry that the reader has: `after=N`, or `Last-Event-ID: N` of an event stream
(`lastEventId=N` by readers that stand in for a browser's own).
"""

import asyncio
import time
from collections.abc import Mapping
from urllib.parse import parse_qsl

from connectors.http.acts import Rooms, authenticated
from connectors.http.answering import JSON, Answer, Call, Door
from connectors.http.auth import caller_of, must_have
from connectors.http.headers import WAIT_SECONDS_MAX
from connectors.http.problems import MALFORMED, UNAVAILABLE, WRONG_PARTY, Refused
from connectors.http.tail import FeedTail, Lines
from consumers.delivery.feeds import PAGE_MAX
from consumers.runner.errors import Contention, DatabaseUnavailable
from producers.access.parties import Caller, PartyKind, Scope
from schemas.feed import DIRECTORATE_FEED, agency_feed, office_feed

EVENT_STREAM = b"text/event-stream"
#: A stream's key is looked at so often: one that is revoked ends within five seconds.
LOOK_AT_KEY_SECONDS = 2.0
#: A comment keeps what lies between from taking a silent stream for a dead one.
COMMENT_SECONDS = 15.0
#: How long a browser waits before it connects again, in milliseconds.
_RETRY = b"retry: 2000\n"
#: No empty line ends it, nor what precedes: some readers take an empty line for an event without data.
_COMMENT = b":\n"
#: Entries in one write of a stream.
TOGETHER_MAX = 200
_NUMBER_LENGTH_MAX = 16


class FeedDoor(Door):
    """The caller's own feed."""

    def __init__(self, rooms: Rooms, tail: FeedTail) -> None:
        super().__init__("read-feed", rooms.report)
        self._rooms = rooms
        self._tail = tail

    async def answer(self, call: Call) -> Answer | None:
        """Return a page, at once or when there is something in it; or stream until either side ends."""
        caller = authenticated(self._rooms, call)
        feed = _feed_of(caller)
        asked = dict(parse_qsl(call.scope["query_string"].decode("latin-1"), keep_blank_values=True))
        if EVENT_STREAM in call.headers.get(b"accept", b""):
            await self._stream(call, feed, _resumed(call, asked))
            return None
        after, most = _number(asked, "after", 0), _number(asked, "limit", 100)
        wait = min(_number(asked, "wait", 0), WAIT_SECONDS_MAX)
        began = time.perf_counter()
        try:
            lines = await self._page(feed, after, max(1, min(most, PAGE_MAX)), wait)
        except (Contention, DatabaseUnavailable):
            raise Refused(UNAVAILABLE) from None
        finally:
            call.waited = time.perf_counter() - began if wait else 0.0
        return Answer(200, [(b"content-type", JSON), (b"cache-control", b"no-store")], _as_page(feed, after, lines))

    async def _page(self, feed: str, after: int, most: int, wait: int) -> Lines:
        lines = await self._tail.page(feed, after, most)
        if lines.entries or not wait:
            return lines
        return await self._tail.next(feed, after, most, wait)

    async def _stream(self, call: Call, feed: str, after: int) -> None:
        headers = [(b"content-type", EVENT_STREAM), (b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")]
        await call.send({"type": "http.response.start", "status": 200, "headers": headers})
        began = time.perf_counter()
        streaming = asyncio.create_task(self._send_all(call, feed, after))
        gone = asyncio.create_task(_until_gone(call))
        try:
            await asyncio.wait((streaming, gone), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (streaming, gone):
                task.cancel()
            await asyncio.gather(streaming, gone, return_exceptions=True)
            call.waited = time.perf_counter() - began

    async def _send_all(self, call: Call, feed: str, after: int) -> None:
        await self._send(call, _RETRY)
        quiet_since = time.monotonic()
        while True:
            try:
                lines = await self._tail.next(feed, after, TOGETHER_MAX, LOOK_AT_KEY_SECONDS)
                caller_of(call.headers, self._rooms.who)
            except (Contention, DatabaseUnavailable, Refused):
                # The reader connects again, with the number of what it has, and is told what is wrong.
                break
            if lines.entries:
                after = lines.entries[-1].number
                await self._send(call, lines.events)
                quiet_since = time.monotonic()
            elif self._tail.closing:
                break
            elif time.monotonic() - quiet_since > COMMENT_SECONDS:
                await self._send(call, _COMMENT)
                quiet_since = time.monotonic()
        await call.send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send(self, call: Call, part: bytes) -> None:
        """Send a part of the stream. Raises `TimeoutError` when the listener takes nothing for too long."""
        async with asyncio.timeout(self._rooms.limits.send_seconds):
            await call.send({"type": "http.response.body", "body": part, "more_body": True})


async def _until_gone(call: Call) -> None:
    while (await call.receive())["type"] != "http.disconnect":
        pass


def _feed_of(caller: Caller) -> str:
    """Return the name of the caller's feed. Raises `Refused`."""
    party = caller.party
    match party.kind:
        case PartyKind.AGENCY:
            feed = agency_feed(party.code)
        case PartyKind.OFFICE:
            feed = office_feed(party.code)
        case PartyKind.DIRECTORATE:
            feed = DIRECTORATE_FEED
        case _:
            raise Refused(WRONG_PARTY)
    must_have(caller, Scope.FEED)
    return feed


def _resumed(call: Call, asked: Mapping[str, str]) -> int:
    """Return the number that a stream goes on behind. The header is newer than the address, which a reader repeats."""
    last = call.headers.get(b"last-event-id")
    if last is not None:
        return _read(last.decode("latin-1"), "Last-Event-ID")
    return _number(asked, "lastEventId", _number(asked, "after", 0))


def _number(asked: Mapping[str, str], name: str, default: int) -> int:
    return _read(asked[name], name) if name in asked else default


def _read(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < _NUMBER_LENGTH_MAX):
        raise Refused(MALFORMED, f"{name} must be a whole number, not negative")
    return int(text)


def _as_page(feed: str, after: int, lines: Lines) -> bytes:
    last = lines.entries[-1].number if lines.entries else after
    more = b"true" if last < lines.newest else b"false"
    entries = b",".join(line.json for line in lines.entries)
    about = b'{"feed":"%s","after":%d,"newest":%d,"more":%s,"entries":[' % (feed.encode(), last, lines.newest, more)
    return about + entries + b"]}"
