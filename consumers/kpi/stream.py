"""The one Faust file: batches from the logs' partitions that this instance is given by the consumer group.

Faust's traps, each closed here. An exception in an agent acknowledges the event, and so does `take` when the agent is
cancelled: so batches come from `noack_take` and are acknowledged by hand, after their facts are committed. Topics are
never declared, no web server is started, one agent reads (with several, commits pass gaps). What Faust may still
commit by mistake while partitions change hands, the loop finds by its own positions.
"""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event
from typing import Any

import faust
from faust.types.auth import SASLMechanism
from mode.utils.times import Seconds

from consumers.kpi.loop import KpiLoop
from consumers.kpi.reading import TOPICS
from consumers.runner.ports import Record, Telemetry

#: The Kafka group; lag tools find it under this name.
GROUP = "pishkhan.kpi"
BATCH_RECORDS = 500
BATCH_SECONDS: Seconds = 0.2
#: Messages that wait in memory between Faust's fetcher and the agent.
BUFFER_RECORDS = 2_000
COMMIT_SECONDS = 2.0
MEASURE_SECONDS = 1.0
#: Measuring may take this share of the time at most: a long history is measured less often.
MEASURE_SHARE = 0.2
LOOK_SECONDS = 10.0
#: How often a running stream is asked whether it still runs.
WATCH_SECONDS = 0.2


class StreamEnded(Exception):
    """Faust stopped by itself; start another one."""


@dataclass(frozen=True, slots=True)
class StreamLogin:
    """Where the broker is and who we are there; without a user the connection is plain."""

    bootstrap_servers: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)


class FactStream:
    """One run of Faust, from joining the group to leaving it. It is not started again: make another one."""

    def __init__(self, login: StreamLogin, loop: KpiLoop, telemetry: Telemetry) -> None:
        self._login = login
        self._loop = loop
        self._telemetry = telemetry
        # One thread: the loop is called from one thread at a time, and the event loop stays free for heartbeats.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kpi")

    async def run(self, stop: Event) -> None:
        """Read until `stop` is set; then finish the batch and leave the group.

        Raises:
            StreamEnded: Faust stopped by itself.
            Exception: whatever Faust raises when the broker cannot be reached.
        """
        with tempfile.TemporaryDirectory(prefix="pishkhan-kpi-") as folder:
            app = self._app(folder, stop)
            try:
                await app.start()
                self._telemetry.ready()
                await self._watch(app, stop)
            finally:
                await app.stop()
                self._thread.shutdown(wait=True)

    async def _watch(self, app: Any, stop: Event) -> None:
        rounds = [
            asyncio.create_task(self._every(MEASURE_SECONDS, stop, lambda: self._in_thread(self._loop.measure, stop))),
            asyncio.create_task(self._every(LOOK_SECONDS, stop, lambda: self._look_round(app, stop))),
        ]
        try:
            while not stop.is_set():
                if app.crashed or app.should_stop or any(task.done() for task in rounds):
                    raise StreamEnded
                await asyncio.sleep(WATCH_SECONDS)
        finally:
            stop_rounds = await asyncio.gather(*(_ended(task) for task in rounds))
            for error in filter(None, stop_rounds):
                raise error

    async def _look_round(self, app: Any, stop: Event) -> None:
        owned = [(place.topic, place.partition) for place in app.consumer.assignment() if place.topic in TOPICS]
        self._telemetry.owned(len(owned))
        await self._in_thread(self._loop.look_round, owned, stop)

    async def _every(self, seconds: float, stop: Event, act: Callable[[], Awaitable[object]]) -> None:
        clock = asyncio.get_running_loop().time
        while not stop.is_set():
            started = clock()
            await act()
            pause_until = clock() + max(seconds, (clock() - started) / MEASURE_SHARE)
            while clock() < pause_until and not stop.is_set():
                await asyncio.sleep(WATCH_SECONDS)

    async def _in_thread(self, act: Callable[..., Any], *arguments: object) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, act, *arguments)

    def _app(self, folder: str, stop: Event) -> Any:
        app = faust.App(
            GROUP,
            broker=[f"kafka://{server}" for server in self._login.bootstrap_servers.split(",")],
            broker_credentials=self._credentials(),
            broker_commit_interval=COMMIT_SECONDS,
            consumer_auto_offset_reset="earliest",
            datadir=folder,
            key_serializer="raw",
            value_serializer="raw",
            stream_buffer_maxsize=BUFFER_RECORDS,
            topic_allow_declare=False,
            topic_disable_leader=True,
            web_enabled=False,
            worker_redirect_stdouts=False,
            loop=asyncio.get_running_loop(),
        )

        @app.agent(app.topic(*TOPICS, key_serializer="raw", value_serializer="raw"), name="facts", concurrency=1)
        async def facts(stream: Any) -> None:
            async for events in stream.noack_take(BATCH_RECORDS, within=BATCH_SECONDS):
                records = [_record(event.message) for event in events]
                if not await self._in_thread(self._loop.apply, records, stop):
                    return
                for event in events:
                    await stream.ack(event)

        return app

    def _credentials(self) -> Any:
        if self._login.user is None:
            return None
        return faust.SASLCredentials(
            username=self._login.user, password=self._login.password, mechanism=SASLMechanism.SCRAM_SHA_256
        )


async def _ended(task: "asyncio.Task[None]") -> BaseException | None:
    """Wait for a round to end by itself: cancelling would leave its thread in the middle of a transaction."""
    await asyncio.wait([task])
    return task.exception()


def _record(message: Any) -> Record:
    return Record(
        topic=message.topic,
        partition=message.partition,
        position=message.offset,
        key=message.key,
        headers=_headers(message.headers),
        value=message.value,
        appended_at=datetime.fromtimestamp(message.timestamp, UTC),
    )


def _headers(headers: Any) -> tuple[tuple[str, bytes | None], ...]:
    pairs: Sequence[tuple[str, bytes | None]] = list(headers.items() if hasattr(headers, "items") else headers or ())
    return tuple(pairs)
