"""The one Faust file: batches from the logs' partitions that this instance is given by the consumer group.

Faust's traps, each closed here. An exception in an agent acknowledges the event, and so does `take` when the agent is
cancelled: so batches come from `noack_take` and are acknowledged by hand, after their facts are committed. Topics are
never declared, no web server is started, one agent reads (with several, commits pass gaps). What Faust may still
commit by mistake while partitions change hands, the loop finds by its own positions.
"""

import asyncio
import ssl
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event
from typing import Any

import faust
from faust.types.auth import SASLMechanism
from mode.utils.times import Seconds

from consumers.kpi.loop import KpiLoop
from consumers.kpi.reading import TOPICS
from consumers.runner.ports import Telemetry
from consumers.runner.records import Record

#: The Kafka group; lag tools find it under this name.
GROUP = "pishkhan.kpi"
BATCH_RECORDS = 500
BATCH_SECONDS: Seconds = 0.2
#: Messages that wait in memory between Faust's fetcher and the agent.
BUFFER_RECORDS = 2_000
#: What one fetch takes of one partition: the client holds it for all of them at once, unpacked.
FETCH_BYTES = 131_072
COMMIT_SECONDS = 2.0
#: The partitions of an instance that was killed are given to others after this long.
SESSION_SECONDS = 10.0
HEARTBEAT_SECONDS = 2.0
#: Measuring may take this share of the time at most: a long history is measured less often.
MEASURE_SHARE = 0.2
#: How often a running stream is asked whether it still runs.
WATCH_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class FigurePace:
    """How often figures are measured, and how often lag and records that the stream skipped are looked for."""

    measure_seconds: float = 1.0
    look_seconds: float = 10.0


class StreamEnded(Exception):
    """Faust stopped by itself; start another one."""


#: What a client of our principal needs: servers, protocol, user, password, in kafka-python's own names.
KafkaLogin = Mapping[str, str]


class FactStream:
    """One run of Faust, from joining the group to leaving it. It is not started again: make another one."""

    def __init__(self, login: KafkaLogin, loop: KpiLoop, telemetry: Telemetry, pace: FigurePace) -> None:
        self._login = login
        self._loop = loop
        self._telemetry = telemetry
        self._pace = pace
        self._leaving = False
        # One thread: the loop is called from one thread at a time, and the event loop stays free for heartbeats.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kpi")

    async def run(self, stop: Event) -> None:
        """Read until `stop` is set; then finish the batch and leave the group.

        Raises:
            StreamEnded: Faust stopped by itself.
            Exception: whatever Faust raises when the broker cannot be reached.
        """
        try:
            # Faust that cannot reach a broker leaves threads and sockets behind: ask first.
            await self._in_thread(self._loop.reach_logs)
            with tempfile.TemporaryDirectory(prefix="pishkhan-kpi-") as folder:
                await self._run(self._app(folder, stop), stop)
        finally:
            self._thread.shutdown(wait=True)

    async def _run(self, app: Any, stop: Event) -> None:
        try:
            await app.start()
            self._telemetry.ready()
            await self._watch(app, stop)
        finally:
            await app.stop()
            for thread in (app.producer.threaded_producer, app.consumer._thread):
                # A thread that Faust made and did not start still has an open event loop.
                if thread is not None and not thread.thread_loop.is_running():
                    thread.thread_loop.close()

    async def _watch(self, app: Any, stop: Event) -> None:
        rounds = [
            asyncio.create_task(self._again_and_again(lambda: self._measure(stop), stop)),
            asyncio.create_task(self._again_and_again(lambda: self._look_round(app, stop), stop)),
        ]
        try:
            while not stop.is_set():
                if app.crashed or app.should_stop or any(task.done() for task in rounds):
                    raise StreamEnded
                await asyncio.sleep(WATCH_SECONDS)
        finally:
            self._leaving = True
            errors = await asyncio.gather(*(_ended(task) for task in rounds))
            for error in filter(None, errors):
                raise error

    async def _measure(self, stop: Event) -> float:
        busy_seconds: float = await self._in_thread(self._loop.measure, stop)
        return max(self._pace.measure_seconds, busy_seconds / MEASURE_SHARE)

    async def _look_round(self, app: Any, stop: Event) -> float:
        owned = [(place.topic, place.partition) for place in app.consumer.assignment() if place.topic in TOPICS]
        self._telemetry.owned(len(owned))
        await self._in_thread(self._loop.look_round, owned, stop)
        return self._pace.look_seconds

    async def _again_and_again(self, act: Callable[[], Awaitable[float]], stop: Event) -> None:
        """Do `act`, which says how long to pause then."""
        clock = asyncio.get_running_loop().time
        while not (stop.is_set() or self._leaving):
            pause_until = await act() + clock()
            while clock() < pause_until and not (stop.is_set() or self._leaving):
                await asyncio.sleep(WATCH_SECONDS)

    async def _in_thread(self, act: Callable[..., Any], *arguments: object) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, act, *arguments)

    def _app(self, folder: str, stop: Event) -> Any:
        app = faust.App(
            GROUP,
            broker=[f"kafka://{server}" for server in self._login["bootstrap_servers"].split(",")],
            broker_credentials=self._credentials(),
            broker_commit_interval=COMMIT_SECONDS,
            broker_heartbeat_interval=HEARTBEAT_SECONDS,
            broker_session_timeout=SESSION_SECONDS,
            broker_rebalance_timeout=SESSION_SECONDS,
            consumer_auto_offset_reset="earliest",
            consumer_max_fetch_size=FETCH_BYTES,
            datadir=folder,
            key_serializer="raw",
            value_serializer="raw",
            stream_buffer_maxsize=BUFFER_RECORDS,
            # Records that are not acknowledged are read again; to wait for them at the end would be to wait for ever.
            stream_wait_empty=False,
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
        """Return Faust's form of the login; it names the protocol after the class of credentials."""
        protocol = self._login.get("security_protocol", "PLAINTEXT")
        context = ssl.create_default_context(cafile=self._login.get("ssl_cafile")) if protocol.endswith("SSL") else None
        if protocol.startswith("SASL_"):
            return faust.SASLCredentials(
                username=self._login["sasl_plain_username"],
                password=self._login["sasl_plain_password"],
                mechanism=SASLMechanism(self._login["sasl_mechanism"]),
                ssl_context=context,
            )
        return faust.SSLCredentials(context) if context is not None else None


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
