"""The gateway's worker: the doors for machines, and beside them what keeps their knowledge fresh."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from hmac import digest
from threading import Event, Thread
from typing import TypeVar

import structlog
import uvloop
from sqlalchemy import Engine
from starlette.applications import Starlette

from connectors.broker.reach import reachable
from connectors.clock import real_now
from connectors.database.access.keeper import KeyKeeper
from connectors.database.delivery.reads import SqlFeedReads
from connectors.database.delivery.stores import CHANNEL as FEED_CHANNEL
from connectors.database.gateway.intake import SqlIntake
from connectors.database.gateway.listening import listen
from connectors.database.gateway.standing import outbox_standing
from connectors.database.publication.outbox import CHANNEL
from connectors.database.requests.outcomes import SqlOutcomes
from connectors.database.sql.driver import driver_connection, meaningful_errors
from connectors.database.sql.engine import build_engine
from connectors.database.sql.signs import give_a_sign
from connectors.http.acts import Rooms
from connectors.http.app import Place, build_app
from connectors.http.citizens import citizen_doors
from connectors.http.feed import FeedDoor
from connectors.http.limits import HttpLimits, Turns
from connectors.http.looking import read_doors
from connectors.http.saying import Speech
from connectors.http.server import Listening, serve_until, server_of
from connectors.http.tail import FeedTail
from connectors.http.waiting import Hub
from connectors.http.writes import GroupCommit
from connectors.ids import new_id
from connectors.reads.table import READS
from connectors.telemetry.doors import DoorTelemetry
from consumers.delivery.feeds import FeedPage, FeedReads, feed_page
from consumers.runner.clocks import ClockWatch
from consumers.runner.errors import Contention, DatabaseUnavailable
from consumers.runner.outcomes import Setback
from deploy.doors import door_of
from deploy.problem import Problem
from deploy.settings import Settings
from deploy.workers.citizens import Citizens
from deploy.workers.context import WorkerContext, owner_id
from deploy.workers.looking import Looking
from producers.access.keyring import Keyring
from producers.delivery import Delay, Delivery
from producers.outcomes import Outcome, SaidClaim, ask

Returned = TypeVar("Returned")

#: How often the gateway looks how it stands, in real seconds.
LOOK_SECONDS = 1.0
#: What is kept leaves within moments; after so long it is worth saying that it does not.
LATE = timedelta(seconds=3)
#: A relay that gave no sign for so long is gone or frozen.
SILENT = timedelta(seconds=30)
#: Connections that read: the keys' one, and what people ask at once.
CONNECTIONS_MAX = 8
_FINGERPRINTS = b"fingerprints of requests"


def build(context: WorkerContext) -> "Gateway":
    """Return the worker; nothing has connected. Raises `Problem` for a missing or an unfit setting."""
    limits = HttpLimits(key_per_second=context.settings.http_key_per_second)
    return Gateway(context, listening_of(context.settings), limits)


def listening_of(settings: Settings) -> Listening:
    """Return where the gateway listens. Raises `Misused` where others would hear keys that it is shown."""
    door = door_of(settings)
    return Listening(door.address, settings.gateway_port, door.certificate, door.key)


class Gateway:
    """Serves until it is stopped, then answers what is in hand."""

    def __init__(self, context: WorkerContext, where: Listening, limits: HttpLimits) -> None:
        settings = context.settings
        self._where = where
        self._limits = limits
        self._context = context
        self._owner = owner_id(context.name)
        self._url = settings.worker_database_url()
        secret = settings.key_hash_secret()
        self._engine = build_engine(self._url, self._owner, connections_max=CONNECTIONS_MAX)
        self._keyring = Keyring(secret, time.monotonic)
        self._speech = Speech(settings.clock.now, new_id, digest(secret, _FINGERPRINTS, "sha256"))
        self._report = DoorTelemetry(context.exporter)
        self._looking = Looking(settings, self._owner)
        self._citizens = Citizens(settings, self._owner)
        self._now = settings.clock.now
        self._standing = GatewayStanding(context, self._engine, self._keyring, self._owner)

    def run(self, stop: Event) -> None:
        """Serve until `stop` is set. Raises `Problem` when the port is taken."""
        keeper = KeyKeeper(self._engine, self._keyring, time.monotonic)
        beside = [
            Thread(target=_or_end, args=(keeper.run, stop), name="keys", daemon=True),
            Thread(target=_or_end, args=(self._standing.run, stop), name="standing", daemon=True),
        ]
        for thread in beside:
            thread.start()
        try:
            uvloop.run(self._serve(stop))
        finally:
            stop.set()
            for thread in beside:
                thread.join()
            self._looking.close()
            self._citizens.close()
            self._engine.dispose()

    async def _serve(self, stop: Event) -> None:
        intake = SqlIntake(self._url, self._owner)
        outcomes = SqlOutcomes(self._engine.connect)

        async def look(claims: Sequence[SaidClaim]) -> "dict[SaidClaim, Outcome]":
            return dict(await asyncio.to_thread(outcomes.outcomes, claims))

        async def asked(event_id: str) -> Sequence[tuple[SaidClaim, Outcome | None]]:
            return await asyncio.to_thread(ask, outcomes, [event_id])

        hub = Hub(look)
        rooms = Rooms(
            lambda token: self._keyring.who(token, real_now()),
            self._speech,
            GroupCommit(intake, self._limits.waiting),
            hub,
            self._limits,
            Turns(self._limits),
            self._report,
            lambda: self._standing.delivery,
        )

        tail = FeedTail(ThreadedFeeds(self._engine))

        def heard(channel: str, text: str) -> None:
            if channel == FEED_CHANNEL:
                tail.notify(text)
            else:
                hub.notify()

        @asynccontextmanager
        async def lifespan(_app: Starlette) -> AsyncIterator[None]:
            tasks = [
                asyncio.create_task(hub.run()),
                asyncio.create_task(listen(self._url, self._owner, [CHANNEL, FEED_CHANNEL], heard)),
            ]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                intake.close()

        reads = read_doors(rooms, READS, self._looking.show, self._now)
        places: list[Place] = [*reads, ("GET", "/v1/feed", FeedDoor(rooms, tail))]
        places += citizen_doors(rooms, self._citizens.track, self._citizens.reveal, self._citizens.seal)
        ready = self._context.telemetry.not_ready_because
        app = build_app(rooms, asked, ready, self._context.settings.gateway_address, places, lifespan)
        server = server_of(app, self._where, self._limits)
        try:
            await serve_until(server, stop, tail.close)
        except SystemExit:
            # uvicorn's way to say that it cannot listen.
            raise Problem(
                f"The gateway cannot listen on {self._where.host}, port {self._where.port}: something else does, or it "
                "is no address of this machine. Set PISHKHAN_HTTP_PORT or PISHKHAN_HTTP_HOST."
            ) from None


def _or_end(run: Callable[[Event], None], stop: Event) -> None:
    """Run what works beside the doors; when it fails, the gateway ends, and is started anew."""
    try:
        run(stop)
    except Exception as fault:
        structlog.get_logger("gateway").error("the gateway cannot know how it stands", exc_info=fault)
        stop.set()


class ThreadedFeeds:
    """The feeds, read in threads: implements `AsyncFeeds`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def page(self, feed: str, after: int, most: int) -> FeedPage:
        """Return up to `most` entries that follow number `after`."""
        return await asyncio.to_thread(self._asked, lambda reads: feed_page(reads, feed, after, most))

    async def newest(self, feed: str) -> int:
        """Return the number of the newest entry; 0 while there is none."""
        return await asyncio.to_thread(self._asked, lambda reads: reads.newest(feed))

    def _asked(self, question: Callable[[FeedReads], Returned]) -> Returned:
        with meaningful_errors(), self._engine.connect() as connection:
            return question(SqlFeedReads(connection))


class GatewayStanding:
    """Looks every second how database, broker and relay stand. `delivery` is read by other threads."""

    def __init__(self, context: WorkerContext, engine: Engine, keyring: Keyring, owner: str) -> None:
        self._context = context
        self._engine = engine
        self._keyring = keyring
        self._owner = owner
        self._watch: ClockWatch = context.watch()
        self._broker_away_since: datetime | None = None
        self._waits = False
        self.delivery: Delivery | None = None

    def run(self, stop: Event) -> None:
        """Look until `stop` is set."""
        telemetry = self._context.telemetry
        telemetry.owned(0)
        while not stop.is_set():
            try:
                self._look()
            except (DatabaseUnavailable, Contention) as error:
                self._tell_once(str(error))
                telemetry.unready(Setback.DATABASE_UNAVAILABLE)
            else:
                self._waits = False
                telemetry.ready() if self._keyring.is_fresh else telemetry.unready(Setback.STARTING)
            stop.wait(LOOK_SECONDS)

    def _look(self) -> None:
        away = not reachable(self._context.settings.kafka_bootstrap)
        self._broker_away_since = (self._broker_away_since or datetime.now(UTC)) if away else None
        with meaningful_errors(), self._engine.begin() as connection:
            driver = driver_connection(connection)
            self._watch.reading(lambda own: give_a_sign(driver, self._context.name, self._owner, own))
            standing = outbox_standing(connection)
        late = standing.oldest is not None and standing.now - standing.oldest > LATE
        if away:
            since = self._broker_away_since if standing.oldest is None else standing.oldest
            self.delivery = Delivery(standing.waiting, Delay.BROKER_AWAY, since)
        elif late:
            gone = standing.relay_seen is None or standing.now - standing.relay_seen > SILENT
            self.delivery = Delivery(standing.waiting, Delay.RELAY_AWAY if gone else Delay.BUSY, standing.oldest)
        else:
            self.delivery = None

    def _tell_once(self, why: str) -> None:
        if not self._waits:
            structlog.get_logger("gateway").warning("waits for the database", why=why)
            self._waits = True
