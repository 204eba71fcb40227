"""Feeds over HTTP: one cursor for pages, long polls and streams, read once for all listeners."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
import pytest

import connectors.http.feed as feed_door
from connectors.http.acts import Rooms
from connectors.http.app import Place
from connectors.http.feed import FeedDoor
from connectors.http.tail import RECENT_MAX, FeedTail
from consumers.delivery.entries import Entry
from consumers.delivery.feeds import FeedPage
from consumers.runner.errors import DatabaseUnavailable
from producers.access.parties import Scope
from tests.kit.values.builders import MOMENT
from tests.kit.values.doors import AUDITOR, DESK, DIRECTORATE, GAS, Doors

FEED = "agency:gas"


def entry(number: int, feed: str = FEED) -> Entry:
    return Entry(feed, number, f"e-{number}", "ir.pishkhan.RequestRouted.v1", MOMENT, "s", "log", 0, number, b'{"a":1}')


@dataclass
class Feeds:
    """Feeds in memory, read as the database is; counts how often."""

    rows: dict[str, list[Entry]] = field(default_factory=dict)
    reads: int = 0
    away: bool = False

    def add(self, count: int, feed: str = FEED) -> None:
        rows = self.rows.setdefault(feed, [])
        rows += [entry(number, feed) for number in range(len(rows) + 1, len(rows) + 1 + count)]

    async def page(self, feed: str, after: int, most: int) -> FeedPage:
        self.reads += 1
        if self.away:
            raise DatabaseUnavailable("away")
        rows = self.rows.get(feed, [])
        entries = rows[after : after + most]
        return FeedPage(entries, entries[-1].number if entries else after, max(after, len(rows)))

    async def newest(self, feed: str) -> int:
        self.reads += 1
        return len(self.rows.get(feed, ()))


class World:
    """A gateway over feeds in memory."""

    def __init__(self) -> None:
        self.feeds = Feeds()
        self.tail = FeedTail(self.feeds)
        self.doors = Doors(more=self._places)

    def _places(self, rooms: Rooms) -> Sequence[Place]:
        return [("GET", "/v1/feed", FeedDoor(rooms, self.tail))]

    def get(self, query: str = "", token: str | None = None) -> httpx.Response:
        return self.doors.ask("GET", f"/v1/feed{query}", self.doors.key(GAS) if token is None else token)


@asynccontextmanager
async def stream(
    world: World, token: str, after: int | None = None, query: bytes = b"", heard: list[bytes] | None = None
) -> AsyncIterator[Callable[[int], Any]]:
    """Listen as a server's protocol would; yield what waits until so many events have come, and returns them.

    `heard` is given everything as it comes.
    """
    parts: list[bytes] = [] if heard is None else heard
    gone = asyncio.Event()
    headers = [(b"authorization", f"Bearer {token}".encode()), (b"accept", b"text/event-stream")]
    if after is not None:
        headers.append((b"last-event-id", str(after).encode()))
    scope = {"type": "http", "method": "GET", "path": "/v1/feed", "query_string": query, "headers": headers}

    async def receive() -> dict[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        parts.append(message.get("body", b""))

    async def events(count: int) -> list[tuple[int, Any]]:
        while b"".join(parts).count(b"\nid: ") + b"".join(parts).startswith(b"id: ") < count:
            await asyncio.sleep(0.001)
        kept = [line for line in b"".join(parts).split(b"\n") if not line.startswith((b":", b"retry: "))]
        blocks = [block.split(b"\n") for block in b"\n".join(kept).split(b"\n\n") if block]
        return [(int(lines[0][4:]), orjson.loads(lines[1][6:])) for lines in blocks]

    task = asyncio.create_task(world.doors.app(scope, receive, send))
    try:
        yield events
    finally:
        gone.set()
        await task


def test_a_page_has_what_follows_and_says_where_it_stands() -> None:
    world = World()
    world.feeds.add(5)
    told = world.get("?after=1&limit=2").json()
    assert (told["feed"], told["after"], told["newest"], told["more"]) == (FEED, 3, 5, True)
    assert [one["number"] for one in told["entries"]] == [2, 3]
    assert told["entries"][0]["place"] == {"topic": "log", "partition": 0, "position": 2}
    rest = world.get("?after=3").json()
    assert ([one["number"] for one in rest["entries"]], rest["more"]) == ([4, 5], False)
    assert world.get("?after=5").json()["entries"] == []


@pytest.mark.parametrize("query", ["?after=-1", "?after=x", "?limit=", "?wait=1.5", "?after=99999999999999999999"])
def test_what_is_no_number_cannot_be_read(query: str) -> None:
    answer = World().get(query)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed_request")


def test_a_feed_is_its_partys_alone() -> None:
    world = World()
    world.feeds.add(1)
    world.feeds.add(2, "office:office-1")
    world.feeds.add(3, "directorate")
    numbers = {party: world.get("", world.doors.key(party)).json()["newest"] for party in (GAS, DESK, DIRECTORATE)}
    assert numbers == {GAS: 1, DESK: 2, DIRECTORATE: 3}
    assert world.get("", world.doors.key(AUDITOR)).status_code == 403
    assert world.get("", world.doors.key(GAS, Scope.READ)).json()["type"] == "/problems/scope_missing"
    assert world.get("", "pk_x").status_code == 401


def test_a_long_poll_ends_with_the_first_entry() -> None:
    world = World()
    world.feeds.add(3)
    token = world.doors.key(GAS)

    async def story() -> httpx.Response:
        async with world.doors.client(token) as client:
            call = asyncio.create_task(client.get("/v1/feed", params={"after": 3, "wait": 20}))
            while world.feeds.reads < 3:
                await asyncio.sleep(0.001)
            world.feeds.add(1)
            world.tail.notify(FEED)
            return await call

    told = asyncio.run(story()).json()
    assert [one["number"] for one in told["entries"]] == [4]


def test_a_stream_gives_every_number_once_and_goes_on_where_it_was() -> None:
    world = World()
    world.feeds.add(700)
    token = world.doors.key(GAS)

    async def story() -> list[tuple[int, Any]]:
        async with stream(world, token) as events:
            assert [number for number, _ in await events(700)] == list(range(1, 701))
            world.feeds.add(40)
            world.tail.notify(FEED)
            assert [number for number, _ in await events(740)] == list(range(1, 741))
        async with stream(world, token, after=738) as events:
            return list(await events(2))

    found = asyncio.run(story())
    assert [number for number, _ in found] == [739, 740]
    assert [one for _, one in found] == world.get("?after=738").json()["entries"]


@pytest.mark.parametrize("query", [b"after=738", b"lastEventId=738", b"after=1&lastEventId=738"])
def test_a_stream_goes_on_behind_what_its_address_says(query: bytes) -> None:
    world = World()
    world.feeds.add(740)
    token = world.doors.key(GAS)

    async def story() -> list[tuple[int, Any]]:
        async with stream(world, token, query=query) as events:
            return list(await events(2))

    assert [number for number, _ in asyncio.run(story())] == [739, 740]


def test_a_stream_has_no_empty_line_but_behind_an_event_and_no_other_end_of_a_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feed_door, "LOOK_AT_KEY_SECONDS", 0.01)
    monkeypatch.setattr(feed_door, "COMMENT_SECONDS", 0.0)
    world = World()
    world.feeds.add(1)
    data = {"reason": "one\u2028two\u2029three\u0085four"}
    world.feeds.rows[FEED][0] = world.feeds.rows[FEED][0]._replace(data=orjson.dumps(data))
    token, heard = world.doors.key(GAS), list[bytes]()

    async def story() -> list[tuple[int, Any]]:
        async with stream(world, token, heard=heard) as events:
            told = list(await events(1))
            while heard.count(b":\n") < 3:
                await asyncio.sleep(0.001)
            return told

    ((_, told),) = asyncio.run(story())
    said = b"".join(heard)
    assert told["data"] == data
    assert said.startswith(b"retry: 2000\n")
    assert said.count(b"\n\n") == 1, "readers take each for the end of an event"
    assert len(said.decode().splitlines()) == said.count(b"\n"), "and other ends of lines for one"


def test_many_listeners_cost_one_reader_and_bounded_memory() -> None:
    world = World()
    world.feeds.add(10)
    token = world.doors.key(GAS)

    async def story() -> int:
        async with (
            stream(world, token, after=10) as first,
            stream(world, token, after=10) as second,
            stream(world, token, after=10) as third,
        ):
            for _ in range(4):
                world.feeds.add(300)
                world.tail.notify(FEED)
                await first(len(world.feeds.rows[FEED]) - 10)
            for events in (first, second, third):
                assert [number for number, _ in await events(1_200)] == list(range(11, 1_211))
            known = world.tail._feeds[FEED]
            assert len(known.recent) <= RECENT_MAX
            return world.feeds.reads

    # Two looks for each notification, and now and then a page for one that was behind: not one for each listener.
    assert asyncio.run(story()) < 40


def test_a_revoked_key_ends_its_stream_and_a_closing_gateway_ends_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_door, "LOOK_AT_KEY_SECONDS", 0.05)
    world = World()
    token, other = world.doors.key(GAS), world.doors.key(GAS)

    async def story() -> None:
        async with world.doors.client(token) as client:
            ended = asyncio.create_task(client.get("/v1/feed", headers={"accept": "text/event-stream"}))
            await asyncio.wait((ended,), timeout=0.01)
            world.doors.revoke(token)
            assert (await ended).status_code == 200
        async with world.doors.client(other) as client:
            ended = asyncio.create_task(client.get("/v1/feed", headers={"accept": "text/event-stream"}))
            await asyncio.wait((ended,), timeout=0.01)
            world.tail.close()
            assert (await ended).text.startswith("retry: ")

    asyncio.run(story())


def test_a_database_that_is_away_is_said() -> None:
    world = World()
    world.feeds.away = True
    answer = world.get()
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
